//! The points of a scatter plot: their rows and positions. They are recomputed when their content
//! changes, not for every frame.

use std::sync::atomic::{AtomicU64, Ordering};

use egui::Color32;

use crate::colour_scale::{ColourScale, spread};
use crate::results::sheet::{ColumnGoal, ResultTable, RowSelection, RowTest, front, front_of};

/// Points that are drawn at most; of more, evenly chosen ones. All of NAS-Bench-201 are fewer.
const DRAWN: usize = 20_000;

/// What a cloud shows.
#[derive(Clone, Debug, PartialEq)]
pub struct CloudKey {
    /// The result set.
    pub results: u64,
    /// Which rows of it.
    pub version: u64,
    /// Columns: across, up, colour.
    pub axes: [String; 3],
    /// Whether across and up are logarithmic.
    pub logarithmic: [bool; 2],
    /// The objectives of the front: columns, and which of their values are better.
    pub objectives: Vec<(String, ColumnGoal)>,
}

impl CloudKey {
    /// The objectives of two axes and of further columns; where `reversed` names a column, its other
    /// values are better than usual.
    pub fn objectives(
        axes: &[String; 3],
        further: &[String],
        reversed: &[String],
    ) -> Vec<(String, ColumnGoal)> {
        let mut found: Vec<(String, ColumnGoal)> = Vec::new();
        for name in axes[..2].iter().chain(further) {
            let usual = ColumnGoal::of(name);
            let goal = if reversed.contains(name) { usual.reversed() } else { usual };
            if found.iter().all(|(known, _)| known != name) {
                found.push((name.clone(), goal));
            }
        }
        found
    }
}

/// A row in the plane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScatterDot {
    /// The row.
    pub row: u32,
    /// Where it is; logarithms on logarithmic axes.
    pub at: [f64; 2],
    /// Its colour.
    pub shade: Color32,
}

/// Points of a scatter.
pub struct ScatterCloud {
    /// No other cloud has this number.
    pub id: u64,
    /// What it shows.
    pub shown: CloudKey,
    /// How many rows it was made from.
    pub rows: usize,
    /// How many of them have a place: both values, and finite ones.
    pub placed: usize,
    /// The points that are drawn.
    pub dots: Vec<ScatterDot>,
    /// Those that no other row beats, from the best value across on; of equal ones, one.
    pub front: Vec<ScatterDot>,
    /// All rows that no other row beats, in order of arrival.
    pub front_rows: Vec<u32>,
    /// Opposite corners of a box around all of them.
    pub around: Option<[[f64; 2]; 2]>,
    /// The smallest and greatest value of the column of colours.
    pub colours: Option<[f64; 2]>,
}

impl ScatterCloud {
    /// Takes rows of a table as points.
    pub fn new(table: &ResultTable, rows: &[u32], shown: CloudKey) -> Self {
        let [x, y, colour] = shown.axes.each_ref().map(|name| table.column(name));
        let value = |column: Option<&[f64]>, row: u32| {
            column.and_then(|values| values.get(row as usize)).copied().unwrap_or(f64::NAN)
        };
        let scale = |value: f64, axis: usize| {
            if shown.logarithmic[axis] { value.log10() } else { value }
        };
        let shades = ColourScale::new(table.range(&shown.axes[2]));
        let dot = |&row: &u32| ScatterDot {
            row,
            at: [scale(value(x, row), 0), scale(value(y, row), 1)],
            shade: shades.of(value(colour, row)),
        };
        let is_placed = |dot: &ScatterDot| dot.at.iter().all(|value| value.is_finite());
        let placed: Vec<u32> = rows.iter().copied().filter(|row| is_placed(&dot(row))).collect();
        let best = best(table, rows, &shown.objectives);
        let mut front: Vec<ScatterDot> = best.iter().map(dot).filter(is_placed).collect();
        front.dedup_by(|a, b| a.at == b.at);
        let mut front_rows = best;
        front_rows.sort_unstable();
        let dots: Vec<ScatterDot> = spread(&placed, DRAWN).iter().map(dot).collect();
        let around = around(dots.iter().chain(&front));
        let colours = table.range(&shown.axes[2]);
        static CLOUDS: AtomicU64 = AtomicU64::new(0);
        let id = CLOUDS.fetch_add(1, Ordering::Relaxed);
        let (rows, placed) = (rows.len(), placed.len());
        Self { id, shown, rows, placed, dots, front, front_rows, around, colours }
    }

    /// Selected rows that are shown, as points; an even sample of many.
    pub fn selected(
        &self,
        table: &ResultTable,
        selected: &RowSelection,
        is_shown: &RowTest<'_>,
    ) -> Vec<ScatterDot> {
        let rows = spread(selected.rows(), DRAWN);
        let shown = rows.into_iter().filter(|&row| is_shown(row));
        shown.filter_map(|row| self.dot(table, row)).collect()
    }

    /// The same without the points that others beat.
    pub fn front_only(&self) -> Self {
        let front = self.front.clone();
        let (shown, front_rows) = (self.shown.clone(), self.front_rows.clone());
        Self { shown, front_rows, dots: front.clone(), front, ..*self }
    }

