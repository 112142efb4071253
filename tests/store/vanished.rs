//! A database that is deleted or replaced while a study is written.

use untrained::store::{FlushPolicy, Store, StoreError, StudyState};

use crate::store::support::{Folder, row, rows, setup};

#[cfg(unix)]
#[test]
fn what_a_vanished_file_held_and_what_comes_later_is_saved_next_to_it() {
    for is_replaced in [false, true] {
        let folder = Folder::new();
        let study = Store::open(&folder.db()).unwrap().begin(&setup(1), FlushPolicy::default());
        let study = study.unwrap();
        study.append(row(0)).unwrap();
        study.flush().unwrap();
        std::fs::remove_file(folder.db()).unwrap();
        if is_replaced {
            std::fs::write(folder.db(), "somebody else's").unwrap();
        }
        study.append(row(1)).unwrap();
        let error = study.flush().unwrap_err();
        let StoreError::Vanished { saved: Some(saved), path, .. } = &error else {
            panic!("{error}")
        };
        assert_eq!(path, &folder.db());
        assert!(error.to_string().contains("were saved to"), "{error}");
        study.append(row(2)).unwrap();
        let id = study.id().to_owned();
        let again = study.finish(StudyState::Failed).unwrap_err();
        assert!(
            matches!(&again, StoreError::Vanished { saved: Some(other), .. } if other == saved)
        );
        let store = Store::read(saved).unwrap();
        assert_eq!(rows(&store, &store.find(&id).unwrap()).len(), 3);
        assert_eq!(is_replaced, folder.db().exists());
        if is_replaced {
            assert_eq!(std::fs::read(folder.db()).unwrap(), b"somebody else's");
        }
    }
}
