//! Applies the actions that views request.

use super::AppState;
use crate::action::{Action, BenchmarkAction, ResultsAction};

/// Applies one action.
pub fn apply(state: &mut AppState, action: Action, window: &egui::Context) {
    let tasks = &mut state.tasks;
    match action {
        Action::Command(command) => state.run_command(command, window),
        Action::Open(name) => state.open(&name),
        Action::ChooseFile(purpose) => state.choose_file(purpose),
        Action::Editor(action) => state.apply_to_editor(action),
        Action::EditJob(draft) => state.setup.on_edited(*draft),
        Action::EditPasted(text) => state.setup.pasted = text,
        Action::Start(job) => state.start_checked(*job),
        Action::Estimate => state.setup.start_estimate(tasks),
        Action::SetExtension(count) => state.runner.extends_by = count,
        Action::Dequeue(at) => drop(state.runner.queue_mut().remove(at)),
        Action::StartNext => state.runner.begin_next(tasks, &mut state.results),
        Action::SetPreferences(preferences) => state.preferences = *preferences,
        Action::Results(action) => apply_to_results(state, action),
        Action::Benchmark(action) => apply_to_benchmark(state, action),
        Action::Network(action) => state.network.apply(tasks, action),
        Action::ShowNetwork(row) => state.show_network_of_row(row),
        Action::AskExport(rows) => state.ask_export_of_rows(&rows),
        Action::EditExport(form) => state.edit_export(*form),
        Action::BrowseExport => state.browse_export(),
        Action::StartExport => state.start_export(),
        Action::StopExport => state.stop_export(),
        Action::CloseExport => state.close_export(),
        Action::ComputeKernels(networks) => state.inspect.compute(tasks, networks),
        Action::StopMeasuring => state.results.measurements.stop(),
        Action::StopKernels => state.inspect.stop(),
        Action::AddCompared(row) => state.add_compared(Some(row)),
        Action::RemoveCompared(at) => state.compare.remove(at),
        Action::ClearCompared => state.compare.replace(Vec::new()),
        Action::ListStudies => state.list_studies(),
        Action::SelectStudy(id, is_selected) => {
            if is_selected {
                state.studies.selected.insert(id);
            } else {
                state.studies.selected.remove(&id);
            }
        }
        Action::EditLabel(label) => state.studies.edited = label,
        Action::SaveLabel => {
            if let Some(label) = state.studies.edited.take() {
                state.studies.label(tasks, state.setup.store(), label);
            }
        }
        Action::ShowStudy(id) => state.studies.load(tasks, state.setup.store(), &id),
        Action::Report(id) => state.ask_for_report(id.as_deref()),
        Action::ResumeStudy(id, joins) => {
            state.studies.read_job(tasks, state.setup.store(), &id, joins);
        }
        Action::DeleteStudy(id) => state.studies.delete(tasks, state.setup.store(), &id),
        Action::SetPalette(text) => state.overlay.palette = text,
        Action::EditPath(text) => state.overlay.edit_path(tasks, text),
        Action::AnswerPath => {
            if let Some((target, path)) = state.overlay.take_path() {
                state.on_path_chosen(target, &path);
            }
        }
        Action::CancelPath => state.overlay.path_field = None,
        Action::DismissNotice => state.overlay.notice = None,
        Action::ShowHelp(page) => state.overlay.help = page,
        Action::AnswerConsent(is_given) => state.on_consent(is_given),
        Action::KeepRunning => state.overlay.asks_to_close = false,
        Action::CloseDetails => state.inspect.is_window_open = false,
    }
}

fn apply_to_results(state: &mut AppState, action: ResultsAction) {
    if let ResultsAction::ShowStored(shows_stored) = action {
        return state.results.set_stored_shown(shows_stored);
    }
    if let ResultsAction::SelectArea(area, adds) = action {
        return state.results.select_area(&mut state.tasks, area, adds);
    }
    let Some(set) = state.results.shown_mut() else { return };
    match action {
        ResultsAction::ShowStored(_) | ResultsAction::SelectArea(..) => {}
        ResultsAction::Change(view) => set.change(|now| *now = *view),
        ResultsAction::ChangeTyped(view) => set.change_typed(|now| *now = *view),
        ResultsAction::ChooseArchitecture(architecture) => {
            let mut rows = 0..set.table.len() as u32;
            let row = rows.find(|&row| set.table.architecture(row) == architecture);
            if row.is_some() {
                set.change(|now| now.row = row);
            }
        }
        ResultsAction::StepTo(row) => set.step_to(row),
        ResultsAction::SortBy(by) => set.sort_by(by),
        ResultsAction::Select(rows) => set.select(rows, false),
        ResultsAction::SelectTo(row) => set.select_to(row),
        ResultsAction::Brush(axis, brush) => set.brush(axis, brush),
        ResultsAction::ToggleStar(architecture) => set.toggle_star(&architecture),
        ResultsAction::StarSelected => set.star_selected(),
        ResultsAction::SetNote(architecture, note) => set.set_note(&architecture, note),
    }
}

fn apply_to_benchmark(state: &mut AppState, action: BenchmarkAction) {
    let tables = &mut state.benchmark;
    match &action {
        BenchmarkAction::EditPath(path) => return tables.path.clone_from(path),
        BenchmarkAction::Attach(path) => return state.attach_table(path),
        BenchmarkAction::SetLogarithmic(logarithmic) => {
            return tables.logarithmic = Some(*logarithmic);
        }
        BenchmarkAction::Detach
        | BenchmarkAction::Stop
        | BenchmarkAction::Compare
        | BenchmarkAction::SetColumns { .. } => {}
    }
    let Some(set) = state.results.shown() else { return };
    match action {
        BenchmarkAction::Detach => tables.detach(set.id),
        BenchmarkAction::Stop => tables.stop(set.id),
        BenchmarkAction::Compare => tables.compare(&mut state.tasks, set),
        BenchmarkAction::SetColumns { metric, score } => {
            if let Some(attached) = tables.of_mut(set.id) {
                (attached.metric, attached.score) = (metric, score);
            }
            tables.logarithmic = None;
            tables.compare(&mut state.tasks, set);
        }
        BenchmarkAction::EditPath(_)
        | BenchmarkAction::Attach(_)
        | BenchmarkAction::SetLogarithmic(_) => {}
    }
}
