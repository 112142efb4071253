//! Shapes: asking for them, and turning images into vectors.

use std::rc::Rc;

use super::super::constant::{Constant, MAX_AXES, Whole};
use super::super::error::Problem;
use super::super::node::Node;
use super::super::reader::{Reader, Tensor, Value};
use crate::graph::{Op, Shape};

/// The operator set from which on `Squeeze` and `Unsqueeze` take their axes as an input.
pub(in super::super) const SQUEEZE_AXES_INPUT: i64 = 13;

/// The axes of a node, from attribute `axes` or, from operator set `since` on, from input 1.
fn raw_axes(reader: &Reader<'_>, node: Node<'_>, since: i64) -> Result<Option<Vec<i64>>, Problem> {
    let axes = if reader.opset < since {
        node.ints("axes").map(<[i64]>::to_vec)
    } else {
        let axes = reader.optional_constant(node, 1)?.map(|axes| axes.ints());
        axes.transpose().map_err(|reason| node.fail(format!("input 1 {reason}")))?
    };
    match axes {
        Some(axes) if axes.len() > MAX_AXES => {
            Err(node.fail(format!("{} axes, at most {MAX_AXES} are allowed", axes.len())))
        }
        axes => Ok(axes),
    }
}

/// How many axes a node names.
pub(in super::super) fn axes_count(
    reader: &Reader<'_>,
    node: Node<'_>,
    since: i64,
) -> Result<usize, Problem> {
    raw_axes(reader, node, since).map(|axes| axes.map_or(0, |axes| axes.len()))
}

/// The axes a node names, counted from the first, each once; `None` if it names none.
pub(in super::super) fn axes(
    reader: &Reader<'_>,
    node: Node<'_>,
    rank: usize,
    since: i64,
) -> Result<Option<Vec<usize>>, Problem> {
    let Some(raw) = raw_axes(reader, node, since)? else { return Ok(None) };
    let mut axes = Vec::new();
    for axis in raw {
        let axis = node.axis(axis, rank)?;
        if axes.contains(&axis) {
            return Err(node.fail(format!("names axis {axis} twice")));
        }
        axes.push(axis);
    }
    Ok(Some(axes))
}

/// `Shape` of a tensor or a constant; the batch size may be unknown.
pub(in super::super) fn shape(reader: &mut Reader<'_>, node: Node<'_>) -> Result<Value, Problem> {
    node.allow(&["end", "start"])?;
    let extent = |extent: usize| i64::try_from(extent).ok();
    let extents: Vec<Whole> = match reader.optional_constant(node, 0) {
        Ok(Some(constant)) => constant.dims.iter().copied().map(extent).collect(),
        _ => {
            let tensor = reader.tensor(node, 0)?;
            let Shape { channels, height, width } = reader.graph.shape(tensor.node);
            let all = [reader.batch, extent(channels), extent(height), extent(width)];
            all[..tensor.rank].to_vec()
        }
    };
    let rank = extents.len();
    let position = |name: &str, default: i64| -> Result<usize, Problem> {
        let position = node.int(name)?.unwrap_or(default);
        let from_first = if position < 0 { position + rank as i64 } else { position };
        Ok(from_first.clamp(0, rank as i64) as usize)
    };
    let (start, end) = (position("start", 0)?, position("end", rank as i64)?);
    let kept = extents[start..end.max(start)].to_vec();
    Ok(Value::Constant(Rc::new(Constant::wholes(kept))))
}

/// `Flatten` behind the batch axis.
pub(super) fn flatten(reader: &mut Reader<'_>, node: Node<'_>) -> Result<Value, Problem> {
    node.allow(&["axis"])?;
    let tensor = reader.tensor(node, 0)?;
    let axis = node.int("axis")?.unwrap_or(1);
    if node.axis(axis, tensor.rank)? != 1 {
        return Err(node.fail(format!("axis {axis}; supported is only axis 1")));
    }
    flat(reader, node, tensor)
}

