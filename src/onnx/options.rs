//! How a model is read where its file leaves a choice.

use serde::{Deserialize, Serialize};

use crate::graph::Shape;

/// Which calls of an activation count where an exporter may have merged several into one node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MergedCalls {
    /// Those that the names of modules prove.
    #[default]
    Certain,
    /// One call for each node of the file.
    Keep,
    /// Also those that are possible, but not certain.
    Recover,
}

impl MergedCalls {
    /// All choices.
    pub const ALL: [Self; 3] = [Self::Certain, Self::Keep, Self::Recover];

    /// Its name in options and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Keep => "keep",
            Self::Recover => "recover",
        }
    }

    /// What it means.
    pub fn about(self) -> &'static str {
        match self {
            Self::Certain => "calls that the names of modules in the file prove",
            Self::Keep => "one call for each node of the file",
            Self::Recover => "also calls that are possible but not proven",
        }
    }
}

/// Where the statistics of batch normalisation come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NormStatistics {
    /// As the file says: stored ones in inference mode, those of the mini-batch in training mode.
    #[default]
    File,
    /// Those of the mini-batch, whatever mode the file names.
    Batch,
}

impl NormStatistics {
    /// Both choices.
    pub const ALL: [Self; 2] = [Self::File, Self::Batch];

    /// Its name in options and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Batch => "batch",
        }
    }

    /// What it means.
    pub fn about(self) -> &'static str {
        match self {
            Self::File => {
                "stored statistics in inference mode, those of the mini-batch in training mode"
            }
            Self::Batch => "those of the mini-batch, as in the paper",
        }
    }
}

/// How a model is read where its file leaves a choice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// Which calls of activations count.
    pub merged_calls: MergedCalls,
    /// Where the statistics of batch normalisation come from.
    pub statistics: NormStatistics,
    /// Whether batch normalisation is put back behind convolutions into which it was folded.
    pub renormalise: bool,
    /// Whether the network will be scored with fresh weights. Stored statistics belong to the weights of
    /// the file, so those of the mini-batch take their place.
    pub fresh_weights: bool,
    /// The shape of one image, for axes that the file leaves free.
    pub input: Option<Shape>,
}
