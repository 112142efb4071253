//! The spaces that come with the program.

use super::error::SpaceError;
use crate::nearest;

/// Every built-in space: its id and its file.
const ALL: &[(&str, &str)] = &[
    ("nas-bench-101", include_str!("../../assets/spaces/nas-bench-101.toml")),
    ("nas-bench-201", include_str!("../../assets/spaces/nas-bench-201.toml")),
    ("nds-amoeba", include_str!("../../assets/spaces/nds-amoeba.toml")),
    ("nds-amoeba-imagenet", include_str!("../../assets/spaces/nds-amoeba-imagenet.toml")),
    ("nds-darts", include_str!("../../assets/spaces/nds-darts.toml")),
    ("nds-darts-fix-w-d", include_str!("../../assets/spaces/nds-darts-fix-w-d.toml")),
    ("nds-darts-imagenet", include_str!("../../assets/spaces/nds-darts-imagenet.toml")),
    ("nds-enas", include_str!("../../assets/spaces/nds-enas.toml")),
    ("nds-enas-fix-w-d", include_str!("../../assets/spaces/nds-enas-fix-w-d.toml")),
    ("nds-enas-imagenet", include_str!("../../assets/spaces/nds-enas-imagenet.toml")),
    ("nds-nasnet", include_str!("../../assets/spaces/nds-nasnet.toml")),
    ("nds-nasnet-imagenet", include_str!("../../assets/spaces/nds-nasnet-imagenet.toml")),
    ("nds-pnas", include_str!("../../assets/spaces/nds-pnas.toml")),
    ("nds-pnas-fix-w-d", include_str!("../../assets/spaces/nds-pnas-fix-w-d.toml")),
    ("nds-pnas-imagenet", include_str!("../../assets/spaces/nds-pnas-imagenet.toml")),
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
