//! The shapes that a file declares for its values: an independent check of what is computed.

use std::collections::HashMap;

use super::constant::SymbolicInt;
use super::proto::{DimensionProto, GraphProto, NodeProto};
use super::reader::{ModelReader, OnnxValue};
use super::view::TensorView;

/// The declared shapes of values, by name.
pub(super) struct DeclaredShapes<'m> {
    shapes: HashMap<&'m str, &'m [DimensionProto]>,
    /// Values with another shape than declared.
    wrong: usize,
    /// The first of them, in words.
    first: Option<String>,
}

impl<'m> DeclaredShapes<'m> {
    /// Those of a graph's outputs and inner values.
    pub fn new(graph: &'m GraphProto) -> Self {
        let declared = |value: &'m super::proto::ValueInfoProto| {
            let tensor = value.r#type.as_ref()?.tensor_type.as_ref()?;
            Some((value.name.as_str(), tensor.shape.as_ref()?.dim.as_slice()))
        };
        let shapes = graph.value_info.iter().chain(&graph.output).filter_map(declared).collect();
        Self { shapes, wrong: 0, first: None }
    }

    /// What a reader must know about values with another shape.
    pub fn notice(&self) -> Option<String> {
        let more = match self.wrong {
            0 | 1 => String::new(),
            count => format!(", and {} more like it", count - 1),
        };
        self.first.as_ref().map(|first| {
            format!(
                "{first}{more}: the file contradicts itself or was read wrongly; export it again, and \
                 compare the score with that of another program"
            )
        })
    }
}

/// Whether a view has the declared extents. Axes that the file leaves free, and those of the images where
/// the batch is free, may have any.
fn fits(view: &TensorView, batch: SymbolicInt, declared: &[DimensionProto]) -> bool {
    // An empty list stands for a shape that is not known.
    declared.is_empty()
        || (declared.len() == view.rank()
            && declared.iter().enumerate().all(|(axis, dim)| {
                match (dim.dim_value.filter(|&extent| extent > 0), view.dim(axis, batch)) {
                    (Some(extent), SymbolicInt::Known(known)) => extent == known,
                    (None, _) | (_, SymbolicInt::Images(_)) => true,
                }
            }))
}

impl ModelReader<'_> {
    /// Compares the values that a node gives with what the file declares.
    pub(super) fn check_declared(&mut self, node: &NodeProto) {
        for name in &node.output {
            let Some(OnnxValue::Tensor(tensor)) = self.values.get(name.as_str()) else { continue };
            let Some(declared) = self.declared.shapes.get(name.as_str()) else { continue };
            if fits(&tensor.view, self.batch, declared) {
                continue;
            }
            let extent = |dim: &DimensionProto| {
                dim.dim_value.map_or_else(|| "?".to_owned(), |extent| extent.to_string())
            };
            let declared: Vec<String> = declared.iter().map(extent).collect();
            let found = tensor.view.describe(self.batch);
            self.declared.wrong += 1;
            self.declared.first.get_or_insert_with(|| {
                format!("`{name}` is {found}, but the file declares [{}]", declared.join(", "))
            });
        }
    }
}
