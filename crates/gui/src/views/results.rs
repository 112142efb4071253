//! Results: filters, selection, plots, table.

use egui::{Panel, RichText, TextEdit, Ui};

use super::cache::ViewCache;
use super::widgets::{empty, written};
use super::{parallel, rows, scatter};
use crate::action::{Action, ResultsAction};
use crate::command::Command;
use crate::preferences::Preferences;
use crate::results::result_set::TableView;
use crate::results::sheet::RowSelection;
use crate::theme::WITH_INSPECTOR;
use crate::view::View;
use crate::views::chrome;
use crate::views::context::ViewContext;
use untrained::format::thousands;
use untrained::score::COMBINED;

/// Shows the view.
pub fn show(ui: &mut Ui, context: &mut ViewContext<'_>, cache: &mut ViewCache) {
    if context.results.shown().is_none() {
        empty(ui, "No results yet", "Start a search, or open a study.");
        ui.vertical_centered(|ui| {
            chrome::button(ui, context, Command::Go(View::Setup));
            chrome::button(ui, context, Command::Go(View::Studies));
        });
        return;
    }
    // What is asked for in this frame is in sight in the next one, when it is chosen.
    let scroll = std::mem::take(&mut cache.scroll);
    header(ui, context);
    filters(ui, context);
    selection(ui, context);
    plots(ui, context, cache);
    rows::show(ui, context, scroll, &mut cache.scroll);
}

/// The plots that are shown, one below the other, each as high as it was made.
fn plots(ui: &mut Ui, context: &mut ViewContext<'_>, cache: &mut ViewCache) {
    let (scatter, parallel) = (context.preferences.scatter, context.preferences.parallel);
    let height = ui.available_height();
    let share = if scatter && parallel { 0.34 } else { 0.44 };
    let most = (height - 110.0 * f32::from(u8::from(scatter) + u8::from(parallel))).max(111.0);
    let panel = |name: &'static str| {
        Panel::top(name).resizable(true).default_size(height * share).size_range(110.0..=most)
    };
    if scatter {
        let name = if parallel { "scatter above" } else { "scatter" };
        panel(name)
            .show(ui, |ui| scatter::show(ui, context, &mut cache.scatter, &mut cache.scroll));
    }
    if parallel {
        panel("parallel")
            .show(ui, |ui| parallel::show(ui, context, &mut cache.parallel, &mut cache.scroll));
    }
}

fn header(ui: &mut Ui, context: &mut ViewContext<'_>) {
    ui.horizontal(|ui| {
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            chrome::button(ui, context, Command::Export);
            report(ui, context);
            if ui.ctx().content_rect().width() < WITH_INSPECTOR {
                chrome::button(ui, context, Command::Detail);
            }
            let mut preferences = context.preferences.clone();
            ui.toggle_value(&mut preferences.parallel, "Parallel")
                .on_hover_text("Parallel coordinates over decisions and numbers");
            ui.toggle_value(&mut preferences.scatter, "Scatter")
                .on_hover_text("Scatter plot of two columns");
            columns(ui, context, &mut preferences);
            context.set_preferences(preferences);
            // What is left of the width: names are cut before they run into the buttons.
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                title(ui, context)
            });
        });
    });
}

fn report(ui: &mut Ui, context: &mut ViewContext<'_>) {
    let set = context.results.shown();
    let is_stored = set.is_some_and(|set| set.study_location().is_some() && set.table.len() > 0);
    let button = ui.add_enabled(is_stored, egui::Button::new("Report"));
    let button = button.on_disabled_hover_text("A report is of a stored study");
    if button.on_hover_text("Write a report: one page to send or print").clicked() {
        context.send(Action::Report(None));
    }
}

/// Which results are shown, and how many.
fn title(ui: &mut Ui, context: &mut ViewContext<'_>) {
    if let Some(is_stored) = context.results.stored_is_shown() {
        let mut shown = is_stored;
        ui.selectable_value(&mut shown, false, "This search");
        ui.selectable_value(&mut shown, true, "Stored study");
        if shown != is_stored {
            context.change_results(ResultsAction::ShowStored(shown));
        }
    }
    let Some(sheet) = context.results.shown() else { return };
    ui.add(egui::Label::new(RichText::new(&sheet.title).heading()).truncate());
    let (shown, all) = (sheet.rows.len() as u64, sheet.table.len() as u64);
    let text = format!("{} of {} rows", thousands(shown), thousands(all));
    ui.add(egui::Label::new(RichText::new(text).weak()).truncate());
    if sheet.is_busy() {
        ui.add(egui::Spinner::new().size(12.0));
    }
}

