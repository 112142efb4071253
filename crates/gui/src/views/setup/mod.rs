//! Options of a search: a form over [`JobConfig`](untrained::job::JobConfig), what is wrong next to the
//! field that is meant.

mod estimate;
mod form;
mod images;
mod more;
mod scoring;
mod task;

use egui::{Grid, ScrollArea, Ui};

use self::form::{OptionForm, SetupDraft, SetupProblem};
use crate::action::Action;
use crate::command::Command;
use crate::views::chrome;
use crate::views::context::ViewContext;
use untrained::job::Task;

/// Shows the view.
pub fn show(ui: &mut Ui, context: &mut ViewContext<'_>) {
    ui.horizontal(|ui| {
        ui.heading(match &context.setup.job.task {
            Task::Search(_) => "Set up a search",
            Task::Score { .. } => "Score architectures",
            Task::Onnx(_) => "Score a model",
        });
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            chrome::button(ui, context, Command::Start);
            if context.runner.is_searching() {
                chrome::button(ui, context, Command::Enqueue);
            }
            chrome::button(ui, context, Command::SaveJob);
            chrome::button(ui, context, Command::CopyCommandLine);
        });
    });
    let problem = SetupProblem::of(&context.setup.runnable_job());
    if let Some(problem) = problem.as_ref().filter(|problem| problem.option.is_none()) {
        ui.colored_label(ui.visuals().error_fg_color, &problem.text);
    }
    let setup = context.models().setup;
    let mut draft = SetupDraft { job: setup.job.clone(), image_kind: setup.image_kind.clone() };
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        Grid::new("form").num_columns(2).spacing([16.0, 7.0]).show(ui, |ui| {
            let form = &OptionForm { problem: problem.as_ref() };
            task::show(ui, context, &mut draft, form);
            images::show(ui, context, &mut draft, form);
            scoring::show(ui, context, &mut draft, form);
        });
        egui::CollapsingHeader::new("More options").show(ui, |ui| {
            Grid::new("more").num_columns(2).spacing([16.0, 7.0]).show(ui, |ui| {
                more::show(ui, &mut draft, &OptionForm { problem: problem.as_ref() });
            });
        });
        ui.separator();
        estimate::show(ui, context);
    });
    if draft.job != setup.job || draft.image_kind != setup.image_kind {
        context.send(Action::EditJob(Box::new(draft.job), draft.image_kind));
    }
}
