//! Stars and notes of architectures.

use std::collections::BTreeMap;

use untrained::store::{ExportRows, Remark, Store, StoreError, export};

use crate::store::support::{Folder, filled, row};

fn remarks(list: &[(&str, bool, &str)]) -> BTreeMap<String, Remark> {
    let remark = |&(architecture, marked, note): &(&str, bool, &str)| {
        (architecture.to_owned(), Remark { marked, note: note.to_owned() })
    };
    list.iter().map(remark).collect()
}

fn noted(store: &Store) -> Vec<Remark> {
    let study = store.list().unwrap().remove(0);
    store.rows(&study).unwrap().map(|row| row.unwrap().remark).collect()
}

#[test]
fn remarks_stay_with_their_architectures_and_can_be_taken_back() {
    let folder = Folder::new();
    let store = Store::open(&folder.db()).unwrap();
    filled(&folder.db(), 3);
    let info = store.list().unwrap().remove(0);
    let (first, last) = (row(0).record.architecture, row(2).record.architecture);
    let given = remarks(&[(&first, true, ""), (&last, false, "small, 'fast'")]);
    store.set_remarks(&info, &given).unwrap();
    let read = noted(&Store::read(&folder.db()).unwrap());
    assert_eq!(read, [given[&first].clone(), Remark::default(), given[&last].clone()]);
    assert_eq!(store.remarks(&info).unwrap(), given);
    let path = folder.path("all.csv");
    export(&store, &info, ExportRows::All, &path, false).unwrap();
    let mut reader = csv::Reader::from_path(path).unwrap();
    let headers = reader.headers().unwrap().clone();
    let at = |name: &str| headers.iter().position(|header| header == name).unwrap();
    let (marked, note) = (at("marked"), at("note"));
    let written = reader.records().map(|record| {
        let record = record.unwrap();
        (record[marked].to_owned(), record[note].to_owned())
    });
    let expected = [("1", ""), ("0", ""), ("0", "small, 'fast'")];
    let expected = expected.map(|(marked, note)| (marked.to_owned(), note.to_owned()));
    assert_eq!(written.collect::<Vec<_>>(), expected);
    store.set_remarks(&info, &remarks(&[(&first, false, "")])).unwrap();
    assert_eq!(noted(&store)[0], Remark::default());
    assert_eq!(noted(&store)[2], given[&last]);
    // They go where the study goes, and what is noted there stays.
    let other = Store::open(&folder.path("other.db")).unwrap();
    other.merge(&store).unwrap();
    assert_eq!(noted(&other)[2], given[&last]);
    let there = other.list().unwrap().remove(0);
    other.set_remarks(&there, &remarks(&[(&last, true, "mine")])).unwrap();
    other.merge(&store).unwrap();
    assert_eq!(noted(&other)[2].note, "mine");
    store.delete(&info).unwrap();
    assert!(matches!(store.set_remarks(&info, &given), Err(StoreError::Gone(_))));
}
