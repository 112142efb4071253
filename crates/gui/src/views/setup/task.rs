//! What is scored: a search with its strategy, architectures given by hand, or a model.

use std::path::PathBuf;

use egui::{DragValue, RichText, TextEdit, Ui};

use super::form::{OptionForm, choose};
use crate::action::Action;
use crate::command::Command;
use crate::overlay::dialogs::FilePurpose;
use crate::setup::form_state::SetupDraft;
use crate::view::View;
use crate::views::context::ViewContext;
use untrained::job::{JobOption, ModelOptions, OnnxWeights, SearchOptions, Task};
use untrained::onnx::{MergedCalls, NormStatistics};
use untrained::score::{COMBINED, DEFAULT_COMPONENTS, SCORES};
use untrained::search::{Constraint, Objective, StrategyKind, StrategyOption};
use untrained::space::Space;

/// Shows the rows of the task.
pub fn show(
    ui: &mut Ui,
    context: &mut ViewContext<'_>,
    draft: &mut SetupDraft,
    form: &OptionForm<'_>,
) {
    let mut becomes_search = false;
    if context.setup.uses_space() {
        form.row(ui, JobOption::Space, |ui| space_row(ui, context));
    }
    let space = context.models().setup.space.as_ref();
    let chooses_table = match &mut draft.job.task {
        Task::Search(options) => search(ui, options, space, form),
        Task::Score { architectures } => {
            becomes_search = given(ui, architectures, form);
            false
        }
        Task::Onnx(options) => {
            becomes_search = model(ui, options, form);
            false
        }
    };
    if becomes_search {
        draft.job.task = Task::default();
    }
    if chooses_table {
        context.send(Action::ChooseFile(FilePurpose::SearchTable));
    }
}

/// The space that the job is about, and the ways to another one.
fn space_row(ui: &mut Ui, context: &mut ViewContext<'_>) -> egui::Response {
    let name = context.setup.job.options.space.clone();
    let text = RichText::new(&name).monospace();
    let response = ui.add(egui::Label::new(text).truncate());
    if ui.button("Choose space…").on_hover_text("Built-in spaces and files").clicked() {
        context.command(Command::Go(View::Home));
    }
    if ui.button("Show space").on_hover_text("Its cells, decisions and costs").clicked() {
        context.command(Command::Go(View::Space));
    }
    response
}

/// A model file and how it is read; whether a search is wanted instead.
fn model(ui: &mut Ui, options: &mut ModelOptions, form: &OptionForm<'_>) -> bool {
    let ModelOptions { path, weights, merged_calls, statistics, renormalise } = options;
    let name = path.to_string_lossy().into_owned();
    form.row(ui, JobOption::Onnx, |ui| {
        ui.add(egui::Label::new(RichText::new(name).monospace()).truncate())
    });
    form.row(ui, JobOption::Weights, |ui| {
        let inner = ui.horizontal(|ui| {
            ui.selectable_value(weights, OnnxWeights::Keep, "keep");
            ui.selectable_value(weights, OnnxWeights::Fresh, "fresh")
        });
        inner.inner
    });
    form.row(ui, JobOption::Statistics, |ui| {
        let choices = NormStatistics::ALL.map(|one| (one, one.name(), one.about()));
        choose_one(ui, "statistics", statistics, &choices)
    });
    form.row(ui, JobOption::Renormalise, |ui| {
        ui.checkbox(renormalise, "Put batch-norm back behind convolutions")
    });
    form.row(ui, JobOption::MergedCalls, |ui| {
        let choices = MergedCalls::ALL.map(|one| (one, one.name(), one.about()));
        choose_one(ui, "merged calls", merged_calls, &choices)
    });
    search_instead(ui)
}

/// A choice of values, each with a name and its meaning.
fn choose_one<T: Copy + PartialEq>(
    ui: &mut Ui,
    id: &str,
    value: &mut T,
    choices: &[(T, &str, &str)],
) -> egui::Response {
    let names: Vec<(&str, &str)> = choices.iter().map(|&(_, name, about)| (name, about)).collect();
    let known = choices.iter().find(|(one, ..)| one == value);
    let mut name = known.map_or_else(String::new, |(_, name, _)| (*name).to_owned());
    let response = choose(ui, id, &mut name, &names);
    if let Some((chosen, ..)) = choices.iter().find(|(_, known, _)| *known == name) {
        *value = *chosen;
    }
    response
}

/// Architectures, one a line; whether a search is wanted instead.
fn given(ui: &mut Ui, architectures: &mut Vec<String>, form: &OptionForm<'_>) -> bool {
    form.row(ui, JobOption::Architectures, |ui| {
        let mut text = architectures.join("\n");
        let edit = TextEdit::multiline(&mut text).desired_rows(3).desired_width(420.0);
        let response = ui.add(edit.code_editor());
        if response.changed() {
            *architectures = text.split('\n').map(str::to_owned).collect();
        }
        response
    });
    search_instead(ui)
}

/// Whether a search is wanted in the place of this task.
fn search_instead(ui: &mut Ui) -> bool {
    ui.label("");
    let button = ui.button("Search a space instead").on_hover_text("Search the open space");
    ui.end_row();
    button.clicked()
}

