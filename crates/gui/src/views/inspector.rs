//! The chosen architecture: in a panel beside the results, or in a window of its own.

use egui::{RichText, ScrollArea, Ui};

use super::{detail, operations};
use crate::command::Command;
use crate::inspect::NetworkKey;
use crate::state::AppState;
use crate::views::chrome;

/// From this width on, there are two columns.
const WIDE: f32 = 640.0;
/// The widest that plots get in a column.
const COLUMN: f32 = 560.0;

/// Shows the panel.
pub fn inspector(ui: &mut Ui, state: &mut AppState) {
    ui.add_space(4.0);
    let Some(subject) = state.chosen().and_then(|text| state.subject(text)) else {
        ui.weak("Choose a row or a point to look into it.");
        return;
    };
    let text = &subject.architecture;
    state.inspect(text);
    ui.add(egui::Label::new(RichText::new(text).monospace()).truncate()).on_hover_text(text);
    ui.horizontal_wrapped(|ui| {
        chrome::button(ui, state, Command::CopyArchitecture);
        chrome::button(ui, state, Command::Compare);
        chrome::button(ui, state, Command::Detail);
    });
    remark(ui, state, &subject.architecture);
    ScrollArea::vertical().id_salt("details").auto_shrink(false).show(ui, |ui| {
        if ui.available_width() >= WIDE {
            ui.columns(2, |columns| {
                what_it_is(&mut columns[0], state, &subject);
                what_it_computes(&mut columns[1], state, &subject);
            });
            layers(ui, state, &subject);
        } else {
            what_it_is(ui, state, &subject);
            ui.separator();
            what_it_computes(ui, state, &subject);
            ui.separator();
            layers(ui, state, &subject);
        }
    });
}

/// The star and the note of an architecture.
fn remark(ui: &mut Ui, state: &mut AppState, text: &str) {
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

/// The same in a window of its own.
pub fn window(window: &egui::Context, state: &mut AppState) {
    if !state.details.wide {
        return;
    }
    let mut open = true;
    let size = window.content_rect().size();
    egui::Window::new("Details of the chosen architecture")
        .open(&mut open)
        .default_size([(size.x - 160.0).clamp(400.0, 1000.0), (size.y - 160.0).clamp(300.0, 760.0)])
        .show(window, |ui| {
            ui.push_id("details in a window", |ui| inspector(ui, state));
        });
    state.details.wide = open;
}

/// Cells and numbers.
fn what_it_is(ui: &mut Ui, state: &mut AppState, subject: &NetworkKey) {
    let names = operations(state.sheet().and_then(|sheet| sheet.space.as_ref()));
    match state.details.inspection(subject) {
        Some(seen) => detail::cells(ui, seen, &names, 170.0),
        None => {
            ui.weak("The space of these results cannot be opened: cells and layers are not known.");
        }
    }
    let Some(sheet) = state.sheet() else { return };
    let Some(row) = sheet.now.row.filter(|&row| (row as usize) < sheet.table.len()) else { return };
    detail::numbers(ui, sheet, row);
    let width = ui.available_width().min(COLUMN);
    detail::standing(ui, state, row, width);
}

/// The kernel matrix and what follows from it.
fn what_it_computes(ui: &mut Ui, state: &mut AppState, subject: &NetworkKey) {
    ui.horizontal_wrapped(|ui| {
        ui.strong("Kernel matrix");
        ui.checkbox(&mut state.remembered.kernels, "Always compute").on_hover_text(
            "Compute the kernel matrix of every architecture that is chosen, if scoring it took less \
             than two seconds",
        );
    });
    state.compute_if_cheap();
    if detail::kernel(ui, state, subject, (300.0, None)) {
        state.compute_kernel(&subject.architecture);
    }
    if let Some(picture) = state.details.picture(subject) {
        let width = ui.available_width().min(COLUMN);
        detail::spectrum_and_activity(ui, &picture, "chosen", width);
    }
}

fn layers(ui: &mut Ui, state: &AppState, subject: &NetworkKey) {
    if let Some(seen) = state.details.inspection(subject) {
        detail::layers(ui, seen);
    }
}
