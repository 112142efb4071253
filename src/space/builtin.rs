//! The spaces that come with the program.

use super::error::SpaceError;
use super::nearest;

/// Every built-in space: its id and its file.
const ALL: &[(&str, &str)] = &[
    ("nas-bench-101", include_str!("../../assets/spaces/nas-bench-101.toml")),
    ("nas-bench-201", include_str!("../../assets/spaces/nas-bench-201.toml")),
];

/// The ids of all built-in spaces.
pub(super) fn ids() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|(id, _)| *id)
}

/// The file of a built-in space.
pub(super) fn text(id: &str) -> Result<&'static str, SpaceError> {
    match ALL.iter().find(|(known, _)| *known == id) {
        Some((_, text)) => Ok(text),
        None => {
            Err(SpaceError::Unknown { id: nearest::excerpt(id), hint: nearest::hint(id, ids()) })
        }
    }
}
