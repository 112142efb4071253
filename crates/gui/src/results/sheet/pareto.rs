//! Pareto fronts of two columns.

/// Which values of a column are better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnGoal {
    /// Lower ones, as of params.
    Low,
    /// Higher ones, as of scores.
    High,
}

impl ColumnGoal {
    /// The usual goal for a column: high for scores and accuracy, low for costs.
    pub fn of(name: &str) -> Self {
        match name {
            "params" | "macs" | "units" | "layers" | "seconds" | "sd" | "index" | "latency"
            | "activations" => Self::Low,
            _ => Self::High,
        }
    }

    /// The opposite.
    pub fn reversed(self) -> Self {
        match self {
            Self::Low => Self::High,
            Self::High => Self::Low,
        }
    }

    fn ascending(self, value: f64) -> f64 {
        match self {
            Self::Low => value,
            Self::High => -value,
        }
    }
}

/// The points that no other point dominates: no other is at least as good in both values and better in
/// one. Returned as positions in `points`, best first value first; points with a value that is not
/// finite are left out.
pub fn front(points: &[[f64; 2]], goals: [ColumnGoal; 2]) -> Vec<usize> {
    let value = |at: usize, axis: usize| goals[axis].ascending(points[at][axis]);
    let is_finite = |at: &usize| points[*at].iter().all(|value| value.is_finite());
    let mut sorted: Vec<usize> = (0..points.len()).filter(is_finite).collect();
    sorted.sort_by(|&a, &b| {
        value(a, 0).total_cmp(&value(b, 0)).then(value(a, 1).total_cmp(&value(b, 1)))
    });
    let mut found: Vec<usize> = Vec::new();
    for at in sorted {
        let is_equal = |&last: &usize| points[last] == points[at];
        let beats_all = found.last().is_none_or(|&last| value(at, 1) < value(last, 1));
        if beats_all || found.last().is_some_and(is_equal) {
            found.push(at);
        }
    }
    found
}

/// The same for any number of values: `points` has a list of values for each goal.
pub fn front_of(points: &[Vec<f64>], goals: &[ColumnGoal]) -> Vec<usize> {
    let count = points.first().map_or(0, Vec::len);
    let value = |at: usize, axis: usize| goals[axis].ascending(points[axis][at]);
    let is_finite = |at: &usize| points.iter().all(|values| values[*at].is_finite());
    let mut sorted: Vec<usize> = (0..count).filter(is_finite).collect();
    let order = |a: &usize, b: &usize| {
        let compare = (0..goals.len()).map(|axis| value(*a, axis).total_cmp(&value(*b, axis)));
        compare.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
    };
    sorted.sort_by(order);
    // In this order, a point can only be beaten by one before it.
    let mut found: Vec<usize> = Vec::new();
    for at in sorted {
        let beats = |other: &usize| {
            let pairs = || (0..goals.len()).map(|axis| (value(*other, axis), value(at, axis)));
            pairs().all(|(a, b)| a <= b) && pairs().any(|(a, b)| a < b)
        };
        if !found.iter().any(beats) {
            found.push(at);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn small_networks_with_high_scores_are_on_the_front() {
        let points = [[5.0, 10.0], [1.0, 2.0], [3.0, 9.0], [4.0, 8.0], [2.0, f64::NAN]];
        assert_eq!(front(&points, [ColumnGoal::Low, ColumnGoal::High]), [1, 2, 0]);
        assert_eq!(front(&points, [ColumnGoal::High, ColumnGoal::High]), [0]);
        assert_eq!(front(&[[1.0, 1.0], [1.0, 1.0]], [ColumnGoal::Low, ColumnGoal::High]), [0, 1]);
        assert_eq!(front(&[], [ColumnGoal::Low, ColumnGoal::High]), [0_usize; 0]);
    }

    #[test]
    fn a_third_objective_keeps_what_two_would_lose() {
        let points = [vec![1.0, 2.0, 3.0], vec![9.0, 8.0, 7.0], vec![5.0, 1.0, 5.0]];
        let goals = [ColumnGoal::Low, ColumnGoal::High, ColumnGoal::Low];
        assert_eq!(front_of(&points[..2], &goals[..2]), [0]);
        assert_eq!(front_of(&points, &goals), [0, 1]);
        assert_eq!(front_of(&[], &[]), [0_usize; 0]);
    }

    proptest! {
        // The definition, written out: it would find a point too many and one too few.
        #[test]
        fn the_front_is_what_nobody_beats(
            points in prop::collection::vec((0_u8..6, 0_u8..6), 0..30)
        ) {
            let points: Vec<[f64; 2]> =
                points.into_iter().map(|(x, y)| [f64::from(x), f64::from(y)]).collect();
            let beats = |a: &[f64; 2], b: &[f64; 2]| a[0] <= b[0] && a[1] >= b[1] && a != b;
            let unbeaten = |at: &usize| !points.iter().any(|other| beats(other, &points[*at]));
            let mut found = front(&points, [ColumnGoal::Low, ColumnGoal::High]);
            found.sort_unstable();
            let columns = [0, 1].map(|axis: usize| points.iter().map(|point| point[axis]).collect());
            let mut general = front_of(&columns, &[ColumnGoal::Low, ColumnGoal::High]);
            general.sort_unstable();
            prop_assert_eq!(&found, &general);
            prop_assert_eq!(found, (0..points.len()).filter(unbeaten).collect::<Vec<_>>());
        }
    }
}
