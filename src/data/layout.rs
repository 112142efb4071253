//! Finding the files of published data sets.

use std::path::{Path, PathBuf};

use super::DataError;

/// A folder that was given, or one of the folders of these names in it that data sets unpack to.
pub(super) fn folders(
    given: &Path,
    unpacked: &[&str],
    advice: &'static str,
) -> Result<Vec<PathBuf>, DataError> {
    let read = |source| DataError::Read { path: given.to_owned(), advice, source };
    if !std::fs::metadata(given).map_err(read)?.is_dir() {
        return Err(DataError::Kind { path: given.to_owned(), needed: "folder", advice });
    }
    let inner = unpacked.iter().map(|name| given.join(name)).filter(|path| path.is_dir());
    Ok(std::iter::once(given.to_owned()).chain(inner).collect())
}

/// Files whose names are a prefix, a number and a suffix, by number.
pub(super) fn numbered(
    folder: &Path,
    prefix: &str,
    suffix: &str,
) -> Result<Vec<PathBuf>, DataError> {
    let advice = "check that you have permission to read it";
    let read = |source| DataError::Read { path: folder.to_owned(), advice, source };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(read)? {
        let name = entry.map_err(read)?.file_name();
        let name = name.to_string_lossy();
        let middle = name.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(suffix));
        let number = middle.and_then(|digits| digits.parse::<u32>().ok());
        found.extend(number.map(|number| (number, folder.join(&*name))));
    }
    found.sort();
    Ok(found.into_iter().map(|(_, path)| path).collect())
}

/// The files of this name that are there.
pub(super) fn named(folder: &Path, name: &str) -> Vec<PathBuf> {
    let path = folder.join(name);
    if path.exists() { vec![path] } else { Vec::new() }
}