/// Which columns of numbers are shown.
fn columns(ui: &mut Ui, context: &ViewContext<'_>, preferences: &mut Preferences) {
    let names: Vec<String> = context
        .results
        .shown()
        .map(|sheet| sheet.table.names().map(str::to_owned).collect())
        .unwrap_or_default();
    ui.menu_button("Columns", |ui| {
        ui.checkbox(&mut preferences.front, "On the Pareto front")
            .on_hover_text("Needs the scatter, whose axes and objectives it is of");
        for name in names {
            let shown = &mut preferences.columns;
            let mut is_shown = shown.contains(&name);
            if ui.checkbox(&mut is_shown, &name).changed() {
                if is_shown { shown.push(name) } else { shown.retain(|known| *known != name) }
            }
        }
    });
}

fn filters(ui: &mut Ui, context: &mut ViewContext<'_>) {
    ui.horizontal_wrapped(|ui| {
        let Some(sheet) = context.models().results.shown() else { return };
        let (mut filter, mut search) = (sheet.now.filter.clone(), sheet.now.search.clone());
        let mut only_stars = sheet.now.only_stars;
        let name = ui.label("Filter");
        let width = (ui.available_width() - 420.0).clamp(120.0, 420.0);
        let hint = match sheet.table.shown_name("score") {
            COMBINED => "params < 1M and combined > -1",
            _ => "params < 1M and score > 1500",
        };
        let edit = TextEdit::singleline(&mut filter).hint_text(hint).desired_width(width);
        let filtered = ui.add(edit).labelled_by(name.id).on_hover_text(
            "Columns with < <= > >= = != and K, M, G, or ranges such as params=..1M, as in the \
             constraints of a search; architecture and status with = != ~ (contains); and, or, not, \
             parentheses",
        );
        let name = ui.label("Search");
        let edit = TextEdit::singleline(&mut search).hint_text("nor_conv").desired_width(90.0);
        let searched = ui.add(edit).labelled_by(name.id);
        if filtered.changed() || searched.changed() {
            let view = TableView { filter, search, ..sheet.now.clone() };
            context.change_results(ResultsAction::ChangeTyped(Box::new(view)));
        }
        let marked = ui.checkbox(&mut only_stars, "Marked only");
        if marked.on_hover_text("Only architectures with a star").changed() {
            context.change_view(sheet, |now| now.only_stars = only_stars);
        }
        chrome::button(ui, context, Command::ClearFilter);
    });
    let fault = context.results.shown().and_then(|sheet| sheet.fault.clone());
    if let Some(fault) = fault {
        ui.colored_label(ui.visuals().error_fg_color, fault);
    }
}

/// What is selected and brushed, and what can be done with it.
fn selection(ui: &mut Ui, context: &mut ViewContext<'_>) {
    let Some(sheet) = context.models().results.shown() else { return };
    ui.horizontal_wrapped(|ui| {
        let count = sheet.now.selected.len() as u64;
        let any = !sheet.now.selected.is_empty();
        let text = RichText::new(format!("{} selected", thousands(count)));
        ui.label(if any { text.strong() } else { text.weak() }).on_hover_text(
            "Ctrl-click or Shift-click rows, or draw a box or lasso in the scatter plot",
        );
        let mut only = sheet.now.only_selected;
        let enabled = any || only;
        let checkbox = egui::Checkbox::new(&mut only, "Selected only");
        if ui.add_enabled(enabled, checkbox).changed() {
            context.change_view(sheet, |now| now.only_selected = only);
        }
        if ui.add_enabled(any, egui::Button::new("Clear selection")).clicked() {
            context.change_view(sheet, |now| {
                (now.selected, now.only_selected) = (RowSelection::default(), false);
            });
        }
        let mark = ui.add_enabled(any, egui::Button::new("Mark selected"));
        if mark.on_hover_text("Give all selected architectures a star").clicked() {
            context.change_results(ResultsAction::StarSelected);
        }
        match context.results.measurements.progress() {
            Some((done, all)) => {
                ui.add(egui::Spinner::new().size(12.0));
                ui.label(format!("measuring {} of {all}", (done + 1).min(all)));
                if ui.button("Stop measuring").clicked() {
                    context.send(Action::StopMeasuring);
                }
            }
            None if any || sheet.now.row.is_some() => {
                chrome::button(ui, context, Command::Measure);
            }
            None => {}
        }
        let mut removed = None;
        for (axis, brush) in &sheet.now.brushes {
            let text = brush.text(axis, |value| written(axis.name(), value));
            let chip = egui::Button::new(format!("{} ×", short(&text))).corner_radius(9);
            let response = ui.add(chip);
            let label = format!("Remove brush on {}", axis.name());
            response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &label));
            if response.on_hover_text(format!("{text}. Click to remove this brush")).clicked() {
                removed = Some(axis.clone());
            }
        }
        if let Some(axis) = removed {
            context.change_results(ResultsAction::Brush(axis, None));
        }
    });
}

/// A text that fits on a chip.
fn short(text: &str) -> String {
    const MOST: usize = 44;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    text.chars().take(MOST).chain(['…']).collect()
}
