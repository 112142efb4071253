//! `paths`: where studies and settings are kept unless options say otherwise.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::{Exit, show};
use untrained::format::printable;
use untrained::places::{UserPlaces, window_studies};
use untrained::store::DEFAULT_FILE;

/// `paths`.
#[derive(Args, Debug)]
pub struct Paths {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// The places, as JSON names them; `None` for a user without a home folder.
#[derive(Serialize)]
struct Places {
    /// The studies of `--batch`.
    studies: PathBuf,
    /// The studies of a window that is opened from here.
    window_studies: PathBuf,
    /// The studies of a window that is opened by a double click.
    double_click_studies: Option<PathBuf>,
    settings: Option<PathBuf>,
    temporary_files: PathBuf,
}

/// Runs the verb.
pub fn run(arguments: &Paths) -> anyhow::Result<Exit> {
    let user = UserPlaces::find();
    let places = Places {
        studies: std::env::current_dir().unwrap_or_default().join(DEFAULT_FILE),
        window_studies: window_studies(),
        double_click_studies: user.as_ref().map(|user| user.studies.clone()),
        settings: user.map(|user| user.settings),
        temporary_files: std::env::temp_dir(),
    };
    if arguments.json {
        show(&format!("{}\n", serde_json::to_string(&places)?))?;
    } else {
        show(&text(&places))?;
    }
    Ok(Exit::Done)
}

fn text(places: &Places) -> String {
    let none = Path::new("none, this user has no home folder");
    let or_none = |path: &Option<PathBuf>| path.clone().unwrap_or_else(|| none.to_owned());
    let lines = [
        ("studies of --batch here", places.studies.clone()),
        ("studies of a window opened here", places.window_studies.clone()),
        ("studies after a double click", or_none(&places.double_click_studies)),
        ("settings of the window", or_none(&places.settings)),
        ("temporary files", places.temporary_files.clone()),
        ("caches", "none: scores are reused from the studies".into()),
    ];
    let line = |(what, path): (&str, PathBuf)| {
        format!("{what:<33}{}\n", printable(&path.to_string_lossy()))
    };
    lines.into_iter().map(line).collect()
}
