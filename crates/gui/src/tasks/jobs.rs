//! What threads do for the window.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::drawing::most_telling;
use crate::overlay::dialogs::{FileDialogs, FileQuestion};
use crate::results::sheet::ResultTable;
use crate::state::{AppState, SampleArchitecture};
use crate::tasks::MessageSender;
use crate::tasks::message::{
    CostEstimate, FilePurpose, LoadError, LoadedStudy, Message, SpaceCard,
};
use untrained::backend::{Backend, Cancel, cpu::CpuBackend};
use untrained::graph::cost::Cost;
use untrained::job::{JobConfig, StoreLocation, StudyMode, Task, chain, run};
use untrained::plan::Plan;
use untrained::space::{Space, SpaceError};
use untrained::store::{ExportRows, Remark, Status, Store, export};
use untrained::weights::Weights;

/// Architectures of which params and macs are counted.
const SAMPLED: usize = 400;
/// Of those, how many are told at a time.
const LOT: usize = 50;
/// Architectures that are drawn to find one that is worth a picture.
const DRAWS: usize = 40;

/// Opens the built-in spaces and draws an architecture of each.
pub fn cards(post: &MessageSender) {
    for id in Space::builtin_ids() {
        match Space::builtin(id) {
            Ok(space) => {
                let drawings = example(&space);
                if !post.send(Message::Card(Box::new(SpaceCard { space, drawings }))) {
                    return;
                }
            }
            Err(error) => drop(post.send(Message::Error(chain(&error)))),
        }
    }
}

/// The cells of an architecture that is connected and shows much, the same one every time.
fn example(space: &Space) -> Vec<untrained::space::Drawing> {
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    let drawn = (0..DRAWS).map(|_| space.sample(&mut rng));
    let connected = drawn.filter(|architecture| architecture.is_connected());
    most_telling(connected.map(|architecture| architecture.drawings()))
}

/// The devices by name, what `auto` takes first.
pub fn devices(post: &MessageSender) {
    let cpu = CpuBackend::new().map(|cpu| cpu.info().name.clone());
    let cpu = format!("cpu: {}", cpu.unwrap_or_else(|error| chain(&error)));
    let mut names = adapters();
    let at = usize::from(names.first().is_some_and(|(_, automatic)| *automatic));
    names.insert(at, (cpu, false));
    post.send(Message::Devices(names.into_iter().map(|(name, _)| name).collect()));
}

#[cfg(feature = "gpu")]
fn adapters() -> Vec<(String, bool)> {
    let all = untrained::backend::gpu::adapters();
    let usable = all.into_iter().filter(|adapter| adapter.unusable.is_none());
    usable.map(|adapter| (adapter.device.name.clone(), adapter.is_automatic())).collect()
}

#[cfg(not(feature = "gpu"))]
fn adapters() -> Vec<(String, bool)> {
    Vec::new()
}

/// Opens a space or, where it is one, a job file.
pub fn open(post: &MessageSender, name: &str) {
    let faults =
        |message: String| LoadError { name: name.to_owned(), message, problems: Vec::new() };
    let result = match Space::open(name) {
        Ok(space) => Ok(Box::new(space)),
        // A job file is TOML as well: what is a good one is none of a space.
        Err(_) if JobConfig::load(Path::new(name)).is_ok() => {
            if let Ok(job) = JobConfig::load(Path::new(name)) {
                let space = job.open_space().map_err(|error| chain(&error));
                if let (Err(why), Task::Search(_) | Task::Score { .. }) = (&space, &job.task) {
                    post.send(Message::Error(why.clone()));
                }
                post.send(Message::Job(Box::new(job), space.ok()));
            }
            return;
        }
        // So is a table of accuracies no space.
        Err(_) if is_table(Path::new(name)) => {
            let path = PathBuf::from(name);
            post.change(move |state: &mut AppState| state.attach_table(&path));
            return;
        }
        Err(SpaceError::Invalid { problems, .. }) => {
            Err(LoadError { problems, ..faults(String::new()) })
        }
        Err(error) => Err(faults(chain(&error))),
    };
    post.send(Message::Space(result, name.to_owned()));
}