/// Rows of a search; whether a table is to be chosen by dialog.
fn search(
    ui: &mut Ui,
    search: &mut SearchOptions,
    space: Option<&Space>,
    form: &OptionForm<'_>,
) -> bool {
    let strategies = StrategyKind::ALL.map(|kind| (kind.name(), kind.info().about));
    form.row(ui, JobOption::Strategy, |ui| {
        let mut name = search.strategy.name().to_owned();
        let response = choose(ui, "strategy", &mut name, &strategies);
        search.strategy = name.parse().unwrap_or(search.strategy);
        response
    });
    form.row(ui, JobOption::Samples, |ui| {
        let mut samples =
            space.map_or(search.samples.unwrap_or(100), |space| search.samples_of(space));
        let response = ui.add(DragValue::new(&mut samples).range(0..=u64::MAX).speed(10.0));
        if response.changed() {
            search.samples = Some(samples);
        }
        response
    });
    let combined = (COMBINED, "several scores, combined by rank");
    let scores = SCORES.iter().map(|score| (score.name, score.about));
    let scores: Vec<_> = std::iter::once(combined).chain(scores).collect();
    form.row(ui, JobOption::Score, |ui| {
        let before = search.score_name().to_owned();
        let mut name = before.clone();
        let response = choose(ui, "score", &mut name, &scores);
        if name != before {
            (search.score, search.initial_score) = (Some(name), None);
        }
        response
    });
    if search.score_name() == COMBINED {
        form.row(ui, JobOption::Combine, |ui| {
            form.typed(
                ui,
                JobOption::Combine,
                (&mut search.combine, &DEFAULT_COMPONENTS.join(",")),
                |list| list.join(","),
                |text| {
                    let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
                    Ok::<_, String>(names.map(str::to_owned).collect())
                },
            )
        });
    }
    constraints(ui, search, form);
    strategy_options(ui, search, form)
}

fn constraints(ui: &mut Ui, search: &mut SearchOptions, form: &OptionForm<'_>) {
    form.row(ui, JobOption::Constraint, |ui| {
        form.typed(
            ui,
            JobOption::Constraint,
            (&mut search.constraint, "params < 1M and latency < 5ms"),
            |list| list.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
            Constraint::list,
        )
    });
    form.row(ui, JobOption::Unique, |ui| {
        ui.checkbox(&mut search.unique, "Skip duplicate networks")
    });
}

/// Rows of the strategy; whether a table is to be chosen by dialog.
fn strategy_options(ui: &mut Ui, search: &mut SearchOptions, form: &OptionForm<'_>) -> bool {
    let has = |option| search.strategy.has_option(option);
    let (evolves, has_candidates) =
        (has(StrategyOption::Population), has(StrategyOption::Candidates));
    if evolves {
        form.row(ui, JobOption::Population, |ui| ui.add(DragValue::new(&mut search.population)));
        form.row(ui, JobOption::Tournament, |ui| ui.add(DragValue::new(&mut search.tournament)));
        form.row(ui, JobOption::Crossover, |ui| {
            ui.add(DragValue::new(&mut search.crossover).range(0.0..=1.0).speed(0.01))
        });
    }
    if has_candidates {
        form.row(ui, JobOption::Candidates, |ui| ui.add(DragValue::new(&mut search.candidates)));
    }
    search.strategy.objective() == Objective::Accuracy && accuracy(ui, search, form)
}

/// Where accuracies come from; whether a table is to be chosen by dialog.
fn accuracy(ui: &mut Ui, search: &mut SearchOptions, form: &OptionForm<'_>) -> bool {
    let mut chooses = false;
    form.row(ui, JobOption::Trainer, |ui| {
        form.optional(ui, JobOption::Trainer, (&mut search.trainer, "python train.py {arch.json}"))
    });
    form.row(ui, JobOption::Table, |ui| {
        let response = path(ui, form, JobOption::Table, (&mut search.table, "file"));
        chooses = ui.button("Choose table…").clicked();
        response
    });
    form.row(ui, JobOption::Metric, |ui| {
        form.optional(ui, JobOption::Metric, (&mut search.metric, "accuracy"))
    });
    form.row(ui, JobOption::Report, |ui| {
        form.optional(ui, JobOption::Report, (&mut search.report, "accuracy"))
    });
    form.row(ui, JobOption::Time, |ui| {
        form.optional(ui, JobOption::Time, (&mut search.time, "none"))
    });
    form.row(ui, JobOption::Budget, |ui| {
        form.optional(ui, JobOption::Budget, (&mut search.budget, "unlimited"))
    });
    form.row(ui, JobOption::Trainers, |ui| {
        ui.add(DragValue::new(&mut search.trainers).range(1..=1024))
    });
    form.row(ui, JobOption::TrainerLimit, |ui| {
        ui.add(DragValue::new(&mut search.trainer_limit).range(1.0..=1e9).suffix(" s"))
    });
    form.row(ui, JobOption::TrainerRetries, |ui| {
        ui.add(DragValue::new(&mut search.trainer_retries))
    });
    chooses
}

/// A path that may be missing.
fn path(
    ui: &mut Ui,
    form: &OptionForm<'_>,
    option: JobOption,
    (value, hint): (&mut Option<PathBuf>, &str),
) -> egui::Response {
    let mut text = value.as_ref().map(|path| path.to_string_lossy().into_owned());
    let response = form.optional(ui, option, (&mut text, hint));
    *value = text.map(PathBuf::from);
    response
}
