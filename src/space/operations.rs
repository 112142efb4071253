//! Named operations: the built-in ones and those of a space file.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::layers::{Layer, Place, any, emit, zero_after};
use super::nearest;
use crate::graph::{Graph, GraphError, NodeId};

/// The built-in operations, as text.
pub(super) const BUILTIN: &str = include_str!("../../assets/operations.toml");

/// Operations by name, as files write them.
pub(super) type Definitions = BTreeMap<String, Definition>;

/// One operation as a file writes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Definition {
    layers: Vec<Layer>,
    reshape: Option<Vec<Layer>>,
}

/// A named operation and what is known of it.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    /// The name in architecture strings.
    pub name: String,
    /// It gives zero whatever it is given.
    pub zero: bool,
    /// It gives what it is given.
    pub identity: bool,
    /// It gives zero when it is given zero.
    pub keeps_zero: bool,
    /// It holds layers whose weights are drawn, so two of it differ.
    pub random: bool,
    /// It holds an activation.
    pub activation: bool,
    definition: Definition,
}

impl Operation {
    fn new(name: &str, definition: &Definition) -> Self {
        let layers = &definition.layers;
        Self {
            name: name.to_owned(),
            zero: zero_after(layers, false),
            identity: layers.iter().all(|layer| *layer == Layer::Identity),
            keeps_zero: zero_after(layers, true),
            random: any(layers, &|layer| matches!(layer, Layer::Conv(_) | Layer::Linear(_))),
            activation: any(layers, &|layer| matches!(layer, Layer::Activation(_))),
            definition: definition.clone(),
        }
    }

    /// Wires the operation behind `input`.
    pub(super) fn emit(
        &self,
        graph: &mut Graph,
        input: NodeId,
        label: &str,
        place: Place,
    ) -> Result<NodeId, GraphError> {
        let same = place.stride == 1 && place.width == graph.shape(input).channels;
        let layers = match &self.definition.reshape {
            Some(reshape) if !same => reshape,
            _ => &self.definition.layers,
        };
        emit(graph, layers, input, label, place)
    }
}

/// All operations that a space file can name.
pub(super) struct Operations {
    definitions: Definitions,
}

impl Operations {
    /// The built-in operations and a file's own, which win.
    pub(super) fn new(own: Definitions) -> Result<Self, String> {
        if let Some(name) = own.keys().find(|name| !valid_name(name)) {
            return Err(format!(
                "`{}`: an operation's name has letters, digits, `_`, `-` and `.` only",
                nearest::excerpt(name)
            ));
        }
        let mut definitions: Definitions =
            toml::from_str(BUILTIN).map_err(|error| format!("built-in operations: {error}"))?;
        definitions.extend(own);
        Ok(Self { definitions })
    }

    /// The operation of that name, or a message that lists the nearest ones.
    pub(super) fn get(&self, name: &str) -> Result<Operation, String> {
        match self.definitions.get(name) {
            Some(definition) => Ok(Operation::new(name, definition)),
            None => {
                let hint = nearest::hint(name, self.names());
                Err(format!(
                    "there is no operation `{}`: {hint}; define it under [operations.NAME]",
                    nearest::excerpt(name)
                ))
            }
        }
    }

    /// All names in alphabetical order.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.definitions.keys().map(String::as_str)
    }
}

fn valid_name(name: &str) -> bool {
    let valid = |letter: char| letter.is_ascii_alphanumeric() || "_-.".contains(letter);
    !name.is_empty() && name.len() <= 64 && name.chars().all(valid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Shape;

    /// Every operation of the list builds at stride 1 and 2 and gives the shape it promises.
    #[test]
    fn every_operation_builds() {
        let operations = Operations::new(Definitions::new()).unwrap();
        let mut built = 0;
        for name in operations.names() {
            let operation = operations.get(name).unwrap();
            for (stride, size) in [(1, 8), (2, 4)] {
                let mut graph = Graph::new();
                let input = graph.input(Shape::new(16, 8, 8));
                let place = Place { width: 16, stride, classes: 10 };
                let output = operation.emit(&mut graph, input, name, place).unwrap();
                assert_eq!(graph.shape(output), Shape::new(16, size, size), "{name} by {stride}");
                built += 1;
            }
        }
        assert!(built >= 40, "only {built} operations were found");
    }

    #[test]
    fn what_an_operation_does_is_seen_from_its_layers() {
        let operations = Operations::new(Definitions::new()).unwrap();
        let facts = |name: &str| {
            let operation = operations.get(name).unwrap();
            (operation.zero, operation.identity, operation.random, operation.activation)
        };
        assert_eq!(facts("none"), (true, false, false, false));
        assert_eq!(facts("skip_connect"), (false, true, false, false));
        assert_eq!(facts("nor_conv_3x3"), (false, false, true, true));
        assert_eq!(facts("avg_pool_3x3"), (false, false, false, false));
        assert_eq!(facts("resnet_reduction"), (false, false, true, true));
    }

    #[test]
    fn the_message_on_a_wrong_layer_names_it() {
        let wrong = |layer: &str| {
            let text = format!("[broken]\nlayers = [{layer}]");
            toml::from_str::<Definitions>(&text).unwrap_err().to_string()
        };
        for (layer, part) in [
            ("\"konv 3x3\"", "did you mean `conv`?"),
            ("\"conv\"", "a size such as 3x3 must follow"),
            ("\"conv 3\"", "rows x columns"),
            ("\"conv 3x3 strde=2\"", "`strde` is not understood"),
            ("\"conv 3x3 stride=0\"", "a whole number from 1 to 64"),
            ("\"conv 3x3 stride=2 stride=2\"", "given twice"),
            ("\"conv 0x3\"", "a whole number from 1 to 64"),
            ("\"conv 99999999999999999999x3\"", "a whole number from 1 to 64"),
            ("\"relu stride=1\"", "the option is published="),
            ("\"\"", "an empty layer"),
            ("{ sum = [[\"relu\"]] }", "unknown field `sum`"),
            ("{ add = [] }", "at least one branch"),
            ("3", "a layer such as"),
        ] {
            let message = wrong(layer);
            assert!(message.contains(part), "{layer}: {message}");
            assert!(message.contains("line 2"), "{layer} has no position: {message}");
        }
    }
}
