//! Which commands are available.

use crate::command::Command;
use crate::models::Models;
use crate::results::result_set::ResultSet;
use crate::runner::resuming_job;
use crate::view::View;
use untrained::job::Task;

/// Whether a command is possible now.
pub fn is_possible(command: Command, models: &Models<'_>) -> bool {
    let running = models.runner.is_searching();
    let results = models.results.shown();
    let has_study = results.is_some_and(|set| set.study.is_some());
    let can_run = || models.setup.problem().is_none();
    match command {
        Command::Start => !running && can_run(),
        Command::SaveJob if models.view == View::Editor => models.editor.space.is_some(),
        Command::Enqueue | Command::SaveJob => can_run(),
        Command::Stop | Command::Pause => running,
        Command::Resume | Command::Extend => !running && results.and_then(resuming_job).is_some(),
        Command::Export | Command::ExportShown => has_study,
        Command::ExportMarked => has_study && results.is_some_and(|set| !set.stars.is_empty()),
        Command::ExportSelected => {
            has_study && results.is_some_and(|set| !set.now.selected.is_empty())
        }
        Command::ExportNetworks => exportable(models).is_some(),
        Command::SavePicture => models.overlay.captures.has_any(),
        Command::Undo if models.view == View::Compare => models.compare.has_steps()[0],
        Command::Redo if models.view == View::Compare => models.compare.has_steps()[1],
        Command::Undo if models.view == View::Editor => models.editor.has_steps()[0],
        Command::Redo if models.view == View::Editor => models.editor.has_steps()[1],
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
        Command::SaveSpace | Command::SaveSpaceAs => models.editor.space.is_some(),
        Command::EditSpace => models.setup.space.is_some() || models.setup.load_error.is_some(),
        Command::Open
        | Command::NewSpace
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

/// What the command for exporting networks is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exportable {
    /// The network that is shown.
    Network,
    /// The model that is set up.
    Model,
    /// The architecture that the view of the space shows.
    Sample,
    /// The selected rows of the results, or the chosen one.
    Rows,
}

/// What of this view can be exported.
pub fn exportable(models: &Models<'_>) -> Option<Exportable> {
    if models.view == View::Network {
        return models.network.shown().map(|_| Exportable::Network);
    }
    what_is_shown(models)
}

/// What of this view has a network, beside the view of networks.
pub fn what_is_shown(models: &Models<'_>) -> Option<Exportable> {
    let setup = models.setup;
    if models.view == View::Setup && matches!(setup.job.task, Task::Onnx(_)) {
        return setup.problem().is_none().then_some(Exportable::Model);
    }
    if models.view == View::Space {
        let is_there = setup.space.is_some() && !setup.sample.text.is_empty();
        return is_there.then_some(Exportable::Sample);
    }
    let set = models.results.shown()?;
    let any = !set.now.selected.is_empty() || set.chosen_row().is_some();
    (any && can_export(set)).then_some(Exportable::Rows)
}

/// Whether networks of results can be built again.
pub fn can_export(set: &ResultSet) -> bool {
    let is_model = set.job.as_ref().is_some_and(|job| matches!(job.task, Task::Onnx(_)));
    is_model || set.job.is_some() && set.space.is_some()
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
        Command::ExportNetworks => {
            Some("Choose or select architectures of a space that can be opened".to_owned())
        }
        Command::Measure => Some("Choose or select architectures first".to_owned()),
        _ => None,
    }
}
