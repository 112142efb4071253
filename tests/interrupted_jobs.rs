//! Jobs that are cancelled at any point: all outputs have what the study has.

use untrained::backend::Cancel;
use untrained::job::{self, Event, JobConfig, Options, SearchOptions, StoreLocation, Task};
use untrained::score::KernelMatrix;
use untrained::store::Store;

/// Groups of networks come back together, so that cancelling leaves answers behind gaps.
#[test]
fn the_summary_the_table_and_the_study_have_the_same_results() {
    let folder = tempfile::tempdir().unwrap();
    let mut partial = 0;
    for checks in (1..40).chain((40..400).step_by(20)) {
        let store = folder.path().join(format!("{checks}.db"));
        let table = folder.path().join(format!("{checks}.csv"));
        let options = Options {
            batch_size: Some(4),
            device: "cpu".to_owned(),
            set: ["skeleton.cells=1", "skeleton.channels=4"]
                .map(|set| set.parse().unwrap())
                .to_vec(),
            ..Options::default()
        };
        let search = SearchOptions { samples: Some(60), ..SearchOptions::default() };
        let config = JobConfig {
            store: Some(StoreLocation::File(store.clone())),
            out: Some(table.clone()),
            ..JobConfig::new(options, Task::Search(Box::new(search)))
        };
        let mut told = 0;
        let summary = job::run(&config, &Cancel::after_checks(checks), &mut |event| {
            told += u64::from(matches!(event, Event::Scored { .. }));
        });
        // Cancelled before the study began.
        let Ok(summary) = summary else { continue };
        let rows = csv::Reader::from_path(&table).unwrap().records().count() as u64;
        let store = Store::read(&store).unwrap();
        let study = store.find(summary.study.as_ref().unwrap()).unwrap();
        let stored = study.counts.total();
        assert_eq!([summary.counts.total(), told, rows], [stored; 3], "after {checks} checks");
        partial += u64::from(stored > 0 && stored < 60);
    }
    assert!(partial > 3, "only {partial} runs ended in the middle");
}

/// The determinant of thousands of images takes seconds: it asks once for every column.
#[test]
fn a_determinant_is_cancelled_between_columns() {
    let images = 50;
    let distances: Vec<u64> = (0..images * images)
        .map(|at| {
            if at / images == at % images { 0 } else { 40 + (at % images + at / images) as u64 % 7 }
        })
        .collect();
    let kernel = KernelMatrix::from_distances(images, 100, &distances).unwrap();
    let cancelled_after = |checks: usize| {
        let asked = std::cell::Cell::new(0);
        let score = kernel.score_unless(&|| {
            asked.set(asked.get() + 1);
            asked.get() > checks
        });
        (score, asked.get())
    };
    assert_eq!(cancelled_after(10), (None, 11));
    assert_eq!(cancelled_after(1000), (Some(kernel.score()), images));
}