    /// One row as a point.
    pub fn dot(&self, table: &ResultTable, row: u32) -> Option<ScatterDot> {
        let at = [0, 1].map(|axis: usize| {
            let value = table.value(&self.shown.axes[axis], row);
            if self.shown.logarithmic[axis] { value.log10() } else { value }
        });
        let shades = ColourScale::new(self.colours);
        let shade = shades.of(table.value(&self.shown.axes[2], row));
        at.iter().all(|value| value.is_finite()).then_some(ScatterDot { row, at, shade })
    }
}

/// The rows that no other row beats, from the best value of the first objective on.
fn best(table: &ResultTable, rows: &[u32], objectives: &[(String, ColumnGoal)]) -> Vec<u32> {
    let column = |name: &str| -> Vec<f64> {
        let values = table.column(name).unwrap_or_default();
        let value = |&row: &u32| values.get(row as usize).copied().unwrap_or(f64::NAN);
        rows.iter().map(value).collect()
    };
    let columns: Vec<Vec<f64>> = objectives.iter().map(|(name, _)| column(name)).collect();
    let goals: Vec<ColumnGoal> = objectives.iter().map(|(_, goal)| *goal).collect();
    let places = match (columns.as_slice(), goals.as_slice()) {
        ([x, y], &[across, up]) => {
            let points: Vec<[f64; 2]> = x.iter().zip(y).map(|(&x, &y)| [x, y]).collect();
            front(&points, [across, up])
        }
        (columns, goals) => front_of(columns, goals),
    };
    places.into_iter().map(|place| rows[place]).collect()
}

fn around<'d>(dots: impl Iterator<Item = &'d ScatterDot>) -> Option<[[f64; 2]; 2]> {
    dots.fold(None, |found, dot| {
        let [low, high] = found.unwrap_or([dot.at, dot.at]);
        let corner = |pick: fn(f64, f64) -> f64, known: [f64; 2]| {
            [pick(known[0], dot.at[0]), pick(known[1], dot.at[1])]
        };
        Some([corner(f64::min, low), corner(f64::max, high)])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::sheet::samples::table;

    fn shown() -> CloudKey {
        let axes = ["params", "score", "macs"].map(str::to_owned);
        let objectives = CloudKey::objectives(&axes, &[], &[]);
        CloudKey { results: 0, version: 0, axes, logarithmic: [true, false], objectives }
    }

    #[test]
    fn clouds_hold_finite_points_and_the_front_of_all_rows() {
        let rows: Vec<(&str, f64, u64)> = (0..50_000)
            .map(|at| ("a", if at == 7 { 99.0 } else { f64::from(at % 10) }, 10 + at as u64))
            .chain([("bad", f64::NEG_INFINITY, 10)])
            .collect();
        let table = table(&rows);
        let all: Vec<u32> = (0..rows.len() as u32).collect();
        let cloud = ScatterCloud::new(&table, &all, shown());
        assert!(cloud.dots.len() <= DRAWN && cloud.dots.len() > DRAWN / 2);
        assert!(cloud.dots.iter().all(|dot| dot.row != 50_000));
        assert_eq!((cloud.placed, cloud.rows), (50_000, 50_001));
        // As many as NAS-Bench-201 has are all drawn, and rows without a place are no reason for a sample.
        let some: Vec<u32> = (0..15_625).chain([50_000]).collect();
        let whole = ScatterCloud::new(&table, &some, shown());
        assert_eq!((whole.dots.len(), whole.placed), (15_625, 15_625));
        // Row 7 is on the front whether or not it is among those drawn.
        assert_eq!(
            cloud.front.iter().map(|dot| dot.row).collect::<Vec<_>>(),
            [0, 1, 2, 3, 4, 5, 6, 7]
        );
        assert_eq!(cloud.front[0].at, [1.0, 0.0]);
        assert_eq!(cloud.around.map(|[low, _]| low), Some([1.0, 0.0]));
    }

    #[test]
    fn the_front_follows_directions_and_further_objectives() {
        let table = table(&[("a", 1.0, 10), ("b", 2.0, 20), ("c", 3.0, 30)]);
        let front = |further: &[&str], reversed: &[&str]| {
            let owned =
                |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
            let axes = shown().axes;
            let objectives = CloudKey::objectives(&axes, &owned(further), &owned(reversed));
            ScatterCloud::new(&table, &[0, 1, 2], CloudKey { objectives, ..shown() }).front_rows
        };
        assert_eq!(front(&[], &[]), [0, 1, 2]);
        // Many params and a high score are wanted.
        assert_eq!(front(&[], &["params"]), [2]);
        assert_eq!(front(&[], &["score"]), [0]);
        assert_eq!(front(&["layers"], &["params", "score"]).len(), 3);
    }

    #[test]
    fn only_shown_rows_are_marked_as_selected() {
        let table = table(&[("a", 1.0, 10), ("b", 2.0, 20), ("c", 3.0, 30)]);
        let cloud = ScatterCloud::new(&table, &[0, 2], shown());
        let is_shown: RowTest<'_> = Box::new(|row| row != 1);
        let marked = cloud.selected(&table, &RowSelection::new(vec![1, 2]), &is_shown);
        assert_eq!(marked.iter().map(|dot| dot.row).collect::<Vec<_>>(), [2]);
        assert!(ScatterCloud::new(&table, &[], shown()).around.is_none());
    }
}
