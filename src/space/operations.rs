//! Named operations: the built-in ones and those of a space file.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::layers::{
    self, LayerFile, LayerParameters, OperationContext, OperationLayer, any, emit, zero_after,
};
use super::problem::ProblemList;
use crate::graph::{Graph, GraphError, NodeId};
use crate::nearest;

/// The built-in operations, as text.
pub(super) const BUILTIN: &str = include_str!("../../assets/operations.toml");

/// Operations by name, as files write them.
pub(super) type OperationDefinitions = BTreeMap<String, OperationDefinition>;

/// An operation as written in a file.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Definition")]
pub(super) struct OperationDefinition {
    /// The layers, in order.
    layers: Vec<LayerFile>,
    /// The layers used instead where the stride is not 1 or the width changes.
    reshape: Option<Vec<LayerFile>>,
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
    layers: Vec<OperationLayer>,
    reshape: Option<Vec<OperationLayer>>,
}

impl Operation {
    fn new(name: &str, layers: Vec<OperationLayer>, reshape: Option<Vec<OperationLayer>>) -> Self {
        let reshaped_zero = |input| reshape.as_ref().is_none_or(|layers| zero_after(layers, input));
        Self {
            name: name.to_owned(),
            zero: zero_after(&layers, false) && reshaped_zero(false),
            identity: layers.iter().all(|layer| *layer == OperationLayer::Identity),
            keeps_zero: zero_after(&layers, true) && reshaped_zero(true),
            random: any(&layers, &|layer| {
                matches!(layer, OperationLayer::Conv(_) | OperationLayer::Linear(_))
            }),
            activation: any(&layers, &|layer| matches!(layer, OperationLayer::Activation(_))),
            layers,
            reshape,
        }
    }

    /// Whether nothing that is counted depends on its input: it gives zero and holds no activation.
    pub(super) fn ignores_input(&self) -> bool {
        self.zero && !self.activation && !self.reshape_has_activation()
    }

    /// Whether its layers for another width or stride have weights that are drawn.
    pub(super) fn reshape_is_random(&self) -> bool {
        let weighted = |layer: &OperationLayer| {
            matches!(layer, OperationLayer::Conv(_) | OperationLayer::Linear(_))
        };
        self.reshape.as_ref().is_some_and(|layers| any(layers, &weighted))
    }

    /// Whether its layers for another width or stride have an activation.
    pub(super) fn reshape_has_activation(&self) -> bool {
        let activation = |layer: &OperationLayer| matches!(layer, OperationLayer::Activation(_));
        self.reshape.as_ref().is_some_and(|layers| any(layers, &activation))
    }

    /// Wires the operation behind `input`.
    pub(super) fn emit(
        &self,
        graph: &mut Graph,
        input: NodeId,
        label: &str,
        place: OperationContext,
    ) -> Result<NodeId, GraphError> {
        let same = place.stride == 1 && place.width == graph.shape(input).channels;
        let layers = match &self.reshape {
            Some(reshape) if !same => reshape,
            _ => &self.layers,
        };
        emit(graph, layers, input, label, place)
    }
}

/// All operations that a space file can name.
pub(super) struct OperationLibrary {
    definitions: OperationDefinitions,
}

impl OperationLibrary {
    /// The built-in operations and a file's own, which win. One that is wrong is noted and stands
    /// as the identity, so that the rest of the file can be checked.
    pub(super) fn new(own: OperationDefinitions, problems: &mut ProblemList) -> Self {
        let builtin = toml::from_str(BUILTIN).map_err(|error| format!("built-in: {error}"));
        let mut definitions: OperationDefinitions =
            problems.take("operations", builtin).unwrap_or_default();
        for (name, mut definition) in own {
            let path = format!("operations.{name}");
            if !valid_name(&name) {
                problems
                    .add(&path, "a name has letters, digits, `_`, `-` and `.` only, at most 64");
            }
            // Layers with parameters are read once their values are known.
            let plain = definition.parameters().is_empty();
            if plain && definition.read(&name, &[], problems).is_none() {
                definition = OperationDefinition { layers: Vec::new(), reshape: None };
            }
            definitions.insert(name, definition);
        }
        Self { definitions }
    }

    /// The operation of that name, which has no parameters; notes a problem at `path` if there is
    /// none.
    pub(super) fn get(
        &self,
        name: &str,
        path: &str,
        problems: &mut ProblemList,
    ) -> Option<Operation> {
        let definition = self.definition(name, path, problems)?;
        definition.read(name, &[], problems)
    }

    /// The definition of that name; notes a problem at `path` if there is none.
    pub(super) fn definition(
        &self,
        name: &str,
        path: &str,
        problems: &mut ProblemList,
    ) -> Option<&OperationDefinition> {
        let definition = self.definitions.get(name);
        if definition.is_none() {
            let hint = nearest::hint(name, self.definitions.keys().map(String::as_str));
            let name = nearest::excerpt(name);
            let add = format!("define it under [operations.{name}]");
            problems.add(path, format!("unknown operation `{name}`: {hint}; {add}"));
        }
        definition
    }

    /// The operations of a list that must name at least one, each once.
    pub(super) fn chosen(
        &self,
        names: &[String],
        path: &str,
        problems: &mut ProblemList,
    ) -> Option<Vec<Operation>> {
        let mut chosen = Vec::with_capacity(names.len());
        for (position, name) in names.iter().enumerate() {
            let path = format!("{path}[{position}]");
            if names[..position].contains(name) {
                problems.add(&path, format!("names `{}` twice", nearest::excerpt(name)));
            }
            chosen.push(self.get(name, &path, problems));
        }
        if names.is_empty() {
            problems.add(path, "is empty; name at least one operation");
            return None;
        }
        chosen.into_iter().collect()
    }
}

