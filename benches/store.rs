//! Studies of a million results: how fast they are written, opened and exported.
//!
//! `cargo bench --bench store [ROWS]`

use std::path::Path;
use std::time::Instant;

use untrained::plan::Count;
use untrained::seed;
use untrained::space::{Architecture, Space};
use untrained::store::{
    ExportRows, FlushPolicy, Record, ResultRow, ScoreKeys, SpaceSnapshot, Status, Store,
    StudySetup, StudyState, export,
};
use untrained::weights::Initialisation;

const ROWS: u64 = 1_000_000;

/// The seconds that something takes, printed with what it did.
fn timed<T>(what: &str, rows: u64, work: impl FnOnce() -> T) -> T {
    let begin = Instant::now();
    let value = work();
    let seconds = begin.elapsed().as_secs_f64();
    println!("{what}: {seconds:.3} s, {:.0} rows per second", rows as f64 / seconds);
    value
}

fn record(architecture: &Architecture, position: u64) -> Record {
    Record {
        architecture: architecture.to_string(),
        score: 1000.0 + (position as f64).sin() * 300.0,
        sd: None,
        status: Status::Ok,
        params: 1_073_466,
        macs: 153_274_880,
        units: 901_120,
        seconds: 0.034 + (position as f64).cos() * 0.001,
        layers: 7,
        regions: Some(128.0),
        accuracy: None,
        index: architecture.index(),
        seed: 7,
        repeats: 1,
        device: "AMD EPYC".to_owned(),
        driver: "native AVX-512".to_owned(),
        version: env!("CARGO_PKG_VERSION").into(),
        message: None,
        draws: Default::default(),
        value: 1000.0 + (position as f64).sin() * 300.0,
        scores: Default::default(),
    }
}

/// Rows as a search makes them, with a key each.
fn rows(space: &Space, count: u64) -> impl Iterator<Item = ResultRow> {
    let mut rng = seed::stream(0, &["bench"]);
    let keys = ScoreKeys::new(space, "batch", &[7], Count::Paper, Initialisation::default());
    let architectures: Vec<Architecture> = (0..20_000).map(|_| space.sample(&mut rng)).collect();
    let prepared: Vec<(Record, String)> = architectures
        .iter()
        .zip(0..)
        .map(|(one, position)| (record(one, position), one.canonical()))
        .collect();
    // Keys of a real search are all different: each round of the list is another batch.
    let round = move |round: u64| {
        ScoreKeys::new(
            &space.clone(),
            &round.to_string(),
            &[7],
            Count::Paper,
            Initialisation::default(),
        )
    };
    let _ = keys;
    let mut current = (u64::MAX, round(0));
    (0..count).map(move |position| {
        let at = (position % 20_000) as usize;
        if current.0 != position / 20_000 {
            current = (position / 20_000, round(position / 20_000));
        }
        let (record, canonical) = prepared[at].clone();
        let mut row = ResultRow::new(position, record);
        row.canonical = canonical;
        row.key = Some(current.1.of(&architectures[at]));
        row
    })
}

fn size(path: &Path) -> f64 {
    std::fs::metadata(path).unwrap().len() as f64 / f64::from(1 << 20)
}

fn main() {
    let count =
        std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(ROWS);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bench.db");
    let space = Space::builtin("nas-bench-201").unwrap();
    let store = Store::open(&path).unwrap();
    let mut setup = StudySetup::new(serde_json::json!({ "options": {} }), "batch");
    setup.space =
        Some(SpaceSnapshot { id: space.id().to_owned(), fingerprint: String::new(), text: None });
    let study = store.begin(&setup, FlushPolicy::default()).unwrap();
    let id = study.id().to_owned();
    let begin = Instant::now();
    let mut appending = 0.0;
    for row in rows(&space, count) {
        let begin = Instant::now();
        study.append(row).unwrap();
        appending += begin.elapsed().as_secs_f64();
    }
    let ending = Instant::now();
    study.finish(StudyState::Done).unwrap();
    appending += ending.elapsed().as_secs_f64();
    println!(
        "append: {appending:.3} s, {:.0} rows per second ({:.1} s with making the rows)",
        count as f64 / appending,
        begin.elapsed().as_secs_f64()
    );
    drop(store);
    println!(
        "file: {:.0} MiB, {:.0} bytes per row",
        size(&path),
        size(&path) * 1048576.0 / count as f64
    );

    let store = timed("open and list", count, || {
        let store = Store::read(&path).unwrap();
        assert_eq!(store.list().unwrap()[0].counts.total(), count);
        store
    });
    let study = store.find(&id).unwrap();
    timed("the best ten", count, || store.best(&study, 10).unwrap());
    timed("read all rows", count, || assert_eq!(store.rows(&study).unwrap().count() as u64, count));
    for name in ["out.csv", "out.jsonl", "out.parquet"] {
        let out = folder.path().join(name);
        timed(&format!("export {name}"), count, || {
            export(&store, &study, ExportRows::All, &out, false).unwrap()
        });
        println!("    {:.0} MiB", size(&out));
    }
}
