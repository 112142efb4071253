//! Stored studies: their list, and the files watched for changes.

pub mod stored;
pub mod watch;

use std::path::Path;

use self::watch::FileWatch;
use crate::tasks::TaskRunner;
use crate::tasks::message::Message;
use untrained::job::{JobConfig, StudyMode};
use untrained::store::StudyInfo;

/// The studies of the file that keeps them.
pub struct StudyList {
    /// All studies, or why they cannot be listed.
    pub studies: Result<Vec<StudyInfo>, String>,
    /// The study whose deletion must be confirmed.
    pub to_delete: Option<String>,
    /// Files that are watched for changes.
    pub watch: FileWatch,
}

impl StudyList {
    /// Begins to watch the file of studies.
    pub fn new(tasks: &mut TaskRunner, store: Option<&Path>) -> Self {
        let watch = FileWatch::start(tasks);
        watch.watch_store(store);
        Self { studies: Ok(Vec::new()), to_delete: None, watch }
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
