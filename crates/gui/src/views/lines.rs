//! The lines of parallel coordinates: the position of a row on an axis, the mesh that shows rows, and
//! the line under the pointer. The mesh is rebuilt when its content changes, not for every frame.

use std::collections::BTreeSet;
use std::sync::Arc;

use egui::{Color32, Mesh, Pos2, Rect, Vec2, lerp, pos2, remap};

use crate::colour_scale::{ColourScale, spread};
use crate::results::result_set::ResultSet;
use crate::results::sheet::{
    AxisBrush, DecisionColumn, NO_VALUE, ResultAxis, ResultTable, RowSelection,
};
use untrained::store::NumberFormat;

/// Rows that are drawn at most.
const DRAWN: usize = 5_000;
/// Pieces of lines that are drawn at most: with many axes, fewer rows.
const PIECES: usize = 40_000;
/// Rows behind them that do not pass.
const BEHIND: usize = 300;
/// How far below an axis rows are that have no value on it, in pixels.
pub const GAP: f32 = 12.0;

/// How values lie on an axis, from 0 below to 1 above.
pub enum AxisScale<'s> {
    /// Evenly between two numbers.
    Number {
        /// A value for every row.
        values: &'s [f64],
        /// The least and the greatest one.
        range: [f64; 2],
        /// Whether they are whole.
        whole: bool,
    },
    /// Categories one above the other.
    Category {
        /// The decision.
        decision: &'s DecisionColumn,
        /// Its codes in order, from below.
        order: Vec<u16>,
        /// The place of every code.
        places: Vec<usize>,
    },
}

impl<'s> AxisScale<'s> {
    /// The scale of an axis; nothing where a sheet has no such axis.
    pub fn new(sheet: &'s ResultSet, axis: &ResultAxis, operations: &[String]) -> Option<Self> {
        Some(match axis {
            ResultAxis::Number(name) => Self::Number {
                values: sheet.table.column(name)?,
                range: sheet.table.range(name).unwrap_or([0.0, 1.0]),
                whole: ResultTable::number_format(name) == NumberFormat::Whole,
            },
            ResultAxis::Decision(name) => {
                let decision = sheet.decisions.column(name)?;
                let order = decision.in_order(operations);
                let mut places = vec![0; decision.values.len()];
                for (place, &code) in order.iter().enumerate() {
                    places[usize::from(code)] = place;
                }
                Self::Category { decision, order, places }
            }
        })
    }

    /// Where a row is; nothing where it has no finite value.
    pub fn share(&self, row: u32) -> Option<f32> {
        match self {
            Self::Number { values, range: [least, most], .. } => {
                let value = values.get(row as usize).copied().filter(|value| value.is_finite())?;
                let whole = most - least;
                Some(if whole > 0.0 { ((value - least) / whole) as f32 } else { 0.5 })
            }
            Self::Category { decision, order, places } => {
                let code = decision.codes.get(row as usize).copied().filter(|&c| c != NO_VALUE)?;
                let place = *places.get(usize::from(code))?;
                Some(middle(place, order.len()) + scatter(row, order.len()))
            }
        }
    }

    /// The categories from below with where they are; none on an axis of numbers.
    pub fn categories(&self) -> Vec<(&str, f32)> {
        match self {
            Self::Number { .. } => Vec::new(),
            Self::Category { decision, order, .. } => {
                let value = |(place, &code): (usize, &u16)| {
                    (decision.values[usize::from(code)].as_str(), middle(place, order.len()))
                };
                order.iter().enumerate().map(value).collect()
            }
        }
    }

    /// What lies between two places on the axis, as a brush; nothing where that is no category.
    pub fn brush(&self, from: f32, to: f32) -> Option<AxisBrush> {
        let (low, high) = (from.min(to), from.max(to));
        match self {
            Self::Number { range: [least, most], whole, .. } => {
                let value = |share: f32| lerp(*least..=*most, f64::from(share.clamp(0.0, 1.0)));
                let (low, high) = (value(low), value(high));
                Some(AxisBrush::Range(if *whole {
                    [low.ceil(), high.floor()]
                } else {
                    [low, high]
                }))
            }
            Self::Category { .. } => {
                let inside = |(_, share): &(&str, f32)| (low..=high).contains(share);
                let found = self.categories().into_iter().filter(inside);
                let values: BTreeSet<String> = found.map(|(name, _)| name.to_owned()).collect();
                (!values.is_empty()).then_some(AxisBrush::Values(values))
            }
        }
    }

