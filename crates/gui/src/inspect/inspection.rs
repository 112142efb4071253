//! What is known about one architecture without scoring it: cells, decisions and layers.

use untrained::graph::{Layer, analysis, layers};
use untrained::job::{ModelOptions, Options, chain};
use untrained::space::{Decision, Drawing, Space};

/// An architecture, looked into.
#[derive(Clone, Debug, Default)]
pub struct Inspection {
    /// Why nothing more is known.
    pub fault: Option<String>,
    /// Its cells or stages.
    pub drawings: Vec<Drawing>,
    /// Its decisions.
    pub choices: Vec<Decision>,
    /// Its layers.
    pub layers: Vec<Layer>,
    /// Whether a path leads from input to output.
    pub connected: bool,
    /// How the batch normalisation of a model is computed.
    pub batch_norm: Option<String>,
    /// What is not certain about a model, or differs from the paper.
    pub notices: Vec<String>,
}

impl Inspection {
    /// Looks into a model file: it has layers, and no cells.
    pub fn of_model(model: &ModelOptions, options: &Options) -> Self {
        match model.read(options) {
            Err(error) => Self { fault: Some(chain(&error)), ..Self::default() },
            Ok(model) => Self {
                batch_norm: Some(model.batch_norm.to_string()),
                notices: model.notices,
                layers: layers(&model.graph),
                connected: analysis::connected(&model.graph),
                ..Self::default()
            },
        }
    }

    /// Looks into an architecture of a space.
    pub fn new(space: &Space, text: &str) -> Self {
        let fault = |fault: String| Self { fault: Some(fault), ..Self::default() };
        let architecture = match space.parse(text) {
            Ok(architecture) => architecture,
            Err(error) => return fault(chain(&error)),
        };
        match architecture.build() {
            Err(error) => fault(chain(&error)),
            Ok(graph) => Self {
                drawings: architecture.drawings(),
                choices: architecture.decisions(),
                layers: layers(&graph),
                connected: architecture.is_connected(),
                ..Self::default()
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CELL: &str = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|none~1|nor_conv_1x1~2|";

    #[test]
    fn an_architecture_is_looked_into() {
        let space = Space::builtin("nas-bench-201").unwrap();
        let seen = Inspection::new(&space, CELL);
        assert!(seen.fault.is_none() && seen.connected);
        assert_eq!((seen.drawings.len(), seen.choices.len()), (1, 6));
        let graph = space.parse(CELL).unwrap().build().unwrap();
        let params = untrained::graph::cost::Cost::of(&graph).params;
        assert_eq!(seen.layers.iter().map(|layer| layer.params).sum::<u64>(), params);
        let wrong = Inspection::new(&space, "|nor_conv_9x9~0|");
        assert!(wrong.fault.is_some_and(|why| why.contains("nor_conv_9x9")));
    }
}
