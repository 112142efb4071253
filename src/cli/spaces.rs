//! `spaces`: what can be searched.

use super::args::{Spaces, SpacesAction};
use super::{Exit, format, show};
use crate::space::Space;

/// Runs the verb.
pub fn run(arguments: &Spaces) -> anyhow::Result<Exit> {
    let text = match &arguments.action {
        Some(SpacesAction::Show { id }) => Space::builtin_text(id)?.to_owned(),
        Some(SpacesAction::List) | None => list()?,
    };
    show(&text)?;
    Ok(Exit::Done)
}

fn list() -> anyhow::Result<String> {
    let mut rows = vec![["id", "architectures", "input", "reference"].map(str::to_owned).to_vec()];
    for id in Space::builtin_ids() {
        let space = Space::builtin(id)?;
        rows.push(vec![
            id.to_owned(),
            u64::try_from(space.count())
                .map_or_else(|_| space.count().to_string(), format::thousands),
            space.input().to_string(),
            space.reference().to_owned(),
        ]);
    }
    Ok(format::table(&rows))
}
