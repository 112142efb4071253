//! The study in which a job stores its results, if it does.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::option_value::tree;
use super::result_keys::ResultKeys;
use super::{ChangeOnResume, Event, JobConfig, JobError, JobOption, chain};
use crate::backend::{Cancel, DeviceInfo};
use crate::space::{Architecture, Space};
use crate::store::{
    ClaimOutcome, ClaimRequest, EventKind, FlushPolicy, ResultRow, SpaceSnapshot, Store,
    StoreError, Study, StudyInfo, StudySetup, StudyState, WantedScores, is_server,
    network_file_system, space_fingerprint,
};

/// Where a job stores its results, as text: a file, or `none`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum StoreLocation {
    /// Nowhere; results are not available to later runs.
    Nowhere,
    /// In a file of studies, or in a database of a server, by its address.
    File(PathBuf),
}

impl StoreLocation {
    /// A file of studies and the files that SQLite keeps next to it; a server's are its own.
    pub(super) fn files(path: &Path) -> Vec<PathBuf> {
        if is_server(path) {
            return Vec::new();
        }
        let endings = ["", "-wal", "-shm", "-journal"];
        let file = |ending: &&str| {
            let mut name = path.as_os_str().to_owned();
            name.push(ending);
            PathBuf::from(name)
        };
        endings.iter().map(file).collect()
    }
}

impl From<String> for StoreLocation {
    fn from(text: String) -> Self {
        PathBuf::from(text).into()
    }
}

impl From<PathBuf> for StoreLocation {
    fn from(path: PathBuf) -> Self {
        match path.to_str() {
            Some("none") => Self::Nowhere,
            _ => Self::File(path),
        }
    }
}

impl From<StoreLocation> for String {
    fn from(keep: StoreLocation) -> Self {
        match keep {
            StoreLocation::Nowhere => "none".to_owned(),
            StoreLocation::File(path) => path.to_string_lossy().into_owned(),
        }
    }
}

/// Which study a job writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum StudyMode {
    /// A new one.
    #[default]
    New,
    /// One that was interrupted, by its id or the first digits of it.
    Resume(String),
    /// One that other processes may be writing, likewise.
    Join(String),
}

/// The results of a run as a study takes them, and as earlier ones have them.
pub(super) struct StudySession(Option<OpenStudy>, FlushPolicy);

/// How soon a server that cannot be reached is tried again; each pause is twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

struct OpenStudy {
    study: Study,
    /// What scores depend on, where they are to be reused.
    keys: Option<ResultKeys>,
}

/// What a study of a run on a space is set up with.
pub(super) struct StudyFacts<'f> {
    pub space: &'f Space,
    pub batch: &'f str,
    pub weight_seeds: &'f [u64],
    pub device: &'f DeviceInfo,
    /// What results are found again by.
    pub keys: ResultKeys,
    /// Whether results of equal networks may take the place of a forward pass.
    pub reuse: bool,
}

impl StudySession {
    /// Opens the study that the job names. A file that nobody asked for and that cannot be written is a
    /// warning.
    pub(super) fn open(
        config: &JobConfig,
        facts: &StudyFacts<'_>,
        events: &mut dyn FnMut(Event),
    ) -> Result<Self, JobError> {
        let Some(StoreLocation::File(path)) = &config.store else {
            return Ok(Self(None, config.pace));
        };
        if let Some(kind) = network_file_system(path).filter(|_| !is_server(path)) {
            events(Event::Warning(format!(
                "{} is on a network file system ({kind}), where several computers that write to it at once \
                 damage it: keep it on a disk of this computer, or use a PostgreSQL server (--store \
                 postgres://USER@HOST/DATABASE)",
                path.display()
            )));
        }
        let study = match open(path, config, facts, events) {
            Err(JobError::Store(
                error @ (StoreError::ReadOnly(_)
                | StoreError::System { .. }
                | StoreError::NotAFile { .. }),
            )) if config.store_is_default => {
                let why = chain(&error);
                events(Event::Warning(format!("results are not stored in a study: {why}")));
                return Ok(Self(None, config.pace));
            }
            result => result?,
        };
        let keys = facts.reuse.then(|| facts.keys.clone());
        Ok(Self(Some(OpenStudy { study, keys }), config.pace))
    }

    /// The id of the study.
    pub(super) fn id(&self) -> Option<&str> {
        self.0.as_ref().map(|entry| entry.study.id())
    }

    /// Whether results of equal networks are found.
    pub(super) fn reuses(&self) -> bool {
        self.0.as_ref().is_some_and(|entry| entry.keys.is_some())
    }

    /// What earlier results may have of an architecture; nothing where they are not reused.
    pub(super) fn wanted(&self, architecture: &Architecture) -> Vec<WantedScores> {
        let keys = self.0.as_ref().and_then(|entry| entry.keys.as_ref());
        keys.map_or_else(Vec::new, |keys| keys.of(architecture))
    }