/// `Reshape` that turns images into vectors, vectors into 1x1 images, or nothing at all.
pub(super) fn reshape(reader: &mut Reader<'_>, node: Node<'_>) -> Result<Value, Problem> {
    node.allow(&["allowzero"])?;
    let tensor = reader.tensor(node, 0)?;
    let target = reader.constant(node, 1)?;
    let target = target.extents().map_err(|reason| node.fail(format!("the shape {reason}")))?;
    let Shape { channels, height, width } = reader.graph.shape(tensor.node);
    let own = [channels, height, width].map(|extent| extent as i64);
    let volume: i64 = own.iter().product();
    let copies_zero = node.int("allowzero")?.unwrap_or(0) == 0;
    let fits = |wanted: &[i64]| {
        matches(target, reader.batch, &own[..tensor.rank - 1], copies_zero, wanted)
    };
    if fits(&[volume]) {
        flat(reader, node, tensor)
    } else if fits(&own) {
        Ok(Value::Tensor(Tensor { rank: 4, ..tensor }))
    } else {
        let target: Vec<String> =
            target.iter().map(|d| d.map_or("n".to_owned(), |d| d.to_string())).collect();
        Err(node.fail(format!(
            "images of {channels}x{height}x{width} cannot become [{}]; supported are [n, {volume}] \
             and [n, {channels}, {height}, {width}]",
            target.join(", ")
        )))
    }
}

/// Whether a target shape means `[n, wanted...]` for a tensor `[n, own...]`.
fn matches(target: &[Whole], batch: Whole, own: &[i64], copies_zero: bool, wanted: &[i64]) -> bool {
    let [first, rest @ ..] = target else { return false };
    if rest.len() != wanted.len() {
        return false;
    }
    let mut free = u32::from(*first == Some(-1));
    let batch_fits = match *first {
        None | Some(-1) => true,
        Some(0) => copies_zero,
        Some(_) => *first == batch,
    };
    let fits = |(position, (&extent, &wanted)): (usize, (&Whole, &i64))| match extent {
        Some(-1) => {
            free += 1;
            true
        }
        Some(0) if copies_zero => own.get(position) == Some(&wanted),
        extent => extent == Some(wanted),
    };
    batch_fits && rest.iter().zip(wanted).enumerate().all(fits) && free <= 1
}

/// `Squeeze` of 1x1 images to vectors.
pub(super) fn squeeze(reader: &mut Reader<'_>, node: Node<'_>) -> Result<Value, Problem> {
    node.allow(&["axes"])?;
    let (input, image) = reader.images(node)?;
    let axes = axes(reader, node, 4, SQUEEZE_AXES_INPUT)?;
    let mut axes = axes.ok_or_else(|| node.fail("axes are missing; supported are 2 and 3"))?;
    axes.sort_unstable();
    if axes != [2, 3] || image.plane() != 1 {
        return Err(node.fail(format!(
            "axes {axes:?} of images {image}; supported are axes 2 and 3 of 1x1 images"
        )));
    }
    Ok(Value::Tensor(Tensor { node: input, rank: 2 }))
}

/// `Unsqueeze` of vectors to 1x1 images.
pub(super) fn unsqueeze(reader: &mut Reader<'_>, node: Node<'_>) -> Result<Value, Problem> {
    node.allow(&["axes"])?;
    let tensor = reader.tensor(node, 0)?;
    let added = axes_count(reader, node, SQUEEZE_AXES_INPUT)?;
    let axes = axes(reader, node, tensor.rank + added, SQUEEZE_AXES_INPUT)?;
    let mut axes = axes.ok_or_else(|| node.fail("axes are missing; supported are 2 and 3"))?;
    axes.sort_unstable();
    if tensor.rank != 2 || axes != [2, 3] {
        return Err(node.fail(format!(
            "axes {axes:?} of a tensor of {} axes; supported are axes 2 and 3 of vectors",
            tensor.rank
        )));
    }
    Ok(Value::Tensor(Tensor { rank: 4, ..tensor }))
}

/// Images as vectors.
fn flat(reader: &mut Reader<'_>, node: Node<'_>, tensor: Tensor) -> Result<Value, Problem> {
    if reader.graph.shape(tensor.node).plane() == 1 {
        return Ok(Value::Tensor(Tensor { rank: 2, ..tensor }));
    }
    let id = reader.wire(node, "", Op::Flatten, &[tensor.node])?;
    Ok(Value::Tensor(Tensor { node: id, rank: 2 }))
}
