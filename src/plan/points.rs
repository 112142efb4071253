//! The activation sites of a network: the activations at which its codes are taken.

use std::fmt;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::Count;
use crate::graph::analysis::Analysis;
use crate::graph::{ActivationKind, Graph};
use crate::weights::Weights;

/// Calls of each activation node that count, by node index.
pub(super) fn counted_calls(graph: &Graph, analysis: &Analysis, count: Count) -> Vec<u32> {
    let calls = |(id, node): (_, &crate::graph::Node)| match (node.op.activation(), count) {
        (None, _) => 0,
        (Some(activation), Count::Paper) => activation.calls,
        (Some(activation), Count::Published) => activation.published_calls,
        (Some(activation), Count::Live) if analysis.live(id) => activation.calls,
        (Some(_), Count::Live) => 0,
    };
    graph.iter().map(calls).collect()
}

/// Counted calls by the activations' titles, in the order of the network. As text: `25 activations: 16
/// ReLU, 9 HardSigmoid`; in JSON an object of numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActivationSites {
    calls: Vec<(&'static str, u64)>,
    /// Those with another bend than at 0.
    clipped: Vec<&'static str>,
    /// Those without linear pieces below and above 0.
    smooth: Vec<&'static str>,
}

impl ActivationSites {
    /// The activation sites of a network. `weights` may be empty if they are drawn later.
    pub fn new(graph: &Graph, weights: &Weights, count: Count) -> Self {
        let analysis = Analysis::new(graph, |id| weights.shifts(graph, id));
        let calls = counted_calls(graph, &analysis, count);
        let mut points = Self::default();
        for (node, calls) in graph.nodes().iter().zip(calls) {
            if let (Some(activation), 1..) = (node.op.activation(), calls) {
                points.add(activation.kind, calls.into());
            }
        }
        points
    }

    fn add(&mut self, kind: ActivationKind, calls: u64) {
        let title = kind.title();
        if let Some((_, sum)) = self.calls.iter_mut().find(|(known, _)| *known == title) {
            *sum += calls;
            return;
        }
        self.calls.push((title, calls));
        match kind {
            kind if kind.bends_at_zero_only() => {}
            ActivationKind::ClippedRelu { .. } => self.clipped.push(title),
            _ => self.smooth.push(title),
        }
    }

    /// What codes mean for activations other than ReLU; nothing where there are none.
    pub fn note(&self) -> Option<String> {
        let mut parts = Vec::new();
        if !self.smooth.is_empty() {
            let titles = self.smooth.join(", ");
            parts.push(format!(
                "{titles}: a code bit is the sign of the input, because there are no linear pieces \
                 that meet at 0"
            ));
        }
        if !self.clipped.is_empty() {
            let titles = self.clipped.join(", ");
            parts.push(format!("{titles}: counted at 0 only, not where it is clipped"));
        }
        (!parts.is_empty()).then(|| parts.join("; "))
    }

    /// Counted calls of all activations.
    pub fn total(&self) -> u64 {
        self.calls.iter().map(|(_, calls)| calls).sum()
    }
}

impl fmt::Display for ActivationSites {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.total();
        write!(formatter, "{total} activation{}", if total == 1 { "" } else { "s" })?;
        for (index, (title, calls)) in self.calls.iter().enumerate() {
            write!(formatter, "{}{calls} {title}", if index == 0 { ": " } else { ", " })?;
        }
        Ok(())
    }
}

impl Serialize for ActivationSites {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.calls.len()))?;
        for (title, calls) in &self.calls {
            map.serialize_entry(title, calls)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Activation, Op, Shape};

    #[test]
    fn calls_are_summed_by_function() {
        let mut graph = Graph::new();
        let mut node = graph.input(Shape::new(1, 2, 2));
        let mut add = |activation: Activation| {
            node = graph.add("a", Op::Activation(activation), &[node]).unwrap();
        };
        add(Activation { calls: 3, ..Activation::RELU_OPENS_MODULE });
        add(Activation::once(ActivationKind::Sigmoid));
        add(Activation::RELU);
        let points = |count| ActivationSites::new(&graph, &Weights::default(), count);
        assert_eq!(points(Count::Paper).to_string(), "5 activations: 4 ReLU, 1 Sigmoid");
        assert_eq!(points(Count::Published).to_string(), "4 activations: 3 ReLU, 1 Sigmoid");
        let json = serde_json::to_string(&points(Count::Paper)).unwrap();
        assert_eq!(json, r#"{"ReLU":4,"Sigmoid":1}"#);
        let note = points(Count::Paper).note().unwrap();
        assert!(note.starts_with("Sigmoid: a code bit is the sign of the input"), "{note}");
        let none = ActivationSites::new(&Graph::new(), &Weights::default(), Count::Paper);
        assert_eq!((none.to_string().as_str(), none.note()), ("0 activations", None));
    }
}
