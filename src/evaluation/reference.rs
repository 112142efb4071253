//! Reference sets: scores of random architectures of the built-in spaces, with which a single
//! architecture can be compared.

use crate::job::{JobConfig, Options, SearchOptions, Task};
use crate::score::{COMBINED, Components, Placement, PlacementSet, find_score};
use crate::space::Space;
use crate::store::{Record, Status, space_fingerprint};

/// Architectures of a reference set that are scored; disconnected ones are left out afterwards.
const SAMPLES: u64 = 200;
/// The same where images are large, and networks slow.
const SLOW_SAMPLES: u64 = 60;
/// Pixels of a large image.
const LARGE: usize = 128 * 128;

/// Scores of random architectures of a built-in space, computed with the usual options.
#[derive(Clone, Debug)]
pub struct ReferenceSet {
    placed: PlacementSet,
}

impl ReferenceSet {
    /// The reference set of a space; `None` for a user's own spaces and for spaces with overridden
    /// values.
    pub fn of_space(space: &Space) -> Option<Self> {
        let builtin = Space::builtin(space.id()).ok()?;
        if space_fingerprint(&builtin) != space_fingerprint(space) {
            return None;
        }
        Self::from_csv(Space::builtin_reference(space.id())?)
    }

    /// From a table with a column for each score.
    fn from_csv(text: &str) -> Option<Self> {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let header = reader.headers().ok()?.clone();
        let components = Components::from_names(header.iter()).ok()?;
        let mut rows = Vec::new();
        for record in reader.records() {
            let cell =
                |text: &str| if text.is_empty() { Some(f64::NAN) } else { text.parse().ok() };
            rows.push(record.ok()?.iter().map(cell).collect::<Option<Vec<f64>>>()?);
        }
        let placed = PlacementSet::new(components, &rows);
        (!placed.is_empty()).then_some(Self { placed })
    }

    /// The scores of the set.
    pub fn components(&self) -> &Components {
        self.placed.components()
    }

    /// How many architectures it has.
    pub fn len(&self) -> usize {
        self.placed.len()
    }

    /// Always `false`: it is never empty.
    pub fn is_empty(&self) -> bool {
        self.placed.is_empty()
    }

    /// Places a record that was scored with the usual options.
    pub fn place(&self, record: &Record) -> Placement {
        self.placed.place(&record.component_values(self.components()))
    }

    /// The search that makes the set of a built-in space: its records go to [`ReferenceSet::to_csv`].
    pub fn job(space: &str) -> JobConfig {
        let is_slow = Space::builtin(space).is_ok_and(|space| space.input().plane() >= LARGE);
        let options =
            Options { space: space.to_owned(), device: "cpu".to_owned(), ..Options::default() };
        let search = SearchOptions {
            samples: Some(if is_slow { SLOW_SAMPLES } else { SAMPLES }),
            score: Some(COMBINED.to_owned()),
            ..SearchOptions::default()
        };
        JobConfig::new(options, Task::Search(Box::new(search)))
    }

    /// The table of records, with five digits: a row for each that has a path to its output.
    pub fn to_csv(records: &[Record]) -> String {
        const DIGITS: usize = 4;
        let components = Components::default();
        let mut text = components.names().collect::<Vec<_>>().join(",") + "\n";
        for record in records.iter().filter(|record| record.status == Status::Ok) {
            let cell = |name: &str| {
                let value = find_score(name).and_then(|score| record.score_value(score));
                match value.filter(|value| value.is_finite()) {
                    Some(value) if value.fract() == 0.0 && value.abs() < 1e15 => format!("{value}"),
                    Some(value) => format!("{value:.DIGITS$e}"),
                    None => String::new(),
                }
            };
            let cells: Vec<String> = components.names().map(cell).collect();
            text += &(cells.join(",") + "\n");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Cancel;
    use crate::job::{self, Event};

    #[test]
    fn every_builtin_space_has_a_set_and_others_have_none() {
        for space in Space::builtins().unwrap() {
            let set = ReferenceSet::of_space(&space).unwrap();
            let least = if space.id().ends_with("imagenet") { 50 } else { 150 };
            assert!(set.len() >= least, "{}: {}", space.id(), set.len());
            assert_eq!(set.components(), &Components::default());
        }
        let small = ["skeleton.cells=1".parse().unwrap()];
        let own = Space::open_with("nas-bench-201", &small).unwrap();
        assert!(ReferenceSet::of_space(&own).is_none());
    }

    /// A change of a score, a space or a default would leave the sets behind.
    #[test]
    fn the_first_architectures_have_their_values_still() {
        let mut job = ReferenceSet::job("nas-bench-201");
        if let Task::Search(search) = &mut job.task {
            search.samples = Some(4);
        }
        let mut records = Vec::new();
        job::run(&job, &Cancel::new(), &mut |event| {
            if let Event::Scored { record, .. } = event {
                records.push((*record).clone());
            }
        })
        .unwrap();
        let values = |text: &str| -> Vec<Vec<f64>> {
            let cells = |line: &str| line.split(',').map(|cell| cell.parse().unwrap()).collect();
            text.lines().skip(1).take(3).map(cells).collect()
        };
        let (now, then) = (
            values(&ReferenceSet::to_csv(&records)),
            values(Space::builtin_reference("nas-bench-201").unwrap()),
        );
        assert_eq!((now.len(), then.len()), (3, 3));
        for (now, then) in now.iter().flatten().zip(then.iter().flatten()) {
            assert!((now - then).abs() <= 1e-3 * then.abs().max(1e-3), "{now} {then}");
        }
    }
}
