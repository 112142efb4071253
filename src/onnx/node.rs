//! One node of a model with checked access to its attributes.

use super::error::OnnxProblem;
use super::proto::{AttributeProto, NodeProto, TensorProto};

/// Most pixels, channels, strides and the like a model may name, so that arithmetic on them cannot
/// overflow.
pub(super) const MAX_EXTENT: i64 = 1 << 20;

/// A node and its position among the model's nodes.
#[derive(Clone, Copy)]
pub(super) struct OnnxNode<'m> {
    pub proto: &'m NodeProto,
    pub index: usize,
}

/// What a node's named texts say of an activation at which no code is taken.
pub(super) const UNCOUNTED: (&str, &str) = ("untrained.activation_site", "no");

impl<'m> OnnxNode<'m> {
    /// Whether the node says of itself that no code is taken at it.
    pub fn is_uncounted(self) -> bool {
        let (key, value) = UNCOUNTED;
        self.proto.metadata_props.iter().any(|entry| entry.key == key && entry.value == value)
    }

    /// The node's name, or that of its first output if it has none.
    pub fn name(self) -> &'m str {
        match self.proto.name.as_str() {
            "" => self.proto.output.first().map_or("", String::as_str),
            name => name,
        }
    }

    /// The operator.
    pub fn operator(self) -> &'m str {
        &self.proto.op_type
    }

    /// The names of the inputs that are not left out.
    pub fn inputs(self) -> impl Iterator<Item = &'m str> {
        self.proto.input.iter().map(String::as_str).filter(|name| !name.is_empty())
    }

    /// An error about this node.
    pub fn fail(self, reason: impl Into<String>) -> OnnxProblem {
        OnnxProblem::Node {
            node: self.name().to_owned(),
            operator: self.operator().to_owned(),
            reason: reason.into(),
        }
    }

    /// Refuses every attribute that is not in the list.
    pub fn allow(self, names: &[&str]) -> Result<(), OnnxProblem> {
        let known = |attribute: &&AttributeProto| !names.contains(&attribute.name.as_str());
        match self.proto.attribute.iter().find(known) {
            None => Ok(()),
            Some(unknown) => {
                let supported = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
                let name = &unknown.name;
                Err(self.fail(format!("attribute {name} is not supported; supported: {supported}")))
            }
        }
    }

    fn attribute(self, name: &str) -> Option<&'m AttributeProto> {
        self.proto.attribute.iter().find(|attribute| attribute.name == name)
    }

    fn typed<T>(
        self,
        name: &str,
        kind: &str,
        value: impl Fn(&'m AttributeProto) -> Option<T>,
    ) -> Result<Option<T>, OnnxProblem> {
        let Some(attribute) = self.attribute(name) else { return Ok(None) };
        let wrong = || self.fail(format!("attribute {name} is not {kind}"));
        value(attribute).ok_or_else(wrong).map(Some)
    }

    /// A whole number, if the attribute is there.
    pub fn int(self, name: &str) -> Result<Option<i64>, OnnxProblem> {
        self.typed(name, "a whole number", |attribute| attribute.i)
    }

    /// A number, if the attribute is there.
    pub fn float(self, name: &str) -> Result<Option<f32>, OnnxProblem> {
        self.typed(name, "a number", |attribute| attribute.f)
    }

    /// A text, if the attribute is there.
    pub fn text(self, name: &str) -> Result<Option<&'m str>, OnnxProblem> {
        let text = |attribute: &'m AttributeProto| {
            attribute.s.as_deref().and_then(|bytes| std::str::from_utf8(bytes).ok())
        };
        self.typed(name, "a text", text)
    }

    /// A tensor, if the attribute is there.
    pub fn tensor(self, name: &str) -> Result<Option<&'m TensorProto>, OnnxProblem> {
        self.typed(name, "a tensor", |attribute| attribute.t.as_ref())
    }

    /// Whole numbers, if the attribute is there.
    pub fn ints(self, name: &str) -> Option<&'m [i64]> {
        self.attribute(name).map(|attribute| attribute.ints.as_slice())
    }

    /// Numbers, if the attribute is there.
    pub fn floats(self, name: &str) -> Option<&'m [f32]> {
        self.attribute(name).map(|attribute| attribute.floats.as_slice())
    }

    /// Refuses a whole-number attribute that has another value than `supported`.
    pub fn only(self, name: &str, supported: i64) -> Result<(), OnnxProblem> {
        match self.int(name)? {
            Some(found) if found != supported => {
                Err(self.fail(format!("attribute {name} is {found}; supported: only {supported}")))
            }
            _ => Ok(()),
        }
    }

    /// A number from the file as an extent between `least` and [`MAX_EXTENT`].
    pub fn extent(self, what: &str, value: i64, least: i64) -> Result<usize, OnnxProblem> {
        if !(least..=MAX_EXTENT).contains(&value) {
            return Err(self
                .fail(format!("{what} is {value}; it must be between {least} and {MAX_EXTENT}")));
        }
        Ok(value as usize)
    }

    /// An axis of a tensor of that many axes; negative ones count from the last.
    pub fn axis(self, axis: i64, rank: usize) -> Result<usize, OnnxProblem> {
        let size = rank as i64;
        let from_first = if axis < 0 { axis + size } else { axis };
        if !(0..size).contains(&from_first) {
            return Err(self.fail(format!("axis {axis} of a tensor of {rank} axes")));
        }
        Ok(from_first as usize)
    }
}
