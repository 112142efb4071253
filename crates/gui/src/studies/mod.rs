//! Stored studies: their list, and the files watched for changes.

pub mod curve;
pub mod stored;
pub mod summary;
pub mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use self::curve::StudyCurve;
use self::watch::FileWatch;
use crate::tasks::TaskRunner;
use crate::tasks::message::Message;
use untrained::job::{JobConfig, StudyMode, Task};
use untrained::score::COMBINED;
use untrained::search::StrategyKind;
use untrained::store::StudyInfo;

/// Whether a job draws its architectures at random.
fn is_random(job: &JobConfig) -> bool {
    matches!(&job.task, Task::Search(search) if search.strategy == StrategyKind::Random)
}

/// What a study is called, and what is noted of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StudyLabel {
    /// The study.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The note.
    pub note: String,
}

/// The studies of the file that keeps them.
pub struct StudyList {
    /// All studies, or why they cannot be listed.
    pub studies: Result<Vec<StudyInfo>, String>,
    /// The study whose deletion must be confirmed.
    pub to_delete: Option<String>,
    /// The studies that are compared.
    pub selected: BTreeSet<String>,
    /// How the best values of studies grew, as far as that was read.
    pub curves: BTreeMap<String, StudyCurve>,
    /// The name and the note that are edited.
    pub edited: Option<StudyLabel>,
    /// A stored random search that can be compared with the search of this window.
    baseline: Option<String>,
    /// Curves that are being read, with the number of results they are of.
    reading: BTreeMap<String, u64>,
    /// Files that are watched for changes.
    pub watch: FileWatch,
}

impl StudyList {
    /// Begins to watch the file of studies.
    pub fn new(tasks: &mut TaskRunner, store: Option<&Path>) -> Self {
        let watch = FileWatch::start(tasks);
        watch.watch_store(store);
        Self {
            studies: Ok(Vec::new()),
            to_delete: None,
            selected: BTreeSet::new(),
            curves: BTreeMap::new(),
            edited: None,
            baseline: None,
            reading: BTreeMap::new(),
            watch,
        }
    }

    /// Takes the list of studies.
    pub fn on_listed(&mut self, studies: Result<Vec<StudyInfo>, String>) {
        if let Ok(studies) = &studies {
            let is_there = |id: &String| studies.iter().any(|study| study.id == *id);
            self.selected.retain(|id| is_there(id));
            self.curves.retain(|id, _| is_there(id));
        }
        self.studies = studies;
    }

    /// Takes how the best value of a study grew.
    pub fn on_curve_read(&mut self, id: &str, curve: Result<StudyCurve, String>) {
        let results = self.reading.remove(id).unwrap_or_default();
        // A study that cannot be read now is tried again when it has changed.
        let unread = |_| StudyCurve {
            id: id.to_owned(),
            ranked_by: String::new(),
            results,
            best: Vec::new(),
        };
        self.curves.insert(id.to_owned(), curve.unwrap_or_else(unread));
    }

    /// The best value of a study by what ranks it, if that is known.
    pub fn best(&self, study: &StudyInfo) -> Option<f64> {
        study.best.or_else(|| self.curves.get(&study.id)?.highest())
    }

    /// Looks for a random search to compare a search with: of the same space and options, and by the same
    /// score; of the combined rank, values of different searches cannot be compared.
    pub fn want_baseline(&mut self, job: &JobConfig) {
        let Ok(studies) = &self.studies else { return };
        let comparable = |study: &&StudyInfo| {
            let Ok(other) = JobConfig::of_study(study) else { return false };
            is_random(&other)
                && other.options == job.options
                && other.ranked_by() == job.ranked_by()
        };
        let is_meant = !is_random(job) && job.ranked_by() != COMBINED;
        let found = studies.iter().rev().filter(|_| is_meant).find(comparable);
        self.baseline = found.map(|study| study.id.clone());
    }

