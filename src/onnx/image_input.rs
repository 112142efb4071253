//! The input of a model: one tensor of images, with the channels first or last, of real or uint8 values.

use super::calls::ModelWiring;
use super::constant::SymbolicInt;
use super::error::OnnxProblem;
use super::node::{MAX_EXTENT, OnnxNode};
use super::proto::{DataType, DimensionProto, NodeProto, TensorTypeProto, ValueInfoProto};
use super::reader::is_standard;
use super::view::TensorView;
use crate::graph::Shape;

/// Real types of ONNX.
const REAL: [DataType; 4] =
    [DataType::Float, DataType::Double, DataType::Float16, DataType::Bfloat16];

/// Operators that compute each value from the one at the same place, or move values along rows and
/// columns: they leave the channels where they are.
const KEEP_CHANNELS: [&str; 13] = [
    "Add",
    "Cast",
    "CastLike",
    "Clip",
    "DequantizeLinear",
    "Div",
    "Dropout",
    "Identity",
    "Mul",
    "Pad",
    "QuantizeLinear",
    "Shape",
    "Sub",
];

/// Operators that move whole numbers and compute nothing.
const MOVE_VALUES: [&str; 11] = [
    "Concat",
    "Flatten",
    "Gather",
    "Identity",
    "Reshape",
    "Shape",
    "Slice",
    "Split",
    "Squeeze",
    "Transpose",
    "Unsqueeze",
];

/// What a model says about its input.
pub(super) struct ImageInput {
    /// The batch size.
    pub batch: SymbolicInt,
    /// The shape of one image.
    pub shape: Shape,
    /// The extents of one vector, sequence or video, in the file's order; `None` for images.
    others: Option<Vec<usize>>,
    /// Whether the channels are the last axis, as in `[batch, height, width, channels]`.
    pub channels_last: bool,
    /// Whether its values are uint8.
    pub takes_bytes: bool,
}

impl ImageInput {
    /// Reads the declaration of an input; `given` is the shape of one image where axes are free.
    pub fn read(
        input: &ValueInfoProto,
        nodes: &[NodeProto],
        wiring: &ModelWiring<'_>,
        given: Option<Shape>,
        producer: &str,
    ) -> Result<Self, OnnxProblem> {
        let fail =
            |reason: &str| OnnxProblem::Model(format!("has the input `{}`, {reason}", input.name));
        let tensor = input.r#type.as_ref().and_then(|kind| kind.tensor_type.as_ref());
        let tensor = tensor.ok_or_else(|| fail("which is not a tensor"))?;
        let takes_bytes = element_type(tensor).map_err(|reason| fail(&reason))?;
        let dims = tensor.shape.as_ref().map_or(&[][..], |shape| &shape.dim);
        let [batch, image @ ..] = dims else { return Err(fail("whose shape is unknown")) };
        let fixed = batch.dim_value.filter(|&size| size > 0);
        let batch = fixed.map_or(SymbolicInt::Images(1), SymbolicInt::Known);
        let Ok(image) = <&[DimensionProto; 3]>::try_from(image) else {
            let others = other_extents(image).map_err(|reason| fail(&reason))?;
            if takes_bytes {
                check_bytes(nodes, wiring, &input.name)?;
            }
            let shape = shape_of_others(&others);
            let others = Some(others);
            return Ok(Self { batch, shape, others, channels_last: false, takes_bytes });
        };
        let declared = image.each_ref().map(extent);
        if let Some(wrong) =
            image.iter().find(|dim| extent(dim).is_none() && dim.dim_value > Some(0))
        {
            let found = wrong.dim_value.unwrap_or_default();
            return Err(fail(&format!("with an axis of {found}; at most {MAX_EXTENT}")));
        }
        let channels_last = is_channels_last(nodes, wiring, input, (declared, producer));
        if takes_bytes {
            check_bytes(nodes, wiring, &input.name)?;
        }
        let [a, b, c] = declared;
        let declared = if channels_last { [c, a, b] } else { [a, b, c] };
        let shape = shape(&input.name, declared, channels_last, given)?;
        Ok(Self { batch, shape, others: None, channels_last, takes_bytes })
    }

    /// The model's view of its input.
    pub fn view(&self) -> TensorView {
        let has_images = self.batch != SymbolicInt::Known(1);
        if let Some(others) = &self.others {
            return TensorView::input(others, has_images);
        }
        let mut view = TensorView::images(self.shape, has_images);
        if self.channels_last {
            view.axes[1..].rotate_left(1);
        }
        view
    }
}

/// The extents of what is no image: a vector, a sequence or a video.
fn other_extents(dims: &[DimensionProto]) -> Result<Vec<usize>, String> {
    let extents: Option<Vec<usize>> = dims.iter().map(extent).collect();
    match (extents, dims.len()) {
        (_, 0 | 5..) => Err(format!(
            "which has {} axes; supported: [batch, channels, height, width], or with the channels last, \
             vectors [batch, values], sequences [batch, channels, length] and videos [batch, channels, \
             frames, height, width]",
            dims.len() + 1
        )),
        (None, _) => Err(format!(
            "with an axis beside the batch that is free or longer than {MAX_EXTENT}; export it with fixed \
             ones"
        )),
        (Some(extents), _) => Ok(extents),
    }
}

