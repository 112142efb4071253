//! `cite`: the BibTeX entries of what was used.

use std::path::PathBuf;

use clap::Args;

use super::{Exit, log_line, show};
use untrained::citation::Citations;
use untrained::job::{JobConfig, SearchOptions};
use untrained::space::Space;
use untrained::store::{DEFAULT_FILE, Store};

/// `cite`.
#[derive(Args, Debug)]
pub struct Cite {
    /// A search space (may be repeated): the ID of a built-in space, or a space file
    #[arg(long, value_name = "ID|FILE")]
    pub space: Vec<String>,
    /// A stored study (may be repeated), by its ID or the first digits: its space, scores, strategy and images
    #[arg(long, value_name = "ID")]
    pub study: Vec<String>,
    /// With --study: the study database, a file or a PostgreSQL server
    #[arg(long, value_name = "FILE", default_value = DEFAULT_FILE)]
    pub store: PathBuf,
}

/// Runs the verb.
pub fn run(arguments: &Cite) -> anyhow::Result<Exit> {
    let mut citations = Citations::default();
    citations.add_method();
    let mut own_spaces = Vec::new();
    for name in &arguments.space {
        add_space(&mut citations, &mut own_spaces, &Space::open(name)?);
    }
    if arguments.study.is_empty() {
        citations.add_ranking(&SearchOptions::default().ranking()?);
    } else {
        let store = Store::read(&arguments.store)?;
        for id in &arguments.study {
            let job = JobConfig::of_study(&store.find(id)?)?;
            citations.add_job(&job)?;
            add_space(&mut citations, &mut own_spaces, &job.open_space()?);
        }
    }
    citations.add_program();
    show(&citations.bibtex())?;
    for space in own_spaces {
        let reference = match space.reference() {
            "" => "its file names no publication".to_owned(),
            reference => format!("its file names {reference}"),
        };
        log_line(&format!("space {} is not built in and has no entry; {reference}", space.id()));
    }
    Ok(Exit::Done)
}

fn add_space(citations: &mut Citations, own: &mut Vec<Space>, space: &Space) {
    if !citations.add_space(space.id()) {
        own.push(space.clone());
    }
}
