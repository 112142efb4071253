//! Which commands are available.

use crate::command::Command;
use crate::models::Models;
use crate::runner::resuming_job;

/// Whether a command is possible now.
pub fn is_possible(command: Command, models: &Models<'_>) -> bool {
    let running = models.runner.is_searching();
    let results = models.results.shown();
    let has_study = results.is_some_and(|set| set.study.is_some());
    match command {
        Command::Start => !running,
        Command::Stop | Command::Pause => running,
        Command::Resume | Command::Extend => !running && results.and_then(resuming_job).is_some(),
        Command::Export | Command::ExportShown => has_study,
        Command::ExportMarked => has_study && results.is_some_and(|set| !set.stars.is_empty()),
        Command::ExportSelected => {
            has_study && results.is_some_and(|set| !set.now.selected.is_empty())
        }
        Command::SavePicture => models.overlay.captures.has_any(),
        Command::Undo => results.is_some_and(|set| !set.past.is_empty()),
        Command::CopyCommandLine => models.has_command_line,
        Command::CopyArchitecture | Command::Detail => models.results.chosen().is_some(),
        Command::Compare => models.results.chosen().is_some() && models.compare.has_room(),
        Command::CompareExtremes => results.is_some_and(|set| set.rows.len() > 1),
        Command::ComputeKernels => !models.compare.entries.is_empty(),
        Command::RandomArchitecture => models.setup.space.is_some(),
        Command::Open
        | Command::ChooseStudies
        | Command::Go(_)
        | Command::SaveJob
        | Command::Quit
        | Command::ClearFilter
        | Command::SwitchTheme
        | Command::ZoomIn
        | Command::ZoomOut
        | Command::ZoomReset
        | Command::ToggleInspector
        | Command::Palette
        | Command::Enqueue
        | Command::About => true,
    }
}
