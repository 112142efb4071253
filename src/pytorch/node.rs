//! What nodes of a graph become in Python: modules that are called, or expressions.

use crate::graph::NodeId;

use super::label::Segment;

/// A whole number in the code: a number, or one of those that `build` is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Value {
    /// A number.
    Number(usize),
    /// Channels of the images.
    InChannels,
    /// Classes.
    Classes,
}

/// Numbers that may become one argument of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Family {
    /// Counts of channels.
    Width,
    /// Counts of groups of channels; where they are counts of channels as well, they are written as those.
    Groups,
    /// Strides.
    Stride,
}

/// A number that may differ between modules of one class.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hole {
    /// The number.
    pub value: Value,
    /// What it may be one argument with.
    pub family: Family,
    /// What stands before it: `stride=`.
    pub prefix: &'static str,
    /// The number that need not be written.
    pub default: Option<usize>,
}

/// A part of an argument list or expression.
#[derive(Clone, Debug)]
pub(super) enum Piece {
    /// A text.
    Text(String),
    /// A number.
    Hole(Hole),
    /// What an input of the node gives.
    Input(usize),
}

/// What a node becomes.
#[derive(Clone, Debug)]
pub(super) enum PyOp {
    /// The images.
    Images,
    /// A module that is made once and called.
    Module {
        /// Its class.
        class: &'static str,
        /// Its arguments.
        arguments: Vec<Piece>,
    },
    /// An expression.
    Expression(Vec<Piece>),
    /// The sum of all inputs.
    Sum,
    /// All inputs behind each other along the channels.
    Concat,
}

impl PyOp {
    /// A module with these arguments.
    pub(super) fn module(class: &'static str, arguments: Vec<Piece>) -> Self {
        Self::Module { class, arguments }
    }

    /// An expression: texts, between them the first input, the second and so on.
    pub(super) fn expression(texts: &[&str]) -> Self {
        let mut pieces = Vec::new();
        for (position, text) in texts.iter().enumerate() {
            if position > 0 {
                pieces.push(Piece::Input(position - 1));
            }
            if !text.is_empty() {
                pieces.push(Piece::Text((*text).to_owned()));
            }
        }
        Self::Expression(pieces)
    }

    /// The numbers in it.
    pub(super) fn holes(&self) -> impl Iterator<Item = &Hole> {
        let pieces: &[Piece] = match self {
            Self::Module { arguments, .. } => arguments,
            Self::Expression(pieces) => pieces,
            Self::Images | Self::Sum | Self::Concat => &[],
        };
        pieces.iter().filter_map(|piece| match piece {
            Piece::Hole(hole) => Some(hole),
            Piece::Text(_) | Piece::Input(_) => None,
        })
    }

    /// All but the numbers, as a text that is the same for the same code.
    pub(super) fn key(&self) -> String {
        let pieces = |pieces: &[Piece]| {
            let text = |piece: &Piece| match piece {
                Piece::Text(text) => format!("{text:?}"),
                Piece::Hole(hole) => format!("?{}{:?}", hole.prefix, hole.family),
                Piece::Input(input) => format!("${input}"),
            };
            pieces.iter().map(text).collect::<Vec<_>>().join(",")
        };
        match self {
            Self::Images => "images".to_owned(),
            Self::Module { class, arguments } => format!("{class}({})", pieces(arguments)),
            Self::Expression(parts) => format!("<{}>", pieces(parts)),
            Self::Sum => "sum".to_owned(),
            Self::Concat => "concat".to_owned(),
        }
    }
}

/// A text as a piece.
pub(super) fn text(text: impl Into<String>) -> Piece {
    Piece::Text(text.into())
}

/// A count of channels as a piece.
pub(super) fn width(value: Value) -> Piece {
    Piece::Hole(Hole { value, family: Family::Width, prefix: "", default: None })
}

/// A node of the code.
#[derive(Clone, Debug)]
pub(super) struct PyNode {
    /// What it is.
    pub op: PyOp,
    /// The nodes it reads, all before it.
    pub inputs: Vec<usize>,
    /// What it belongs to.
    pub path: Vec<Segment>,
    /// The node of the graph whose weights it has.
    pub source: Option<NodeId>,
    /// Channels of its output.
    pub channels: Value,
    /// Pixels of its output.
    pub plane: usize,
    /// Whether its units are counted or it has weights.
    pub is_counted: bool,
    /// Whether it is `[n, c]` rather than `[n, c, h, w]`.
    pub is_flat: bool,
}
