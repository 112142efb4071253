//! What threads do for the window.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::dialogs::{Dialogs, Question};
use super::drawing::most_telling;
use super::inspect::{Inspection, KernelPicture};
use super::news::{Card, Faults, Loaded, News, Purpose};
use super::sheet::Table;
use super::work::Post;
use crate::backend::{Backend, Cancel, cpu::CpuBackend};
use crate::graph::cost::Cost;
use crate::job::{JobConfig, Task, chain, run};
use crate::space::{Space, SpaceError};
use crate::store::{Store, export};

/// Architectures of which params and macs are counted.
const SAMPLED: usize = 400;
/// Of those, how many are told at a time.
const LOT: usize = 50;
/// Architectures that are drawn to find one that is worth a picture.
const DRAWS: usize = 40;

/// Opens the built-in spaces and draws an architecture of each.
pub fn cards(post: &Post) {
    for id in Space::builtin_ids() {
        match Space::builtin(id) {
            Ok(space) => {
                let drawings = example(&space);
                if !post.send(News::Card(Box::new(Card { space, drawings }))) {
                    return;
                }
            }
            Err(error) => drop(post.send(News::Error(chain(&error)))),
        }
    }
}

/// The cells of an architecture that is connected and shows much, the same one every time.
fn example(space: &Space) -> Vec<crate::space::Drawing> {
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    let drawn = (0..DRAWS).map(|_| space.sample(&mut rng));
    let connected = drawn.filter(|architecture| space.connected(architecture));
    most_telling(connected.map(|architecture| space.drawings(&architecture)))
}

/// The devices by name, what `auto` takes first.
pub fn devices(post: &Post) {
    let cpu = CpuBackend::new().map(|cpu| cpu.info().name.clone());
    let cpu = format!("cpu: {}", cpu.unwrap_or_else(|error| chain(&error)));
    let mut names = adapters();
    let at = usize::from(names.first().is_some_and(|(_, automatic)| *automatic));
    names.insert(at, (cpu, false));
    post.send(News::Devices(names.into_iter().map(|(name, _)| name).collect()));
}

#[cfg(feature = "gpu")]
fn adapters() -> Vec<(String, bool)> {
    let all = crate::backend::gpu::adapters();
    let usable = all.into_iter().filter(|adapter| adapter.unusable.is_none());
    usable.map(|adapter| (adapter.device.name.clone(), adapter.is_automatic())).collect()
}

#[cfg(not(feature = "gpu"))]
fn adapters() -> Vec<(String, bool)> {
    Vec::new()
}

/// Opens a space or, where it is one, a job file.
pub fn open(post: &Post, name: &str) {
    let faults = |message: String| Faults { name: name.to_owned(), message, problems: Vec::new() };
    let result = match Space::open(name) {
        Ok(space) => Ok(Box::new(space)),
        // A job file is TOML as well: what is a good one is none of a space.
        Err(_) if JobConfig::load(Path::new(name)).is_ok() => {
            if let Ok(job) = JobConfig::load(Path::new(name)) {
                post.send(News::Job(Box::new(job)));
            }
            return;
        }
        Err(SpaceError::Invalid { problems, .. }) => {
            Err(Faults { problems, ..faults(String::new()) })
        }
        Err(error) => Err(faults(chain(&error))),
    };
    post.send(News::Space(result, name.to_owned()));
}

/// Draws an architecture.
pub fn sample(post: &Post, space: &Space, seed: u64) {
    let architecture = space.sample(&mut ChaCha8Rng::seed_from_u64(seed));
    post.send(News::Sample(space.format(&architecture), space.drawings(&architecture)));
}

/// Counts params and macs of random architectures.
pub fn costs(post: &Post, space: &Space) {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let mut lot = Vec::new();
    for drawn in 0..SAMPLED {
        if let Ok(graph) = space.build(&space.sample(&mut rng)) {
            let cost = Cost::of(&graph);
            lot.push([cost.params as f64, cost.macs as f64]);
        }
        if (drawn + 1) % LOT == 0
            && !post.send(News::Costs(space.id().to_owned(), std::mem::take(&mut lot)))
        {
            return;
        }
    }
}

