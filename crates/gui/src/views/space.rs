//! A search space: its decisions, and the structure and cost of its networks.

use egui::{Grid, RichText, ScrollArea, Ui, vec2};

use super::widgets::{empty, fact, operations, rounded_count};
use crate::action::Action;
use crate::command::Command;
use crate::picture::exportable;
use crate::setup::opened::{LoadError, SampleArchitecture};
use crate::view::View;
use crate::views::chrome;
use crate::views::context::ViewContext;
use crate::views::widgets;
use untrained::space::Space;

/// From this width on, the cell stands beside what is known of the space.
const WIDE: f32 = 900.0;

/// Shows the view.
pub fn show(ui: &mut Ui, context: &mut ViewContext<'_>) {
    if let Some(error) = &context.models().setup.load_error {
        return show_load_error(ui, context, error);
    }
    let Some(space) = context.setup.space.clone() else {
        empty(ui, "No space is open", "Choose a space on Home, or open a space file.");
        ui.vertical_centered(|ui| chrome::button(ui, context, Command::Go(View::Home)));
        return;
    };
    ui.horizontal(|ui| {
        ui.heading(space.id());
        ui.weak(space.title());
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            chrome::button(ui, context, Command::Go(View::Setup));
            chrome::button(ui, context, Command::RandomArchitecture);
            chrome::button(ui, context, Command::EditSpace);
        });
    });
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        if ui.available_width() >= WIDE {
            ui.columns(2, |columns| {
                sample(&mut columns[0], context, &space);
                about(&mut columns[1], context, &space);
            });
        } else {
            sample(ui, context, &space);
            ui.separator();
            about(ui, context, &space);
        }
        egui::CollapsingHeader::new("Space file").show(ui, |ui| {
            ui.label("The operations, skeleton and decisions of this space. Use this as a template for your own space.");
            ui.monospace(space.text());
        });
    });
}

/// An architecture with its cells and decisions.
fn sample(ui: &mut Ui, context: &ViewContext<'_>, space: &Space) {
    let sample = &context.models().setup.sample;
    let names = operations(Some(space));
    ui.add(egui::Label::new(RichText::new(&sample.text).monospace()).truncate())
        .on_hover_text(&sample.text);
    exportable(ui, "cell graph", |ui| {
        widgets::cells(ui, &sample.drawings, &names, 250.0, |_, _| false);
        widgets::legend(ui, &names, &sample.drawings);
    });
    decisions(ui, sample);
}

/// What is known of the space, and what its networks cost.
fn about(ui: &mut Ui, context: &ViewContext<'_>, space: &Space) {
    facts(ui, space);
    ui.add_space(6.0);
    ui.label(format!("{} random networks", context.setup.costs.len()));
    let size = vec2((ui.available_width() - 12.0) / 2.0, 190.0);
    ui.horizontal(|ui| {
        for (at, name) in ["params", "macs per image"].into_iter().enumerate() {
            let values = context.setup.costs.iter().map(|costs| costs[at]);
            widgets::histogram(ui, name, values, size);
        }
    });
}

/// What was decided in the architecture that is drawn, and what of it is not drawn.
fn decisions(ui: &mut Ui, sample: &SampleArchitecture) {
    let all = sample.choices.len();
    let idle = sample.effects.iter().filter(|effect| !**effect).count();
    egui::CollapsingHeader::new(format!("{all} decisions")).id_salt("decisions").show(ui, |ui| {
        if idle > 0 {
            ui.label(format!(
                "{idle} of them concern vertices on no path from the input to the output: the architecture \
                 has these decisions, but they are neither built nor drawn."
            ));
        }
        Grid::new("decisions").num_columns(2).striped(true).show(ui, |ui| {
            for (choice, effect) in sample.choices.iter().zip(&sample.effects) {
                let value = RichText::new(&choice.value).monospace();
                ui.weak(&choice.name);
                if *effect {
                    ui.label(value);
                } else {
                    ui.label(value.weak().strikethrough()).on_hover_text("Not built, not drawn");
                }
                ui.end_row();
            }
        });
    });
    if idle > 0 {
        let text = format!("{idle} of {all} decisions are not drawn: they have no effect");
        ui.label(RichText::new(text).small().weak());
    }
}

fn facts(ui: &mut Ui, space: &untrained::space::Space) {
    Grid::new("facts").num_columns(2).show(ui, |ui| {
        fact(ui, "architectures", rounded_count(space.count()));
        fact(ui, "topology", space.topology());
        fact(ui, "input", space.input().to_string());
        fact(ui, "classes", space.classes().to_string());
        fact(ui, "initialisation", space.initialisation().to_string());
    });
    if !space.reference().is_empty() {
        ui.label(RichText::new(space.reference()).weak());
    }
}

/// Everything that is wrong with a file.
fn show_load_error(ui: &mut Ui, context: &mut ViewContext<'_>, error: &LoadError) {
    ui.heading(format!("{} cannot be opened", error.name));
    if !error.message.is_empty() {
        ui.colored_label(ui.visuals().error_fg_color, &error.message);
    }
    ScrollArea::vertical().auto_shrink([false, true]).show(ui, |ui| {
        Grid::new("problems").num_columns(3).striped(true).show(ui, |ui| {
            for problem in &error.problems {
                let line = problem.line.map(|line| format!("line {line}")).unwrap_or_default();
                ui.label(RichText::new(line).monospace());
                ui.label(RichText::new(&problem.path).monospace());
                ui.label(&problem.message);
                ui.end_row();
            }
        });
    });
    ui.horizontal(|ui| {
        if ui.button("Retry").clicked() {
            context.send(Action::Open(error.name.clone()));
        }
        chrome::button(ui, context, Command::EditSpace);
        chrome::button(ui, context, Command::Go(View::Home));
    });
}
