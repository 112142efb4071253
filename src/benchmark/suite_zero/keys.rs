//! Architectures written as NASLib's tuples of numbers.
//!
//! NAS-Bench-201 (`naslib/search_spaces/nasbench201/conversions.py`): the operations of edges 0-1, 0-2,
//! 0-3, 1-2, 1-3, 2-3. NAS-Bench-101 (`nasbench101/conversions.py`): the adjacency matrix row by row,
//! then the operations. Other keys are left unchanged.

/// NASLib's order of NAS-Bench-201's operations.
const EDGE_OPERATIONS: [&str; 5] =
    ["skip_connect", "none", "nor_conv_3x3", "nor_conv_1x1", "avg_pool_3x3"];
/// NASLib's order of NAS-Bench-101's operations.
const VERTEX_OPERATIONS: [&str; 5] =
    ["input", "output", "maxpool3x3", "conv1x1-bn-relu", "conv3x3-bn-relu"];
/// Where the operations of NAS-Bench-201's notation stand in the tuple.
const EDGES: [usize; 6] = [0, 1, 3, 2, 4, 5];
/// The data sets of NAS-Bench-201. TransNAS-Bench-101 has tuples of six numbers too, with another
/// meaning, and other data sets.
const DATASETS: [&str; 3] = ["cifar10", "cifar100", "ImageNet16-120"];

/// An architecture in the notation of its space, where the key is one of the known tuples.
pub fn architecture(key: &str, datasets: &[String]) -> String {
    let known = datasets.iter().any(|dataset| DATASETS.contains(&dataset.as_str()));
    let written = numbers(key).filter(|_| known).and_then(|numbers| match numbers.len() {
        6 => edge_cell(&numbers),
        _ => vertex_cell(&numbers),
    });
    written.unwrap_or_else(|| key.to_owned())
}

/// The numbers of `(4, 0, 3, 1, 4, 3)` or the same in square brackets.
fn numbers(key: &str) -> Option<Vec<usize>> {
    let inside = key.trim().strip_prefix(['(', '['])?.strip_suffix([')', ']'])?;
    inside.split(',').map(|number| number.trim().parse().ok()).collect()
}

fn edge_cell(numbers: &[usize]) -> Option<String> {
    let name = |edge: usize| EDGE_OPERATIONS.get(*numbers.get(EDGES[edge])?).copied();
    let names: Vec<&str> = (0..6).map(name).collect::<Option<_>>()?;
    let [a, b, c, d, e, f] = <[&str; 6]>::try_from(names).ok()?;
    Some(format!("|{a}~0|+|{b}~0|{c}~1|+|{d}~0|{e}~1|{f}~2|"))
}

fn vertex_cell(numbers: &[usize]) -> Option<String> {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// From a comment in another reader of these files: NASLib's `convert_op_indices_to_str` gave it.
    #[test]
    fn tuples_are_written_as_naslib_does() {
        let cifar = ["cifar10".to_owned()];
        let text = "|avg_pool_3x3~0|+|skip_connect~0|none~1|+|nor_conv_1x1~0|avg_pool_3x3~1|nor_conv_1x1~2|";
        assert_eq!(architecture("(4, 0, 3, 1, 4, 3)", &cifar), text);
        assert_ne!(architecture("(4, 0, 1, 3, 4, 3)", &cifar), text, "the order matters");
        assert_eq!(
            architecture("(4, 0, 3, 1, 4, 3)", &["jigsaw".to_owned()]),
            "(4, 0, 3, 1, 4, 3)"
        );
        assert_eq!(architecture("(4, 0, 3, 1, 4, 5)", &cifar), "(4, 0, 3, 1, 4, 5)");
        assert_eq!(architecture("|a~0|", &cifar), "|a~0|");
        let three = "(0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 4, 1)";
        assert_eq!(architecture(three, &cifar), "011001000:input,conv3x3-bn-relu,output");
    }
}
