//! The notation of ZenNAS: blocks one behind the other, `Name(in,out,stride,neck,repeats)`, without the
//! neck where a block has none.

use super::{Sequence, SequenceBlock, SequenceDecisions};
use crate::nearest;
use crate::space::error::ArchitectureError;
use crate::space::{MAX_CELLS, MAX_CLASSES};

/// The largest stride that is read.
const MAX_STRIDE: usize = 8;

pub(super) fn wrong(text: &str, token: &str, reason: String) -> ArchitectureError {
    ArchitectureError::new(nearest::excerpt(text.trim()), nearest::excerpt(token), reason)
}

pub(super) fn format(sequence: &Sequence, decisions: &SequenceDecisions) -> String {
    let mut entering = sequence.input.channels;
    let mut text = String::new();
    for block in &decisions.blocks {
        let SequenceBlock { kind, width, stride, neck, repeats } = *block;
        let kind = &sequence.kinds[kind];
        let neck = if kind.has_neck { format!("{neck},") } else { String::new() };
        text.push_str(&format!("{}({entering},{width},{stride},{neck}{repeats})", kind.name));
        entering = width;
    }
    text
}

/// The blocks of a text; whether they fit together is not checked here.
pub(super) fn read(
    sequence: &Sequence,
    text: &str,
) -> Result<SequenceDecisions, ArchitectureError> {
    let mut blocks = Vec::new();
    let mut entering = sequence.input.channels;
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (inside, behind) = rest.split_once(')').ok_or_else(|| {
            wrong(text, rest, "a block is written Name(in,out,stride,neck,repeats)".to_owned())
        })?;
        let (name, numbers) = inside.split_once('(').ok_or_else(|| {
            wrong(text, inside, "a block is written Name(in,out,stride,neck,repeats)".to_owned())
        })?;
        let block = read_block(sequence, text, (name.trim(), numbers), entering)?;
        entering = block.width;
        blocks.push(block);
        rest = behind.trim_start();
    }
    if blocks.len() < 2 || blocks.len() > MAX_CELLS {
        let reason = format!("has {} blocks; a network has 2 to {MAX_CELLS}", blocks.len());
        return Err(wrong(text, text, reason));
    }
    Ok(SequenceDecisions { blocks })
}

fn read_block(
    sequence: &Sequence,
    text: &str,
    (name, numbers): (&str, &str),
    entering: usize,
) -> Result<SequenceBlock, ArchitectureError> {
    let token = format!("{name}({numbers})");
    let fail = |reason: String| wrong(text, &token, reason);
    let kind = sequence.kinds.iter().position(|kind| kind.name == name).ok_or_else(|| {
        let names = sequence.kinds.iter().map(|kind| kind.name.as_str());
        fail(format!("`{}` is no block; {}", nearest::excerpt(name), nearest::hint(name, names)))
    })?;
    let has_neck = sequence.kinds[kind].has_neck;
    let parts: Option<Vec<usize>> =
        numbers.split(',').map(|number| number.trim().parse().ok()).collect();
    let form = if has_neck { "in,out,stride,neck,repeats" } else { "in,out,stride,repeats" };
    let (from, width, stride, neck, repeats) = match (parts.as_deref(), has_neck) {
        (Some(&[from, width, stride, neck, repeats]), true) => (from, width, stride, neck, repeats),
        (Some(&[from, width, stride, repeats]), false) => (from, width, stride, 0, repeats),
        _ => return Err(fail(format!("needs the whole numbers {form}"))),
    };
    if from != entering {
        return Err(fail(format!("takes {from} channels, but {entering} enter")));
    }
    let limits = [
        ("out", width, 1, MAX_CLASSES),
        ("stride", stride, 1, MAX_STRIDE),
        ("neck", neck, usize::from(has_neck), MAX_CLASSES),
        ("repeats", repeats, 1, MAX_CELLS),
    ];
    for (name, value, least, most) in limits {
        if !(least..=most).contains(&value) {
            return Err(fail(format!("{name} is {value}, not from {least} to {most}")));
        }
    }
    Ok(SequenceBlock { kind, width, stride, neck, repeats })
}