    /// The parts of the axis that a brush covers.
    pub fn covered(&self, brush: &AxisBrush) -> Vec<[f32; 2]> {
        match (self, brush) {
            (Self::Number { range: [least, most], .. }, AxisBrush::Range([low, high])) => {
                let share = |value: f64| {
                    let share = (value - least) / (most - least).max(f64::MIN_POSITIVE);
                    share.clamp(0.0, 1.0) as f32
                };
                vec![[share(*low), share(*high)]]
            }
            (Self::Category { order, .. }, AxisBrush::Values(values)) => {
                let half = (0.45 / order.len().max(2) as f32).min(0.06);
                let chosen =
                    self.categories().into_iter().filter(|(name, _)| values.contains(*name));
                chosen.map(|(_, share)| [share - half, share + half]).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// Where a category is: in the middle of its part of the axis.
fn middle(place: usize, count: usize) -> f32 {
    (place as f32 + 0.5) / count.max(1) as f32
}

/// Rows of a category lie a little apart, so that one sees how many they are; a row is always at the
/// same place.
fn scatter(row: u32, count: usize) -> f32 {
    let hash = row.wrapping_mul(2_654_435_761) >> 16;
    (hash as f32 / 65_535.0 - 0.5) * (0.5 / count.max(1) as f32).min(0.06)
}

/// What lines were made for.
#[derive(Clone, PartialEq)]
pub struct LinesKey {
    /// The sheet.
    pub sheet: u64,
    /// Which rows of it.
    pub version: u64,
    /// The axes from left to right.
    pub axes: Vec<ResultAxis>,
    /// Where the axes begin and end.
    pub area: Rect,
    /// The column of colours.
    pub colour: String,
    /// The selected rows.
    pub selected: RowSelection,
    /// Their colour.
    pub accent: Color32,
}

/// Lines of rows.
pub struct ParallelLines {
    /// How many rows and decisions there were.
    pub grown: [usize; 2],
    /// All lines.
    pub mesh: Arc<Mesh>,
    /// The rows that are drawn.
    pub rows: Vec<u32>,
    /// Where every axis is.
    xs: Vec<f32>,
    /// Where every row is on every axis, row-major.
    ys: Vec<f32>,
}

impl ParallelLines {
    /// Draws rows of a sheet: some that do not pass, an even sample of those that do, and selected ones.
    pub fn new(sheet: &ResultSet, scales: &[AxisScale<'_>], made: &LinesKey) -> Self {
        let most = (PIECES / scales.len().saturating_sub(1).max(1)).min(DRAWN);
        let rows = spread(&sheet.rows, most);
        let xs = places(made.area, scales.len());
        let mut mesh = Mesh::default();
        let pieces = (rows.len() + BEHIND) * scales.len();
        mesh.vertices.reserve(4 * pieces);
        mesh.indices.reserve(6 * pieces);
        let line = |row: u32| heights(scales, made.area, row);
        if sheet.rows.len() < sheet.table.len() {
            let all = sheet.table.len();
            let behind = (0..all.min(BEHIND)).map(|at| (at * all / all.min(BEHIND)) as u32);
            let grey = Color32::from_gray(128).gamma_multiply(0.13);
            behind.for_each(|row| add(&mut mesh, &xs, &line(row), grey));
        }
        let values = sheet.table.column(&made.colour).unwrap_or_default();
        let shades = ColourScale::new(sheet.table.range(&made.colour));
        let strength = (9.0 / (rows.len().max(1) as f32).sqrt()).clamp(0.16, 0.9);
        let mut ys = Vec::with_capacity(rows.len() * scales.len());
        for &row in &rows {
            let heights = line(row);
            let value = values.get(row as usize).copied().unwrap_or(f64::NAN);
            add(&mut mesh, &xs, &heights, shades.of(value).gamma_multiply(strength));
            ys.extend(heights);
        }
        let is_shown = sheet.test();
        for row in spread(made.selected.rows(), BEHIND).into_iter().filter(|&row| is_shown(row)) {
            add(&mut mesh, &xs, &line(row), made.accent.gamma_multiply(0.75));
        }
        let grown = [sheet.rows.len(), sheet.decisions.len()];
        Self { grown, mesh: Arc::new(mesh), rows, xs, ys }
    }

    /// The drawn row whose line is nearest to the pointer, if one is near.
    pub fn nearest(&self, pointer: Pos2, near: f32) -> Option<u32> {
        let right = self.xs.partition_point(|&x| x < pointer.x);
        let left = right.checked_sub(1).filter(|_| right < self.xs.len())?;
        let (from, to) = (self.xs[left], self.xs[right]);
        let along = (pointer.x - from) / (to - from).max(1e-3);
        let count = self.xs.len();
        let distance = |at: usize| {
            let (begin, end) = (self.ys[at * count + left], self.ys[at * count + right]);
            // Across the line, not down: steep lines are as easy to meet as level ones.
            let slope = (end - begin) / (to - from).max(1e-3);
            (lerp(begin..=end, along) - pointer.y).abs() / slope.hypot(1.0)
        };
        let all = (0..self.rows.len()).map(|at| (distance(at), self.rows[at]));
        let near = all.filter(|(distance, _)| *distance < near);
        near.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, row)| row)
    }
}

/// Where axes are in an area.
pub fn places(area: Rect, count: usize) -> Vec<f32> {
    let last = count.saturating_sub(1).max(1) as f32;
    (0..count).map(|at| remap(at as f32, 0.0..=last, area.left()..=area.right())).collect()
}

/// Where a row is on every axis; below the axis where it has no value.
pub fn heights(scales: &[AxisScale<'_>], area: Rect, row: u32) -> Vec<f32> {
    let height = |scale: &AxisScale<'_>| match scale.share(row) {
        Some(share) => lerp(area.bottom()..=area.top(), share),
        None => area.bottom() + GAP,
    };
    scales.iter().map(height).collect()
}

/// Adds a line one pixel wide.
fn add(mesh: &mut Mesh, xs: &[f32], ys: &[f32], colour: Color32) {
    for at in 1..xs.len() {
        let (from, to) = (pos2(xs[at - 1], ys[at - 1]), pos2(xs[at], ys[at]));
        let across: Vec2 = (to - from).rot90().normalized() * 0.5;
        let first = mesh.vertices.len() as u32;
        for place in [from - across, from + across, to - across, to + across] {
            mesh.colored_vertex(place, colour);
        }
        mesh.add_triangle(first, first + 1, first + 2);
        mesh.add_triangle(first + 2, first + 1, first + 3);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::sheet::{DecisionTable, samples::table};
    use crate::tasks::TaskRunner;

    fn sheet() -> ResultSet {
        let rows = [("a", 1.0, 10), ("b", 3.0, 20), ("c", f64::NEG_INFINITY, 30)];
        let mut sheet = ResultSet::new(String::new(), table(&rows));
        let mut decisions = DecisionTable::default();
        ["conv", "none", "conv"].iter().for_each(|&value| decisions.push([("op", value)]));
        sheet.decisions = Arc::new(decisions);
        sheet.refresh(&mut TaskRunner::new(egui::Context::default()));
        sheet
    }

    fn scale<'s>(sheet: &'s ResultSet, axis: &ResultAxis) -> AxisScale<'s> {
        AxisScale::new(sheet, axis, &["none", "conv"].map(str::to_owned)).unwrap()
    }

    #[test]
    fn numbers_lie_between_the_ends_and_categories_in_their_parts() {
        let sheet = sheet();
        let score = scale(&sheet, &ResultAxis::Number("score".to_owned()));
        assert_eq!([0, 1, 2].map(|row| score.share(row)), [Some(0.0), Some(1.0), None]);
        let op = scale(&sheet, &ResultAxis::Decision("op".to_owned()));
        assert_eq!(op.categories(), [("none", 0.25), ("conv", 0.75)]);
        let share = |row: u32| op.share(row).unwrap();
        assert!(share(0) > 0.6 && share(1) < 0.4 && share(2) > 0.6 && share(0) != share(2));
        assert!(AxisScale::new(&sheet, &ResultAxis::Decision("depth".to_owned()), &[]).is_none());
    }

    #[test]
    fn what_is_dragged_over_becomes_a_brush_that_covers_it() {
        let sheet = sheet();
        let score = scale(&sheet, &ResultAxis::Number("score".to_owned()));
        let brush = score.brush(0.75, 0.25).unwrap();
        assert_eq!(brush, AxisBrush::Range([1.5, 2.5]));
        assert_eq!(score.covered(&brush), [[0.25, 0.75]]);
        let params = scale(&sheet, &ResultAxis::Number("params".to_owned()));
        assert_eq!(params.brush(0.01, 2.0), Some(AxisBrush::Range([11.0, 30.0])));
        let op = scale(&sheet, &ResultAxis::Decision("op".to_owned()));
        let brush = op.brush(0.9, 0.6).unwrap();
        assert_eq!(brush, AxisBrush::Values(["conv".to_owned()].into()));
        assert_eq!(op.covered(&brush).len(), 1);
        assert_eq!(op.brush(0.4, 0.6), None);
    }

    #[test]
    fn the_line_under_the_pointer_is_found_between_axes() {
        let sheet = sheet();
        let axes = ["score", "params"].map(|name| ResultAxis::Number(name.to_owned()));
        let scales: Vec<AxisScale<'_>> = axes.iter().map(|axis| scale(&sheet, axis)).collect();
        let made = LinesKey {
            sheet: 0,
            version: 0,
            axes: axes.to_vec(),
            area: Rect::from_min_max(pos2(0.0, 0.0), pos2(100.0, 100.0)),
            colour: "score".to_owned(),
            selected: RowSelection::new(vec![1]),
            accent: Color32::BLUE,
        };
        let lines = ParallelLines::new(&sheet, &scales, &made);
        // Row 0 goes level along the bottom, row 1 from the top to the middle, row 2 from below upwards.
        assert_eq!(lines.nearest(pos2(50.0, 99.0), 6.0), Some(0));
        assert_eq!(lines.nearest(pos2(50.0, 25.0), 6.0), Some(1));
        assert_eq!(lines.nearest(pos2(0.5, 100.0 + GAP), 6.0), Some(2));
        assert_eq!(lines.nearest(pos2(50.0, 5.0), 6.0), None);
        assert_eq!(lines.nearest(pos2(150.0, 25.0), 6.0), None);
        // Three lines and the selected one once more, a piece each.
        assert_eq!(lines.mesh.indices.len(), 6 * 4);
    }
}
