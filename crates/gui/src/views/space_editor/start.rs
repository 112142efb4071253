//! What a new space begins with, and the question before changes are lost.

use std::sync::OnceLock;

use egui::{Modal, RichText, ScrollArea, Ui};

use crate::action::Action;
use crate::command::Command;
use crate::space_editor::fields::FileFields;
use crate::space_editor::{EditorAction, SpaceStart};
use crate::views::chrome;
use crate::views::context::ViewContext;
use crate::views::widgets::rounded_count;
use untrained::space::Space;

/// The kinds of topologies, and what they are.
pub fn kinds() -> &'static [(String, String)] {
    static KINDS: OnceLock<Vec<(String, String)>> = OnceLock::new();
    KINDS.get_or_init(|| {
        let about = |kind: &str| FileFields::of(kind).map(|fields| fields.about);
        Space::topology_kinds()
            .map(|kind| (kind.to_owned(), about(kind).unwrap_or_default()))
            .collect()
    })
}

/// Shows what a space can begin with.
pub fn show(ui: &mut Ui, context: &mut ViewContext<'_>) {
    let mut chosen = None;
    ui.heading("New space");
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        if context.setup.space.is_some() {
            ui.horizontal(|ui| {
                ui.label(format!("From the open one, {}:", context.setup.job.options.space));
                chrome::button(ui, context, Command::EditSpace);
            });
        }
        ui.add_space(4.0);
        ui.strong("From the smallest space of a kind");
        egui::Grid::new("kinds").num_columns(2).spacing([12.0, 3.0]).show(ui, |ui| {
            for (kind, about) in kinds() {
                if ui.button(format!("Empty {kind}")).clicked() {
                    chosen = Some(SpaceStart::Kind(kind.clone()));
                }
                ui.add(egui::Label::new(RichText::new(about).weak()).truncate());
                ui.end_row();
            }
        });
        ui.add_space(8.0);
        ui.strong("From a built-in space");
        egui::Grid::new("builtin").num_columns(2).spacing([12.0, 3.0]).show(ui, |ui| {
            for card in &context.models().setup.space_cards {
                let space = &card.space;
                if ui.button(format!("From {}", space.id())).clicked() {
                    chosen = Some(SpaceStart::Builtin(space.id().to_owned()));
                }
                let about = format!(
                    "{}: {}, {} architectures",
                    space.title(),
                    space.topology(),
                    rounded_count(space.count())
                );
                ui.add(egui::Label::new(RichText::new(about).weak()).truncate());
                ui.end_row();
            }
        });
    });
    if let Some(start) = chosen {
        context.send(Action::Editor(EditorAction::Begin(start)));
    }
}

/// The question before changes are lost.
pub fn question(window: &egui::Context, context: &mut ViewContext<'_>) {
    if context.editor.awaited.is_none() || context.editor.goes_on_after_save {
        return;
    }
    let mut answer = None;
    let modal = Modal::new(egui::Id::unique("unsaved space")).show(window, |ui| {
        ui.set_width(380.0);
        ui.heading("The space has changes that are not saved");
        ui.horizontal(|ui| {
            for (text, action) in [
                ("Save", EditorAction::SaveFirst),
                ("Discard changes", EditorAction::Discard),
                ("Keep editing", EditorAction::Keep),
            ] {
                if ui.button(text).clicked() {
                    answer = Some(action);
                }
            }
        });
    });
    if modal.should_close() && answer.is_none() {
        answer = Some(EditorAction::Keep);
    }
    if let Some(action) = answer {
        context.send(Action::Editor(action));
    }
}