    /// The curve of that random search, once it is read.
    pub fn baseline(&self) -> Option<&StudyCurve> {
        self.curves.get(self.baseline.as_ref()?)
    }

    /// Reads what the list shows of studies and does not know yet: the curves of compared studies, and
    /// the best of those that the combined rank ranks, which no row holds. One at a time.
    pub fn read_curves(&mut self, tasks: &mut TaskRunner, store: Option<&Path>) {
        let (Ok(studies), Some(path), true) = (&self.studies, store, self.reading.is_empty())
        else {
            return;
        };
        let is_known = |study: &StudyInfo| {
            let known = self.curves.get(&study.id).map(|curve| curve.results);
            known.is_some_and(|known| known == study.counts.total() || !study.workers.is_empty())
        };
        let is_wanted = |study: &&StudyInfo| {
            let has_no_best = study.best.is_none() && study.counts.total() > 0;
            let is_baseline = self.baseline.as_ref() == Some(&study.id);
            !is_known(study) && (has_no_best || is_baseline || self.selected.contains(&study.id))
        };
        let Some(study) = studies.iter().rev().find(is_wanted) else { return };
        self.reading.insert(study.id.clone(), study.counts.total());
        let (path, id) = (path.to_owned(), study.id.clone());
        tasks.start("curve", move |sender| {
            let curve = StudyCurve::read(&path, &id);
            sender.send(Message::CurveRead(id, curve));
        });
    }

    /// Reads the list of studies.
    pub fn list(&self, tasks: &mut TaskRunner, store: Option<&Path>) {
        let Some(path) = store.map(Path::to_owned) else { return };
        tasks.start("studies", move |sender| {
            sender.send(Message::StudiesListed(stored::list_studies(&path)));
        });
    }

    /// Reads a study with its results.
    pub fn load(&self, tasks: &mut TaskRunner, store: Option<&Path>, id: &str) {
        let Some(path) = store.map(Path::to_owned) else { return };
        let id = id.to_owned();
        tasks.start("study", move |sender| {
            let loaded = stored::load_study(&path, &id).map(Box::new);
            let loaded = loaded.map_err(|error| untrained::job::chain(&error));
            sender.send(Message::StudyLoaded(loaded));
        });
    }

    /// Reads the job that resumes a study, or joins the processes that write it.
    pub fn read_job(&self, tasks: &mut TaskRunner, store: Option<&Path>, id: &str, joins: bool) {
        let Some(path) = store.map(Path::to_owned) else { return };
        let id = id.to_owned();
        tasks.start("study", move |sender| {
            let study = if joins { StudyMode::Join(id) } else { StudyMode::Resume(id) };
            let job = JobConfig::continuing(&path, study).map(Box::new);
            let job = job.map_err(|error| untrained::job::chain(&error));
            sender.send(Message::StudyJobRead(job));
        });
    }

    /// Names a study and notes something of it.
    pub fn label(&self, tasks: &mut TaskRunner, store: Option<&Path>, label: StudyLabel) {
        let Some(path) = store.map(Path::to_owned) else { return };
        tasks.start("label", move |sender| {
            if let Err(why) = stored::label_study(&path, &label.id, &label.name, &label.note) {
                sender.send(Message::Failed(why));
            }
            sender.send(Message::StudiesListed(stored::list_studies(&path)));
        });
    }

    /// Deletes a study when it is requested for the second time.
    pub fn delete(&mut self, tasks: &mut TaskRunner, store: Option<&Path>, id: &str) {
        if self.to_delete.as_deref() != Some(id) {
            self.to_delete = Some(id.to_owned());
            return;
        }
        self.to_delete = None;
        let Some(path) = store.map(Path::to_owned) else { return };
        let id = id.to_owned();
        tasks.start("delete", move |sender| {
            sender.send(match stored::delete_study(&path, &id) {
                Ok(()) => Message::Done(format!("deleted study {id}")),
                Err(why) => Message::Failed(why),
            });
            sender.send(Message::StudiesListed(stored::list_studies(&path)));
        });
    }
}
