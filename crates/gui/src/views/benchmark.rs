//! Scores against trained accuracies: what a benchmark table says of the results that are shown.

use egui::{ComboBox, ProgressBar, RichText, ScrollArea, TextEdit, Ui};

use super::{benchmark_figures as figures, empty};
use crate::benchmark::{AttachedTable, LoadStage};
use crate::command::Command;
use crate::results::sheet::NUMBERS;
use crate::state::{AppState, View};
use crate::tasks::message::FilePurpose;
use crate::views::chrome;
use untrained::benchmark::{ALL, Facts};
use untrained::score::SCORES;

/// Shows the view.
pub fn show(ui: &mut Ui, state: &mut AppState) {
    let Some((sheet, title)) = state.sheet().map(|sheet| (sheet.id, sheet.title.clone())) else {
        ui.heading("Benchmark");
        if !state.benchmarks.path.is_empty() {
            ui.weak(format!("{} is attached once results are shown.", state.benchmarks.path));
        }
        let next =
            "Start a search or open a study; then attach a table of trained accuracies to it.";
        empty(ui, "No results to compare with accuracies", next);
        ui.vertical_centered(|ui| {
            chrome::button(ui, state, Command::Go(View::Studies));
            chrome::button(ui, state, Command::Go(View::Setup));
        });
        return;
    };
    state.attach_table_of_job();
    ui.horizontal_wrapped(|ui| {
        ui.heading("Benchmark");
        ui.weak(title);
    });
    source(ui, state, sheet);
    if state.benchmarks.of(sheet).is_none() {
        empty(
            ui,
            "No benchmark table is attached",
            "Choose a table above, or drop one on the window.",
        );
        ui.vertical_centered(|ui| {
            ui.label("Tables that can be read:");
            ALL.iter()
                .for_each(|format| drop(ui.weak(format!("{}: {}", format.name, format.files))));
        });
        return;
    }
    choices(ui, state, sheet);
    working(ui, state, sheet);
    let Some(attached) = state.benchmarks.of(sheet) else { return };
    match (&attached.facts, &attached.outcome) {
        (LoadStage::Failed(why), _) => failed(ui, state, why.clone(), "This table cannot be used"),
        (_, Some(LoadStage::Failed(why))) => {
            failed(ui, state, why.clone(), "Scores and accuracies cannot be compared");
        }
        (_, Some(LoadStage::Ready(outcome))) => {
            let outcome = outcome.clone();
            stale(ui, state, sheet);
            ScrollArea::both()
                .id_salt("benchmark")
                .auto_shrink(false)
                .show(ui, |ui| figures::show(ui, state, sheet, &outcome));
        }
        (LoadStage::Ready(_), None) => {
            ui.weak("Press Compare to compare the scores with this metric.");
            if ui.button("Compare with table").clicked() {
                state.compare_with_table(sheet);
            }
        }
        (LoadStage::Working, _) | (_, Some(LoadStage::Working)) => {}
    }
}

/// The table: a path, a dialog, or a drop on the window.
fn source(ui: &mut Ui, state: &mut AppState, sheet: u64) {
    let mut attach = false;
    ui.horizontal_wrapped(|ui| {
        let name = ui.label("Table");
        let width = (ui.available_width() - 300.0).clamp(120.0, 520.0);
        let edit = TextEdit::singleline(&mut state.benchmarks.path)
            .hint_text("a file or folder of trained accuracies")
            .desired_width(width);
        let response = ui.add(edit).labelled_by(name.id);
        let entered =
            response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        let has_path = !state.benchmarks.path.trim().is_empty();
        let button = ui.add_enabled(has_path, egui::Button::new("Attach"));
        let about = "Read the table and compare its accuracies with the scores";
        attach = button.on_hover_text(about).clicked() || (entered && has_path);
        if ui.button("Choose table…").on_hover_text("Choose a file by dialog").clicked() {
            state.choose(FilePurpose::Benchmark);
        }
        if state.benchmarks.of(sheet).is_some()
            && ui.button("Detach").on_hover_text("Take the table off these results").clicked()
        {
            state.benchmarks.detach(sheet);
        }
    });
    if attach {
        let path = std::path::PathBuf::from(state.benchmarks.path.trim());
        state.attach_table(&path);
    }
}

