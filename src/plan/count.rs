//! Which activations count.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Which calls of activations count, and how often.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Count {
    /// Every call once.
    #[default]
    Paper,
    /// As the code published with the paper: twice where a ReLU opens a `ReLUConvBN` module.
    Published,
    /// Only those on a path from the input to the output, where `none` edges interrupt paths.
    Live,
}

impl Count {
    /// All variants.
    pub const ALL: [Self; 3] = [Self::Paper, Self::Published, Self::Live];

    /// The word on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Paper => "paper",
            Self::Published => "published",
            Self::Live => "live",
        }
    }
}

impl fmt::Display for Count {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A text that names no variant.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown way of counting `{0}`: use paper, published or live")]
pub struct UnknownCountRule(String);

impl FromStr for Count {
    type Err = UnknownCountRule;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = Self::ALL.into_iter().find(|count| count.name() == text);
        named.ok_or_else(|| UnknownCountRule(text.to_owned()))
    }
}