impl OperationDefinition {
    /// The names of its parameters.
    pub(super) fn parameters(&self) -> Vec<&str> {
        let mut names = layers::parameters_of(&self.layers);
        names.extend(layers::parameters_of(self.reshape.as_deref().unwrap_or_default()));
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The operation with values for its parameters; notes every problem of its layers.
    pub(super) fn read(
        &self,
        name: &str,
        parameters: &LayerParameters<'_>,
        problems: &mut ProblemList,
    ) -> Option<Operation> {
        let path = format!("operations.{name}");
        let layers = layers::read(&self.layers, parameters, &format!("{path}.layers"), problems);
        let reshape = self
            .reshape
            .as_ref()
            .map(|reshape| layers::read(reshape, parameters, &format!("{path}.reshape"), problems));
        let reshape = match reshape {
            Some(layers) => Some(layers?),
            None => None,
        };
        Some(Operation::new(name, layers?, reshape))
    }
}

fn valid_name(name: &str) -> bool {
    let valid = |letter: char| letter.is_ascii_alphanumeric() || "_-.".contains(letter);
    !name.is_empty() && name.len() <= 64 && name.chars().all(valid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Op, Shape};

    /// Every operation of the list builds at stride 1 and 2 and gives the shape it promises.
    #[test]
    fn every_operation_builds() {
        let mut problems = ProblemList::default();
        let operations = OperationLibrary::new(OperationDefinitions::new(), &mut problems);
        let mut built = 0;
        for (name, definition) in &operations.definitions {
            let values = definition.parameters().into_iter().map(|name| (name, "2".to_owned()));
            let values: Vec<_> = values.collect();
            let operation = definition.read(name, &values, &mut problems).unwrap();
            for (stride, size) in [(1, 8), (2, 4)] {
                let mut graph = Graph::new();
                let input = graph.input(Shape::new(16, 8, 8));
                let place = OperationContext { width: 16, stride, classes: 10 };
                let output = operation.emit(&mut graph, input, name, place).unwrap();
                assert_eq!(graph.shape(output), Shape::new(16, size, size), "{name} by {stride}");
                built += 1;
            }
        }
        assert!(built >= 40, "only {built} operations were found");
    }

    #[test]
    fn every_activation_is_a_layer() {
        let names = "relu relu6 silu gelu hard_swish hard_sigmoid sigmoid tanh";
        for name in names.split(' ') {
            let mut problems = ProblemList::default();
            let own =
                toml::from_str(&format!("[mine]\nlayers = [\"{name} published=3\"]")).unwrap();
            let operations = OperationLibrary::new(own, &mut problems);
            let operation = operations.get("mine", "", &mut problems).unwrap();
            let keeps_zero = !matches!(name, "sigmoid" | "hard_sigmoid");
            assert_eq!((operation.activation, operation.keeps_zero), (true, keeps_zero), "{name}");
            let mut graph = Graph::new();
            let input = graph.input(Shape::new(2, 2, 2));
            let place = OperationContext { width: 2, stride: 1, classes: 10 };
            let output = operation.emit(&mut graph, input, "mine", place).unwrap();
            assert_eq!(graph.node(output).label, format!("mine/0.{name}"));
            let Op::Activation(activation) = graph.node(output).op else { panic!("{name}") };
            assert_eq!((activation.calls, activation.published_calls), (1, 3), "{name}");
        }
    }

    #[test]
    fn what_an_operation_does_is_seen_from_its_layers() {
        let mut problems = ProblemList::default();
        let operations = OperationLibrary::new(OperationDefinitions::new(), &mut problems);
        let mut facts = |name: &str| {
            let operation = operations.get(name, "", &mut problems).unwrap();
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
            let mut problems = ProblemList::default();
            OperationLibrary::new(toml::from_str(&text).unwrap(), &mut problems);
            problems.0.swap_remove(0)
        };
        for (layer, part) in [
            ("\"konv 3x3\"", "did you mean `conv`?"),
            ("\"conv\"", "a size such as 3x3 must follow"),
            ("\"conv 3\"", "rows x columns"),
            ("\"conv 3x3 strde=2\"", "unknown or repeated option `strde`"),
            ("\"conv 3x3 stride=0\"", "a whole number from 1 to 64"),
            ("\"conv 3x3 stride=2 stride=2\"", "unknown or repeated option `stride`"),
            ("\"conv 0x3\"", "a whole number from 1 to 64"),
            ("\"conv 99999999999999999999x3\"", "a whole number from 1 to 64"),
            ("\"relu stride=1\"", "options are published= uncounted"),
            ("{ mul = [[\"identity\"], [\"sigmod\"]] }", "did you mean `sigmoid`?"),
            ("\"\"", "an empty layer"),
            ("\"conv 3x3 out=in*0.1234\"", "at most three decimals"),
            ("{ add = [] }", "at least one"),
            ("{ mul = [[\"identity\"]] }", "a product has two"),
            ("{ mul = [[\"identity\"], [\"sigmoit\"]] }", "did you mean `sigmoid`?"),
            ("\"bn eps=2\"", "a number above 0, at most 1"),
            ("\"conv 1x1 out=in round=up\"", "nearest, down, div8, round8"),
            ("\"channels\"", "`even` or `odd` must follow"),
            ("\"shuffle\"", "groups= must follow"),
        ] {
            let problem = wrong(layer);
            assert!(problem.message.contains(part), "{layer}: {problem}");
            assert!(problem.path.starts_with("operations.broken.layers[0]"), "{layer}: {problem}");
        }
    }
}
