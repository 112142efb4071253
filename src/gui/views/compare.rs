//! Two to four architectures side by side.

use egui::{Grid, RichText, ScrollArea, Ui};

use super::results::written;
use super::{empty, inspector, operations};
use crate::gui::chrome;
use crate::gui::command::Command;
use crate::gui::drawing::{self, Part};
use crate::gui::inspect::Inspection;
use crate::gui::picture::exportable;
use crate::gui::sheet::{NUMBERS, Table};
use crate::gui::state::{State, View};
use crate::gui::widgets;

/// Shows the view.
pub fn show(ui: &mut Ui, state: &mut State) {
    if state.compared.is_empty() {
        empty(ui, "Nothing to compare yet", "Choose architectures in Results and add them here.");
        ui.vertical_centered(|ui| chrome::button(ui, state, Command::Go(View::Results)));
        return;
    }
    ui.horizontal(|ui| {
        ui.heading("Compare");
        ui.weak("differences are marked in drawings and strong in tables");
        if ui.button("Clear").clicked() {
            state.compared.clear();
        }
    });
    let texts = state.compared.clone();
    texts.iter().for_each(|text| state.inspect(text));
    let names = operations(state.sheet().and_then(|sheet| sheet.space.as_ref()));
    let seen: Vec<Inspection> =
        texts.iter().map(|text| state.inspected.get(text).cloned().unwrap_or_default()).collect();
    ScrollArea::both().auto_shrink(false).show(ui, |ui| {
        let drawn: Vec<_> = seen.iter().flat_map(|one| one.drawings.clone()).collect();
        widgets::legend(ui, &names, &drawn);
        let width = (ui.available_width() / texts.len().max(2) as f32 - 12.0).max(170.0);
        ui.horizontal_top(|ui| {
            for (at, text) in texts.iter().enumerate() {
                ui.vertical(|ui| {
                    ui.set_width(width);
                    column(ui, state, &seen, at, text, &names);
                });
            }
        });
        ui.separator();
        decisions(ui, &seen);
    });
}

fn column(
    ui: &mut Ui,
    state: &mut State,
    seen: &[Inspection],
    at: usize,
    text: &str,
    names: &[String],
) {
    ui.horizontal(|ui| {
        ui.strong(letter(at));
        ui.add(egui::Label::new(RichText::new(text).monospace()).truncate()).on_hover_text(text);
    });
    let differs = |cell: usize, part: Part| {
        let others: Vec<_> = seen.iter().filter_map(|other| other.drawings.get(cell)).collect();
        drawing::differs(&seen[at].drawings[cell], &others, part)
    };
    exportable(ui, &format!("cell graph of {}", letter(at)), |ui| {
        widgets::cells(ui, &seen[at].drawings, names, 150.0, differs);
    });
    numbers(ui, state, text, at);
    inspector::kernel(ui, state, text, 260.0);
}

fn numbers(ui: &mut Ui, state: &State, text: &str, at: usize) {
    let Some(sheet) = state.sheet() else { return };
    let table: &Table = &sheet.table;
    let Some(row) = (0..table.len() as u32).find(|&row| table.architecture(row) == text) else {
        return;
    };
    Grid::new(("numbers", at)).num_columns(2).spacing([14.0, 2.0]).show(ui, |ui| {
        for number in NUMBERS {
            let value = table.value(number.name, row);
            if !value.is_nan() {
                super::fact(ui, number.name, written(number.name, value));
            }
        }
    });
}

fn letter(at: usize) -> &'static str {
    ["A", "B", "C", "D"].get(at).copied().unwrap_or("?")
}

/// Decisions by name; those that differ are strong.
fn decisions(ui: &mut Ui, seen: &[Inspection]) {
    let Some(first) = seen.first() else { return };
    Grid::new("decisions").striped(true).spacing([16.0, 2.0]).show(ui, |ui| {
        ui.strong("decision");
        (0..seen.len()).for_each(|at| drop(ui.strong(letter(at))));
        ui.end_row();
        for (at, choice) in first.choices.iter().enumerate() {
            let values: Vec<&str> = seen
                .iter()
                .map(|one| one.choices.get(at).map_or("", |choice| choice.value.as_str()))
                .collect();
            let same = values.iter().all(|value| *value == values[0]);
            ui.label(&choice.name);
            for value in values {
                let text = RichText::new(value).monospace();
                ui.label(if same { text.weak() } else { text.strong() });
            }
            ui.end_row();
        }
    });
}
