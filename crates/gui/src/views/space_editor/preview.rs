//! What the space gives: a random architecture, what it costs, and how many there are.

use egui::{Grid, RichText, ScrollArea, Ui};

use super::form::named;
use crate::action::Action;
use crate::picture::exportable;
use crate::space_editor::preview::{SAMPLES, SpacePreview};
use crate::space_editor::{EditedSpace, EditorAction};
use crate::views::context::ViewContext;
use crate::views::widgets::{self, bytes, fact, operations, rounded_count};
use untrained::format::thousands;

/// Shows it.
pub fn show(ui: &mut Ui, context: &mut ViewContext<'_>, space: &EditedSpace) {
    ui.horizontal(|ui| {
        ui.strong("Random architecture");
        if ui.button("Another").on_hover_text("Draw another random architecture").clicked() {
            context.send(Action::Editor(EditorAction::DrawAnother));
        }
        if !space.is_checked() {
            named(ui.spinner(), egui::Role::ProgressIndicator, "The space is being read");
        }
    });
    let Some(preview) = &space.preview else {
        let text = match space.problems.is_empty() {
            true => "The space is being read.",
            false => "It is shown once nothing is wrong with the space.",
        };
        ui.weak(text);
        return;
    };
    if !space.problems.is_empty() {
        ui.weak("As it was before the problems.");
    }
    ScrollArea::vertical().id_salt("preview").auto_shrink(false).show(ui, |ui| {
        facts(ui, preview);
        let sample = &preview.sample;
        let text = RichText::new(&sample.text).monospace();
        ui.add(egui::Label::new(text).truncate()).on_hover_text(&sample.text);
        let names = operations(Some(&preview.space));
        exportable(ui, "random architecture", |ui| {
            widgets::cells(ui, &sample.drawings, &names, 260.0, |_, _| false);
            widgets::legend(ui, &names, &sample.drawings);
        });
    });
}

fn facts(ui: &mut Ui, preview: &SpacePreview) {
    Grid::new("edited facts").num_columns(2).spacing([12.0, 2.0]).show(ui, |ui| {
        fact(ui, "architectures", rounded_count(preview.count));
        match &preview.cost {
            Ok(cost) => {
                fact(ui, "params", thousands(cost.params));
                fact(ui, "macs per image", thousands(cost.macs));
                fact(ui, "memory per image", bytes(cost.bytes as f64));
            }
            Err(why) => {
                ui.weak("cannot be built");
                ui.add(egui::Label::new(why).wrap());
                ui.end_row();
            }
        }
        if let Some([params, macs]) = preview.ranges {
            for (name, [least, most]) in [("params", params), ("macs", macs)] {
                let range = format!("{} to {}", thousands(least), thousands(most));
                let about = "The least and the most of that many random architectures";
                ui.weak(format!("{name} of {SAMPLES}")).on_hover_text(about);
                ui.label(RichText::new(range).monospace());
                ui.end_row();
            }
        }
    });
}
