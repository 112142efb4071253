//! Which commands are available.

use crate::command::Command;
use crate::models::Models;
use crate::results::result_set::ResultSet;
use crate::runner::resuming_job;
use crate::view::View;

/// Whether a command is possible now.
pub fn is_possible(command: Command, models: &Models<'_>) -> bool {
    let running = models.runner.is_searching();
    let results = models.results.shown();
    let has_study = results.is_some_and(|set| set.study.is_some());
    let can_run = || models.setup.problem().is_none();
    match command {
        Command::Start => !running && can_run(),
        Command::Enqueue | Command::SaveJob => can_run(),
        Command::Stop | Command::Pause => running,
        Command::Resume | Command::Extend => !running && results.and_then(resuming_job).is_some(),
        Command::Export | Command::ExportShown => has_study,
        Command::ExportMarked => has_study && results.is_some_and(|set| !set.stars.is_empty()),
        Command::ExportSelected => {
            has_study && results.is_some_and(|set| !set.now.selected.is_empty())
        }
        Command::SavePicture => models.overlay.captures.has_any(),
        Command::Undo if models.view == View::Compare => models.compare.has_steps()[0],
        Command::Redo if models.view == View::Compare => models.compare.has_steps()[1],
        Command::Undo => results.is_some_and(|set| !set.past.is_empty()),
        Command::Redo => results.is_some_and(|set| !set.future.is_empty()),
        Command::CopyCommandLine => models.has_command_line && can_run(),
        Command::CopyArchitecture | Command::Detail => models.results.chosen().is_some(),
        Command::Compare => models.results.chosen().is_some() && models.compare.has_room(),
        Command::CompareExtremes => results.is_some_and(|set| set.rows.len() > 1),
        Command::ComputeKernels => !models.compare.entries.is_empty(),
        Command::Measure => {
            let can = |set: &ResultSet| {
                let any = !set.now.selected.is_empty() || set.chosen_row().is_some();
                any && set.job.is_some() && set.space.is_some()
            };
            !running && models.results.measurements.progress().is_none() && results.is_some_and(can)
        }
        Command::SelectFront => models.results.scatter.cloud().is_some(),
        Command::RandomArchitecture => models.setup.space.is_some(),
        Command::Open
        | Command::ChooseStudies
        | Command::Go(_)
        | Command::Quit
        | Command::ClearFilter
        | Command::SwitchTheme
        | Command::ZoomIn
        | Command::ZoomOut
        | Command::ZoomReset
        | Command::ToggleInspector
        | Command::Palette
        | Command::Shortcuts
        | Command::Glossary
        | Command::Scores
        | Command::About
        | Command::Licences => true,
    }
}

/// Why a command is not possible, where a person can do something about it.
pub fn reason(command: Command, models: &Models<'_>) -> Option<String> {
    match command {
        Command::Start if models.runner.is_searching() => {
            Some("A search is running: add this one to the queue".to_owned())
        }
        Command::Start | Command::Enqueue | Command::SaveJob | Command::CopyCommandLine => {
            models.setup.problem().map(|problem| problem.sentence())
        }
        Command::Measure if models.runner.is_searching() => {
            Some("A search is running: it would slow the measurements".to_owned())
        }
        Command::Measure => Some("Choose or select architectures first".to_owned()),
        _ => None,
    }
}
