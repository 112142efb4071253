//! Some stored studies in one plot, and what differs in the configurations of two.

use egui::{Grid, RichText, ScrollArea, Ui, vec2};
use egui_plot::{Corner, Legend};

use super::plot_axis::PlotAxis;
use super::widgets;
use crate::picture::exportable;
use crate::studies::curve::StudyCurve;
use crate::studies::summary::StudySummary;
use crate::theme;
use crate::views::context::ViewContext;
use untrained::store::StudyInfo;

/// From this width on, the plot stands beside the table.
const WIDE: f32 = 760.0;

/// Shows the selected studies.
pub fn show(ui: &mut Ui, context: &ViewContext<'_>, studies: &[StudyInfo]) {
    let selected: Vec<&StudyInfo> =
        studies.iter().filter(|study| context.studies.selected.contains(&study.id)).collect();
    let curves: Vec<&StudyCurve> =
        selected.iter().filter_map(|study| context.studies.curves.get(&study.id)).collect();
    if ui.available_width() >= WIDE && selected.len() == 2 {
        ui.columns(2, |columns| {
            plot(&mut columns[0], &curves);
            differences(&mut columns[1], selected[0], selected[1]);
        });
        return;
    }
    ScrollArea::vertical().id_salt("compared").auto_shrink(false).show(ui, |ui| {
        plot(ui, &curves);
        if let [one, other] = selected.as_slice() {
            differences(ui, one, other);
        }
    });
}

/// The best value after so many architectures, a line each.
fn plot(ui: &mut Ui, curves: &[&StudyCurve]) {
    let Some(first) = curves.first() else {
        ui.spinner();
        return;
    };
    if curves.iter().any(|curve| curve.ranked_by != first.ranked_by) {
        let text = "These studies are ranked by different scores: their values cannot be compared.";
        ui.colored_label(ui.visuals().warn_fg_color, text);
    }
    let mut names: Vec<&str> = curves.iter().map(|curve| curve.ranked_by.as_str()).collect();
    names.dedup();
    let axes = [
        PlotAxis::count("architectures"),
        PlotAxis::linear(format!("best {} so far", names.join(", "))),
    ];
    let size = vec2(ui.available_width(), ui.available_height().clamp(150.0, 420.0));
    let dark = ui.visuals().dark_mode;
    ui.add_space(8.0);
    exportable(ui, "best so far of studies", |ui| {
        let legend = Legend::default().position(Corner::RightBottom);
        let plot = widgets::plot(ui, "studies", size, &axes).legend(legend);
        plot.show(ui, |plot| {
            for (at, curve) in curves.iter().enumerate() {
                let name = format!("{} {}", curve.id, curve.ranked_by);
                widgets::steps(plot, &name, &curve.steps(), |line| {
                    line.color(theme::compared(at, dark)).width(2.0)
                });
            }
        });
    });
}

/// The options of two studies that are not the same.
fn differences(ui: &mut Ui, one: &StudyInfo, other: &StudyInfo) {
    ui.strong(format!("Differences of {} and {}", one.id, other.id));
    let differences = one.setup.differences(&other.setup, &[]);
    if differences.is_empty() {
        ui.weak("Both studies have the same configuration.");
        return;
    }
    ScrollArea::vertical().id_salt("differences").auto_shrink([false, true]).show(ui, |ui| {
        Grid::new("differences").striped(true).spacing([16.0, 3.0]).show(ui, |ui| {
            for text in ["option", &one.id, &other.id] {
                ui.strong(text);
            }
            ui.end_row();
            for difference in differences {
                ui.label(StudySummary::option_label(&difference.name));
                ui.label(RichText::new(difference.stored).monospace());
                ui.label(RichText::new(difference.given).monospace());
                ui.end_row();
            }
        });
    });
}
