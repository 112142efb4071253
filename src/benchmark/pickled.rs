//! Tables that are one Python pickle, which is read whole as data: HW-NAS-Bench and NAS-Bench-301 as
//! NASLib packs it.

use std::collections::HashMap;
use std::io::BufReader;
use std::path::Path;

use super::detect::FormatCandidate;
use super::error::TableOrigin;
use super::metrics::MetricNames;
use super::{BenchmarkError, BenchmarkFormat, BenchmarkRow, ReadProgress, RowReader};
use crate::data::pickle::{self, PickleError, PickleLimits, PickleValue, number};
use crate::input::{InputKind, open_input};

/// HW-NAS-Bench (Li et al., ICLR 2021): for each data set of NAS-Bench-201, lists in the order of
/// `config`.
pub(super) const HW_NAS_BENCH: BenchmarkFormat = BenchmarkFormat {
    name: "HW-NAS-Bench",
    files: "HW-NAS-Bench-v1_0.pickle",
    metrics: "DATASET.DEVICE_latency (ms), DATASET.DEVICE_energy (mJ), of NAS-Bench-201",
    detect: |candidate| is_pickle(candidate) && holds(candidate, HARDWARE_SPACE),
    open: |path, metrics| open(path, metrics, &HW_NAS_BENCH, hardware),
};

/// NAS-Bench-301 (Zela et al., ICLR 2022), the networks that were trained: `{cells: {measure: values by
/// epoch}}`.
pub(super) const NAS_BENCH_301: BenchmarkFormat = BenchmarkFormat {
    name: "NAS-Bench-301",
    files: "nb301_full_training.pickle of NASLib",
    metrics: "val_accuracies and every other measure (its last value)",
    detect: |candidate| is_pickle(candidate) && holds(candidate, VALIDATION),
    open: |path, metrics| open(path, metrics, &NAS_BENCH_301, trainings),
};

/// What a pickle may take.
const LIMITS: PickleLimits = PickleLimits { memory_bytes: 512 << 20, depth: 20 };
/// The space of HW-NAS-Bench that is read, and where it names its architectures.
const HARDWARE_SPACE: &str = "nasbench201";
const CONFIGURATIONS: &str = "config";
/// A measure of every network of NAS-Bench-301.
const VALIDATION: &str = "val_accuracies";
/// NASLib's order of the operations of NAS-Bench-301 (`naslib/search_spaces/darts/conversions.py`).
const OPERATIONS: [&str; 7] = [
    "max_pool_3x3",
    "avg_pool_3x3",
    "skip_connect",
    "sep_conv_3x3",
    "sep_conv_5x5",
    "dil_conv_3x3",
    "dil_conv_5x5",
];
/// Width and depth of the networks of NAS-Bench-301.
const WIDTH: usize = 32;
const DEPTH: usize = 8;
/// The most pairs of a cell.
const MOST_PAIRS: usize = 64;

/// Whether a file begins like a pickle of protocols 2 to 5.
fn is_pickle(candidate: &FormatCandidate<'_>) -> bool {
    matches!(candidate.head.as_slice(), [0x80, 2..=5, ..])
}

fn holds(candidate: &FormatCandidate<'_>, text: &str) -> bool {
    candidate.head.windows(text.len()).any(|window| window == text.as_bytes())
}

/// The rows of a pickle, whose metrics are named on the way.
type ReadRows = fn(&PickleValue, &mut MetricNames) -> Result<PickledRows, String>;

/// What a pickle holds.
#[derive(Default)]
struct PickledRows {
    rows: Vec<BenchmarkRow>,
    datasets: Vec<String>,
}

struct PickledTable {
    origin: TableOrigin,
    format: &'static str,
    read: ReadRows,
    /// Read with the first row.
    content: Option<std::vec::IntoIter<BenchmarkRow>>,
    datasets: Vec<String>,
    count: usize,
    given: usize,
}

fn open(
    path: &Path,
    _metrics: &mut MetricNames,
    format: &'static BenchmarkFormat,
    read: ReadRows,
) -> Result<Box<dyn RowReader>, BenchmarkError> {
    let origin = TableOrigin::new(path);
    if let Ok(Some(packing)) = super::input::packing(path) {
        let problem = format!("is compressed with {}: decompress it first", packing.name());
        return Err(origin.wrong("the file", problem));
    }
    let (content, datasets, format) = (None, Vec::new(), format.name);
    Ok(Box::new(PickledTable { origin, format, read, content, datasets, count: 0, given: 0 }))
}

impl PickledTable {
    fn load(&mut self, metrics: &mut MetricNames) -> Result<(), BenchmarkError> {
        let file = open_input(self.origin.path(), InputKind::BenchmarkTable);
        let file = file.map_err(|error| self.origin.read(error.into()))?;
        let length = file.metadata().map_err(|error| self.origin.read(error))?.len();
        let value = pickle::scan(BufReader::new(file), length, &LIMITS);
        let value = value.map_err(|error| match error {
            PickleError::Memory { .. } => self.origin.wrong(
                "the file",
                format!(
                    "is {} and too large to be read whole: load it in Python and write the columns \
                     architecture and metric as CSV",
                    self.format
                ),
            ),
            error => self.origin.pickle("the file", error),
        })?;
        let found = (self.read)(&value, metrics).map_err(|problem| {
            self.origin.wrong("the file", format!("{} was expected: {problem}", self.format))
        })?;
        self.count = found.rows.len();
        self.datasets = found.datasets;
        self.content = Some(found.rows.into_iter());
        Ok(())
    }
}