/// Whether a file or folder is a benchmark table; one in TOML is a faulty space or job.
fn is_table(path: &Path) -> bool {
    let is_toml = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("toml"));
    !is_toml && path.exists() && untrained::benchmark::open(path).is_ok()
}

/// Draws an architecture.
pub fn sample(post: &MessageSender, space: &Space, seed: u64) {
    let architecture = space.sample(&mut ChaCha8Rng::seed_from_u64(seed));
    let (text, drawings) = (architecture.to_string(), architecture.drawings());
    let sample = SampleArchitecture { text, drawings, choices: architecture.decisions() };
    post.change(move |state| state.sample = sample);
}

/// Counts params and macs of random architectures.
pub fn costs(post: &MessageSender, space: &Space) {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let mut lot = Vec::new();
    for drawn in 0..SAMPLED {
        if let Ok(graph) = space.sample(&mut rng).build() {
            let cost = Cost::of(&graph);
            lot.push([cost.params as f64, cost.macs as f64]);
        }
        if (drawn + 1) % LOT == 0
            && !post.send(Message::Costs(space.id().to_owned(), std::mem::take(&mut lot)))
        {
            return;
        }
    }
}

/// Lists the studies of a file; a file that is not there yet has none.
pub fn studies(post: &MessageSender, path: &Path) {
    let list = if path.exists() {
        Store::read(path).and_then(|store| store.list()).map_err(|error| chain(&error))
    } else {
        Ok(Vec::new())
    };
    post.send(Message::Studies(list));
}

/// Reads a study.
pub fn study(post: &MessageSender, path: &Path, id: &str) {
    post.send(Message::Study(load(path, id).map(Box::new).map_err(|error| chain(&error))));
}

fn load(path: &Path, id: &str) -> Result<LoadedStudy, untrained::store::StoreError> {
    let store = Store::read(path)?;
    let info = store.find(id)?;
    let mut table = ResultTable::default();
    let remarks = store.remarks(&info)?;
    for row in store.rows(&info)? {
        let row = row?;
        table.push(row.position, &row.record, &row.scores);
    }
    let job = JobConfig::of_study(&info).ok();
    let space = job.as_ref().and_then(space_of);
    Ok(LoadedStudy { store: path.to_owned(), info, job, space, table, remarks })
}

/// The space as it was when the study was made, whatever became of its file.
fn space_of(job: &JobConfig) -> Option<Space> {
    let copy = job.space_copy.as_ref();
    let copy = copy.and_then(|text| Space::from_text(text, &job.options.space).ok());
    copy.or_else(|| job.open_space().ok())
}

/// The job of a study of a file.
pub fn job_of(path: &Path, id: &str) -> Result<JobConfig, String> {
    let info = Store::read(path).and_then(|store| store.find(id)).map_err(|error| chain(&error))?;
    JobConfig::of_study(&info).map_err(|error| chain(&error))
}

/// Stars and notes of the study that a job goes on with: a star that is set later must not cost a note
/// that is there.
pub fn remarks_of(job: &JobConfig) -> BTreeMap<String, Remark> {
    let (Some(StoreLocation::File(path)), StudyMode::Resume(id) | StudyMode::Join(id)) =
        (&job.store, &job.study)
    else {
        return BTreeMap::new();
    };
    let read = Store::read(path).and_then(|store| store.remarks(&store.find(id)?));
    // A study that cannot be read is told of by the run.
    read.unwrap_or_default()
}

/// Deletes a study and lists those that are left.
pub fn delete(post: &MessageSender, path: &Path, id: &str) {
    let deleted = Store::open(path).and_then(|store| store.delete(&store.find(id)?));
    post.send(match deleted {
        Ok(()) => Message::Done(format!("study {id} is deleted")),
        Err(error) => Message::Error(chain(&error)),
    });
    studies(post, path);
}

/// Writes results of a study to a file: all, or those at some positions.
pub fn export_study(
    post: &MessageSender,
    (store, id): (&Path, &str),
    positions: Option<&HashSet<u64>>,
    to: &Path,
) {
    let part = positions.map_or(ExportRows::All, ExportRows::Positions);
    let written = Store::read(store)
        .and_then(|store| Ok((store.find(id)?, store)))
        .map_err(|error| chain(&error))
        // The dialog has asked already.
        .and_then(|(study, store)| {
            export(&store, &study, part, to, true).map_err(|error| chain(&error))
        });
    post.send(match written {
        Ok(rows) => Message::Done(format!("{rows} results written to {}", to.display())),
        Err(error) => Message::Error(error),
    });
}

