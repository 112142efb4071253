//! Reference sets: scores of random architectures of the built-in spaces, with which a single
//! architecture can be compared.

use std::fmt;

use crate::format;
use crate::job::{JobConfig, MiniBatch, Options, SearchOptions, Task};
use crate::score::{COMBINED, Components, Placement, PlacementSet, find_score, standing};
use crate::space::Space;
use crate::store::{Record, Status, space_fingerprint};

/// Architectures of a reference set that are scored; disconnected ones are left out afterwards.
const SAMPLES: u64 = 200;
/// The same where images are large, and networks slow.
const SLOW_SAMPLES: u64 = 60;
/// Architectures for which NASWOT is computed too. It is thirty times as dear as the components.
const NASWOT_SAMPLES: u64 = 200;
/// Pixels of a large image.
const LARGE: usize = 128 * 128;

/// The column of NASWOT, which is no component of the combined rank and has a mini-batch of its own.
const NASWOT: &str = "naswot";

/// Scores of random architectures of a built-in space, computed with the usual options.
#[derive(Clone, Debug)]
pub struct ReferenceSet {
    placed: PlacementSet,
    /// NASWOT of those for which it was computed, in ascending order; minus infinity for singular ones.
    naswot: Vec<f64>,
}

/// How a value of NASWOT compares with those of random architectures of its space.
#[derive(Clone, Debug, PartialEq)]
pub struct NaswotStanding {
    /// The space.
    pub space: String,
    /// The share of the architectures whose value is lower.
    pub share: f64,
    /// How many there are.
    pub architectures: usize,
    /// Their median.
    pub median: f64,
}

impl NaswotStanding {
    /// How a value compares that a job computed; `None` if there is no reference set of the job's space, or
    /// if the job computes other values: on other images, with another count or initialisation.
    pub fn of_job(config: &JobConfig, value: f64) -> Option<Self> {
        let usual = Options { space: config.options.space.clone(), ..Options::default() };
        let (own, codes) = (&config.options, MiniBatch::Codes);
        let is_usual = own.images(codes) == usual.images(codes)
            && own.batch_size(codes) == usual.batch_size(codes)
            && own.image_overrides() == usual.image_overrides()
            && own.count == usual.count
            && own.initialisation.is_none();
        if !is_usual || matches!(config.task, Task::Onnx { .. }) {
            return None;
        }
        let space = config.open_space().ok()?;
        let set = ReferenceSet::of_space(&space)?;
        let lower = set.naswot.partition_point(|other| *other < value);
        let median = *set.naswot.get(set.naswot.len() / 2)?;
        Some(Self {
            space: space.id().to_owned(),
            share: lower as f64 / set.naswot.len() as f64,
            architectures: set.naswot.len(),
            median,
        })
    }
}

impl fmt::Display for NaswotStanding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { space, share, architectures, median } = self;
        let (place, median) = (standing(*share), format::score(*median));
        write!(
            formatter,
            "{place} of {architectures} random architectures of {space} (median {median})"
        )
    }
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
        let components = header.iter().filter(|name| *name != NASWOT);
        let components = Components::from_names(components).ok()?;
        let mut rows = Vec::new();
        let mut naswot = Vec::new();
        for record in reader.records() {
            let cell =
                |text: &str| if text.is_empty() { Some(f64::NAN) } else { text.parse().ok() };
            let mut row = record.ok()?.iter().map(cell).collect::<Option<Vec<f64>>>()?;
            naswot.extend(row.drain(components.len()..).filter(|value| !value.is_nan()));
            rows.push(row);
        }
        naswot.sort_unstable_by(f64::total_cmp);
        let placed = PlacementSet::new(components, &rows);
        (!placed.is_empty()).then_some(Self { placed, naswot })
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
        let samples = if has_large_images(space) { SLOW_SAMPLES } else { SAMPLES };
        search(space, samples, COMBINED)
    }

    /// The search that adds NASWOT to the set; `None` in the Network Design Spaces and where images are large:
    /// the networks are ten times as large as those of NAS-Bench-201, so that it would take hours.
    pub fn naswot_job(space: &str) -> Option<JobConfig> {
        (!space.starts_with("nds-") && !has_large_images(space))
            .then(|| search(space, NASWOT_SAMPLES, NASWOT))
    }

    /// The table of records, with five digits: a row for each that has a path to its output. `naswot` are the
    /// records for which NASWOT was computed.
    pub fn to_csv(records: &[Record], naswot: &[Record]) -> String {
        let components = Components::default();
        let names: Vec<&str> = components.names().chain([NASWOT]).collect();
        let mut text = names.join(",") + "\n";
        for record in records.iter().filter(|record| record.status == Status::Ok) {
            let value = |name: &str| find_score(name).and_then(|score| record.score_value(score));
            let with_naswot = naswot.iter().find(|other| other.architecture == record.architecture);
            let mut cells: Vec<String> = components.names().map(|name| cell(value(name))).collect();
            cells.push(cell(with_naswot.map(|record| record.score)));
            text += &(cells.join(",") + "\n");
        }
        text
    }
}