/// The shape of one input: values become channels, those of a sequence columns, and the frames of a video
/// are stacked along the rows.
fn shape_of_others(extents: &[usize]) -> Shape {
    match *extents {
        [channels] => Shape::new(channels, 1, 1),
        [channels, width] => Shape::new(channels, 1, width),
        [channels, frames, height, width] => {
            Shape::new(channels, frames.saturating_mul(height), width)
        }
        _ => Shape::new(1, 1, 1),
    }
}

fn extent(dim: &DimensionProto) -> Option<usize> {
    dim.dim_value.filter(|value| (1..=MAX_EXTENT).contains(value)).map(|value| value as usize)
}

/// Whether values are uint8; otherwise they are real.
fn element_type(tensor: &TensorTypeProto) -> Result<bool, String> {
    if tensor.elem_type == UINT8 {
        return Ok(true);
    }
    match REAL.iter().any(|&kind| kind as i32 == tensor.elem_type) {
        true => Ok(false),
        false => {
            let name = match tensor.elem_type {
                3 => "int8",
                4 => "uint16",
                5 => "int16",
                6 => "int32",
                7 => "int64",
                8 => "text",
                9 => "bool",
                12 => "uint32",
                13 => "uint64",
                _ => "of another type",
            };
            Err(format!("whose values are {name}; supported: real numbers and uint8"))
        }
    }
}

/// The number of uint8 among ONNX's types.
const UINT8: i32 = 2;

/// The shape of one image `[channels, height, width]`: as declared, and as given where that is free.
fn shape(
    name: &str,
    declared: [Option<usize>; 3],
    channels_last: bool,
    given: Option<Shape>,
) -> Result<Shape, OnnxProblem> {
    let Some(given) = given else {
        return match declared {
            [Some(channels), Some(height), Some(width)] => Ok(Shape::new(channels, height, width)),
            _ => Err(OnnxProblem::FreeInput { input: name.to_owned(), declared, channels_last }),
        };
    };
    let extents = [given.channels, given.height, given.width];
    let fits = declared.iter().zip(extents).all(|(known, given)| known.is_none_or(|k| k == given));
    if !fits || extents.iter().any(|&extent| extent == 0 || extent as i64 > MAX_EXTENT) {
        return Err(OnnxProblem::Input { input: name.to_owned(), declared, given });
    }
    Ok(given)
}

/// Whether a model brings the last axis of its input before the others, as converters from TensorFlow
/// do for the channels. For a single channel, tf2onnx reshapes instead.
fn is_channels_last(
    nodes: &[NodeProto],
    wiring: &ModelWiring<'_>,
    input: &ValueInfoProto,
    ([first, _, last], producer): ([Option<usize>; 3], &str),
) -> bool {
    let reshapes = producer.contains("tf2onnx") && last == Some(1) && first != Some(1);
    let mut moved = false;
    let mut open = vec![input.name.as_str()];
    let mut seen = vec![false; nodes.len()];
    while let Some(value) = open.pop() {
        for &reader in wiring.readers(value) {
            if std::mem::replace(&mut seen[reader], true) {
                continue;
            }
            let node = &nodes[reader];
            let order = OnnxNode { proto: node, index: reader }.ints("perm");
            match node.op_type.as_str() {
                "Transpose" if matches!(order, Some([0, 3, 1, 2])) => moved = true,
                "Reshape" if reshapes => moved = true,
                keeps if KEEP_CHANNELS.contains(&keeps) => {
                    open.extend(node.output.iter().map(String::as_str));
                }
                _ => return false,
            }
        }
    }
    moved
}

/// Refuses arithmetic on whole numbers, which would wrap around: they must be cast first.
fn check_bytes(
    nodes: &[NodeProto],
    wiring: &ModelWiring<'_>,
    input: &str,
) -> Result<(), OnnxProblem> {
    let mut open = vec![input];
    let mut seen = vec![false; nodes.len()];
    while let Some(value) = open.pop() {
        for &index in wiring.readers(value) {
            if std::mem::replace(&mut seen[index], true) {
                continue;
            }
            let (proto, node) = (&nodes[index], OnnxNode { proto: &nodes[index], index });
            match proto.op_type.as_str() {
                "Cast" | "CastLike" | "DequantizeLinear" if is_standard(&proto.domain) => {}
                moves if MOVE_VALUES.contains(&moves) => {
                    open.extend(proto.output.iter().map(String::as_str));
                }
                _ => {
                    return Err(node.fail(
                        "computes with the uint8 values of the input; supported: a Cast to real \
                         numbers before anything is computed",
                    ));
                }
            }
        }
    }
    Ok(())
}
