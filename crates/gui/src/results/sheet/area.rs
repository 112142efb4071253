//! Regions of a plane drawn with the pointer, and the points in them.

use rayon::prelude::*;

use super::table::ResultTable;

/// A part of the plane of a scatter, in its coordinates.
#[derive(Clone, Debug, PartialEq)]
pub struct SelectionArea {
    /// The corners of the box around it.
    around: [[f64; 2]; 2],
    /// Its outline; nothing where it is that box.
    outline: Option<Vec<[f64; 2]>>,
}

impl SelectionArea {
    /// The box with two opposite corners.
    pub fn of_box(one: [f64; 2], other: [f64; 2]) -> Self {
        Self { around: around(&[one, other]), outline: None }
    }

    /// The region enclosed by an outline, whose last point is joined to its first. If it crosses
    /// itself, points with an odd number of crossings are inside.
    pub fn of_lasso(outline: Vec<[f64; 2]>) -> Self {
        Self { around: around(&outline), outline: Some(outline) }
    }

    /// Whether a point is inside; one that is not finite never is.
    pub fn contains(&self, point: [f64; 2]) -> bool {
        let [low, high] = self.around;
        let in_box = (0..2).all(|axis| low[axis] <= point[axis] && point[axis] <= high[axis]);
        in_box && self.outline.as_ref().is_none_or(|outline| is_inside(outline, point))
    }

    /// The rows, among some, whose point is inside; `logarithmic` states which axes are logarithmic.
    pub fn rows(
        &self,
        table: &ResultTable,
        rows: &[u32],
        names: [&str; 2],
        logarithmic: [bool; 2],
    ) -> Vec<u32> {
        let columns = names.map(|name| table.column(name).unwrap_or_default());
        let value = |axis: usize, row: u32| {
            let value = columns[axis].get(row as usize).copied().unwrap_or(f64::NAN);
            if logarithmic[axis] { value.log10() } else { value }
        };
        let is_in = |row: &&u32| self.contains([value(0, **row), value(1, **row)]);
        rows.par_iter().filter(is_in).copied().collect()
    }
}

fn around(points: &[[f64; 2]]) -> [[f64; 2]; 2] {
    let mut found = [[f64::INFINITY; 2], [f64::NEG_INFINITY; 2]];
    for point in points {
        for axis in 0..2 {
            found[0][axis] = found[0][axis].min(point[axis]);
            found[1][axis] = found[1][axis].max(point[axis]);
        }
    }
    found
}

/// Counts the edges that a ray to the right crosses.
fn is_inside(outline: &[[f64; 2]], [x, y]: [f64; 2]) -> bool {
    let mut inside = false;
    let mut before = outline.last().copied().unwrap_or_default();
    for &after in outline {
        let passes = (before[1] > y) != (after[1] > y);
        let along = (y - before[1]) / (after[1] - before[1]);
        if passes && x < before[0] + along * (after[0] - before[0]) {
            inside = !inside;
        }
        before = after;
    }
    inside
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::samples::table;
    use super::*;

    #[test]
    fn boxes_hold_their_edges_and_lassos_their_bays() {
        let area = SelectionArea::of_box([3.0, 4.0], [1.0, 2.0]);
        assert!(area.contains([1.0, 4.0]) && area.contains([2.0, 3.0]));
        assert!(!area.contains([0.9, 3.0]) && !area.contains([2.0, f64::NAN]));
        // A U: the bay between its arms is outside though the box around it is not.
        let u =
            [[0.0, 0.0], [6.0, 0.0], [6.0, 6.0], [4.0, 6.0], [4.0, 2.0], [2.0, 2.0], [2.0, 6.0]];
        let lasso = SelectionArea::of_lasso(u.iter().copied().chain([[0.0, 6.0]]).collect());
        assert!(lasso.contains([1.0, 5.0]) && lasso.contains([5.0, 5.0]));
        assert!(lasso.contains([3.0, 1.0]) && !lasso.contains([3.0, 5.0]));
        assert!(!SelectionArea::of_lasso(Vec::new()).contains([0.0, 0.0]));
    }

    #[test]
    fn rows_are_found_on_logarithmic_axes_too() {
        let table = table(&[("a", 1.0, 10), ("b", 2.0, 100), ("c", f64::NEG_INFINITY, 100)]);
        let area = SelectionArea::of_box([1.5, 0.0], [2.5, 3.0]);
        let found = |rows: &[u32], log| area.rows(&table, rows, ["params", "score"], log);
        assert_eq!(found(&[0, 1, 2], [true, false]), [1]);
        assert_eq!(found(&[0, 2], [true, false]), [0_u32; 0]);
        assert_eq!(found(&[0, 1, 2], [false, false]), [0_u32; 0]);
        assert_eq!(area.rows(&table, &[0, 1], ["params", "nothing"], [false; 2]), [0_u32; 0]);
    }

    /// How often an outline winds around a point, by the angles its edges are seen under.
    fn windings(outline: &[[f64; 2]], [x, y]: [f64; 2]) -> i64 {
        let angle = |point: &[f64; 2]| (point[1] - y).atan2(point[0] - x);
        let pairs = outline.iter().zip(outline.iter().cycle().skip(1));
        let turn = |(from, to): (&[f64; 2], &[f64; 2])| {
            let mut turn = angle(to) - angle(from);
            turn -= (turn / std::f64::consts::TAU).round() * std::f64::consts::TAU;
            turn
        };
        (pairs.map(turn).sum::<f64>() / std::f64::consts::TAU).round() as i64
    }

    proptest! {
        // An outline that winds an odd number of times around a point crosses every ray from it an odd
        // number of times: angles say what crossings must. Corners are at whole numbers and the point
        // is not, so that it lies on no edge of slope 0 or 1 and in no corner.
        #[test]
        fn crossings_agree_with_angles(
            outline in prop::collection::vec((0_i32..12, 0_i32..12), 3..12),
            at in (0_i32..12, 0_i32..12),
        ) {
            let outline: Vec<[f64; 2]> =
                outline.into_iter().map(|(x, y)| [f64::from(x), f64::from(y)]).collect();
            let point = [f64::from(at.0) + 0.123_456, f64::from(at.1) + 0.371_113];
            let inside = SelectionArea::of_lasso(outline.clone()).contains(point);
            prop_assert_eq!(inside, windings(&outline, point).rem_euclid(2) == 1);
        }
    }
}
