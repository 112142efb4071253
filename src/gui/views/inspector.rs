//! What is known of the chosen architecture.

use egui::{CollapsingHeader, Grid, RichText, ScrollArea, Ui};

use super::results::written;
use super::{fact, operations};
use crate::cli::format::thousands;
use crate::gui::chrome;
use crate::gui::command::Command;
use crate::gui::inspect::Inspection;
use crate::gui::sheet::NUMBERS;
use crate::gui::state::{Kernel, State};
use crate::gui::widgets;

/// Shows the panel.
pub fn inspector(ui: &mut Ui, state: &mut State) {
    ui.add_space(4.0);
    let Some(text) = state.chosen().map(str::to_owned) else {
        ui.weak("Choose a row or a point to look into it.");
        return;
    };
    ui.add(egui::Label::new(RichText::new(&text).monospace()).truncate()).on_hover_text(&text);
    ui.horizontal_wrapped(|ui| {
        chrome::button(ui, state, Command::CopyArchitecture);
        chrome::button(ui, state, Command::Compare);
    });
    remark(ui, state, &text);
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        let names = operations(state.sheet().and_then(|sheet| sheet.space.as_ref()));
        if let Some(seen) = state.inspected.get(&text) {
            cells(ui, seen, &names);
        }
        numbers(ui, state);
        kernel(ui, state, &text, 300.0);
        if let Some(seen) = state.inspected.get(&text) {
            layers(ui, seen);
        }
    });
}

/// The star and the note of an architecture.
fn remark(ui: &mut Ui, state: &mut State, text: &str) {
    let Some(sheet) = state.sheet_mut() else { return };
    ui.horizontal(|ui| {
        let mut marked = sheet.stars.contains(text);
        if ui.checkbox(&mut marked, "Marked").changed() {
            sheet.star(text);
        }
        let label = ui.label("Note");
        let mut note = sheet.notes.get(text).cloned().unwrap_or_default();
        let edit = egui::TextEdit::singleline(&mut note).hint_text("kept with the study");
        let width = ui.available_width();
        if ui.add(edit.desired_width(width)).labelled_by(label.id).changed() {
            sheet.note(text, note);
        }
    });
}

fn cells(ui: &mut Ui, seen: &Inspection, names: &[String]) {
    if let Some(fault) = &seen.fault {
        ui.colored_label(ui.visuals().error_fg_color, fault);
        return;
    }
    widgets::cells(ui, &seen.drawings, names, 170.0, |_, _| false);
    widgets::legend(ui, names);
    if !seen.drawings.is_empty() && !seen.connected {
        let text = "no path from input to output: it is never chosen";
        ui.colored_label(ui.visuals().warn_fg_color, text);
    }
}

fn numbers(ui: &mut Ui, state: &State) {
    let Some(sheet) = state.sheet() else { return };
    let Some(row) = sheet.now.row.filter(|&row| (row as usize) < sheet.table.len()) else { return };
    Grid::new("numbers").num_columns(2).spacing([14.0, 2.0]).show(ui, |ui| {
        for number in NUMBERS {
            let value = sheet.table.value(number.name, row);
            if !value.is_nan() {
                let unit = if number.unit.is_empty() { "" } else { " " };
                fact(
                    ui,
                    number.name,
                    format!("{}{unit}{}", written(number.name, value), number.unit),
                );
            }
        }
        if let Some(rank) = sheet.table.rank(row) {
            fact(
                ui,
                "rank",
                format!("{} of {}", thousands(rank), thousands(sheet.table.len() as u64)),
            );
        }
    });
}

/// The kernel matrix, or the button that computes it.
pub fn kernel(ui: &mut Ui, state: &mut State, text: &str, most: f32) {
    match state.kernels.get(text) {
        None => {
            let about = "Score it again and show which images its units tell apart";
            if ui.button("Compute kernel matrix").on_hover_text(about).clicked() {
                state.compute_kernel(text);
            }
        }
        Some(Kernel::Waiting) => {
            ui.horizontal(|ui| {
                ui.spinner();
                ui.weak("kernel matrix");
            });
        }
        Some(Kernel::Failed(why)) => drop(ui.colored_label(ui.visuals().error_fg_color, why)),
        Some(Kernel::Ready(picture)) => {
            let side = widgets::side(ui, most);
            widgets::kernel(ui, picture, side);
            let facts = format!("ln |det K| {:.4}, V {}", picture.score, thousands(picture.units));
            ui.label(RichText::new(facts).small().monospace());
            let mean = picture.active.iter().sum::<f64>() / picture.active.len().max(1) as f64;
            let range =
                picture.active.iter().fold((1.0_f64, 0.0_f64), |(a, b), &s| (a.min(s), b.max(s)));
            let text =
                format!("units on: mean {mean:.3}, {:.3} to {:.3} by code", range.0, range.1);
            ui.label(RichText::new(text).small().monospace());
        }
    }
}

fn layers(ui: &mut Ui, seen: &Inspection) {
    if seen.layers.is_empty() {
        return;
    }
    let title = format!("{} nodes", seen.layers.len());
    CollapsingHeader::new(title).id_salt("layers").show(ui, |ui| {
        ScrollArea::horizontal().show(ui, |ui| {
            Grid::new("layers").num_columns(5).striped(true).spacing([10.0, 1.0]).show(ui, |ui| {
                for name in ["operation", "shape", "params", "macs", "layer"] {
                    ui.strong(name);
                }
                ui.end_row();
                for layer in &seen.layers {
                    let [channels, height, width] = layer.shape;
                    ui.label(&layer.op);
                    ui.monospace(format!("{channels}x{height}x{width}"));
                    ui.monospace(thousands(layer.params));
                    ui.monospace(thousands(layer.macs));
                    ui.label(RichText::new(&layer.label).small());
                    ui.end_row();
                }
            });
        });
    });
}
