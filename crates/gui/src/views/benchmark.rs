//! Scores compared with the trained accuracies of a benchmark table.

use egui::{ComboBox, ProgressBar, RichText, ScrollArea, TextEdit, Ui};

use super::benchmark_figures as figures;
use super::widgets::empty;
use crate::action::{Action, BenchmarkAction};
use crate::benchmark::outcome::LoadStage;
use crate::command::Command;
use crate::overlay::dialogs::FilePurpose;
use crate::results::sheet::NUMBERS;
use crate::view::View;
use crate::views::chrome;
use crate::views::context::ViewContext;
use untrained::benchmark::{ALL, BenchmarkFacts};
use untrained::score::SCORES;

/// Shows the view.
pub fn show(ui: &mut Ui, context: &mut ViewContext<'_>) {
    let Some((sheet, title)) = context.results.shown().map(|sheet| (sheet.id, sheet.title.clone()))
    else {
        ui.heading("Benchmark");
        if !context.benchmark.path.is_empty() {
            ui.weak(format!("{} will be attached once there are results.", context.benchmark.path));
        }
        let next = "Start a search or open a study, then attach a table of trained accuracies.";
        empty(ui, "No results to compare", next);
        ui.vertical_centered(|ui| {
            chrome::button(ui, context, Command::Go(View::Studies));
            chrome::button(ui, context, Command::Go(View::Setup));
        });
        return;
    };
    ui.horizontal_wrapped(|ui| {
        ui.heading("Benchmark");
        ui.weak(title);
    });
    source(ui, context, sheet);
    if context.benchmark.of(sheet).is_none() {
        empty(
            ui,
            "No benchmark table is attached",
            "Choose a table above, or drop one on the window.",
        );
        ui.vertical_centered(|ui| {
            ui.label("Supported tables:");
            ALL.iter()
                .for_each(|format| drop(ui.weak(format!("{}: {}", format.name, format.files))));
        });
        return;
    }
    choices(ui, context, sheet);
    working(ui, context, sheet);
    let Some(attached) = context.models().benchmark.of(sheet) else { return };
    match (&attached.facts, &attached.outcome) {
        (LoadStage::Failed(why), _) => {
            failed(ui, context, why.clone(), "This table cannot be used")
        }
        (_, Some(LoadStage::Failed(why))) => {
            failed(ui, context, why.clone(), "Scores and accuracies cannot be compared");
        }
        (_, Some(LoadStage::Ready(outcome))) => {
            let outcome = outcome.clone();
            stale(ui, context, sheet);
            ScrollArea::both()
                .id_salt("benchmark")
                .auto_shrink(false)
                .show(ui, |ui| figures::show(ui, context, sheet, &outcome));
        }
        (LoadStage::Ready(_), None) => {
            ui.weak("Compare the scores with this metric to see how well they rank.");
            if ui.button("Compare with table").clicked() {
                context.change_benchmark(BenchmarkAction::Compare);
            }
        }
        (LoadStage::Working, _) | (_, Some(LoadStage::Working)) => {}
    }
}

/// The table: a path, a dialog, or a drop on the window.
fn source(ui: &mut Ui, context: &mut ViewContext<'_>, sheet: u64) {
    let mut attach = false;
    let mut path = context.benchmark.path.clone();
    ui.horizontal_wrapped(|ui| {
        let name = ui.label("Table");
        let width = (ui.available_width() - 300.0).clamp(120.0, 520.0);
        let edit = TextEdit::singleline(&mut path)
            .hint_text("a file or folder of trained accuracies")
            .desired_width(width);
        let response = ui.add(edit).labelled_by(name.id);
        let entered =
            response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        let has_path = !path.trim().is_empty();
        let button = ui.add_enabled(has_path, egui::Button::new("Attach"));
        let about = "Read the table and compare its accuracies with the scores";
        attach = button.on_hover_text(about).clicked() || (entered && has_path);
        if ui.button("Choose table…").on_hover_text("Choose a file").clicked() {
            context.send(Action::ChooseFile(FilePurpose::Benchmark));
        }
        if context.benchmark.of(sheet).is_some()
            && ui.button("Detach").on_hover_text("Detach the table from these results").clicked()
        {
            context.change_benchmark(BenchmarkAction::Detach);
        }
    });
    if path != context.benchmark.path {
        context.change_benchmark(BenchmarkAction::EditPath(path.clone()));
    }
    if attach {
        context.change_benchmark(BenchmarkAction::Attach(path.trim().into()));
    }
}

