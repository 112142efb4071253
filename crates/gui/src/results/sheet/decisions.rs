//! The decisions of the rows: one column of categories for each decision of the space.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use untrained::space::Space;

/// The code of a row that does not have a decision.
pub const NO_VALUE: u16 = u16::MAX;

/// One decision of all rows that were read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DecisionColumn {
    /// Its name.
    pub name: String,
    /// The values that occur, in order of occurrence.
    pub values: Vec<String>,
    /// Which value each row has.
    pub codes: Vec<u16>,
}

impl DecisionColumn {
    /// The code of a value, new or not; there are at most 65,535 of them.
    fn code(&mut self, value: &str) -> u16 {
        let found = self.values.iter().position(|known| known == value);
        let at = found.unwrap_or_else(|| {
            self.values.push(value.to_owned());
            self.values.len() - 1
        });
        u16::try_from(at).unwrap_or(NO_VALUE)
    }

    /// The codes in the order of an axis: numbers by size, operations as the space lists them, then
    /// other texts by name.
    pub fn in_order(&self, operations: &[String]) -> Vec<u16> {
        let place = |value: &str| {
            let known = operations.iter().position(|name| name == value);
            (value.parse::<f64>().unwrap_or(f64::INFINITY), known.unwrap_or(usize::MAX))
        };
        let mut codes: Vec<u16> = (0..self.values.len().min(NO_VALUE.into()) as u16).collect();
        codes.sort_by(|&a, &b| {
            let (a, b) = (&self.values[usize::from(a)], &self.values[usize::from(b)]);
            let (x, y) = (place(a), place(b));
            x.0.total_cmp(&y.0).then(x.1.cmp(&y.1)).then(a.cmp(b))
        });
        codes
    }
}

/// Decisions of the first rows of a table, by column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DecisionTable {
    columns: Vec<DecisionColumn>,
    places: BTreeMap<String, usize>,
    rows: usize,
}

impl DecisionTable {
    /// Reads architectures of a space; one that does not belong to it has no decisions.
    pub fn read(space: &Space, architectures: &[Arc<str>]) -> Self {
        let choices =
            |text: &Arc<str>| space.parse(text).map(|one| one.decisions()).unwrap_or_default();
        let all: Vec<_> = architectures.par_iter().map(choices).collect();
        let mut decisions = Self::default();
        for row in &all {
            decisions.push(row.iter().map(|one| (one.name.as_str(), one.value.as_str())));
        }
        decisions
    }

    /// Adds a row by names and values.
    pub fn push<'v>(&mut self, choices: impl IntoIterator<Item = (&'v str, &'v str)>) {
        self.rows += 1;
        for (name, value) in choices {
            let at = self.place(name);
            let column = &mut self.columns[at];
            if column.codes.len() < self.rows {
                let code = column.code(value);
                column.codes.resize(self.rows - 1, NO_VALUE);
                column.codes.push(code);
            }
        }
        self.level();
    }

    /// Appends the rows of another one.
    pub fn append(&mut self, more: &Self) {
        for column in &more.columns {
            let at = self.place(&column.name);
            let own = &mut self.columns[at];
            let codes: Vec<u16> = column.values.iter().map(|value| own.code(value)).collect();
            own.codes.resize(self.rows, NO_VALUE);
            let translated = column.codes.iter().map(|&code| codes.get(usize::from(code)).copied());
            own.codes.extend(translated.map(|code| code.unwrap_or(NO_VALUE)));
        }
        self.rows += more.rows;
        self.level();
    }

    /// Where the column of that name is, new or not.
    fn place(&mut self, name: &str) -> usize {
        if let Some(&at) = self.places.get(name) {
            return at;
        }
        self.places.insert(name.to_owned(), self.columns.len());
        self.columns.push(DecisionColumn { name: name.to_owned(), ..DecisionColumn::default() });
        self.columns.len() - 1
    }

    /// Gives all columns the same length.
    fn level(&mut self) {
        for column in &mut self.columns {
            column.codes.resize(self.rows, NO_VALUE);
        }
    }

    /// How many rows were read.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// All columns, in order of occurrence.
    pub fn columns(&self) -> &[DecisionColumn] {
        &self.columns
    }

    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&DecisionColumn> {
        self.places.get(name).map(|&at| &self.columns[at])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value<'d>(decisions: &'d DecisionTable, name: &str, row: usize) -> Option<&'d str> {
        let column = decisions.column(name)?;
        column.values.get(usize::from(column.codes[row])).map(String::as_str)
    }

    #[test]
    fn architectures_of_a_space_are_read_and_others_have_no_decisions() {
        let space = Space::builtin("nas-bench-201").unwrap();
        let cell = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|none~1|nor_conv_1x1~2|";
        let decisions = DecisionTable::read(&space, &["no cell".into(), cell.into()]);
        assert_eq!((decisions.len(), decisions.columns().len()), (2, 6));
        let name = decisions.columns()[0].name.clone();
        assert_eq!(value(&decisions, &name, 0), None);
        assert_eq!(value(&decisions, &name, 1), Some("nor_conv_3x3"));
    }

    // Codes of two parts differ; what they stand for must not change when the parts are joined.
    #[test]
    fn lots_in_any_order_of_values_make_one_whole() {
        let rows = [
            vec![("op", "b"), ("depth", "10")],
            vec![("op", "a")],
            vec![("op", "a"), ("depth", "9"), ("late", "x")],
            vec![],
        ];
        let read = |rows: &[Vec<(&'static str, &'static str)>]| {
            let mut decisions = DecisionTable::default();
            rows.iter().for_each(|row| decisions.push(row.iter().copied()));
            decisions
        };
        let whole = read(&rows);
        for cut in 0..=rows.len() {
            let mut joined = read(&rows[..cut]);
            joined.append(&read(&rows[cut..]));
            assert_eq!(joined, whole);
        }
        for (row, choices) in rows.iter().enumerate() {
            for name in ["op", "depth", "late"] {
                let expected = choices.iter().find(|one| one.0 == name).map(|one| one.1);
                assert_eq!(value(&whole, name, row), expected);
            }
        }
    }

    #[test]
    fn categories_are_in_the_order_of_numbers_then_of_the_space_then_of_names() {
        let values = ["z", "10", "conv", "9", "none", "a"].map(str::to_owned).to_vec();
        let decision = DecisionColumn { values, ..DecisionColumn::default() };
        let operations = ["none", "conv"].map(str::to_owned);
        assert_eq!(decision.in_order(&operations), [3, 1, 4, 2, 5, 0]);
    }
}
