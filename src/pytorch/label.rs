//! What labels of nodes say: the cells, operations and branches that a node belongs to.
//!
//! Spaces label a node `stage0.cell1.nor_conv_3x3(x)/0.relu`: what it belongs to, an operation with what it
//! reads, and behind the slash the layer of the operation. Branches are `/0.1/2.conv`: layer 2 of branch 1 of
//! layer 0. Models from files have the paths of modules, `/layer1/layer1.0/conv1/Conv`, or any other text.

use super::names::identifier;

/// The most parts of a path; the last one holds the rest.
const MAX_DEPTH: usize = 12;

/// One part of a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Segment {
    /// As written, which tells groups apart.
    pub text: String,
    /// A layer or branch inside an operation, or the operator of a node.
    pub is_layer: bool,
}

/// The path of a node; its last part is the node's own.
pub(super) fn path(label: &str) -> Vec<Segment> {
    let (is_model, body) = match label.strip_prefix('/') {
        Some(body) => (true, body),
        None => (false, label),
    };
    let mut parts: Vec<Segment> = Vec::new();
    let mut text = String::new();
    let (mut depth, mut is_layer) = (0_usize, false);
    for letter in body.chars() {
        let separates = depth == 0 && (letter == '/' || (letter == '.' && !is_model));
        if separates && parts.len() < MAX_DEPTH {
            if !text.is_empty() {
                parts.push(Segment { text: std::mem::take(&mut text), is_layer });
            }
            is_layer |= letter == '/' && !is_model;
            continue;
        }
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        text.push(letter);
    }
    if !text.is_empty() || parts.is_empty() {
        parts.push(Segment { text, is_layer: is_layer || is_model });
    }
    parts
}

impl Segment {
    /// Whether it numbers a layer or branch.
    pub(super) fn is_number(&self) -> bool {
        self.is_layer && self.text.bytes().all(|byte| byte.is_ascii_digit())
    }

    /// Whether it is a node of a cell, whose operations belong to the cell.
    pub(super) fn is_vertex(&self) -> bool {
        let number = ["node", "dead", "v"].iter().find_map(|kind| self.text.strip_prefix(kind));
        number.is_some_and(|number| {
            !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
        })
    }

    /// The text before a parenthesis, and what stands in it.
    fn parts(&self) -> (&str, &str) {
        let (name, rest) = self.text.split_once('(').unwrap_or((&self.text, ""));
        (name, rest.split_once(')').map_or("", |(inside, _)| inside))
    }

    /// An identifier for what the part names.
    pub(super) fn name(&self) -> String {
        let (name, inside) = self.parts();
        match self.is_number() {
            true => format!("branch{}", self.text),
            // `v1(conv3x3-bn-relu)`
            false if is_numbered_vertex(name) && !inside.is_empty() => {
                identifier(&format!("{name}_{inside}"))
            }
            false => identifier(name),
        }
    }

    /// The word for all that is like it: `cell` for `cell3`, the operation for an edge.
    pub(super) fn kind(&self) -> String {
        let (name, inside) = self.parts();
        if is_numbered_vertex(name) && !inside.is_empty() {
            return inside.to_owned();
        }
        let numbered = |letter: char| letter.is_ascii_digit() || letter == '.';
        let trimmed = name.trim_end_matches(numbered).trim_end_matches(['_', '.']);
        // `conv_3x3` ends in a size, not in a number.
        let is_size = trimmed.ends_with('x') && trimmed.len() < name.len();
        match if is_size { name } else { trimmed } {
            "input" => "preprocess".to_owned(),
            kind => kind.to_owned(),
        }
    }
}

fn is_numbered_vertex(name: &str) -> bool {
    let number = name.strip_prefix('v').unwrap_or_default();
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pytorch::names::class_name;

    fn class(segment: &Segment) -> String {
        class_name(&segment.kind())
    }

    fn texts(label: &str) -> Vec<String> {
        path(label).into_iter().map(|segment| segment.text).collect()
    }

    #[test]
    fn labels_are_paths() {
        let label = "stage0.cell1.nor_conv_3x3(avg_pool_3x3(x)+x)#2/0.1/2.conv";
        let parts = path(label);
        let found: Vec<(&str, bool)> =
            parts.iter().map(|part| (part.text.as_str(), part.is_layer)).collect();
        let operation = "nor_conv_3x3(avg_pool_3x3(x)+x)#2";
        let layers = [("0", true), ("1", true), ("2", true), ("conv", true)];
        assert_eq!(
            found,
            [&[("stage0", false), ("cell1", false), (operation, false)][..], &layers].concat()
        );
        assert_eq!(
            (parts[2].name(), class(&parts[2])),
            ("nor_conv_3x3".into(), "NorConv3x3".into())
        );
        assert_eq!(class(&parts[1]), "Cell");
        let vertex = &path("stage0.cell0.v1(conv3x3-bn-relu)/0.conv")[2];
        assert_eq!(
            (vertex.name(), class(vertex)),
            ("v1_conv3x3_bn_relu".into(), "Conv3x3BnRelu".into())
        );
        assert_eq!(texts("/layer1/layer1.0/conv1/Conv"), ["layer1", "layer1.0", "conv1", "Conv"]);
        assert_eq!(class(&path("/layer1/layer1.0/conv1/Conv")[1]), "Layer");
        assert_eq!(texts(""), [""]);
        assert_eq!(path(&"a/".repeat(100_000)).len(), MAX_DEPTH + 1);
    }
}
