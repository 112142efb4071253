//! The spaces that come with the program.

use super::error::SpaceError;
use super::nearest;

/// Every built-in space: its id and its file.
const ALL: &[(&str, &str)] = &[
    ("nas-bench-201", include_str!("../../assets/spaces/nas-bench-201.toml")),
    ("nats-size", include_str!("../../assets/spaces/nats-size.toml")),
    ("nds-resnet", include_str!("../../assets/spaces/nds-resnet.toml")),
    ("nds-resnext-a", include_str!("../../assets/spaces/nds-resnext-a.toml")),
    ("nds-resnext-b", include_str!("../../assets/spaces/nds-resnext-b.toml")),
    ("nds-vanilla", include_str!("../../assets/spaces/nds-vanilla.toml")),
    ("nds-resnext-a-imagenet", include_str!("../../assets/spaces/nds-resnext-a-imagenet.toml")),
    ("nds-resnext-b-imagenet", include_str!("../../assets/spaces/nds-resnext-b-imagenet.toml")),
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
