//! The axes of parallel coordinates: all of them, which are shown, and in which order.

use crate::results::result_set::ResultSet;
use crate::results::sheet::ResultAxis;

/// Decisions that are shown at first; a person can show others.
const DECISIONS: usize = 12;
/// Columns of numbers that are shown at first.
const NUMBERS: [&str; 5] = ["params", "macs", "score", "combined", "accuracy"];

/// Axes in order, and whether each is shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AxisLayout {
    sheet: Option<u64>,
    all: Vec<(ResultAxis, bool)>,
}

impl AxisLayout {
    /// Takes over the columns of a table; the user's arrangement is kept.
    pub fn update(&mut self, sheet: &ResultSet) {
        if self.sheet != Some(sheet.id) {
            *self = Self { sheet: Some(sheet.id), all: Vec::new() };
        }
        let columns = sheet.decisions.columns();
        for (at, column) in columns.iter().enumerate() {
            // Before the numbers.
            let place = self.all.iter().position(|(axis, _)| matches!(axis, ResultAxis::Number(_)));
            let place = place.unwrap_or(self.all.len());
            self.add(place, ResultAxis::Decision(column.name.clone()), at < DECISIONS);
        }
        for name in sheet.table.filled() {
            let shown = NUMBERS.contains(&name);
            self.add(self.all.len(), ResultAxis::Number(name.to_owned()), shown);
        }
    }

    fn add(&mut self, place: usize, axis: ResultAxis, shown: bool) {
        if self.all.iter().all(|(known, _)| *known != axis) {
            self.all.insert(place, (axis, shown));
        }
    }

    /// All axes with whether they are shown.
    pub fn all_mut(&mut self) -> &mut [(ResultAxis, bool)] {
        &mut self.all
    }

    /// Those that are shown, in order.
    pub fn shown(&self) -> Vec<ResultAxis> {
        self.all.iter().filter(|(_, shown)| *shown).map(|(axis, _)| axis.clone()).collect()
    }

    /// Shows an axis no longer.
    pub fn hide(&mut self, axis: &ResultAxis) {
        self.all
            .iter_mut()
            .filter(|(known, _)| known == axis)
            .for_each(|(_, shown)| *shown = false);
    }

    /// Moves an axis to a place among those that are shown.
    pub fn move_to(&mut self, axis: &ResultAxis, place: usize) {
        let Some(from) = self.all.iter().position(|(known, _)| known == axis) else { return };
        let moved = self.all.remove(from);
        let shown = self.all.iter().enumerate().filter(|(_, (_, shown))| *shown);
        let to = shown.map(|(at, _)| at).nth(place).unwrap_or(self.all.len());
        self.all.insert(to, moved);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::results::sheet::{DecisionTable, samples::table};

    fn names(axes: &AxisLayout) -> Vec<String> {
        axes.shown().iter().map(|axis| axis.name().to_owned()).collect()
    }

    #[test]
    fn what_was_arranged_stays_when_more_is_known() {
        let mut sheet = ResultSet::new(String::new(), table(&[("a", 1.0, 10)]));
        let mut axes = AxisLayout::default();
        axes.update(&sheet);
        assert_eq!(names(&axes), ["score", "params", "macs"]);
        axes.move_to(&ResultAxis::Number("macs".to_owned()), 0);
        axes.hide(&ResultAxis::Number("score".to_owned()));
        assert_eq!(names(&axes), ["macs", "params"]);
        let mut decisions = DecisionTable::default();
        decisions.push([("op", "conv"), ("depth", "2")]);
        sheet.decisions = Arc::new(decisions);
        axes.update(&sheet);
        assert_eq!(names(&axes), ["op", "depth", "macs", "params"]);
        axes.move_to(&ResultAxis::Decision("op".to_owned()), 2);
        assert_eq!(names(&axes), ["depth", "macs", "op", "params"]);
        axes.move_to(&ResultAxis::Decision("op".to_owned()), 3);
        assert_eq!(names(&axes), ["depth", "macs", "params", "op"]);
        // Another sheet has axes of its own.
        axes.update(&ResultSet::new(String::new(), table(&[("a", 1.0, 10)])));
        assert_eq!(names(&axes), ["score", "params", "macs"]);
    }
}
