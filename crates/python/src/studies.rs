//! The results of a search, as it has just been run or as a study database keeps them.

use std::path::PathBuf;
use std::sync::Arc;

use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use serde_json::Value;
use untrained::job::{JobConfig, Leaderboard, StoreLocation, Summary, Task};
use untrained::score::Ranking;
use untrained::store::{Record, RecordRanks, Status, Store, run_table_columns};

use super::errors::{self, exception};
use super::job::Job;
use super::record::PyRecord;
use super::space::{PySpace, SpaceSource};

/// The results of a search, in the order in which its architectures were proposed.
#[pyclass(frozen, name = "Study", module = "untrained")]
pub struct PyStudy {
    job: Arc<Job>,
    records: Vec<Arc<Record>>,
    id: Option<String>,
    interrupted: bool,
    rejected: u64,
}

impl PyStudy {
    /// The results of a job that has ended.
    pub fn new(
        job: Arc<Job>,
        mut records: Vec<Record>,
        id: Option<String>,
        summary: &Summary,
    ) -> Self {
        if let Ok(Some(Ranking::Combined(components))) = job.config.ranked_without_training() {
            let ranks = RecordRanks::of(components, &records);
            for record in records.iter_mut().filter(|record| record.status == Status::Ok) {
                record.value = ranks.combined(record);
            }
        }
        let records = records.into_iter().map(Arc::new).collect();
        let Summary { interrupted, rejected, .. } = *summary;
        Self { job, records, id, interrupted, rejected }
    }

    fn result(&self, record: &Arc<Record>) -> PyRecord {
        PyRecord { record: Arc::clone(record), output: None, job: Arc::clone(&self.job) }
    }
}

#[pymethods]
impl PyStudy {
    /// The id of the study in its database; None if it was not stored.
    #[getter]
    fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The database that has the study; None if it was not stored.
    #[getter]
    fn store(&self) -> Option<PathBuf> {
        match &self.job.config.store {
            Some(StoreLocation::File(path)) => Some(path.clone()),
            _ => None,
        }
    }

    /// The search space.
    #[getter]
    fn space(&self) -> Option<PySpace> {
        self.job.source.as_ref().map(|source| PySpace(Arc::clone(source)))
    }

    /// The name of what the best are the best by.
    #[getter]
    fn ranked_by(&self) -> String {
        match self.job.config.ranked_by() {
            "score" => "naswot".to_owned(),
            name => name.to_owned(),
        }
    }

    /// Whether the search was stopped before its end.
    #[getter]
    fn interrupted(&self) -> bool {
        self.interrupted
    }

    /// Number of architectures that constraints rejected before they were scored.
    #[getter]
    fn rejected(&self) -> u64 {
        self.rejected
    }

    /// The job as text, as a job file has it.
    #[getter]
    fn job(&self) -> PyResult<String> {
        self.job.config.to_text().map_err(|error| errors::job(&error))
    }

    /// The `count` best architectures, best first, each once; fewer if not as many can be ranked.
    #[pyo3(signature = (count = 10))]
    fn best(&self, count: usize) -> PyResult<Vec<PyRecord>> {
        let ranking = self.job.config.ranked_without_training();
        let ranking = ranking.map_err(|error| errors::option(&error))?;
        let mut leaderboard = Leaderboard::keeping(ranking.as_ref(), count);
        self.records.iter().for_each(|record| leaderboard.add(record));
        let best = leaderboard.best().into_iter().map(Arc::new);
        Ok(best.map(|record| self.result(&record)).collect())
    }