/// A search with the usual options.
fn search(space: &str, samples: u64, score: &str) -> JobConfig {
    let options =
        Options { space: space.to_owned(), device: "cpu".to_owned(), ..Options::default() };
    let (samples, score) = (Some(samples), Some(score.to_owned()));
    let search = SearchOptions { samples, score, ..SearchOptions::default() };
    JobConfig::new(options, Task::Search(Box::new(search)))
}

fn has_large_images(space: &str) -> bool {
    Space::builtin(space).is_ok_and(|space| space.input().plane() >= LARGE)
}

/// A cell of a table; empty for a value that is not available.
fn cell(value: Option<f64>) -> String {
    const DIGITS: usize = 4;
    match value.filter(|value| !value.is_nan()) {
        Some(value) if value.fract() == 0.0 && value.abs() < 1e15 => format!("{value}"),
        Some(value) => format!("{value:.DIGITS$e}"),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Cancel;
    use crate::data::ImageSource;
    use crate::job::{self, Event};
    use crate::plan::Count;

    #[test]
    fn builtin_spaces_have_sets_and_others_have_none() {
        let mut without = 0;
        for space in Space::builtins().unwrap() {
            if Space::builtin_reference(space.id()).is_none() {
                assert!(ReferenceSet::of_space(&space).is_none());
                without += 1;
                continue;
            }
            let set = ReferenceSet::of_space(&space).unwrap();
            let least = if has_large_images(space.id()) { 50 } else { 150 };
            assert!(set.len() >= least, "{}: {}", space.id(), set.len());
            assert_eq!(set.components(), &Components::default());
        }
        assert!(5 * without < Space::builtin_ids().count(), "{without} spaces have no set");
        let small = ["skeleton.cells=1".parse().unwrap()];
        let own = Space::open_with("nas-bench-201", &small).unwrap();
        assert!(ReferenceSet::of_space(&own).is_none());
    }

    #[test]
    fn a_value_of_naswot_is_placed_where_it_was_computed_like_the_set() {
        let mut config = ReferenceSet::naswot_job("nas-bench-201").unwrap();
        let standing = |config: &JobConfig, value| NaswotStanding::of_job(config, value);
        let best = standing(&config, 1e9).unwrap();
        assert_eq!((best.share, best.space.as_str()), (1.0, "nas-bench-201"));
        assert!(best.architectures > 150 && best.median > 1000.0, "{best:?}");
        assert_eq!(standing(&config, f64::NEG_INFINITY).unwrap().share, 0.0);
        let median = standing(&config, best.median).unwrap();
        assert!((median.share - 0.5).abs() < 0.02, "{median:?}");
        let text =
            format!("top 1 % of {} random architectures of nas-bench-201", best.architectures);
        assert!(best.to_string().starts_with(&text), "{best}");
        for change in [
            |options: &mut Options| options.batch_size = Some(64),
            |options: &mut Options| options.images = Some(ImageSource::Noise),
            |options: &mut Options| options.count = Count::Live,
            |options: &mut Options| options.set = vec!["skeleton.cells=1".parse().unwrap()],
            |options: &mut Options| options.space = "nds-darts-imagenet".to_owned(),
        ] {
            let before = config.options.clone();
            change(&mut config.options);
            assert_eq!(standing(&config, 1700.0), None, "{:?}", config.options);
            config.options = before;
        }
        config.options.batch_size = Some(128);
        assert_eq!(standing(&config, best.median), Some(median));
    }

    /// A change of a score, a space or a default would leave the sets behind.
    #[test]
    fn the_first_architectures_have_their_values_still() {
        let records = |job: Option<JobConfig>| {
            let mut job = job.unwrap();
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
            records
        };
        let components = records(Some(ReferenceSet::job("nas-bench-201")));
        let naswot = records(ReferenceSet::naswot_job("nas-bench-201"));
        let values = |text: &str| -> Vec<Vec<f64>> {
            let cells = |line: &str| line.split(',').map(|cell| cell.parse().unwrap()).collect();
            text.lines().skip(1).take(3).map(cells).collect()
        };
        let (now, then) = (
            values(&ReferenceSet::to_csv(&components, &naswot)),
            values(Space::builtin_reference("nas-bench-201").unwrap()),
        );
        assert_eq!((now.len(), then.len()), (3, 3));
        for (now, then) in now.iter().flatten().zip(then.iter().flatten()) {
            assert!((now - then).abs() <= 1e-3 * then.abs().max(1e-3), "{now} {then}");
        }
    }
}
