//! Results, events and counts as they come back.

use untrained::store::{EventKind, FlushPolicy, Status, Store, StoreError, StudyState};

use crate::store::support::{Folder, filled, row, rows, setup};
use crate::support::watchdog::wait_until;

#[test]
fn what_is_appended_comes_back_in_order_and_to_the_bit() {
    let folder = Folder::new();
    let (study, appended) = filled(&folder.db(), 3000);
    let store = Store::read(&folder.db()).unwrap();
    let read = rows(&store, &study);
    // Texts of all numbers, for those that are not equal to themselves.
    let texts =
        |rows: &[untrained::store::ResultRow]| rows.iter().map(|r| format!("{r:?}")).collect();
    let (read, appended): (Vec<String>, Vec<String>) = (texts(&read), texts(&appended));
    assert_eq!(read, appended);
    assert_eq!(study.setup, setup(3000));
    assert_eq!((study.state, study.standing()), (StudyState::Done, "done"));
    for status in Status::ALL {
        assert_eq!(study.counts.get(status), 750, "{status:?}");
    }
    assert_eq!(study.best, Some(1000.0 + 1.0 / 3.0), "the first row's is the highest score");
    let best = store.best(&study, 3).unwrap();
    assert_eq!(best.iter().map(|row| row.position).collect::<Vec<_>>(), [0, 4, 8]);
    assert_eq!(store.score_names(&study).unwrap(), ["accuracy", "synflow"]);
}

#[test]
fn a_row_that_comes_late_is_put_in_its_place_and_a_second_one_is_dropped() {
    let folder = Folder::new();
    let store = Store::open(&folder.db()).unwrap();
    let study = store.begin(&setup(3), FlushPolicy::default()).unwrap();
    let info = study.info().clone();
    for position in [2, 0, 1] {
        study.append(row(position)).unwrap();
    }
    let mut second = row(1);
    second.record.score = 5.0;
    study.append(second).unwrap();
    study.flush().unwrap();
    let read = rows(&store, &info);
    assert_eq!(read.iter().map(|row| row.position).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(read[1].record, row(1).record);
    assert_eq!(store.find(study.id()).unwrap().counts.total(), 3);
}

#[test]
fn one_row_alone_is_committed_by_itself() {
    let folder = Folder::new();
    let store = Store::open(&folder.db()).unwrap();
    let study = store.begin(&setup(2), FlushPolicy::default()).unwrap();
    for count in 1..=2 {
        study.append(row(count - 1)).unwrap();
        wait_until("the commit of a row that no other follows", || {
            store.find(study.id()).unwrap().counts.total() == count
        });
    }
}

#[test]
fn a_dropped_study_keeps_its_rows_and_is_interrupted() {
    let folder = Folder::new();
    let store = Store::open(&folder.db()).unwrap();
    let study = store.begin(&setup(1), FlushPolicy::default()).unwrap();
    let id = study.id().to_owned();
    study.append(row(0)).unwrap();
    assert_eq!(store.find(&id).unwrap().standing(), "running");
    drop(study);
    let info = store.find(&id).unwrap();
    assert_eq!((info.standing(), info.counts.total()), ("interrupted", 1));
}

#[test]
fn events_tell_the_course_of_a_study() {
    let folder = Folder::new();
    let store = Store::open(&folder.db()).unwrap();
    let study = store.begin(&setup(1), FlushPolicy::default()).unwrap();
    let id = study.id().to_owned();
    study.event(EventKind::Warning, "two files could not be read").unwrap();
    study.finish(StudyState::Failed).unwrap();
    store
        .resume(&store.find(&id).unwrap(), FlushPolicy::default())
        .unwrap()
        .finish(StudyState::Done)
        .unwrap();
    let events = store.events(&store.find(&id).unwrap()).unwrap();
    let kinds: Vec<&str> = events.iter().map(|event| event.kind.name()).collect();
    assert_eq!(kinds, ["start", "warning", "stop", "resume", "stop"]);
    assert_eq!(events[1].text, "two files could not be read");
    assert_eq!((&*events[2].text, &*events[4].text), ("failed", "done"));
    assert!(events.is_sorted_by_key(|event| event.time_ms));
}

#[test]
fn a_resumed_study_goes_on_and_one_with_other_options_is_refused() {
    let folder = Folder::new();
    let (info, mut expected) = filled(&folder.db(), 5);
    let store = Store::open(&folder.db()).unwrap();
    info.check_same(&setup(5), &[]).unwrap();
    let error = info.check_same(&setup(6), &[]).unwrap_err();
    let StoreError::Differs { differences, .. } = &error else { panic!("{error}") };
    assert_eq!(differences.len(), 1);
    let message = error.to_string();
    assert!(message.contains("task.search.samples is 5 there and 6 here"), "{message}");
    info.check_same(&setup(6), &["task"]).unwrap();
    let study = store.resume(&info, FlushPolicy::default()).unwrap();
    study.append(row(5)).unwrap();
    study.finish(StudyState::Done).unwrap();
    expected.push(row(5));
    let records = |rows: Vec<untrained::store::ResultRow>| -> Vec<_> {
        rows.into_iter().map(|row| row.record).collect()
    };
    assert_eq!(records(rows(&store, &info)), records(expected));
}

#[test]
fn ids_are_found_by_their_first_digits() {
    let folder = Folder::new();
    let store = Store::open(&folder.db()).unwrap();
    let none = store.find("00").unwrap_err().to_string();
    assert!(none.contains("it holds none"), "{none}");
    let ids: Vec<String> = (0..20).map(|_| filled(&folder.db(), 1).0.id).collect();
    assert!(ids.iter().all(|id| id.len() == 8 && id.bytes().all(|b| b.is_ascii_hexdigit())));
    let mut ambiguous = 0;
    for id in &ids {
        assert_eq!(&store.find(&id.to_uppercase()).unwrap().id, id);
        let same = ids.iter().filter(|other| other[..1] == id[..1]).count();
        match store.find(&id[..1]) {
            Ok(found) => assert_eq!((found.id, same), (id.clone(), 1)),
            Err(StoreError::Ambiguous { found, .. }) => {
                assert_eq!(found.len(), same);
                ambiguous += 1;
            }
            Err(error) => panic!("{error}"),
        }
    }
    // Twenty ids begin with sixteen digits.
    assert!(ambiguous > 0);
    for wrong in ["", "zz", "'", "%", "123456789"] {
        let error = store.find(wrong).unwrap_err();
        assert!(matches!(error, StoreError::Unknown { .. }), "{error}");
        assert!(error.to_string().contains(&ids[19]), "{error}");
    }
}
