//! The built-in spaces.

use super::error::SpaceError;
use crate::nearest;

/// A space that comes with the program.
struct BuiltinSpace {
    id: &'static str,
    /// Its file.
    text: &'static str,
    /// Scores of random architectures, a table in CSV.
    reference: Option<&'static str>,
}

/// A space, its file and its reference set by its id.
macro_rules! builtin {
    ($id:literal) => {
        BuiltinSpace {
            id: $id,
            text: include_str!(concat!("../../assets/spaces/", $id, ".toml")),
            reference: Some(include_str!(concat!("../../assets/reference/", $id, ".csv"))),
        }
    };
}

/// A space that has no reference set.
macro_rules! without_reference {
    ($id:literal) => {
        BuiltinSpace {
            id: $id,
            text: include_str!(concat!("../../assets/spaces/", $id, ".toml")),
            reference: None,
        }
    };
}

/// Every built-in space.
const ALL: &[BuiltinSpace] = &[
    builtin!("nas-bench-101"),
    builtin!("nas-bench-201"),
    builtin!("nds-amoeba"),
    builtin!("nds-amoeba-imagenet"),
    builtin!("nds-darts"),
    builtin!("nds-darts-fix-w-d"),
    builtin!("nds-darts-imagenet"),
    builtin!("nds-enas"),
    builtin!("nds-enas-fix-w-d"),
    builtin!("nds-enas-imagenet"),
    builtin!("nds-nasnet"),
    builtin!("nds-nasnet-imagenet"),
    builtin!("nds-pnas"),
    builtin!("nds-pnas-fix-w-d"),
    builtin!("nds-pnas-imagenet"),
    builtin!("nats-size"),
    builtin!("nds-resnet"),
    builtin!("nds-resnext-a"),
    builtin!("nds-resnext-b"),
    builtin!("nds-vanilla"),
    builtin!("nds-resnext-a-imagenet"),
    builtin!("nds-resnext-b-imagenet"),
    builtin!("nas-bench-macro"),
    builtin!("transnas-macro"),
    builtin!("proxylessnas"),
    builtin!("fbnet"),
    builtin!("fbnet-cifar"),
    builtin!("spos"),
    builtin!("ofa-mobilenet-v3"),
    builtin!("ofa-proxyless"),
    without_reference!("ofa-resnet50"),
    without_reference!("zennas-mobilenet-v2"),
    without_reference!("regnet-x"),
    without_reference!("regnet-y"),
    builtin!("transnas-micro"),
    without_reference!("autoformer-tiny"),
    without_reference!("autoformer-small"),
    without_reference!("autoformer-base"),
];

/// The ids of all built-in spaces.
pub(super) fn ids() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|space| space.id)
}

/// The file of a built-in space.
pub(super) fn text(id: &str) -> Result<&'static str, SpaceError> {
    match find(id) {
        Some(space) => Ok(space.text),
        None => {
            Err(SpaceError::Unknown { id: nearest::excerpt(id), hint: nearest::hint(id, ids()) })
        }
    }
}

/// The reference set of a built-in space, if it has one.
pub(super) fn reference(id: &str) -> Option<&'static str> {
    find(id)?.reference
}

fn find(id: &str) -> Option<&'static BuiltinSpace> {
    ALL.iter().find(|space| space.id == id)
}