/// Lists the studies of a file; a file that is not there yet has none.
pub fn studies(post: &Post, path: &Path) {
    let list = if path.exists() {
        Store::read(path).and_then(|store| store.list()).map_err(|error| chain(&error))
    } else {
        Ok(Vec::new())
    };
    post.send(News::Studies(list));
}

/// Reads a study.
pub fn study(post: &Post, path: &Path, id: &str) {
    post.send(News::Study(load(path, id).map(Box::new).map_err(|error| chain(&error))));
}

fn load(path: &Path, id: &str) -> Result<Loaded, crate::store::StoreError> {
    let store = Store::read(path)?;
    let info = store.find(id)?;
    let mut table = Table::default();
    for row in store.rows(&info)? {
        let row = row?;
        table.push(row.position, &row.record, &row.scores);
    }
    let job: Option<JobConfig> = serde_json::from_value(info.setup.job.clone()).ok();
    let space = job.as_ref().and_then(|job| job.options.open_space().ok());
    Ok(Loaded { store: path.to_owned(), info, job, space, table })
}

/// Deletes a study and lists those that are left.
pub fn delete(post: &Post, path: &Path, id: &str) {
    let deleted = Store::open(path).and_then(|store| store.delete(&store.find(id)?));
    post.send(match deleted {
        Ok(()) => News::Done(format!("study {id} is deleted")),
        Err(error) => News::Error(chain(&error)),
    });
    studies(post, path);
}

/// Writes a study's results to a file.
pub fn export_study(post: &Post, store: &Path, id: &str, to: &Path) {
    let written = Store::read(store)
        .and_then(|store| Ok((store.find(id)?, store)))
        .map_err(|error| chain(&error))
        // The dialog has asked already.
        .and_then(|(study, store)| export(&store, &study, to, true).map_err(|error| chain(&error)));
    post.send(match written {
        Ok(rows) => News::Done(format!("{rows} results written to {}", to.display())),
        Err(error) => News::Error(error),
    });
}

/// Looks into an architecture.
pub fn inspect(post: &Post, space: &Space, text: &str) {
    post.send(News::Inspected(Box::new(Inspection::new(space, text))));
}

/// Computes a kernel matrix.
pub fn kernel(post: &Post, job: &JobConfig, text: &str) {
    let picture = KernelPicture::compute(job, text).map(Arc::new);
    post.send(News::Kernel(text.to_owned(), picture));
}

/// Scores a few architectures as a job would, to say how long a network takes.
pub fn measure(post: &Post, job: &JobConfig) {
    const FEW: usize = 4;
    let measured = job.options.open_space().map_err(|error| chain(&error)).and_then(|space| {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let names: HashSet<String> =
            (0..FEW).map(|_| space.format(&space.sample(&mut rng))).collect();
        let task = Task::Score { architectures: names.into_iter().collect() };
        let few = JobConfig::new(job.options.clone(), task);
        let (mut seconds, mut count) = (0.0, 0.0);
        run(&few, &Cancel::new(), &mut |event| {
            if let crate::job::Event::Scored { record, .. } = event {
                (seconds, count) = (seconds + record.seconds, count + 1.0);
            }
        })
        .map_err(|error| chain(&error))?;
        Ok(seconds / f64::max(count, 1.0))
    });
    post.send(News::Measured(measured));
}

/// Asks for a file; nothing is told where none is chosen.
pub fn dialog(post: &Post, dialogs: &Dialogs, purpose: Purpose) {
    let question = match purpose {
        Purpose::Open => Question::Open("Spaces, jobs, studies", &["toml", "json", "db", "sqlite"]),
        Purpose::Images => Question::Folder,
        Purpose::SaveJob => Question::Save("job.toml".to_owned(), "Job files", &["toml"]),
        Purpose::Export => {
            let endings = &["csv", "jsonl", "parquet"];
            Question::Save("results.csv".to_owned(), "CSV, JSON Lines, Parquet", endings)
        }
    };
    if let Some(path) = dialogs.ask(&question) {
        post.send(News::Chosen(purpose, path));
    }
}
