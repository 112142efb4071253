//! Studies that are in the file before the window opens.

use std::path::Path;

use untrained::job::{JobConfig, Options, SearchOptions, Task};
use untrained::store::{
    FlushPolicy, Record, ResultRow, SpaceSnapshot, Status, Store, StudySetup, StudyState,
    space_fingerprint,
};

/// A search as the paper ranks.
pub fn by_naswot() -> SearchOptions {
    SearchOptions { score: Some("naswot".to_owned()), ..SearchOptions::default() }
}

/// Options with which an architecture is scored in moments.
pub fn quick() -> Options {
    let set = ["skeleton.cells=1", "skeleton.channels=4"];
    Options {
        device: "cpu".to_owned(),
        batch_size: Some(8),
        set: set.map(|setting| setting.parse().unwrap()).to_vec(),
        ..Options::default()
    }
}

/// A result with made-up numbers.
pub fn record(architecture: &str, score: f64, status: Status) -> Record {
    Record {
        architecture: architecture.to_owned(),
        score,
        sd: None,
        status,
        params: 1,
        macs: 1,
        units: 1,
        seconds: 0.25,
        layers: 1,
        regions: None,
        accuracy: None,
        index: None,
        seed: 0,
        repeats: 1,
        device: String::new(),
        driver: String::new(),
        version: "0".into(),
        message: None,
        draws: Default::default(),
        value: score,
        scores: Default::default(),
    }
}

/// Writes a study; its id.
pub fn study(
    store: &Path,
    options: Options,
    search: SearchOptions,
    records: Vec<Record>,
) -> String {
    let space = options.open_space().unwrap();
    let job = JobConfig::new(options, Task::Search(Box::new(search)));
    let name = SpaceSnapshot {
        id: space.id().to_owned(),
        fingerprint: space_fingerprint(&space),
        text: None,
    };
    let setup = StudySetup {
        space: Some(name),
        ..StudySetup::new(serde_json::to_value(&job).unwrap(), "")
    };
    let study = Store::open(store).unwrap().begin(&setup, FlushPolicy::default()).unwrap();
    for (at, record) in records.into_iter().enumerate() {
        study.append(ResultRow::new(at as u64, record)).unwrap();
    }
    let id = study.id().to_owned();
    study.finish(StudyState::Done).unwrap();
    id
}
