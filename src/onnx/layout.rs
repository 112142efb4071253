//! Moves values to where operators need them: the nodes that a [`ModelReader`] adds for this.

use super::error::OnnxProblem;
use super::node::OnnxNode;
use super::reader::{ModelReader, OnnxTensor};
use super::view::{AlignedViews, ArrangedView, AxisLayout, AxisPart, TensorView};
use crate::graph::{Axis, AxisDigit, MAX_DIGITS, NodeId, Op, Rearrange, Shape, Window};

impl ModelReader<'_> {
    /// The shape of the graph node of a tensor.
    pub fn shape_of(&self, tensor: &OnnxTensor) -> Shape {
        self.graph.shape(tensor.node)
    }

    /// A tensor in a layout; moves its values unless they lie there. Refuses a layout without one of
    /// the tensor's axes: values of an image would be lost.
    pub fn lay_out(
        &mut self,
        node: OnnxNode<'_>,
        tensor: &OnnxTensor,
        layout: &AxisLayout,
    ) -> Result<OnnxTensor, OnnxProblem> {
        let placed = |axis: &usize| layout.iter().any(|axes| axes.contains(axis));
        let lost = (0..tensor.rank()).find(|axis| tensor.view.extent(*axis) > 1 && !placed(axis));
        if let Some(axis) = lost {
            let own = tensor.view.describe(self.batch);
            let reason =
                format!("axis {axis} of {own} holds values of one image, which it does not take");
            return Err(node.fail(reason));
        }
        let arranged = tensor.view.arranged(self.shape_of(tensor), layout);
        self.moved(node, tensor, arranged)
    }

    /// A tensor that is all of its graph node, on the axes its values lie on.
    pub fn compact(
        &mut self,
        node: OnnxNode<'_>,
        tensor: &OnnxTensor,
    ) -> Result<OnnxTensor, OnnxProblem> {
        if tensor.view.is_whole(self.shape_of(tensor)) {
            return Ok(tensor.clone());
        }
        let arranged = tensor.view.compacted(self.shape_of(tensor));
        self.moved(node, tensor, arranged)
    }

    /// A tensor all of whose channels are these axes of the model, in that order.
    pub fn with_channels(
        &mut self,
        node: OnnxNode<'_>,
        tensor: &OnnxTensor,
        axes: &[usize],
    ) -> Result<OnnxTensor, OnnxProblem> {
        let (view, shape) = (&tensor.view, self.shape_of(tensor));
        if view.is_whole(shape) && are_channels(view, shape, axes) {
            return Ok(tensor.clone());
        }
        let others: Vec<usize> = (0..view.rank()).filter(|axis| !axes.contains(axis)).collect();
        let present = others.iter().copied().filter(|&axis| view.extent(axis) > 1);
        let layout = match present.collect::<Vec<_>>()[..] {
            [row, column] => [axes.to_vec(), vec![row], vec![column]],
            _ => [axes.to_vec(), Vec::new(), others],
        };
        self.lay_out(node, tensor, &layout)
    }

    fn moved(
        &mut self,
        node: OnnxNode<'_>,
        tensor: &OnnxTensor,
        arranged: Option<ArrangedView>,
    ) -> Result<OnnxTensor, OnnxProblem> {
        let ArrangedView { rearrange, view } = arranged.ok_or_else(|| too_mixed(node))?;
        Ok(OnnxTensor { node: self.place(node, tensor.node, rearrange)?, view })
    }

    /// Wires a rearrangement, as one of the simpler operations where it is one.
    pub fn place(
        &mut self,
        node: OnnxNode<'_>,
        id: NodeId,
        rearrange: Option<Rearrange>,
    ) -> Result<NodeId, OnnxProblem> {
        let Some(rearrange) = rearrange else { return Ok(id) };
        let input = self.graph.shape(id);
        if is_flat(&rearrange, input) {
            return self.wire(node, "/flatten", Op::Flatten, &[id]);
        }
        let Some([channels, rows, columns]) = cuts(&rearrange) else {
            return self.wire(node, "/layout", Op::Rearrange(rearrange), &[id]);
        };
        let mut id = id;
        if channels.count < input.channels {
            let op = Op::ChannelSlice { start: channels.first, len: channels.count };
            id = self.wire(node, "", op, &[id])?;
        }
        if (rows.count, columns.count) != (input.height, input.width) {
            let window = Window {
                top: rows.first as isize,
                left: columns.first as isize,
                height: rows.count,
                width: columns.count,
                stride: [rows.step, columns.step],
            };
            id = self.wire(node, "/window", Op::Window(window), &[id])?;
        }
        Ok(id)
    }

    /// A tensor with what it repeats for every image as the images, where another tensor has them.
    pub fn images_like(&self, tensor: &OnnxTensor, other: &OnnxTensor) -> OnnxTensor {
        let images = self.batch.known().and_then(|images| usize::try_from(images).ok());
        let view = tensor.view.clone().with_images_like(&other.view, images.unwrap_or(1));
        OnnxTensor { view, ..*tensor }
    }

    /// Two tensors, broadcast to the same axes and brought into one layout.
    pub fn pair(
        &mut self,
        node: OnnxNode<'_>,
        a: &OnnxTensor,
        b: &OnnxTensor,
    ) -> Result<([Option<Rearrange>; 2], TensorView), OnnxProblem> {
        let unfit = |reason| {
            let [a, b] = [a, b].map(|tensor| tensor.view.describe(self.batch));
            node.fail(format!("{a} and {b} do not fit: {reason}"))
        };
        let [a_view, b_view] =
            [(a, b), (b, a)].map(|(own, other)| self.images_like(own, other).view);
        let (first, second) = a_view.broadcast(&b_view).map_err(unfit)?;
        let shapes = [a, b].map(|tensor| self.shape_of(tensor));
        let pairing = AlignedViews::new((&first, shapes[0]), (&second, shapes[1]));
        let pairing = pairing.ok_or_else(|| too_mixed(node))?;
        Ok(([pairing.first, pairing.second], pairing.view))
    }
}