    /// Whose work architectures are; without a study, the one's who asks. A server that cannot be reached is
    /// waited for, until the job is cancelled.
    pub(super) fn claim(
        &self,
        wants: &[ClaimRequest<'_>],
        cancel: &Cancel,
        events: &mut dyn FnMut(Event),
    ) -> Result<Vec<ClaimOutcome>, StoreError> {
        let Some(entry) = &self.0 else { return Ok(vec![ClaimOutcome::Mine; wants.len()]) };
        let mut pause = FIRST_PAUSE;
        loop {
            let error = match entry.study.claim(wants) {
                Err(error) if error.is_lost() && !cancel.is_cancelled() => error,
                result => return result,
            };
            if pause == FIRST_PAUSE {
                events(Event::Warning(format!(
                    "{}; nothing is lost: trying again for up to {} s",
                    chain(&error),
                    self.1.patience().as_secs_f64().ceil()
                )));
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Adds a result; `told` is what the strategy is told of it.
    pub(super) fn append(
        &self,
        architecture: &Architecture,
        told: f64,
        row: impl FnOnce() -> ResultRow,
    ) -> Result<(), StoreError> {
        let Some(entry) = &self.0 else { return Ok(()) };
        let mut row = row();
        row.canonical = architecture.canonical();
        row.told = (told != row.record.rank_score()).then_some(told);
        entry.study.append(row)
    }

    /// Adds something that the user was told.
    pub(super) fn warn(&self, text: &str) -> Result<(), StoreError> {
        self.0.as_ref().map_or(Ok(()), |entry| entry.study.event(EventKind::Warning, text))
    }

    /// Writes everything and says how the run ended.
    pub(super) fn finish(self, state: StudyState) -> Result<(), StoreError> {
        let Some(OpenStudy { study, .. }) = self.0 else { return Ok(()) };
        if state != StudyState::Done {
            study.give_up_waiting();
        }
        study.finish(state)
    }
}

fn open(
    path: &Path,
    config: &JobConfig,
    facts: &StudyFacts<'_>,
    events: &mut dyn FnMut(Event),
) -> Result<Study, JobError> {
    let setup = setup(config, facts);
    let pace = config.pace;
    let (id, joined) = match &config.study {
        StudyMode::New => return Ok(Store::open(path)?.begin(&setup, pace)?),
        StudyMode::Resume(id) => (id, false),
        StudyMode::Join(id) => (id, true),
    };
    let store = Store::open_with(path, crate::store::StoreAccess::Write, Store::BUSY_TIMEOUT)?;
    let info = store.find(id)?;
    let grows = !joined && samples(&setup) > samples(&info.setup);
    info.check_same(&setup, &free(&info, &setup, grows))?;
    if joined {
        return Ok(store.join(&info, pace)?);
    }
    if !info.workers.is_empty() {
        events(Event::Warning(format!(
            "study {} was being written by {} a moment ago: waiting up to {} s to see whether that \
             process is still running",
            info.id,
            info.workers.join(", "),
            pace.expiry.as_secs_f64().ceil()
        )));
    }
    let study = store.resume(&info, pace)?;
    if grows {
        let mut job = info.setup.job.clone();
        job["task"]["search"]["samples"] = samples(&setup).into();
        study.set_job(&job)?;
    }
    Ok(study)
}

/// How many architectures a search looks at.
fn samples(setup: &StudySetup) -> Option<u64> {
    setup.job["task"]["search"]["samples"].as_u64()
}

/// The options that may differ: those of the list, and names of files that hold the same.
fn free(info: &StudyInfo, setup: &StudySetup, grows: bool) -> Vec<&'static str> {
    let fingerprint =
        |setup: &StudySetup| setup.space.as_ref().map(|space| space.fingerprint.clone());
    let has_same_content = |option| match option {
        JobOption::Images => info.setup.batch == setup.batch,
        JobOption::Space => fingerprint(&info.setup) == fingerprint(setup),
        _ => false,
    };
    let may_differ = |option: &&JobOption| match option.info().change_on_resume {
        ChangeOnResume::Free => true,
        ChangeOnResume::MayGrow => grows,
        ChangeOnResume::SameContent => has_same_content(**option),
        ChangeOnResume::Fixed => false,
    };
    JobOption::ALL.iter().filter(may_differ).map(|option| option.path()).collect()
}

fn setup(config: &JobConfig, facts: &StudyFacts<'_>) -> StudySetup {
    let job = tree(config);
    let DeviceInfo { name, api, driver, .. } = facts.device;
    let space = SpaceSnapshot {
        id: facts.space.id().to_owned(),
        fingerprint: space_fingerprint(facts.space),
        text: Some(facts.space.text().to_owned()),
    };
    StudySetup {
        space: Some(space),
        seed: config.options.seed,
        weight_seeds: facts.weight_seeds.to_vec(),
        device: name.clone(),
        driver: format!("{api} {driver}").trim().to_owned(),
        ..StudySetup::new(job, facts.batch)
    }
}