/// Metric and score.
fn choices(ui: &mut Ui, state: &mut AppState, sheet: u64) {
    let further: Vec<String> = state.sheet().map(further_scores).unwrap_or_default();
    let ranked_by = state.sheet().map(default_score).unwrap_or_default();
    let Some(attached) = state.benchmarks.of_mut(sheet) else { return };
    let LoadStage::Ready(facts) = &attached.facts else { return };
    let facts = facts.clone();
    let before = (attached.metric.clone(), attached.score.clone());
    ui.horizontal_wrapped(|ui| {
        metric(ui, attached, &facts);
        let label = ui.label("Score");
        let shown = if attached.score.is_empty() { ranked_by } else { attached.score.clone() };
        let combo = ComboBox::from_id_salt("score").width(90.0).selected_text(shown);
        let response = combo.show_ui(ui, |ui| {
            for score in SCORES {
                let name = score.name.to_owned();
                ui.selectable_value(&mut attached.score, name, score.name)
                    .on_hover_text(score.about);
            }
            for name in further {
                ui.selectable_value(&mut attached.score, name.clone(), name);
            }
        });
        response.response.labelled_by(label.id).on_hover_text("What orders the architectures");
        ui.weak(described(&facts));
    });
    if before != (attached.metric.clone(), attached.score.clone()) {
        state.benchmarks.logarithmic = None;
        state.compare_with_table(sheet);
    }
}

fn metric(ui: &mut Ui, attached: &mut AttachedTable, facts: &Facts) {
    let label = ui.label("Metric");
    let combo =
        ComboBox::from_id_salt("metric").width(150.0).selected_text(attached.metric.clone());
    let response = combo.show_ui(ui, |ui| {
        for metric in &facts.metrics {
            let range = match (metric.min, metric.max) {
                (Some(min), Some(max)) => format!("{} values from {min} to {max}", metric.count),
                _ => "no values".to_owned(),
            };
            let name = metric.name.clone();
            ui.selectable_value(&mut attached.metric, name, &metric.name).on_hover_text(range);
        }
    });
    let about = "The table's metric that is the accuracy; higher is taken for better";
    response.response.labelled_by(label.id).on_hover_text(about);
}

fn described(facts: &Facts) -> String {
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
        Some(untrained::job::Task::Search(search)) => search.score.clone(),
        _ => SCORES[0].name.to_owned(),
    }
}

/// Progress and a button that stops it.
fn working(ui: &mut Ui, state: &mut AppState, sheet: u64) {
    let Some(attached) = state.benchmarks.of(sheet).filter(|attached| attached.is_working()) else {
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
        if ui.button("Stop reading").on_hover_text("Stop; what is shown is kept").clicked() {
            state.benchmarks.stop(sheet);
        }
    });
    ui.ctx().request_repaint_after(std::time::Duration::from_millis(100));
}

/// Results that came since.
fn stale(ui: &mut Ui, state: &mut AppState, sheet: u64) {
    let now = state.sheet().map_or(0, |sheet| sheet.table.len());
    let then = state.benchmarks.of(sheet).map_or(now, |attached| attached.results);
    if now > then {
        ui.horizontal(|ui| {
            ui.label(format!("{} results came since.", now - then));
            if ui.button("Compare again").clicked() {
                state.compare_with_table(sheet);
            }
        });
    }
}

/// What is wrong and what to do.
fn failed(ui: &mut Ui, state: &mut AppState, why: String, title: &str) {
    ui.add_space(8.0);
    ui.strong(title);
    let text = RichText::new(why).color(ui.visuals().error_fg_color);
    ui.add(egui::Label::new(text).wrap());
    ui.horizontal(|ui| {
        if ui.button("Choose another table…").clicked() {
            state.choose(FilePurpose::Benchmark);
        }
        if ui.button("Read again").on_hover_text("The file may have changed").clicked() {
            let path = std::path::PathBuf::from(state.benchmarks.path.trim());
            state.attach_table(&path);
        }
    });
}
