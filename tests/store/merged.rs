//! Studies of another file, and studies that are deleted.

use untrained::store::{FlushPolicy, MergedStudy, Store, StoreError, StudyState};

use crate::store::support::{Folder, filled, row, rows, setup};

// Its studies would all be there already, so that nothing would happen and nobody be told.
#[test]
fn a_file_is_not_merged_into_itself_whatever_it_is_called() {
    let folder = Folder::new();
    let (study, _) = filled(&folder.db(), 3);
    let store = Store::open(&folder.db()).unwrap();
    let parent = folder.db().parent().unwrap().to_owned();
    let other_name = parent.join("..").join(parent.file_name().unwrap());
    for path in [folder.db(), other_name.join(folder.db().file_name().unwrap())] {
        let error = store.merge(&Store::read(&path).unwrap()).unwrap_err();
        assert!(matches!(error, StoreError::SameFile(_)), "{error}");
        assert!(error.to_string().contains("into itself: give another database"), "{error}");
    }
    assert_eq!(rows(&store, &store.find(&study.id).unwrap()).len(), 3);
    // The control: a copy is another file.
    let copy = folder.path("copy.db");
    std::fs::copy(folder.db(), &copy).unwrap();
    assert!(store.merge(&Store::read(&copy).unwrap()).is_ok());
}

#[test]
fn studies_of_another_file_are_copied_once() {
    let folder = Folder::new();
    let (here, there) = (folder.db(), folder.path("other.db"));
    let (own, _) = filled(&here, 3);
    let (first, _) = filled(&there, 5);
    let (second, _) = filled(&there, 7);
    let (to, from) = (Store::open(&here).unwrap(), Store::read(&there).unwrap());
    let merged = to.merge(&from).unwrap();
    let expected = [(&first, 5), (&second, 7)].map(|(study, added)| MergedStudy {
        from: study.id.clone(),
        to: study.id.clone(),
        added,
    });
    assert_eq!(merged, expected);
    for study in [&first, &second] {
        let copy = to.find(&study.id).unwrap();
        assert_eq!(rows(&to, &copy), rows(&from, study));
        assert_eq!(to.events(&copy).unwrap(), from.events(study).unwrap());
        assert_eq!((copy.counts, copy.best), (study.counts, study.best));
        assert_eq!((copy.state, copy.setup, copy.created_ms), {
            let study = study.clone();
            (study.state, study.setup, study.created_ms)
        });
    }
    assert_eq!(rows(&to, &to.find(&own.id).unwrap()).len(), 3);
    let again = to.merge(&from).unwrap();
    assert!(again.iter().all(|one| one.added == 0) && to.list().unwrap().len() == 3);
}

#[test]
fn a_study_that_went_on_elsewhere_gets_what_it_lacks() {
    let folder = Folder::new();
    let (here, there) = (folder.db(), folder.path("other.db"));
    let (study, _) = filled(&here, 3);
    std::fs::copy(&here, &there).unwrap();
    let other = Store::open(&there).unwrap();
    let more = other.resume(&study, FlushPolicy::default()).unwrap();
    more.append(row(3)).unwrap();
    more.append(row(4)).unwrap();
    more.finish(StudyState::Done).unwrap();
    let to = Store::open(&here).unwrap();
    assert_eq!(to.merge(&other).unwrap()[0].added, 2);
    let study = to.find(&study.id).unwrap();
    assert_eq!((rows(&to, &study).len(), study.counts.total()), (5, 5));
}

#[test]
fn a_taken_id_is_changed_and_still_known_the_next_time() {
    let folder = Folder::new();
    let (here, there) = (folder.db(), folder.path("other.db"));
    let (own, _) = filled(&here, 3);
    let (other, _) = filled(&there, 5);
    let connection = rusqlite::Connection::open(&there).unwrap();
    connection.execute("UPDATE study SET id = ?1 WHERE id = ?2", [&own.id, &other.id]).unwrap();
    let (to, from) = (Store::open(&here).unwrap(), Store::read(&there).unwrap());
    let merged = to.merge(&from).unwrap().remove(0);
    assert_eq!((&merged.from, merged.added), (&own.id, 5));
    assert_ne!(merged.to, own.id);
    assert_eq!(rows(&to, &to.find(&merged.to).unwrap()).len(), 5);
    assert_eq!(rows(&to, &to.find(&own.id).unwrap()).len(), 3);
    let again = to.merge(&from).unwrap().remove(0);
    assert_eq!((again.to, again.added), (merged.to, 0));
}

#[test]
fn a_deleted_study_is_gone_and_its_space_too() {
    let folder = Folder::new();
    let (kept, _) = filled(&folder.db(), 10);
    let size = |checkpoint: &str| {
        let connection = rusqlite::Connection::open(folder.db()).unwrap();
        connection.query_row(checkpoint, [], |_| Ok(())).unwrap();
        std::fs::metadata(folder.db()).unwrap().len()
    };
    let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
    let before = size(checkpoint);
    let (study, _) = filled(&folder.db(), 5000);
    let with = size(checkpoint);
    let store = Store::open(&folder.db()).unwrap();
    store.delete(&study).unwrap();
    assert!(store.find(&study.id).is_err());
    assert_eq!(rows(&store, &kept).len(), 10);
    let after = size(checkpoint);
    assert!(with > before + 500_000 && after < before + 100_000, "{before} {with} {after}");
    let connection = rusqlite::Connection::open(folder.db()).unwrap();
    let count = |table: &str| {
        let sql = format!("SELECT count(*) FROM {table}");
        connection.query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!((count("result"), count("study"), count("event")), (10, 1, 2));
    store.begin(&setup(1), FlushPolicy::default()).unwrap();
}
