//! The views, one file each.

mod axes;
mod benchmark;
mod benchmark_figures;
mod cache;
pub mod chrome;

mod compare;
mod comparison_tables;
pub mod consent;
pub mod context;
mod detail;
pub mod export_dialog;
mod heat_map;
pub mod help;
mod home;
mod inspector;
mod lines;
mod network;
mod parallel;
pub mod path_dialog;
mod plot_axis;
mod plots;
mod point_mesh;
mod results;
mod rows;
mod run;
mod scatter;
mod setup;
mod space;
pub mod space_editor;
mod studies;
mod study_comparison;
mod widgets;

pub use cache::ViewCache;
pub use inspector::{inspector, window as detail_window};

use egui::Ui;

use self::context::ViewContext;
use crate::view::View;

/// Shows the view that was chosen.
pub fn show(ui: &mut Ui, context: &mut ViewContext<'_>, cache: &mut ViewCache) {
    match context.view {
        View::Home => home::show(ui, context),
        View::Space => space::show(ui, context),
        View::Editor => space_editor::show(ui, context),
        View::Setup => setup::show(ui, context),
        View::Run => run::show(ui, context),
        View::Results => results::show(ui, context, cache),
        View::Network => network::show(ui, context, &mut cache.network),
        View::Compare => compare::show(ui, context, &mut cache.details),
        View::Benchmark => benchmark::show(ui, context),
        View::Studies => studies::show(ui, context),
    }
}
