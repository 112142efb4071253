//! Weighted sums of positions along one axis of a model's tensor: what padding, resizing and picks of any
//! kind are lowered to.

use super::budget::MAX_TENSOR_VALUES;
use super::error::OnnxProblem;
use super::node::{MAX_EXTENT, OnnxNode};
use super::reader::{ModelReader, OnnxTensor};
use super::view::{AxisFactor, AxisPart};
use crate::graph::{Axis, Op, Resample, TapTable};

/// The taps of one position: positions of the input with their factors.
pub(super) type Taps = Vec<(usize, f32)>;

/// Most positions of a table that covers several axes of the model.
const MAX_JOINT_POSITIONS: usize = 1 << 16;

/// Most taps of a table.
const MAX_TAPS: usize = 1 << 24;

impl ModelReader<'_> {
    /// A tensor whose positions along an axis are sums of those of another one.
    pub fn resampled(
        &mut self,
        node: OnnxNode<'_>,
        part: &str,
        (tensor, axis): (&OnnxTensor, usize),
        rows: &[Taps],
    ) -> Result<OnnxTensor, OnnxProblem> {
        if tensor.view.has_images(axis) {
            return Err(
                node.fail("works along the axis of the images; supported: axes of one image")
            );
        }
        let extent = tensor.view.extent(axis);
        let taps = rows.iter().map(Vec::len).max().unwrap_or(0).saturating_mul(rows.len());
        if rows.is_empty() || rows.len() > MAX_EXTENT as usize || taps > MAX_TAPS {
            return Err(node.fail(format!("{} positions along axis {axis}", rows.len())));
        }
        let is_same = |(at, row): (usize, &Taps)| row[..] == [(at, 1.0)];
        if rows.len() == extent && rows.iter().enumerate().all(is_same) {
            return Ok(tensor.clone());
        }
        if extent == 1 && rows.iter().all(|row| row[..] == [(0, 1.0)]) {
            return self.repeated(node, tensor, axis, rows.len());
        }
        let laid = self.alone(node, tensor, axis, rows.len())?;
        let (view, shape) = (&laid.view, self.shape_of(&laid));
        let extents = [shape.channels, shape.height, shape.width];
        // An axis of extent 1 lies where the layout left an axis of the graph node empty.
        let own = view.parts(axis).next().map_or_else(
            || {
                let empty = Axis::ALL.into_iter().rev().find(|axis| extents[axis.index()] == 1);
                empty.map(|from| AxisPart { extent: 1, from, step: 1 })
            },
            Some,
        );
        let own = own.ok_or_else(|| node.fail(format!("axis {axis} cannot be laid out alone")))?;
        let whole = extents[own.from.index()];
        let inner = own.step;
        let outer = whole / (own.extent * inner);
        let joint = |outer: usize, at: usize, low: usize| {
            let place = |&(from, factor): &(usize, f32)| {
                ((outer * own.extent + from) * inner + low, factor)
            };
            rows[at].iter().map(place).collect::<Taps>()
        };
        let mut all = Vec::with_capacity(outer * rows.len() * inner);
        for high in 0..outer {
            for at in 0..rows.len() {
                all.extend((0..inner).map(|low| joint(high, at, low)));
            }
        }
        let table = TapTable::new(&all).ok_or_else(|| node.fail("has no positions"))?;
        self.budget.weights(node, table.extent().saturating_mul(2 * table.taps()))?;
        let table = self.graph.add_table(table);
        let op = Op::Resample(Resample { axis: own.from, table });
        let id = self.wire(node, part, op, &[laid.node])?;
        let mut view = laid.view;
        let span = own.extent * inner;
        for factor in view.axes.iter_mut().flatten() {
            if let AxisFactor::Part(other) = factor
                && other.from == own.from
                && other.step >= span
            {
                other.step = other.step / span * rows.len() * inner;
            }
        }
        let part = AxisFactor::Part(AxisPart { extent: rows.len(), ..own });
        view.axes[axis] = if rows.len() > 1 { vec![part] } else { Vec::new() };
        Ok(OnnxTensor { node: id, view })
    }

    /// A tensor all of whose node it is, with an axis that is one part of an axis of the node, and the only
    /// one if a table for `positions` of it would be large.
    fn alone(
        &mut self,
        node: OnnxNode<'_>,
        tensor: &OnnxTensor,
        axis: usize,
        positions: usize,
    ) -> Result<OnnxTensor, OnnxProblem> {
        let shape = self.shape_of(tensor);
        let extents = [shape.channels, shape.height, shape.width];
        let mut parts = tensor.view.parts(axis);
        if let (Some(part), None) = (parts.next(), parts.next())
            && tensor.view.is_whole(shape)
        {
            let others = extents[part.from.index()] / part.extent;
            if others == 1 || others.saturating_mul(positions) <= MAX_JOINT_POSITIONS {
                return Ok(tensor.clone());
            }
        }
        self.lay_out(node, tensor, &tensor.view.layout_around(axis))
    }

    /// A tensor repeated along an axis of extent 1.
    fn repeated(
        &self,
        node: OnnxNode<'_>,
        tensor: &OnnxTensor,
        axis: usize,
        times: usize,
    ) -> Result<OnnxTensor, OnnxProblem> {
        let mut view = tensor.view.clone();
        view.repeat(axis, times);
        let extents = (0..view.rank()).map(|axis| view.extent(axis));
        let volume = extents.fold(1_usize, usize::saturating_mul);
        if volume > MAX_TENSOR_VALUES {
            return Err(node.fail("repeats too many values"));
        }
        Ok(OnnxTensor { node: tensor.node, view })
    }

    /// Positions of an axis in any order, each as often as it is named.
    pub fn picked(
        &mut self,
        node: OnnxNode<'_>,
        tensor: &OnnxTensor,
        axis: usize,
        positions: &[usize],
    ) -> Result<OnnxTensor, OnnxProblem> {
        let rows: Vec<Taps> = positions.iter().map(|&position| vec![(position, 1.0)]).collect();
        self.resampled(node, "/pick", (tensor, axis), &rows)
    }
}
