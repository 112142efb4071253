//! The chosen architecture, in a panel next to the results or in a separate window.

use egui::{RichText, ScrollArea, Ui, vec2};

use super::detail::{self, DetailCache};
use super::widgets::operations;
use crate::action::{Action, ResultsAction};
use crate::availability::can_export;
use crate::command::Command;
use crate::inspect::network::NetworkKey;
use crate::theme::NAVIGATION;
use crate::views::chrome;
use crate::views::context::ViewContext;

/// From this width on, there are two columns.
const WIDE: f32 = 640.0;
/// The widest that plots get in a column.
const COLUMN: f32 = 560.0;

/// Shows the panel.
pub fn inspector(ui: &mut Ui, context: &mut ViewContext<'_>, cache: &mut DetailCache) {
    ui.add_space(4.0);
    let Some(subject) = context.results.chosen_key() else {
        ui.weak("Choose a row or a point to see its details.");
        return;
    };
    let text = &subject.architecture;
    ui.add(egui::Label::new(RichText::new(text).monospace()).truncate()).on_hover_text(text);
    ui.horizontal_wrapped(|ui| {
        chrome::button(ui, context, Command::CopyArchitecture);
        chrome::button(ui, context, Command::Compare);
        chrome::button(ui, context, Command::Detail);
        export(ui, context);
    });
    remark(ui, context, &subject.architecture);
    ScrollArea::vertical().id_salt("details").auto_shrink(false).show(ui, |ui| {
        if ui.available_width() >= WIDE {
            ui.columns(2, |columns| {
                what_it_is(&mut columns[0], context, cache, &subject);
                what_it_computes(&mut columns[1], context, cache, &subject);
            });
            layers(ui, context, &subject);
        } else {
            what_it_is(ui, context, cache, &subject);
            ui.separator();
            what_it_computes(ui, context, cache, &subject);
            ui.separator();
            layers(ui, context, &subject);
        }
    });
}

/// Exports and shows the chosen architecture, whatever is selected.
fn export(ui: &mut Ui, context: &mut ViewContext<'_>) {
    let Some(set) = context.models().results.shown() else { return };
    let button = ui.add_enabled(can_export(set), egui::Button::new("Export network…"));
    let about = "Write its network as ONNX, PyTorch, DOT, SVG or JSON";
    if let Some(row) = set.chosen_row()
        && button.on_hover_text(about).clicked()
    {
        context.send(Action::AskExport(vec![row]));
    }
    let button = ui.add_enabled(can_export(set), egui::Button::new("Show network"));
    if let Some(row) = set.chosen_row()
        && button.on_hover_text("Its whole graph, with costs and time").clicked()
    {
        context.send(Action::ShowNetwork(row));
    }
}

/// The star and the note of an architecture.
fn remark(ui: &mut Ui, context: &mut ViewContext<'_>, text: &str) {
    let Some(sheet) = context.models().results.shown() else { return };
    ui.horizontal(|ui| {
        let mut marked = sheet.stars.contains(text);
        if ui.checkbox(&mut marked, "Marked").changed() {
            context.change_results(ResultsAction::ToggleStar(text.to_owned()));
        }
        let label = ui.label("Note");
        let mut note = sheet.notes.get(text).cloned().unwrap_or_default();
        let edit = egui::TextEdit::singleline(&mut note).hint_text("stored with the study");
        let width = ui.available_width();
        if ui.add(edit.desired_width(width)).labelled_by(label.id).changed() {
            context.change_results(ResultsAction::SetNote(text.to_owned(), note));
        }
    });
}

/// The same in a separate window.
pub fn window(window: &egui::Context, context: &mut ViewContext<'_>, cache: &mut DetailCache) {
    if !context.inspect.is_window_open {
        return;
    }
    let mut open = true;
    // Beside the navigation, so that one can go elsewhere while it is open.
    let room = window.content_rect().with_min_x(NAVIGATION + 12.0).shrink(8.0);
    let size = room.size() - vec2(24.0, 90.0);
    egui::Window::new("Details of the chosen architecture")
        .open(&mut open)
        .default_pos(room.left_top() + vec2(8.0, 60.0))
        .default_size([size.x.clamp(320.0, 1000.0), size.y.clamp(260.0, 760.0)])
        .constrain_to(room.with_max_y(room.bottom()))
        .show(window, |ui| {
            ui.push_id("details in a window", |ui| inspector(ui, context, cache));
        });
    if !open {
        context.send(Action::CloseDetails);
    }
}

/// Cells and numbers.
fn what_it_is(
    ui: &mut Ui,
    context: &mut ViewContext<'_>,
    cache: &mut DetailCache,
    subject: &NetworkKey,
) {
    let names = operations(context.results.shown().and_then(|sheet| sheet.space.as_ref()));
    match context.inspect.inspection(subject) {
        Some(seen) => detail::cells(ui, seen, &names, 170.0),
        None => {
            ui.weak(
                "The space of these results cannot be opened, so cells and layers are unknown.",
            );
        }
    }
    let Some(sheet) = context.models().results.shown() else { return };
    let Some(row) = sheet.chosen_row() else { return };
    detail::numbers(ui, sheet, row);
    let width = ui.available_width().min(COLUMN);
    detail::rank(ui, sheet, cache, row, width);
}

/// The kernel matrix and what follows from it.
fn what_it_computes(
    ui: &mut Ui,
    context: &mut ViewContext<'_>,
    cache: &mut DetailCache,
    subject: &NetworkKey,
) {
    ui.horizontal_wrapped(|ui| {
        ui.strong("Kernel matrix");
        let mut preferences = context.preferences.clone();
        ui.checkbox(&mut preferences.kernels, "Always compute").on_hover_text(
            "Compute the kernel matrix of each chosen architecture if scoring it took less \
             than two seconds",
        );
        context.set_preferences(preferences);
    });
    if detail::kernel(ui, context, cache, subject, (300.0, None)) {
        let job = context.results.shown().and_then(|set| set.job.clone());
        context.send(Action::ComputeKernels(vec![(subject.clone(), job)]));
    }
    if let Some(picture) = context.inspect.picture(subject) {
        let width = ui.available_width().min(COLUMN);
        detail::spectrum_and_activity(ui, &picture, "chosen", width);
    }
}

fn layers(ui: &mut Ui, context: &ViewContext<'_>, subject: &NetworkKey) {
    if let Some(seen) = context.inspect.inspection(subject) {
        detail::layers(ui, seen);
    }
}
