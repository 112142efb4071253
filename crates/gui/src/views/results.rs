//! Results: filters, selection, plots, table.

use egui::{Panel, RichText, TextEdit, Ui};

use super::parallel::{self, ParallelView};
use super::scatter::{self, ScatterView};
use super::{empty, rows};
use crate::command::Command;
use crate::results::sheet::{NumberFormat, ResultTable, RowSelection};
use crate::state::{AppState, View};
use crate::views::chrome;
use untrained::format::thousands;

/// What the view keeps between frames.
#[derive(Default)]
pub struct ViewCache {
    /// The scatter.
    pub scatter: ScatterView,
    /// The parallel coordinates.
    pub parallel: ParallelView,
    /// Whether the table is to scroll to the chosen row.
    pub scroll: bool,
}

/// Shows the view.
pub fn show(ui: &mut Ui, state: &mut AppState) {
    if state.sheet().is_none() && state.stored.is_some() {
        state.shows_stored = true;
    }
    if state.sheet().is_none() {
        empty(ui, "No results yet", "Start a search, or open a study.");
        ui.vertical_centered(|ui| {
            chrome::button(ui, state, Command::Go(View::Setup));
            chrome::button(ui, state, Command::Go(View::Studies));
        });
        return;
    }
    header(ui, state);
    filters(ui, state);
    selection(ui, state);
    plots(ui, state);
    rows::show(ui, state);
    if let Some(text) = state.chosen().map(str::to_owned) {
        state.inspect(&text);
    }
}

/// The plots that are shown, one below the other, each as high as it was made.
fn plots(ui: &mut Ui, state: &mut AppState) {
    let (scatter, parallel) = (state.remembered.scatter, state.remembered.parallel);
    let height = ui.available_height();
    let share = if scatter && parallel { 0.34 } else { 0.44 };
    let most = (height - 110.0 * f32::from(u8::from(scatter) + u8::from(parallel))).max(111.0);
    let panel = |name: &'static str| {
        Panel::top(name).resizable(true).default_size(height * share).size_range(110.0..=most)
    };
    if scatter {
        let name = if parallel { "scatter above" } else { "scatter" };
        panel(name).show(ui, |ui| scatter::show(ui, state));
    }
    if parallel {
        panel("parallel").show(ui, |ui| parallel::show(ui, state));
    }
}

fn header(ui: &mut Ui, state: &mut AppState) {
    ui.horizontal(|ui| {
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            chrome::button(ui, state, Command::Export);
            ui.toggle_value(&mut state.remembered.parallel, "Parallel")
                .on_hover_text("Parallel coordinates over decisions and numbers");
            ui.toggle_value(&mut state.remembered.scatter, "Scatter")
                .on_hover_text("Two columns as points");
            columns(ui, state);
            // What is left of the width: names are cut before they run into the buttons.
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| title(ui, state));
        });
    });
}

/// Which results are shown, and how many.
fn title(ui: &mut Ui, state: &mut AppState) {
    if state.running.is_some() && state.stored.is_some() {
        ui.selectable_value(&mut state.shows_stored, false, "This search");
        ui.selectable_value(&mut state.shows_stored, true, "Stored study");
    }
    let Some(sheet) = state.sheet() else { return };
    ui.add(egui::Label::new(RichText::new(&sheet.title).heading()).truncate());
    let (shown, all) = (sheet.rows.len() as u64, sheet.table.len() as u64);
    let text = format!("{} of {} rows", thousands(shown), thousands(all));
    ui.add(egui::Label::new(RichText::new(text).weak()).truncate());
    if sheet.is_busy() {
        ui.add(egui::Spinner::new().size(12.0));
    }
}

/// Which columns of numbers are shown.
fn columns(ui: &mut Ui, state: &mut AppState) {
    let names: Vec<String> = state
        .sheet()
        .map(|sheet| sheet.table.names().map(str::to_owned).collect())
        .unwrap_or_default();
    ui.menu_button("Columns", |ui| {
        for name in names {
            let shown = &mut state.remembered.columns;
            let mut is_shown = shown.contains(&name);
            if ui.checkbox(&mut is_shown, &name).changed() {
                if is_shown { shown.push(name) } else { shown.retain(|known| *known != name) }
            }
        }
    });
}