/// Writes stars and notes to a study.
pub fn keep_remarks(
    post: &MessageSender,
    (path, id): (&Path, &str),
    remarks: &BTreeMap<String, Remark>,
) {
    let kept = Store::open(path).and_then(|store| store.set_remarks(&store.find(id)?, remarks));
    if let Err(error) = kept {
        post.send(Message::Error(format!("stars and notes are not kept: {}", chain(&error))));
    }
}

/// Architectures that are scored to estimate what a job takes.
pub const FEW: usize = 4;

/// Scores a few architectures as a job would, to say what a network takes.
pub fn measure(post: &MessageSender, job: &JobConfig) {
    let measured = measured(job);
    post.change(move |state| (state.measured, state.measuring) = (Some(measured), false));
}

fn measured(job: &JobConfig) -> Result<CostEstimate, String> {
    let space = job.open_space().map_err(|error| chain(&error))?;
    let architectures: Vec<String> = match &job.task {
        Task::Score { architectures } => architectures.iter().take(FEW).cloned().collect(),
        Task::Search(_) | Task::Onnx { .. } => {
            let mut rng = ChaCha8Rng::seed_from_u64(1);
            let names: HashSet<String> =
                (0..FEW).map(|_| space.sample(&mut rng).to_string()).collect();
            names.into_iter().collect()
        }
    };
    let mut bytes = 0;
    for text in &architectures {
        let architecture = space.parse(text).map_err(|error| chain(&error))?;
        let graph = architecture.build().map_err(|error| chain(&error))?;
        if let Ok(plan) = Plan::new(&graph, &Weights::default(), job.options.count) {
            let weights = 4 * Cost::of(&graph).params;
            bytes = bytes.max(weights + plan.activation_bytes(job.options.batch_size));
        }
    }
    let few = JobConfig {
        space_copy: job.space_copy.clone(),
        ..JobConfig::new(job.options.clone(), Task::Score { architectures })
    };
    let (mut seconds, mut count, mut failure) = (0.0, 0.0, None);
    run(&few, &Cancel::new(), &mut |event| {
        if let untrained::job::Event::Scored { record, .. } = event {
            (seconds, count) = (seconds + record.seconds, count + 1.0);
            failure = record.message.filter(|_| record.status == Status::Failed).or(failure.take());
        }
    })
    .map_err(|error| chain(&error))?;
    if let Some(failure) = failure {
        return Err(failure);
    }
    Ok(CostEstimate { seconds: seconds / f64::max(count, 1.0), bytes })
}

/// Asks for a file; nothing is told where none is chosen.
pub fn dialog(
    post: &MessageSender,
    dialogs: &FileDialogs,
    purpose: FilePurpose,
    images_are_a_file: bool,
) {
    let question = match purpose {
        FilePurpose::Open => FileQuestion::Open(
            "Spaces, jobs, models, studies",
            &["toml", "json", "onnx", "db", "sqlite", "sqlite3"],
        ),
        FilePurpose::Images if images_are_a_file => FileQuestion::Open("Arrays", &["npy", "npz"]),
        FilePurpose::Images => FileQuestion::Folder,
        FilePurpose::Benchmark | FilePurpose::Table => FileQuestion::Open("Tables", &[]),
        FilePurpose::Studies => {
            let endings = &["db", "sqlite", "sqlite3"];
            FileQuestion::Save(untrained::store::DEFAULT_FILE.to_owned(), "Studies", endings)
        }
        FilePurpose::SaveJob => FileQuestion::Save("job.toml".to_owned(), "Job files", &["toml"]),
        FilePurpose::Export(_) => {
            let endings = &["csv", "jsonl", "parquet"];
            FileQuestion::Save("results.csv".to_owned(), "CSV, JSON Lines, Parquet", endings)
        }
    };
    if let Some(path) = dialogs.ask(&question) {
        post.send(Message::Chosen(purpose, path));
    }
}
