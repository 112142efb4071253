//! Equations of `Einsum`.

use super::error::OnnxProblem;
use super::node::OnnxNode;

/// Most letters of an equation.
const MAX_LABELS: usize = 32;

/// Which axes of the operands belong together. Letters are numbers; those of `...` come first.
pub(super) struct EinsumEquation {
    /// The number of letters.
    pub labels: usize,
    /// The letter of each axis, by operand.
    pub inputs: Vec<Vec<usize>>,
    /// The letter of each axis of the result.
    pub output: Vec<usize>,
}

impl EinsumEquation {
    /// Reads the equation of a node whose operands have these ranks.
    pub fn read(node: OnnxNode<'_>, ranks: &[usize]) -> Result<Self, OnnxProblem> {
        let text =
            node.text("equation")?.ok_or_else(|| node.fail("attribute equation is missing"))?;
        let wrong =
            || node.fail(format!("the equation `{text}` does not fit operands of {ranks:?} axes"));
        let text: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
        let (left, right) = match text.split_once("->") {
            Some((left, right)) => (left, Some(right)),
            None => (text.as_str(), None),
        };
        let terms: Vec<&str> = left.split(',').collect();
        if terms.len() != ranks.len() {
            return Err(wrong());
        }
        let letters = |term: &str| term.replace("...", "").chars().count();
        let mut wide = 0;
        for (term, &rank) in terms.iter().zip(ranks) {
            let free = rank.checked_sub(letters(term)).ok_or_else(wrong)?;
            if free > 0 && !term.contains("...") {
                return Err(wrong());
            }
            wide = wide.max(free);
        }
        let mut names: Vec<char> = Vec::new();
        let mut axes = |term: &str, free: usize, known: bool| -> Option<Vec<usize>> {
            let mut all = Vec::new();
            let mut rest = term;
            while let Some(letter) = rest.chars().next() {
                if let Some(behind) = rest.strip_prefix("...") {
                    all.extend(wide - free..wide);
                    rest = behind;
                    continue;
                }
                rest = &rest[letter.len_utf8()..];
                let place = names.iter().position(|&name| name == letter);
                if !letter.is_ascii_alphabetic() || (known && place.is_none()) {
                    return None;
                }
                all.push(
                    wide + place.unwrap_or_else(|| {
                        names.push(letter);
                        names.len() - 1
                    }),
                );
            }
            Some(all)
        };
        let mut inputs = Vec::with_capacity(terms.len());
        for (term, &rank) in terms.iter().zip(ranks) {
            inputs.push(axes(term, rank - letters(term), false).ok_or_else(wrong)?);
        }
        let output = match right {
            Some(right) => axes(right, if right.contains("...") { wide } else { 0 }, true),
            None => {
                // Without an arrow: `...`, then the letters that occur once, in order.
                let times = |name: char| left.chars().filter(|&other| other == name).count();
                let mut once: Vec<char> =
                    names.iter().copied().filter(|&name| times(name) == 1).collect();
                once.sort_unstable();
                let place = |name: char| names.iter().position(|&other| other == name);
                let behind: Option<Vec<usize>> = once.into_iter().map(place).collect();
                behind.map(|places| {
                    (0..wide).chain(places.into_iter().map(|place| wide + place)).collect()
                })
            }
        };
        let output = output.ok_or_else(wrong)?;
        let mut seen = output.clone();
        seen.sort_unstable();
        seen.dedup();
        let labels = wide + names.len();
        if seen.len() != output.len() || labels > MAX_LABELS {
            return Err(wrong());
        }
        Ok(Self { labels, inputs, output })
    }
}