impl RowReader for PickledTable {
    fn next(
        &mut self,
        metrics: &mut MetricNames,
        watch: ReadProgress<'_>,
    ) -> Result<Option<BenchmarkRow>, BenchmarkError> {
        if !watch(self.given as f64 / self.count.max(1) as f64) {
            return Err(BenchmarkError::Cancelled);
        }
        if self.content.is_none() {
            self.load(metrics)?;
        }
        let row = self.content.as_mut().and_then(Iterator::next);
        self.given += usize::from(row.is_some());
        Ok(row)
    }

    fn datasets(&self) -> Vec<String> {
        self.datasets.clone()
    }
}

/// The lists of HW-NAS-Bench.
fn hardware(value: &PickleValue, metrics: &mut MetricNames) -> Result<PickledRows, String> {
    let space = value.get(HARDWARE_SPACE).and_then(PickleValue::entries);
    let space = space.ok_or_else(|| format!("it has no dictionary `{HARDWARE_SPACE}`"))?;
    let mut found = PickledRows::default();
    let mut places: HashMap<String, usize> = HashMap::new();
    for (dataset, lists) in space {
        let dataset = dataset.text().ok_or("a data set has no name")?;
        let configurations = lists.get(CONFIGURATIONS).and_then(PickleValue::sequence);
        let configurations =
            configurations.ok_or_else(|| format!("`{dataset}` has no list `{CONFIGURATIONS}`"))?;
        let mut order = Vec::with_capacity(configurations.len());
        for (number, configuration) in configurations.iter().enumerate() {
            let architecture = configuration.get("arch_str").and_then(PickleValue::text);
            let architecture = architecture.ok_or_else(|| {
                format!("`{CONFIGURATIONS}` {number} of `{dataset}` has no `arch_str`")
            })?;
            let next = found.rows.len();
            let place = *places.entry(architecture.to_owned()).or_insert(next);
            if place == next {
                let architecture = architecture.to_owned();
                found.rows.push(BenchmarkRow { architecture, ..BenchmarkRow::default() });
            }
            order.push(place);
        }
        for (name, values) in lists.entries().unwrap_or_default() {
            let (Some(name), Some(values)) = (name.text(), values.sequence()) else { continue };
            if name == CONFIGURATIONS {
                continue;
            }
            if values.len() != order.len() {
                let (values, order) = (values.len(), order.len());
                return Err(format!(
                    "`{name}` of `{dataset}` has {values} values for {order} architectures"
                ));
            }
            let metric = metrics.position(&format!("{dataset}.{name}"))?;
            for (value, &place) in values.iter().zip(&order) {
                found.rows[place].set(metric, number(value).unwrap_or(f64::NAN));
            }
        }
        found.datasets.push(dataset.to_owned());
    }
    Ok(found)
}

/// The trainings of NAS-Bench-301.
fn trainings(value: &PickleValue, metrics: &mut MetricNames) -> Result<PickledRows, String> {
    let entries = value.entries().ok_or("it is not a dictionary of architectures")?;
    let mut found = PickledRows { rows: Vec::new(), datasets: vec!["cifar10".to_owned()] };
    for (place, (cells, measures)) in entries.iter().enumerate() {
        let architecture = genotype(cells).ok_or_else(|| {
            format!("key {place} is not a pair of cells ((input, operation), ..)")
        })?;
        let measures = measures.entries();
        let measures = measures.ok_or_else(|| format!("value {place} is not a dictionary"))?;
        let mut row = BenchmarkRow { architecture, ..BenchmarkRow::default() };
        for (name, values) in measures {
            let Some(name) = name.text() else { continue };
            let last = values.sequence().map_or(Some(values), <[PickleValue]>::last);
            let Some(value) = last.and_then(number) else { continue };
            row.set(metrics.position(name)?, value);
        }
        found.rows.push(row);
    }
    Ok(found)
}

/// NASLib's cells, tuples of pairs of an input and an operation, in the notation of DARTS.
fn genotype(cells: &PickleValue) -> Option<String> {
    let [normal, reduce] = cells.sequence()? else { return None };
    let cell = |cell: &PickleValue| {
        let pairs = cell.sequence().filter(|pairs| pairs.len() <= MOST_PAIRS)?;
        let pair = |pair: &PickleValue| {
            let [input, operation] = pair.sequence()? else { return None };
            let operation = usize::try_from(operation.int()?).ok()?;
            Some(serde_json::json!([OPERATIONS.get(operation)?, input.int()?]))
        };
        pairs.iter().map(pair).collect::<Option<Vec<_>>>()
    };
    let concat = [2, 3, 4, 5];
    let genotype = serde_json::json!({
        "genotype": {
            "normal": cell(normal)?,
            "normal_concat": concat,
            "reduce": cell(reduce)?,
            "reduce_concat": concat,
        },
        "width": WIDTH,
        "depth": DEPTH,
    });
    Some(genotype.to_string())
}