    /// The results as columns: those of result tables, the value that ranks, and one for each further score.
    /// What is not available is None.
    fn columns<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let rows: Vec<Value> = self.records.iter().map(|record| row(record)).collect();
        let columns = PyDict::new(py);
        for column in run_table_columns() {
            let values = rows.iter().map(|row| python(py, &row[column.name]));
            columns
                .set_item(column.name, PyList::new(py, values.collect::<PyResult<Vec<_>>>()?)?)?;
        }
        let value = self.records.iter().map(|record| record.rank_score());
        columns.set_item("value", PyList::new(py, value.collect::<Vec<_>>())?)?;
        let names = self.records.iter().flat_map(|record| record.scores.keys());
        for name in names.collect::<std::collections::BTreeSet<_>>() {
            let of = |record: &Arc<Record>| record.scores.get(name).copied();
            let values: Vec<Option<f64>> = self.records.iter().map(of).collect();
            columns.set_item(name, PyList::new(py, values)?)?;
        }
        Ok(columns)
    }

    /// The results as a pandas.DataFrame with the same columns. Needs pandas.
    fn to_pandas<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        py.import("untrained._arrays")?.call_method1("frame", (self.columns(py)?,))
    }

    fn __len__(&self) -> usize {
        self.records.len()
    }

    fn __getitem__(&self, index: isize) -> PyResult<PyRecord> {
        let count = self.records.len();
        let place = if index < 0 { index + count as isize } else { index };
        let record = usize::try_from(place).ok().and_then(|place| self.records.get(place));
        record.map(|record| self.result(record)).ok_or_else(|| {
            PyIndexError::new_err(format!("result {index} of a study of {count} results"))
        })
    }

    fn __repr__(&self) -> String {
        let id = self.id.as_deref().map_or(String::new(), |id| format!("{id:?}, "));
        let ranked_by = self.ranked_by();
        format!("Study({id}{} results, ranked by {ranked_by})", self.records.len())
    }
}

/// A record by columns.
fn row(record: &Record) -> Value {
    serde_json::to_value(record).unwrap_or_default()
}

/// A plain value in Python; objects as JSON.
fn python<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Null => py.None().into_bound(py),
        Value::Bool(flag) => flag.into_pyobject(py)?.to_owned().into_any(),
        Value::String(text) => text.into_pyobject(py)?.into_any(),
        Value::Number(number) => match number.as_u64() {
            Some(whole) => whole.into_pyobject(py)?.into_any(),
            None => number.as_f64().into_pyobject(py)?.into_any(),
        },
        Value::Array(_) | Value::Object(_) => value.to_string().into_pyobject(py)?.into_any(),
    })
}

/// The studies of a database, the oldest first.
#[pyfunction]
pub fn list_studies(py: Python<'_>, store: PathBuf) -> PyResult<Vec<Bound<'_, PyDict>>> {
    let list = py.detach(|| Store::read(&store)?.list()).map_err(|error| errors::store(&error))?;
    let entry = |study: untrained::store::StudyInfo| {
        let dict = PyDict::new(py);
        dict.set_item("id", &study.id)?;
        dict.set_item("name", &study.name)?;
        dict.set_item("state", study.state.name())?;
        dict.set_item("space", study.setup.space.as_ref().map(|space| space.id.clone()))?;
        dict.set_item("results", study.counts.total())?;
        dict.set_item("best", study.best)?;
        dict.set_item("created", study.created_ms as f64 / 1e3)?;
        Ok(dict)
    };
    list.into_iter().map(entry).collect()
}

/// A study of a database with all results.
#[pyfunction]
pub fn load_study(py: Python<'_>, store: PathBuf, id: &str) -> PyResult<PyStudy> {
    let read = || {
        let database = Store::read(&store)?;
        let study = database.find(id)?;
        let rows = database.rows(&study)?;
        let records = rows.map(|row| Ok(row?.record)).collect::<Result<Vec<Record>, _>>()?;
        Ok((study, records))
    };
    let (study, records) =
        py.detach(read).map_err(|error: untrained::store::StoreError| errors::store(&error))?;
    let mut config = JobConfig::of_study(&study).map_err(|error| errors::job(&error))?;
    if matches!(config.task, Task::Onnx(_)) {
        return Err(exception("StoreError", "the study is of a model file, not of a space", &[]));
    }
    config.store = Some(StoreLocation::File(store));
    let source = Arc::new(SpaceSource::of_job(&config)?);
    let interrupted = study.state.name() == "interrupted";
    let summary = Summary { interrupted, ..Summary::default() };
    let job = Arc::new(Job { config, source: Some(source) });
    Ok(PyStudy::new(job, records, Some(study.id), &summary))
}
