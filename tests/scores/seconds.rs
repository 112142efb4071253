//! What each score of a study costs: its own time, not that of others.

use std::collections::BTreeMap;

use untrained::evaluation::{
    Coverage, JoinedRow, JoinedScores, Prediction, search_experiment, study_predictions,
};
use untrained::job::{JobConfig, Options, Task};
use untrained::score::{SCORES, path_norm};
use untrained::space::{Architecture, Space};
use untrained::statistics::ProtocolOptions;
use untrained::store::{
    Draws, FlushPolicy, Record, ResultRow, Status, Store, StudySetup, StudyState,
};
use untrained::weights::{Initialisation, Weights};

/// What the records of the study cost: far more than a small graph does.
const RECORDED: f64 = 5000.0;

const CELLS: [&str; 3] = [
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|",
    "|skip_connect~0|+|none~0|skip_connect~1|+|none~0|none~1|nor_conv_1x1~2|",
    "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_3x3~0|avg_pool_3x3~1|skip_connect~2|",
];

fn record(architecture: &Architecture) -> Record {
    let further = [("expressivity", 40.0), ("relu-layers", 33.0), ("path-norm", 6.0), ("own", 1.0)];
    Record {
        architecture: architecture.to_string(),
        score: 1200.0,
        sd: None,
        status: Status::Ok,
        params: 1000,
        macs: 2000,
        units: 10,
        seconds: RECORDED,
        layers: 5,
        regions: Some(128.0),
        accuracy: None,
        index: architecture.index(),
        seed: 0,
        repeats: 1,
        device: String::new(),
        driver: String::new(),
        version: "0.1.0".into(),
        message: None,
        draws: Draws::default(),
        value: 1200.0,
        scores: further.map(|(name, value)| (name.to_owned(), value)).into(),
    }
}

/// What a study says of each of its architectures, by score. The last record has no further scores.
fn predictions(names: &[&'static str]) -> BTreeMap<&'static str, Vec<Prediction>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("studies.db");
    let initialisation = Some(Initialisation::KaimingNormal);
    let job = JobConfig::new(Options { initialisation, ..Options::default() }, Task::default());
    let setup = StudySetup::new(serde_json::to_value(&job).unwrap(), "");
    let study = Store::open(&path).unwrap().begin(&setup, FlushPolicy::default()).unwrap();
    let space = Space::builtin("nas-bench-201").unwrap();
    for (position, cell) in CELLS.iter().enumerate() {
        let mut record = record(&space.parse(cell).unwrap());
        if position + 1 == CELLS.len() {
            record.scores.clear();
        }
        study.append(ResultRow::new(position as u64, record)).unwrap();
    }
    let id = study.id().to_owned();
    study.finish(StudyState::Done).unwrap();
    let store = Store::read(&path).unwrap();
    let info = store.find(&id).unwrap();
    let of = |&name: &&'static str| (name, study_predictions(&store, &info, &space, name).unwrap());
    names.iter().map(of).collect()
}

/// The mean of the seconds that three draws of these predictions cost in the search experiment.
fn seconds_of_three(predictions: &[Prediction]) -> f64 {
    let space = Space::builtin("nas-bench-201").unwrap();
    let row = |prediction: &Prediction| JoinedRow {
        architecture: space.parse(&prediction.architecture).unwrap(),
        prediction: prediction.clone(),
        accuracy: 90.0,
        validation: 90.0,
    };
    let rows = predictions.iter().map(row).collect();
    let joined = JoinedScores { rows, coverage: Coverage::default() };
    let options = ProtocolOptions { sizes: vec![3], runs: 20, seed: 0 };
    let report = search_experiment(&joined, &options, &|| false).unwrap();
    report.rows[0].seconds.unwrap().mean
}

/// A record's seconds are those of its forward pass: scores that need none are not charged for it, whether
/// the record holds their values or not.
#[test]
fn every_score_is_charged_its_own_time() {
    let mut names: Vec<&str> = SCORES.iter().map(|score| score.name).collect();
    names.push("own");
    let all = predictions(&names);
    assert_eq!(all.len(), SCORES.len() + 1);
    let (mut cheap, mut dear) = (0, 0);
    for (name, predictions) in &all {
        let score = SCORES.iter().find(|score| score.name == *name);
        let seconds: Vec<f64> = predictions.iter().map(|it| it.seconds.unwrap()).collect();
        let of_three = seconds_of_three(predictions);
        if score.is_none_or(|score| score.needs_forward_pass()) {
            assert_eq!(seconds, [RECORDED; 3], "{name}");
            assert_eq!(of_three, 3.0 * RECORDED, "{name}");
            dear += 1;
        } else {
            let is_own = |&seconds: &f64| seconds > 0.0 && seconds < RECORDED / 10.0;
            assert!(seconds.iter().all(is_own), "{name}: {seconds:?}");
            assert!(of_three > 0.0 && of_three < RECORDED / 10.0, "{name}: {of_three}");
            cheap += 1;
        }
    }
    assert_eq!((cheap, dear), (6, 10));
}

/// Recorded values are kept, missing ones are computed by the settings of the study.
#[test]
fn scores_of_the_graph_are_those_of_the_study() {
    let all = predictions(&["params", "relu-layers", "path-norm", "activation-sites"]);
    let scores =
        |name: &str| all[name].iter().map(|prediction| prediction.score).collect::<Vec<f64>>();
    assert_eq!(scores("params"), [1000.0; 3]);
    let graph = Space::builtin("nas-bench-201").unwrap().parse(CELLS[2]).unwrap().build().unwrap();
    let calls = graph.nodes().iter().filter(|node| node.op.activation().is_some()).count() as f64;
    assert_eq!(scores("relu-layers"), [33.0, 33.0, calls]);
    assert_eq!(scores("activation-sites")[2], calls);
    let law = Initialisation::KaimingNormal;
    let norm = path_norm(&graph, &Weights::default(), law).unwrap();
    assert_eq!(scores("path-norm"), [6.0, 6.0, norm]);
    let other = path_norm(&graph, &Weights::default(), Initialisation::default()).unwrap();
    assert_ne!(norm, other, "the study's law is not the space's");
}
