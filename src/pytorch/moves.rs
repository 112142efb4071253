//! Operations that move values: windows, rearrangements and tables of positions.

use super::names::{number, pair};
use super::node::{PyOp, text};
use crate::graph::{Axis, AxisDigit, Rearrange, Shape, TapTable, Window};

/// Zeros around an image, as `F.pad` takes them: left, right, top, bottom.
pub(super) type Pads = [usize; 4];

/// The padded, cropped or strided view of an image.
pub(super) fn window(window: &Window, input: Shape) -> PyOp {
    let (top, bottom, rows) = axis(window.top, window.height, window.stride[0], input.height);
    let (left, right, columns) = axis(window.left, window.width, window.stride[1], input.width);
    let pads: Pads = [left, right, top, bottom];
    let is_padded = pads != [0; 4];
    let is_sliced = rows != ":" || columns != ":";
    let pads = format!(", ({left}, {right}, {top}, {bottom}))");
    let slice = format!("[:, :, {rows}, {columns}]");
    match (is_padded, is_sliced) {
        (true, true) => PyOp::expression(&["F.pad(", &(pads + &slice)]),
        (true, false) => PyOp::expression(&["F.pad(", &pads]),
        (false, _) => PyOp::expression(&["", &slice]),
    }
}

/// Zeros before and behind the positions of an axis, and the slice of the padded axis.
fn axis(first: isize, count: usize, step: usize, extent: usize) -> (usize, usize, String) {
    let last = first + ((count - 1) * step) as isize;
    let before = (-first).max(0) as usize;
    let after = (last + 1 - extent as isize).max(0) as usize;
    let start = (first + before as isize) as usize;
    let padded = extent + before + after;
    let end = start + (count - 1) * step + 1;
    // Up to `step - 1` positions behind the last one are not reached.
    let rest = padded - end;
    let start = if start == 0 { String::new() } else { start.to_string() };
    let end = if rest < step { String::new() } else { format!("-{}", rest - (step - 1)) };
    let step = if step == 1 { String::new() } else { format!(":{step}") };
    (before, after, format!("{start}:{end}{step}"))
}

/// The digits of one axis of the input, with their steps, if they run over consecutive positions.
fn consecutive(digits: &[AxisDigit], axis: Axis) -> Option<(Vec<usize>, usize)> {
    let of_axis = |position: &usize| digits[*position].from == axis && digits[*position].step > 0;
    let mut own: Vec<usize> = (0..digits.len()).filter(of_axis).collect();
    own.sort_by_key(|&position| std::cmp::Reverse(digits[position].step));
    let mut length = 1;
    for &position in own.iter().rev() {
        let AxisDigit { step, extent, .. } = digits[position];
        if extent > 1 && step != length {
            return None;
        }
        length *= extent;
    }
    Some((own, length))
}

/// A slice, reshape and transpose of an image, or picks of its values where they are none.
pub(super) fn rearrange(rearrange: &Rearrange, input: Shape) -> Option<PyOp> {
    let digits = rearrange.digits();
    let Shape { channels, height, width } = rearrange.shape;
    let shape = format!("({channels}, {height}, {width})");
    let axes = Axis::ALL.map(|axis| consecutive(digits, axis));
    let repeats = digits.iter().any(|digit| digit.step == 0 && digit.extent > 1);
    let [Some((rows, a)), Some((columns, b)), Some((last, c))] = axes else {
        return picks(rearrange, input);
    };
    if repeats {
        return picks(rearrange, input);
    }
    let extents = [input.channels, input.height, input.width];
    let slice = |axis: usize, length: usize| {
        let start = rearrange.start[axis];
        match (start, start + length == extents[axis]) {
            (0, true) => ":".to_owned(),
            (_, true) => format!("{start}:"),
            (0, false) => format!(":{length}"),
            (_, false) => format!("{start}:{}", start + length),
        }
    };
    let slices = [slice(0, a), slice(1, b), slice(2, c)];
    let cut = match slices.iter().all(|slice| slice == ":") {
        true => String::new(),
        false => format!("[:, {}]", slices.join(", ")),
    };
    // The digits in the order of the input, and where each is needed.
    let order: Vec<usize> = [rows, columns, last].concat();
    let wanted: Vec<usize> = Axis::ALL
        .iter()
        .flat_map(|&to| (0..digits.len()).filter(move |&digit| digits[digit].to == to))
        .filter(|digit| order.contains(digit))
        .collect();
    let places: Vec<usize> =
        wanted.iter().filter_map(|digit| order.iter().position(|other| other == digit)).collect();
    let is_ordered = places.iter().enumerate().all(|(place, &from)| place == from);
    let list =
        |values: Vec<usize>| values.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
    let moved = if is_ordered {
        String::new()
    } else {
        let read = list(order.iter().map(|&digit| digits[digit].extent).collect());
        let places = list(places.iter().map(|place| place + 1).collect());
        format!(".reshape(-1, {read}).permute(0, {places})")
    };
    let sizes = shape.trim_start_matches('(').trim_end_matches(')');
    Some(PyOp::expression(&["", &format!("{cut}{moved}.reshape(-1, {sizes})")]))
}

/// The most positions that are written into the code.
const MAX_PICKS: usize = 1 << 16;

