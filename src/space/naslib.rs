//! Architectures written as NASLib's lists of numbers.
//!
//! NAS-Bench-201 (`naslib/search_spaces/nasbench201/conversions.py`): the operations of edges 0-1, 0-2,
//! 0-3, 1-2, 1-3, 2-3. NAS-Bench-101 (`nasbench101/conversions.py`): the adjacency matrix row by row,
//! then the operations. TransNAS-Bench-101 (`transbench101/conversions.py`): the digits of the
//! benchmark's own names, for modules with zeros behind the last one.

/// NASLib's order of NAS-Bench-201's operations.
const EDGE_OPERATIONS: [&str; 5] =
    ["skip_connect", "none", "nor_conv_3x3", "nor_conv_1x1", "avg_pool_3x3"];
/// NASLib's order of NAS-Bench-101's operations.
const VERTEX_OPERATIONS: [&str; 5] =
    ["input", "output", "maxpool3x3", "conv1x1-bn-relu", "conv3x3-bn-relu"];
/// Where the operations of NAS-Bench-201's notation stand in the list.
const EDGES: [usize; 6] = [0, 1, 3, 2, 4, 5];

/// Whether operations are those that NASLib's numbers mean.
pub(super) fn has_edge_operations(names: &[&str]) -> bool {
    names.len() == EDGE_OPERATIONS.len() && names.iter().all(|name| EDGE_OPERATIONS.contains(name))
}

/// The numbers of `(4, 0, 3, 1, 4, 3)`, the same in square brackets or without any.
pub(crate) fn numbers(text: &str) -> Option<Vec<usize>> {
    let text = text.trim();
    let inside = text.strip_prefix(['(', '[']).and_then(|rest| rest.strip_suffix([')', ']']));
    let is_gap = |sign: char| sign == ',' || sign.is_whitespace();
    let parts = inside.unwrap_or(text).split(is_gap).filter(|part| !part.is_empty());
    let numbers: Vec<usize> = parts.map(|part| part.parse().ok()).collect::<Option<_>>()?;
    (numbers.len() > 1).then_some(numbers)
}

/// The notation of NAS-Bench-201 for its numbers, or what is wrong with them; nothing where they are
/// not six.
pub(crate) fn edge_cell(numbers: &[usize]) -> Option<Result<String, String>> {
    let numbers = <[usize; 6]>::try_from(numbers).ok()?;
    let mut names = [""; 6];
    for (name, edge) in names.iter_mut().zip(EDGES) {
        match EDGE_OPERATIONS.get(numbers[edge]) {
            Some(operation) => *name = operation,
            None => {
                return Some(Err(format!(
                    "NASLib numbers operations from 0 to 4 ({}); {} is none of them",
                    EDGE_OPERATIONS.join(", "),
                    numbers[edge]
                )));
            }
        }
    }
    let [a, b, c, d, e, f] = names;
    Some(Ok(format!("|{a}~0|+|{b}~0|{c}~1|+|{d}~0|{e}~1|{f}~2|")))
}

/// The notation of NAS-Bench-101 for its numbers; nothing where they are not a matrix and operations.
pub(crate) fn vertex_cell(numbers: &[usize]) -> Option<String> {
    let vertices = (2..=7).find(|vertices| vertices * vertices + vertices == numbers.len())?;
    let (matrix, operations) = numbers.split_at(vertices * vertices);
    let digit = |&number: &usize| match number {
        0 => Some('0'),
        1 => Some('1'),
        _ => None,
    };
    let digits: String = matrix.iter().map(digit).collect::<Option<_>>()?;
    let name = |&number: &usize| VERTEX_OPERATIONS.get(number).copied();
    let names: Vec<&str> = operations.iter().map(name).collect::<Option<_>>()?;
    Some(format!("{digits}:{}", names.join(",")))
}

/// The notation of a cell of TransNAS-Bench-101 for its digits; nothing where they are not six.
pub(crate) fn module_cell(numbers: &[usize]) -> Option<String> {
    let [a, b, c, d, e, f] = <[usize; 6]>::try_from(numbers).ok()?;
    numbers.iter().all(|number| *number < 4).then(|| format!("64-41414-{a}_{b}{c}_{d}{e}{f}"))
}

/// The notation of TransNAS-Bench-101 for modules; nothing where they are not four to six, with zeros
/// behind them.
pub(crate) fn modules(numbers: &[usize]) -> Option<String> {
    let count = numbers.iter().position(|number| *number == 0).unwrap_or(numbers.len());
    let (modules, rest) = numbers.split_at(count);
    let fits = (4..=6).contains(&count)
        && numbers.len() <= 6
        && modules.iter().all(|module| *module <= 4)
        && rest.iter().all(|number| *number == 0);
    let digits: String = modules.iter().map(usize::to_string).collect();
    fits.then(|| format!("64-{digits}-basic"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From a comment in another reader of these files: NASLib's `convert_op_indices_to_str` gave it.
    #[test]
    fn lists_are_written_as_naslib_does() {
        let text = "|avg_pool_3x3~0|+|skip_connect~0|none~1|+|nor_conv_1x1~0|avg_pool_3x3~1|nor_conv_1x1~2|";
        let written = |list: &str| edge_cell(&numbers(list).unwrap()).unwrap();
        for list in ["(4, 0, 3, 1, 4, 3)", "[4,0,3,1,4,3]", " [4 0 3 1 4 3] ", "4, 0, 3, 1, 4, 3"] {
            assert_eq!(written(list).unwrap(), text);
        }
        assert_ne!(written("(4, 0, 1, 3, 4, 3)").unwrap(), text, "the order matters");
        assert!(written("(4, 0, 3, 1, 4, 5)").unwrap_err().contains("5 is none of them"));
        assert_eq!(numbers("|a~0|"), None);
        let three = numbers("(0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 4, 1)").unwrap();
        assert_eq!(vertex_cell(&three).unwrap(), "011001000:input,conv3x3-bn-relu,output");
        assert!(edge_cell(&three).is_none());
    }
}
