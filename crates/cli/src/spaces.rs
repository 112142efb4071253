//! `spaces`: lists, prints and checks search spaces.

use std::path::{Path, PathBuf};

use super::args::{Spaces, SpacesAction};
use super::{Exit, show, text_table};
use untrained::format;
use untrained::input::SPACE_ENDING;
use untrained::output::write_output;
use untrained::space::Space;

/// Runs the verb.
pub fn run(arguments: &Spaces) -> anyhow::Result<Exit> {
    let text = match &arguments.action {
        Some(SpacesAction::Show { id, overrides }) => {
            Space::open_with(id, &overrides.0.0)?.text().to_owned()
        }
        Some(SpacesAction::Check { files }) => return check(files),
        Some(SpacesAction::New { from, kind, out, overwrite }) => {
            return create(from.as_deref(), kind.as_deref(), out.as_deref(), *overwrite);
        }
        Some(SpacesAction::Operations) => Space::builtin_operations_text().to_owned(),
        Some(SpacesAction::Schema) => serde_json::to_string_pretty(&Space::schema())? + "\n",
        Some(SpacesAction::List) | None => list()?,
    };
    show(&text)?;
    Ok(Exit::Done)
}

/// Writes a file to begin a space with: that of a built-in space, or the smallest of a kind of topology.
fn create(
    from: Option<&str>,
    kind: Option<&str>,
    out: Option<&Path>,
    overwrite: bool,
) -> anyhow::Result<Exit> {
    let (name, text) = match (from, kind) {
        (Some(id), _) => (id, Space::renamed_text(id)?),
        (None, kind) => {
            let kind = kind.unwrap_or_default();
            (kind, Space::smallest_text(kind).unwrap_or_default().to_owned())
        }
    };
    let default = PathBuf::from(format!("my-{name}.toml"));
    let out = out.unwrap_or(&default);
    let is_toml = out.extension().is_some_and(|end| end == "toml" || end == SPACE_ENDING);
    anyhow::ensure!(
        is_toml,
        "{}: the name of a space file in TOML ends in .toml or .{SPACE_ENDING}",
        out.display()
    );
    let text = format!(
        "# Begun with {name}. The manual describes space files; this one is checked by\n\
         #   untrained --batch spaces check FILE\n\n{}",
        Space::commented_text(&text)
    );
    write_output(out, text.as_bytes(), overwrite)?;
    show(&format!("{}: edit it, or open it in the window\n", out.display()))?;
    Ok(Exit::Done)
}

/// A line for every good file, and an error that lists what is wrong with the others.
fn check(files: &[PathBuf]) -> anyhow::Result<Exit> {
    let mut wrong = Vec::new();
    for path in files {
        match Space::load(path) {
            Ok(space) => {
                let count = count(&space);
                show(&format!("{}: {} of {count} architectures\n", path.display(), space.id()))?;
            }
            Err(error) => wrong.push(format!("{:#}", anyhow::Error::from(error))),
        }
    }
    anyhow::ensure!(wrong.is_empty(), wrong.join("\n"));
    Ok(Exit::Done)
}

/// The number of architectures, from 10^15 on rounded.
fn count(space: &Space) -> String {
    let count = space.count();
    if count < 1_000_000_000_000_000 {
        format::thousands(count)
    } else {
        format!("{:.2e}", count as f64)
    }
}

fn list() -> anyhow::Result<String> {
    let mut rows = vec![["id", "architectures", "input", "reference"].map(str::to_owned).to_vec()];
    for id in Space::builtin_ids() {
        let space = Space::builtin(id)?;
        rows.push(vec![
            id.to_owned(),
            count(&space),
            space.input().to_string(),
            space.reference().to_owned(),
        ]);
    }
    Ok(text_table::table(&rows))
}
