//! Constants that are combined with values of the images become parameters, which are the same for
//! every image.

use super::budget::MAX_TENSOR_VALUES;
use super::constant::{ConstantTensor, MAX_AXES, SymbolicInt, strides};
use super::error::OnnxProblem;
use super::node::OnnxNode;
use super::reader::{ModelReader, OnnxTensor};
use super::view::{AxisFactor, AxisPart, TensorView};
use crate::graph::{Axis, Op, Shape};
use crate::weights::LayerWeights;

/// An axis of a constant that is longer than 1.
#[derive(Clone, Copy)]
struct ConstantExtent {
    axis: usize,
    extent: usize,
    /// Distance of neighbours in the constant.
    stride: usize,
    /// The axis of the graph node it goes to, and the order there: the largest first.
    to: Axis,
    order: usize,
}

impl ModelReader<'_> {
    /// A constant as a tensor, with its values where `like`, a tensor it is joined with, has them.
    pub fn parameter(
        &mut self,
        node: OnnxNode<'_>,
        position: usize,
        constant: &ConstantTensor,
        like: Option<&TensorView>,
    ) -> Result<OnnxTensor, OnnxProblem> {
        let reason = |reason| node.fail(format!("input {position} {reason}"));
        if constant.len() == 0 {
            return Err(reason("has no values".to_owned()));
        }
        let dims = self.of_one_image(node, position, constant, like)?;
        let values = constant.floats().map_err(reason)?;
        let own = strides(&constant.dims);
        let extents = extents(&dims, &own, like);
        let mut view = TensorView { start: [0; 3], axes: vec![Vec::new(); dims.len()] };
        let mut offsets = vec![0];
        let mut shape = [1; 3];
        for to in Axis::ALL {
            let mut group: Vec<ConstantExtent> =
                extents.iter().copied().filter(|e| e.to == to).collect();
            group.sort_by_key(|extent| (std::cmp::Reverse(extent.order), extent.axis));
            let mut step = group.iter().map(|extent| extent.extent).product();
            shape[to.index()] = step;
            for ConstantExtent { axis, extent, stride, .. } in group {
                step /= extent;
                view.axes[axis].push(AxisFactor::Part(AxisPart { extent, from: to, step }));
                let more = |offset: usize| (0..extent).map(move |k| offset + k * stride);
                offsets = offsets.into_iter().flat_map(more).collect();
            }
        }
        let weight = offsets.into_iter().map(|offset| values[offset]).collect();
        let [channels, height, width] = shape;
        let part = format!("/parameter {position}");
        let id = self.wire(node, &part, Op::Parameter(Shape { channels, height, width }), &[])?;
        self.set_weights(node, id, LayerWeights { weight, ..LayerWeights::default() })?;
        if let Some(axis) = constant.images {
            view.axes[axis] = vec![AxisFactor::Images];
        }
        Ok(OnnxTensor { node: id, view })
    }

    /// The extents of a constant for one image: where it has values for all images of the batch, they
    /// must be equal.
    fn of_one_image(
        &self,
        node: OnnxNode<'_>,
        position: usize,
        constant: &ConstantTensor,
        like: Option<&TensorView>,
    ) -> Result<Vec<usize>, OnnxProblem> {
        let mut dims = constant.dims.clone();
        let place = like.and_then(|view| {
            let behind = view.rank().checked_sub(view.images_axis()? + 1)?;
            Some((view, view.images_axis()?, constant.dims.len().checked_sub(behind + 1)?))
        });
        let Some((view, axis, own)) = place.filter(|&(_, _, own)| dims[own] > 1) else {
            return Ok(dims);
        };
        let images = match self.batch {
            SymbolicInt::Known(images) => usize::try_from(images).unwrap_or(0),
            SymbolicInt::Images(_) => 0,
        };
        if images == 0 || view.axes[axis] != [AxisFactor::Images] || dims[own] != images {
            return Err(node.fail(format!(
                "input {position} has {} values along the axis of the images; supported: 1, or \
                 equal ones for all images",
                dims[own]
            )));
        }
        let values =
            constant.floats().map_err(|reason| node.fail(format!("input {position} {reason}")))?;
        let inner: usize = dims[own + 1..].iter().product();
        let equal = values.chunks(images * inner).all(|all| {
            let bits = |one: &[f32]| one.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
            all.chunks(inner).all(|one| bits(one) == bits(&all[..inner]))
        });
        if !equal {
            return Err(node.fail(format!("input {position} is a constant that differs by image")));
        }
        dims[own] = 1;
        Ok(dims)
    }

    /// A tensor repeated along axes of extent 1, in front of which there may be new ones.
    pub fn expanded(
        &self,
        node: OnnxNode<'_>,
        tensor: &OnnxTensor,
        target: &[SymbolicInt],
    ) -> Result<OnnxTensor, OnnxProblem> {
        let rank = target.len().max(tensor.view.rank());
        let mut view = tensor.view.widened(rank);
        for axis in 0..rank {
            let wanted = match (axis + target.len()).checked_sub(rank) {
                Some(position) => target[position],
                None => SymbolicInt::Known(1),
            };
            let (own, images) = (view.extent(axis), view.has_images(axis));
            if wanted == view.dim(axis, self.batch) {
                continue;
            }
            let (times, more) = match wanted {
                SymbolicInt::Images(times) => (times, !images),
                SymbolicInt::Known(extent) => (extent, false),
            };
            let extent = node.extent("an extent", times, 1)?;
            if more {
                view.axes[axis].insert(0, AxisFactor::Images);
            }
            match own {
                _ if extent == own || extent == 1 => {}
                1 if !images => view.repeat(axis, extent),
                _ => {
                    let own = tensor.view.describe(self.batch);
                    return Err(node.fail(format!("{own} has no axis {axis} of {wanted} values")));
                }
            }
        }
        let volume = (0..rank).map(|axis| view.extent(axis)).fold(1_usize, usize::saturating_mul);
        if volume > MAX_TENSOR_VALUES || rank > MAX_AXES {
            return Err(node.fail("expands to too many values or axes"));
        }
        Ok(OnnxTensor { node: tensor.node, view })
    }
}

/// Where the axes of a constant that are longer than 1 go.
fn extents(dims: &[usize], strides: &[usize], like: Option<&TensorView>) -> Vec<ConstantExtent> {
    let mut free = vec![Axis::Row, Axis::Column, Axis::Channel];
    let mut all = Vec::new();
    for axis in (0..dims.len()).rev().filter(|&axis| dims[axis] > 1) {
        let place = like.and_then(|view| {
            let theirs = (axis + view.rank()).checked_sub(dims.len())?;
            let mut parts = view.parts(theirs).filter(|part| part.step > 0);
            parts.next().filter(|_| parts.next().is_none())
        });
        let to = match place {
            Some(part) => part.from,
            None => free.last().copied().unwrap_or(Axis::Row),
        };
        free.retain(|&other| other != to);
        let order = place.map_or(0, |part| part.step);
        let (extent, stride) = (dims[axis], strides[axis]);
        all.push(ConstantExtent { axis, extent, stride, to, order });
    }
    all
}
