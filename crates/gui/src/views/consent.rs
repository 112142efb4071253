//! The question before a job of somebody else runs a command or writes files elsewhere.

use egui::{Id, Modal, RichText, ScrollArea};

use super::context::ViewContext;
use crate::action::Action;
use crate::runner::consent::JobSource;
use untrained::format::printable;

/// Asks, if there is something to confirm. Enter, Escape and a click elsewhere cancel.
pub fn show(window: &egui::Context, context: &mut ViewContext<'_>) {
    let Some(consent) = &context.runner.consent else { return };
    let effects = &consent.effects;
    let mut answer = None;
    let modal = Modal::new(Id::unique("consent")).show(window, |ui| {
        ui.set_width(520.0);
        ui.heading(match (&effects.command, &effects.files[..]) {
            (Some(_), []) => "Run a command?",
            (Some(_), _) => "Run a command and write files?",
            (None, _) => "Write files?",
        });
        ui.label(match &effects.source {
            JobSource::File(path) => {
                format!("The job file {} asks for this.", printable(&path.to_string_lossy()))
            }
            JobSource::Study => "The stored study asks for this.".to_owned(),
        });
        ScrollArea::vertical().max_height(260.0).show(ui, |ui| {
            if let Some(command) = &effects.command {
                ui.label("Command for every architecture that is trained:");
                ui.label(RichText::new(printable(command)).monospace());
            }
            if !effects.files.is_empty() {
                ui.label("Files outside the folder of the job file:");
            }
            for file in &effects.files {
                ui.label(RichText::new(printable(&file.to_string_lossy())).monospace());
            }
        });
        ui.label("Continue only if you trust where it comes from.");
        ui.horizontal(|ui| {
            let [cancel, run] = [ui.button("Cancel"), ui.button("Run it")];
            if !cancel.has_focus() && !run.has_focus() {
                cancel.request_focus();
            }
            if cancel.clicked() {
                answer = Some(false);
            }
            if run.clicked() {
                answer = Some(true);
            }
        });
    });
    if modal.should_close() {
        answer = Some(false);
    }
    if let Some(is_given) = answer {
        context.send(Action::AnswerConsent(is_given));
    }
}
