//! Scores that were computed before.

use untrained::plan::Count;
use untrained::score::{SCORES, ScoreSet, find_score};
use untrained::space::Space;
use untrained::store::{
    FlushPolicy, ResultRow, ScoreKey, ScoreKeys, Status, Store, StudyState, WantedScores,
};
use untrained::weights::Initialisation;

use crate::store::support::{Folder, row, setup};

/// The keys of some architectures.
fn keys(count: u64) -> Vec<ScoreKey> {
    let space = Space::builtin("nas-bench-201").unwrap();
    let keys = ScoreKeys::new(&space, "batch", &[1], Count::Paper, Initialisation::default());
    (0..count).map(|index| keys.of(&space.from_index(index * 31).unwrap())).collect()
}

/// NASWOT of a network.
fn naswot(key: ScoreKey) -> WantedScores {
    WantedScores { key, scores: ScoreSet::of(&SCORES[0]) }
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
        study.cached(&[naswot(*key)]).unwrap().map(|row| row.position)
    };
    let expected = [Some(0), Some(1), Some(2), None, None];
    // Before they are committed, and after.
    assert_eq!(keys.iter().map(|key| found(&first, key)).collect::<Vec<_>>(), expected);
    assert!(store.cached(&[naswot(keys[0])]).unwrap().is_none(), "it was committed already");
    first.finish(StudyState::Done).unwrap();
    let second = store.begin(&setup(2), FlushPolicy::default()).unwrap();
    assert_eq!(keys.iter().map(|key| found(&second, key)).collect::<Vec<_>>(), expected);
    let row = store.cached(&[naswot(keys[1])]).unwrap().unwrap();
    // The scores that were wanted, and no others.
    let mut expected = with_key(1, Status::Singular, keys[1]).record;
    expected.scores.clear();
    assert_eq!(row.record, expected);
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
    assert_eq!(study.cached(&[naswot(key)]).unwrap().map(|row| row.position), Some(0));
    study.flush().unwrap();
    assert_eq!(study.cached(&[naswot(key)]).unwrap().map(|row| row.position), Some(0));
}

/// A search finds all it wants, whichever runs computed it, and nothing that it does not want.
#[test]
fn scores_of_several_runs_make_one_result() {
    let folder = Folder::new();
    let store = Store::open(&folder.db()).unwrap();
    let keys = keys(3);
    let [codes, moments, unknown] = [keys[0], keys[1], keys[2]];
    let score = |name: &str| find_score(name).unwrap();
    let both = ScoreSet::of(score("volume")).with(score("growth"));
    let mut of_codes = with_key(0, Status::Ok, codes);
    of_codes.record.score = 1700.0;
    of_codes.record.scores = [("swap".to_owned(), 5.0)].into();
    let mut of_moments = with_key(1, Status::Ok, unknown);
    of_moments.other_key = Some(moments);
    of_moments.record.score = -1.0;
    of_moments.record.scores = [("volume".to_owned(), 2.0), ("growth".to_owned(), 3.0)].into();
    let study = store.begin(&setup(1), FlushPolicy::default()).unwrap();
    for row in [of_codes, of_moments] {
        study.append(row).unwrap();
    }
    let wanted = |key, scores| WantedScores { key, scores };
    let volume = wanted(moments, ScoreSet::of(score("volume")));
    let expected = |found: Option<ResultRow>| {
        let record = found.unwrap().record;
        assert_eq!(record.scores, [("volume".to_owned(), 2.0)].into());
        record
    };
    // While they wait, and once they are in the file.
    for committed in [false, true] {
        if committed {
            study.flush().unwrap();
        }
        assert!(expected(study.cached(&[volume]).unwrap()).score.is_nan());
        let joined = expected(study.cached(&[naswot(codes), volume]).unwrap());
        assert_eq!((joined.score, joined.status), (1700.0, Status::Ok));
        assert_eq!(expected(study.cached(&[volume, naswot(codes)]).unwrap()).score, 1700.0);
        let missing = [
            wanted(moments, both.with(score("expressivity"))),
            wanted(codes, ScoreSet::of(score("volume"))),
            wanted(moments, ScoreSet::of(score("swap"))),
        ];
        for one in missing {
            assert_eq!(study.cached(&[one]).unwrap(), None);
            assert_eq!(study.cached(&[volume, one]).unwrap(), None);
        }
        assert!(study.cached(&[wanted(moments, both)]).unwrap().is_some());
    }
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
    let by_key = plan(
        "SELECT score FROM result WHERE (key = x'00' OR other_key = x'00') AND status <> 'failed'",
    );
    assert!(by_key.contains("result_key") && by_key.contains("result_other_key"), "{by_key}");
    assert!(!by_key.contains("SCAN"), "{by_key}");
    assert!(plan("SELECT * FROM result WHERE units = 1").contains("SCAN"));
}