/// The value of every position by itself; `None` if they are too many for a text.
fn picks(rearrange: &Rearrange, input: Shape) -> Option<PyOp> {
    let Shape { channels, height, width } = rearrange.shape;
    if rearrange.shape.volume() > MAX_PICKS {
        return None;
    }
    let mut positions = Vec::with_capacity(rearrange.shape.volume());
    for channel in 0..channels {
        for row in 0..height {
            for column in 0..width {
                let offsets = [
                    rearrange.offset(Axis::Channel, channel),
                    rearrange.offset(Axis::Row, row),
                    rearrange.offset(Axis::Column, column),
                ];
                let at = |axis: usize| {
                    rearrange.start[axis] + offsets.iter().map(|offset| offset[axis]).sum::<usize>()
                };
                let position = (at(0) * input.height + at(1)) * input.width + at(2);
                positions.push(position.to_string());
            }
        }
    }
    let positions = format!("[{}]", positions.join(", "));
    let shape = format!("({channels}, {height}, {width})");
    Some(PyOp::module("Picks", vec![text(positions), text(shape)]))
}

/// Weighted sums of positions; `None` if the table is too large for a text.
pub(super) fn resample(table: &TapTable, axis: Axis) -> Option<PyOp> {
    if table.extent() * table.taps() > MAX_PICKS {
        return None;
    }
    let rows: Vec<Vec<(usize, f32)>> =
        (0..table.extent()).map(|position| table.of(position).collect()).collect();
    let is_pick = table.taps() == 1 && rows.iter().flatten().all(|&(_, factor)| factor == 1.0);
    let dimension = axis.index() + 1;
    let positions: Vec<usize> = rows.iter().flatten().map(|&(position, _)| position).collect();
    let step = positions.get(1).map_or(1, |second| second.wrapping_sub(positions[0]));
    let is_slice = is_pick
        && step > 0
        && positions
            .windows(2)
            .all(|pair| pair[1].wrapping_sub(pair[0]) == step && pair[1] > pair[0]);
    if is_slice {
        let (first, end) = (positions[0], positions[positions.len() - 1] + 1);
        let step = if step == 1 { String::new() } else { format!(":{step}") };
        let before = ":, ".repeat(dimension);
        return Some(PyOp::expression(&["", &format!("[{before}{first}:{end}{step}]")]));
    }
    let column = |tap: usize, show: &dyn Fn((usize, f32)) -> String| {
        let values: Vec<String> = rows.iter().map(|row| show(row[tap])).collect();
        format!("[{}]", values.join(", "))
    };
    let taps = 0..table.taps();
    let positions = taps.clone().map(|tap| column(tap, &|(position, _)| position.to_string()));
    let factors = taps.map(|tap| column(tap, &|(_, factor)| number(factor)));
    let list = |columns: &mut dyn Iterator<Item = String>| {
        format!("[{}]", columns.collect::<Vec<_>>().join(", "))
    };
    let mut positions = positions;
    let mut factors = factors;
    let arguments =
        vec![text(dimension.to_string()), text(list(&mut positions)), text(list(&mut factors))];
    Some(PyOp::module("Resample", arguments))
}

/// The keyword argument of a padding, if it is not zero.
pub(super) fn padding_argument(rows: usize, columns: usize) -> Option<String> {
    ((rows, columns) != (0, 0)).then(|| format!("padding={}", pair([rows, columns])))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(op: &PyOp) -> String {
        op.key()
    }

    #[test]
    fn windows_are_slices_of_padded_images() {
        let input = Shape::new(4, 8, 8);
        let shift = Window { top: 1, left: 1, height: 8, width: 8, stride: [1, 1] };
        assert_eq!(
            shown(&window(&shift, input)),
            "<\"F.pad(\",$0,\", (0, 1, 0, 1))[:, :, 1:, 1:]\">"
        );
        let half = Window { top: 0, left: 0, height: 4, width: 4, stride: [2, 2] };
        assert_eq!(shown(&window(&half, input)), "<$0,\"[:, :, ::2, ::2]\">");
        let crop = Window { top: 2, left: 0, height: 4, width: 8, stride: [1, 1] };
        assert_eq!(shown(&window(&crop, input)), "<$0,\"[:, :, 2:-2, :]\">");
        let both = Window { top: -1, left: 0, height: 3, width: 8, stride: [2, 1] };
        // Rows -1, 1 and 3 of 8: what follows row 3 is cut off.
        assert_eq!(
            shown(&window(&both, input)),
            "<\"F.pad(\",$0,\", (0, 0, 1, 0))[:, :, :-3:2, :]\">"
        );
    }

    #[test]
    fn heads_are_reshapes_and_transposes() {
        let digit = |to, extent, from, step| AxisDigit { to, extent, from, step };
        let digits = [
            digit(Axis::Channel, 4, Axis::Column, 1),
            digit(Axis::Row, 2, Axis::Channel, 3),
            digit(Axis::Column, 3, Axis::Channel, 1),
        ];
        let heads = Rearrange::new([6, 0, 0], &digits).unwrap();
        assert_eq!(
            shown(&rearrange(&heads, Shape::new(18, 1, 4)).unwrap()),
            "<$0,\"[:, 6:12, :, :].reshape(-1, 2, 3, 4).permute(0, 3, 1, 2).reshape(-1, 4, 2, 3)\">"
        );
        let repeated =
            [digit(Axis::Channel, 2, Axis::Row, 1), digit(Axis::Column, 3, Axis::Row, 0)];
        let repeated = Rearrange::new([0; 3], &repeated).unwrap();
        assert_eq!(
            shown(&rearrange(&repeated, Shape::new(1, 2, 1)).unwrap()),
            "Picks(\"[0, 0, 0, 1, 1, 1]\",\"(2, 1, 3)\")"
        );
    }
}