/// Metric and score.
fn choices(ui: &mut Ui, context: &mut ViewContext<'_>, sheet: u64) {
    let further: Vec<String> = context.results.shown().map(further_scores).unwrap_or_default();
    let ranked_by = context.results.shown().map(default_score).unwrap_or_default();
    let Some(attached) = context.models().benchmark.of(sheet) else { return };
    let LoadStage::Ready(facts) = &attached.facts else { return };
    let (mut metric, mut score) = (attached.metric.clone(), attached.score.clone());
    ui.horizontal_wrapped(|ui| {
        metric_choice(ui, &mut metric, facts);
        let label = ui.label("Score");
        let shown = if score.is_empty() { ranked_by } else { score.clone() };
        let combo = ComboBox::from_id_salt("score").width(90.0).selected_text(shown);
        let response = combo.show_ui(ui, |ui| {
            for known in &SCORES {
                let name = known.name.to_owned();
                ui.selectable_value(&mut score, name, known.name).on_hover_text(known.about);
            }
            for name in further {
                ui.selectable_value(&mut score, name.clone(), name);
            }
        });
        response
            .response
            .labelled_by(label.id)
            .on_hover_text("The score that ranks the architectures");
        ui.weak(described(facts));
    });
    if (&metric, &score) != (&attached.metric, &attached.score) {
        context.change_benchmark(BenchmarkAction::SetColumns { metric, score });
    }
}

fn metric_choice(ui: &mut Ui, chosen: &mut String, facts: &BenchmarkFacts) {
    let label = ui.label("Metric");
    let combo = ComboBox::from_id_salt("metric").width(150.0).selected_text(chosen.clone());
    let response = combo.show_ui(ui, |ui| {
        for metric in &facts.metrics {
            let range = match (metric.min, metric.max) {
                (Some(min), Some(max)) => format!("{} values from {min} to {max}", metric.count),
                _ => "no values".to_owned(),
            };
            let name = metric.name.clone();
            ui.selectable_value(chosen, name, &metric.name).on_hover_text(range);
        }
    });
    let about = "The metric of the table to use as accuracy; higher is better";
    response.response.labelled_by(label.id).on_hover_text(about);
}

fn described(facts: &BenchmarkFacts) -> String {
    let spaces = match facts.spaces.as_slice() {
        [] => String::new(),
        spaces => format!(", of {}", spaces.join(" or ")),
    };
    let rows = untrained::format::thousands(facts.rows);
    format!("{}: {rows} architectures{spaces}", facts.format)
}

/// Columns of the results that are scores of their own.
fn further_scores(sheet: &crate::results::result_set::ResultSet) -> Vec<String> {
    let is_further = |name: &&str| NUMBERS.iter().all(|number| number.name != *name);
    sheet.table.names().filter(is_further).map(str::to_owned).collect()
}

/// The score of the search, which a search by accuracy has as well.
fn default_score(sheet: &crate::results::result_set::ResultSet) -> String {
    match sheet.job.as_ref().map(|job| &job.task) {
        Some(untrained::job::Task::Search(search)) => search.score_name().to_owned(),
        _ => SCORES[0].name.to_owned(),
    }
}

/// Progress and a button that stops it.
fn working(ui: &mut Ui, context: &mut ViewContext<'_>, sheet: u64) {
    let Some(attached) = context.benchmark.of(sheet).filter(|attached| attached.is_working())
    else {
        return;
    };
    let what = match (&attached.facts, attached.refines) {
        (LoadStage::Working, _) => "Reading the table",
        (_, true) => "Computing intervals",
        _ => "Comparing",
    };
    let share = attached.progress();
    ui.horizontal(|ui| {
        ui.spinner();
        ui.label(what);
        ui.add(ProgressBar::new(share).desired_width(180.0).show_percentage());
        if ui.button("Stop reading").on_hover_text("Stop; what is already shown stays").clicked() {
            context.change_benchmark(BenchmarkAction::Stop);
        }
    });
    ui.ctx().request_repaint_after(std::time::Duration::from_millis(100));
}

/// Results that came since.
fn stale(ui: &mut Ui, context: &mut ViewContext<'_>, sheet: u64) {
    let now = context.results.shown().map_or(0, |sheet| sheet.table.len());
    let then = context.benchmark.of(sheet).map_or(now, |attached| attached.results);
    if now > then {
        ui.horizontal(|ui| {
            ui.label(format!("{} new results.", now - then));
            if ui.button("Compare again").clicked() {
                context.change_benchmark(BenchmarkAction::Compare);
            }
        });
    }
}

/// The problem, and what to do about it.
fn failed(ui: &mut Ui, context: &mut ViewContext<'_>, why: String, title: &str) {
    ui.add_space(8.0);
    ui.strong(title);
    let text = RichText::new(why).color(ui.visuals().error_fg_color);
    ui.add(egui::Label::new(text).wrap());
    ui.horizontal(|ui| {
        if ui.button("Choose another table…").clicked() {
            context.send(Action::ChooseFile(FilePurpose::Benchmark));
        }
        if ui.button("Reload").on_hover_text("The file may have changed").clicked() {
            let path = context.benchmark.path.trim().into();
            context.change_benchmark(BenchmarkAction::Attach(path));
        }
    });
}
