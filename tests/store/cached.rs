//! Scores that were computed before.

use untrained::plan::Count;
use untrained::space::Space;
use untrained::store::{FlushPolicy, ResultRow, ScoreKey, ScoreKeys, Status, Store, StudyState};
use untrained::weights::Initialisation;

use crate::store::support::{Folder, row, setup};

/// The keys of some architectures.
fn keys(count: u64) -> Vec<ScoreKey> {
    let space = Space::builtin("nas-bench-201").unwrap();
    let keys = ScoreKeys::new(&space, "batch", &[1], Count::Paper, Initialisation::default());
    (0..count).map(|index| keys.of(&space.from_index(index * 31).unwrap())).collect()
}

fn with_key(position: u64, status: Status, key: ScoreKey) -> ResultRow {
    let mut row = row(position);
    row.record.status = status;
    row.key = Some(key);
    row
}

#[test]
fn a_score_is_found_again_in_its_study_and_in_others_but_a_failure_is_not() {
    let folder = Folder::new();
    let store = Store::open(&folder.db()).unwrap();
    let keys = keys(5);
    let first = store.begin(&setup(1), FlushPolicy::default()).unwrap();
    for (position, status) in Status::ALL.into_iter().enumerate() {
        first.append(with_key(position as u64, status, keys[position])).unwrap();
    }
    let found = |study: &untrained::store::Study, key: &ScoreKey| {
        study.cached(key).unwrap().map(|row| row.position)
    };
    let expected = [Some(0), Some(1), Some(2), None, None];
    // Before they are committed, and after.
    assert_eq!(keys.iter().map(|key| found(&first, key)).collect::<Vec<_>>(), expected);
    assert!(store.cached(&keys[0]).unwrap().is_none(), "it was committed already");
    first.finish(StudyState::Done).unwrap();
    let second = store.begin(&setup(2), FlushPolicy::default()).unwrap();
    assert_eq!(keys.iter().map(|key| found(&second, key)).collect::<Vec<_>>(), expected);
    let row = store.cached(&keys[1]).unwrap().unwrap();
    assert_eq!(row.record, with_key(1, Status::Singular, keys[1]).record);
    assert_eq!(row.key, Some(keys[1]));
}

#[test]
fn a_success_after_a_failure_is_found() {
    let folder = Folder::new();
    let store = Store::open(&folder.db()).unwrap();
    let key = keys(1)[0];
    let study = store.begin(&setup(1), FlushPolicy::default()).unwrap();
    study.append(with_key(0, Status::Ok, key)).unwrap();
    study.append(with_key(1, Status::Failed, key)).unwrap();
    assert_eq!(study.cached(&key).unwrap().map(|row| row.position), Some(0));
    study.flush().unwrap();
    assert_eq!(study.cached(&key).unwrap().map(|row| row.position), Some(0));
}

#[test]
fn looking_up_uses_the_index() {
    let folder = Folder::new();
    Store::open(&folder.db()).unwrap();
    let connection = rusqlite::Connection::open(folder.db()).unwrap();
    let plan = |sql: &str| {
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let lines = statement.query_map([], |row| row.get::<_, String>(3)).unwrap();
        lines.collect::<Result<Vec<_>, _>>().unwrap().join("\n")
    };
    let by_key = plan("SELECT * FROM v_result WHERE study = 'a' ORDER BY position");
    assert!(!by_key.contains("SCAN") && !by_key.contains("TEMP"), "{by_key}");
    let by_key = plan("SELECT score FROM result WHERE key = x'00' AND status <> 'failed'");
    assert!(by_key.contains("result_key"), "{by_key}");
    assert!(plan("SELECT * FROM result WHERE units = 1").contains("SCAN"));
}
