//! The field for a path, where the system shows no file dialogs.

use egui::{Id, Key, Modal, Modifiers, RichText, TextEdit, Ui};

use crate::action::Action;
use crate::overlay::path_field::PathField;
use crate::views::context::ViewContext;

/// The widest that the dialog gets, and the height of the list of names.
const WIDTH: f32 = 560.0;
const NAMES: f32 = 180.0;

/// Shows it while a path is asked for.
pub fn show(window: &egui::Context, context: &mut ViewContext<'_>) {
    let Some(field) = &context.models().overlay.path_field else { return };
    let mut text = field.text.clone();
    let (mut answered, mut cancelled) = (false, false);
    let modal = Modal::new(Id::unique("path")).show(window, |ui| {
        ui.set_width(WIDTH.min(window.content_rect().width() - 60.0));
        ui.heading(field.title());
        ui.weak("This system shows no file dialogs. Type a path; Tab completes it.");
        entry(ui, field, &mut text);
        let problem = field.path().err();
        names(ui, field, &mut text);
        if let Some(problem) = &problem {
            ui.label(RichText::new(problem).small().color(ui.visuals().warn_fg_color));
        } else if field.replaces() {
            let told = "This file exists and will be replaced.";
            ui.label(RichText::new(told).small().color(ui.visuals().warn_fg_color));
        }
        ui.horizontal(|ui| {
            let can = problem.is_none();
            let entered = ui.input(|input| input.key_pressed(Key::Enter));
            let pressed = ui.add_enabled(can, egui::Button::new(field.verb())).clicked();
            answered = can && (pressed || entered);
            cancelled = ui.button("Cancel").clicked();
        });
    });
    if text != field.text {
        context.send(Action::EditPath(text));
    } else if answered {
        context.send(Action::AnswerPath);
    } else if cancelled || modal.should_close() {
        context.send(Action::CancelPath);
    }
}

/// The field; Tab takes the first name that is offered.
fn entry(ui: &mut Ui, field: &PathField, text: &mut String) {
    let tabbed = ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Tab));
    let edit = TextEdit::singleline(text).desired_width(f32::INFINITY).lock_focus(true);
    let output = edit.show(ui);
    let response = &output.response.response;
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Path"));
    response.request_focus();
    let first = field.completions.first().filter(|first| tabbed && *first != text);
    if let Some(first) = first {
        text.clone_from(first);
        // The cursor goes to the end of what is new.
        let mut state = output.state;
        let end = egui::text::CCursor::new(text.chars().count());
        state.cursor.set_char_range(Some(egui::text::CCursorRange::one(end)));
        state.store(ui.ctx(), response.id);
    }
}

/// The names that are offered.
fn names(ui: &mut Ui, field: &PathField, text: &mut String) {
    let names = egui::ScrollArea::vertical().max_height(NAMES).auto_shrink([false, true]);
    names.show(ui, |ui| {
        for name in &field.completions {
            if ui.selectable_label(name == text, RichText::new(name).monospace()).clicked() {
                text.clone_from(name);
            }
        }
    });
}