fn too_mixed(node: OnnxNode<'_>) -> OnnxProblem {
    node.fail(format!(
        "axes of the input are mixed in more than {MAX_DIGITS} parts, which is not supported"
    ))
}

/// Whether the channels of a graph node are these axes of the model, in that order.
fn are_channels(view: &TensorView, shape: Shape, axes: &[usize]) -> bool {
    let parts: Vec<AxisPart> = axes.iter().flat_map(|&axis| view.parts(axis)).collect();
    let mut left = shape.channels;
    let in_order = parts.iter().all(|part| {
        let fits = part.from == Axis::Channel && part.step * part.extent == left;
        left = part.step;
        fits
    });
    in_order && left == 1
}

/// Whether a rearrangement makes all values of an image channels, in order.
fn is_flat(rearrange: &Rearrange, input: Shape) -> bool {
    let extents = [input.channels, input.height, input.width];
    let axes = Axis::ALL.into_iter().zip(extents).filter(|&(_, extent)| extent > 1);
    let digit = |(from, extent)| AxisDigit { to: Axis::Channel, extent, from, step: 1 };
    rearrange.start == [0; 3]
        && input.plane() > 1
        && rearrange.digits().iter().copied().eq(axes.map(digit))
}

/// The positions that are kept along one axis.
#[derive(Clone, Copy)]
struct AxisCut {
    first: usize,
    step: usize,
    count: usize,
}

/// What a rearrangement keeps of each axis, if it does nothing but keep consecutive channels and
/// rows and columns in steps.
fn cuts(rearrange: &Rearrange) -> Option<[AxisCut; 3]> {
    let mut cuts = rearrange.start.map(|first| AxisCut { first, step: 1, count: 1 });
    for digit in rearrange.digits() {
        let cut = &mut cuts[digit.to.index()];
        let moves = digit.from != digit.to || digit.step == 0 || cut.count > 1;
        if moves || (digit.to == Axis::Channel && digit.step != 1) {
            return None;
        }
        (cut.step, cut.count) = (digit.step, digit.extent);
    }
    Some(cuts)
}