fn filters(ui: &mut Ui, state: &mut AppState) {
    ui.horizontal(|ui| {
        let Some(sheet) = state.sheet_mut() else { return };
        let (mut filter, mut search) = (sheet.now.filter.clone(), sheet.now.search.clone());
        let mut only_stars = sheet.now.only_stars;
        let name = ui.label("Filter");
        let width = (ui.available_width() - 330.0).clamp(90.0, 420.0);
        let hint = "params < 1M and score > 1500";
        let edit = TextEdit::singleline(&mut filter).hint_text(hint).desired_width(width);
        let filtered = ui.add(edit).labelled_by(name.id).on_hover_text(
            "Columns with < <= > >= = != and K, M, G; architecture and status with = != ~ \
             (contains); and, or, not, brackets",
        );
        let name = ui.label("Search");
        let edit = TextEdit::singleline(&mut search).hint_text("nor_conv").desired_width(90.0);
        let searched = ui.add(edit).labelled_by(name.id);
        if filtered.changed() || searched.changed() {
            sheet.change_typed(|now| (now.filter, now.search) = (filter, search));
        }
        let marked = ui.checkbox(&mut only_stars, "Marked only");
        if marked.on_hover_text("Only architectures with a star").changed() {
            sheet.change(|now| now.only_stars = only_stars);
        }
        chrome::button(ui, state, Command::ClearFilter);
    });
    let fault = state.sheet().and_then(|sheet| sheet.fault.clone());
    if let Some(fault) = fault {
        ui.colored_label(ui.visuals().error_fg_color, fault);
    }
}

/// What is selected and brushed, and what can be done with it.
fn selection(ui: &mut Ui, state: &mut AppState) {
    let Some(sheet) = state.sheet_mut() else { return };
    ui.horizontal_wrapped(|ui| {
        let count = sheet.now.selected.len() as u64;
        let any = !sheet.now.selected.is_empty();
        let text = RichText::new(format!("{} selected", thousands(count)));
        ui.label(if any { text.strong() } else { text.weak() })
            .on_hover_text("Ctrl-click or Shift-click rows, or draw a box or lasso in the scatter");
        let mut only = sheet.now.only_selected;
        let enabled = any || only;
        let checkbox = egui::Checkbox::new(&mut only, "Selected only");
        if ui.add_enabled(enabled, checkbox).changed() {
            sheet.change(|now| now.only_selected = only);
        }
        if ui.add_enabled(any, egui::Button::new("Clear selection")).clicked() {
            sheet.change(|now| {
                (now.selected, now.only_selected) = (RowSelection::default(), false);
            });
        }
        let mark = ui.add_enabled(any, egui::Button::new("Mark selected"));
        if mark.on_hover_text("Give all selected architectures a star").clicked() {
            sheet.star_selected();
        }
        let mut removed = None;
        for (axis, brush) in &sheet.now.brushes {
            let text = brush.text(axis, |value| written(axis.name(), value));
            let chip = egui::Button::new(format!("{} ×", short(&text))).corner_radius(9);
            let response = ui.add(chip);
            let label = format!("Remove brush on {}", axis.name());
            response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &label));
            if response.on_hover_text(format!("{text}. Press to remove this brush")).clicked() {
                removed = Some(axis.clone());
            }
        }
        if let Some(axis) = removed {
            sheet.brush(axis, None);
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

/// A number of a column as it is written; nothing for a gap.
pub fn written(column: &str, value: f64) -> String {
    match ResultTable::figures(column) {
        _ if value.is_nan() => String::new(),
        _ if value.is_infinite() => if value > 0.0 { "inf" } else { "-inf" }.to_owned(),
        NumberFormat::Whole => thousands(value.max(0.0) as u64),
        NumberFormat::Decimals(decimals) => format!("{value:.decimals$}"),
    }
}
