//! Options of a search: a form over [`JobConfig`](untrained::job::JobConfig), what is wrong next to the
//! field that is meant.

mod estimate;
mod form;
mod images;
mod more;
mod scoring;
mod task;

use egui::{Grid, RichText, ScrollArea, Ui};

use self::form::OptionForm;
use crate::action::Action;
use crate::command::Command;
use crate::runner::job_title;
use crate::setup::form_state::{SetupDraft, SetupProblem, TypedFields};
use crate::views::chrome;
use crate::views::context::ViewContext;
use untrained::job::{JobOption, Task};

/// From this width on, the form has two columns.
const WIDE: f32 = 980.0;

/// The width of the labels, so that the fields of all groups begin at one place.
const LABELS: f32 = 150.0;

/// Options that have no field here: they are for the command line, or chosen elsewhere in the window.
const WITHOUT_FIELD: [JobOption; 7] = [
    JobOption::InitialScore,
    JobOption::Also,
    JobOption::Out,
    JobOption::Overwrite,
    JobOption::ImagesChanged,
    JobOption::Resume,
    JobOption::Join,
];

/// Shows the view.
pub fn show(ui: &mut Ui, context: &mut ViewContext<'_>) {
    ui.horizontal(|ui| {
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            chrome::button(ui, context, Command::Start);
            if context.runner.is_searching() {
                chrome::button(ui, context, Command::Enqueue);
            }
            chrome::button(ui, context, Command::SaveJob);
            chrome::button(ui, context, Command::CopyCommandLine);
            // What is left of the width: a long name is cut before it runs into the buttons.
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                title(ui, context);
            });
        });
    });
    let setup = context.models().setup;
    let problem = setup.problem();
    if let Some(problem) = &problem {
        told(ui, problem);
    }
    let mut draft = SetupDraft { job: setup.job.clone(), typed: TypedFields::default() };
    let form = OptionForm::new(problem.as_ref(), &setup.typed);
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        if ui.available_width() >= WIDE {
            ui.columns(2, |columns| {
                task_and_images(&mut columns[0], context, &mut draft, &form);
                scoring_and_more(&mut columns[1], context, &mut draft, &form);
            });
        } else {
            task_and_images(ui, context, &mut draft, &form);
            scoring_and_more(ui, context, &mut draft, &form);
        }
        ui.separator();
        estimate::show(ui, context);
    });
    draft.typed = form.into_typed();
    if draft.job != setup.job || draft.typed != setup.typed {
        context.send(Action::EditJob(Box::new(draft)));
    }
}

/// What is set up, and of which space.
fn title(ui: &mut Ui, context: &ViewContext<'_>) {
    ui.heading(match &context.setup.job.task {
        Task::Search(_) => "Set up a search",
        Task::Score { .. } => "Score architectures",
        Task::Onnx(_) => "Score a model",
    });
    let name = job_title(&context.setup.job);
    ui.add(egui::Label::new(RichText::new(&name).weak()).truncate()).on_hover_text(name);
}

/// What keeps the job from running: in full where no field can tell it.
fn told(ui: &mut Ui, problem: &SetupProblem) {
    let text = match problem.option {
        Some(option) if !WITHOUT_FIELD.contains(&option) => {
            format!("Cannot start yet: see {}", option.info().label)
        }
        _ => format!("Cannot start yet: {}", problem.sentence()),
    };
    let text = RichText::new(text).color(ui.visuals().error_fg_color);
    ui.add(egui::Label::new(text).wrap()).on_hover_text(problem.sentence());
}

fn task_and_images(
    ui: &mut Ui,
    context: &mut ViewContext<'_>,
    draft: &mut SetupDraft,
    form: &OptionForm<'_>,
) {
    Grid::new("form").num_columns(2).min_col_width(LABELS).spacing([16.0, 7.0]).show(ui, |ui| {
        task::show(ui, context, draft, form);
        images::show(ui, context, draft, form);
    });
}

fn scoring_and_more(
    ui: &mut Ui,
    context: &mut ViewContext<'_>,
    draft: &mut SetupDraft,
    form: &OptionForm<'_>,
) {
    Grid::new("scoring").num_columns(2).min_col_width(LABELS).spacing([16.0, 7.0]).show(ui, |ui| {
        scoring::show(ui, context, draft, form);
    });
    // A field with a problem is in sight.
    let opens = more::OPTIONS.iter().any(|&option| form.has_problem(option)).then_some(true);
    egui::CollapsingHeader::new("More options").open(opens).show(ui, |ui| {
        Grid::new("more").num_columns(2).min_col_width(LABELS).spacing([16.0, 7.0]).show(
            ui,
            |ui| {
                more::show(ui, draft, form);
            },
        );
    });
}
