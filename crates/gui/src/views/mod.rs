//! The views, a file each.

mod axes;
mod benchmark;
mod benchmark_figures;
pub mod chrome;
mod cloud;
mod compare;
mod comparison_tables;
mod detail;
pub mod heat_map;
mod home;
mod inspector;
mod lines;
mod parallel;
mod plots;
mod results;
mod rows;
mod run;
mod scatter;
mod setup;
mod shades;
mod space;
mod studies;
mod widgets;

pub use inspector::{inspector, window as detail_window};
pub use results::ViewCache;

use egui::{RichText, Ui};

use crate::state::{AppState, View};

/// Shows the view that was chosen.
pub fn show(ui: &mut Ui, state: &mut AppState) {
    match state.view {
        View::Home => home::show(ui, state),
        View::Space => space::show(ui, state),
        View::Setup => setup::show(ui, state),
        View::Run => run::show(ui, state),
        View::Results => results::show(ui, state),
        View::Compare => compare::show(ui, state),
        View::Benchmark => benchmark::show(ui, state),
        View::Studies => studies::show(ui, state),
    }
}

/// What a view without content says: what to do next.
fn empty(ui: &mut Ui, title: &str, next: &str) {
    ui.vertical_centered(|ui| {
        ui.add_space(ui.available_height() * 0.3);
        ui.heading(title);
        ui.label(RichText::new(next).weak());
        ui.add_space(8.0);
    });
}

/// A name and a number in tabular figures.
fn fact(ui: &mut Ui, name: &str, value: impl Into<String>) {
    ui.weak(name);
    ui.label(RichText::new(value).monospace());
    ui.end_row();
}

/// The operations of a space by name.
fn operations(space: Option<&untrained::space::Space>) -> Vec<String> {
    let names = space.map(untrained::space::Space::operation_names);
    names.unwrap_or_default().into_iter().map(str::to_owned).collect()
}
