//! The details of one architecture: the parts that the inspector, the detail window and the comparison
//! share.

use std::sync::Arc;

use egui::{Grid, RichText, ScrollArea, Ui, vec2};
use egui_extras::{Column, TableBuilder};
use egui_plot::LineStyle;

use super::heat_map::HeatMapTextures;
use super::widgets::fact;
use super::widgets::written;
use super::{heat_map, widgets};
use crate::action::Action;
use crate::inspect::KernelState;
use crate::inspect::inspection::Inspection;
use crate::inspect::kernel_picture::KernelPicture;
use crate::inspect::network::NetworkKey;
use crate::picture::exportable;
use crate::results::rank::RankCache;
use crate::results::result_set::ResultSet;
use crate::results::sheet::NUMBERS;
use crate::theme;
use crate::views::context::ViewContext;
use crate::views::plots::{self, KernelSpectrum};
use untrained::format::thousands;
use untrained::score::{Placement, standing};

/// The height of a row of the layer table.
const ROW: f32 = 17.0;
/// The heights of small plots and of the layer table.
const PLOT: f32 = 130.0;
const LAYERS: f32 = 260.0;

/// The cells with a legend, or why there are none.
pub fn cells(ui: &mut Ui, seen: &Inspection, names: &[String], height: f32) {
    if let Some(fault) = &seen.fault {
        ui.colored_label(ui.visuals().error_fg_color, fault);
        return;
    }
    if seen.layers.is_empty() {
        // What comes takes the same place, so that nothing below moves.
        ui.add_space(height);
    }
    exportable(ui, "cell graph", |ui| {
        widgets::cells(ui, &seen.drawings, names, height, |_, _| false);
        widgets::legend(ui, names, &seen.drawings);
    });
    if !seen.drawings.is_empty() && !seen.connected {
        let text = "Disconnected: excluded from ranking";
        ui.colored_label(ui.visuals().warn_fg_color, text);
    }
    if let Some(batch_norm) = &seen.batch_norm {
        ui.label(format!("Batch-norm: {batch_norm}"));
    }
    for notice in &seen.notices {
        ui.colored_label(ui.visuals().warn_fg_color, notice);
    }
}

/// The numbers of the chosen row.
pub fn numbers(ui: &mut Ui, sheet: &ResultSet, row: u32) {
    Grid::new("numbers").num_columns(2).spacing([14.0, 2.0]).show(ui, |ui| {
        for number in NUMBERS.iter() {
            let value = sheet.table.value(number.name, row);
            // What results are ranked by is one of the others, unless it is a further score.
            let is_other =
                number.name == "value" && ["score", "accuracy"].contains(&sheet.ranked_by());
            if value.is_nan() || is_other {
                continue;
            }
            let name = if number.name == "value" { sheet.ranked_by() } else { number.name };
            let unit =
                if number.unit.is_empty() { String::new() } else { format!(" {}", number.unit) };
            ui.weak(name).on_hover_text(&number.about);
            let text = RichText::new(format!("{}{unit}", written(number.name, value))).monospace();
            ui.label(if name == sheet.ranked_by() { text.strong() } else { text });
            ui.end_row();
        }
        let is_further = |name: &&str| {
            *name != sheet.ranked_by() && NUMBERS.iter().all(|known| known.name != *name)
        };
        let further = sheet.table.names().filter(is_further);
        for name in further {
            let value = sheet.table.value(name, row);
            if !value.is_nan() {
                fact(ui, name, written(name, value));
            }
        }
        fact(ui, "status", sheet.table.status(row).name());
    });
}

/// Kernel matrices as textures, and ranks: costly, and shown in many frames.
#[derive(Default)]
pub struct DetailCache {
    textures: HeatMapTextures,
    ranks: RankCache,
}

/// The rank of the chosen row among all.
pub fn rank(ui: &mut Ui, sheet: &ResultSet, cache: &mut DetailCache, row: u32, width: f32) {
    let info = cache.ranks.of(sheet.id, &sheet.table, row);
    let ranked_by = sheet.ranked_by();
    let text = match (info.rank, info.percentile()) {
        (Some(rank), Some(percentile)) => format!(
            "rank {} of {}, percentile {percentile:.1}, by {ranked_by}",
            thousands(rank),
            thousands(info.of)
        ),
        _ => format!("No rank: {}, excluded from ranking", sheet.table.status(row).name()),
    };
    ui.label(RichText::new(text).strong()).on_hover_text(
        "The rank among valid results, 1 is best; the percentile is the share of the others that are not \
         better",
    );
    if !info.histogram.counts.is_empty() {
        let value = if info.rank.is_some() { info.value } else { f64::NAN };
        plots::place(ui, ranked_by, &info.histogram, value, vec2(width, 84.0));
    }
    if let Some(placed) = &info.placement {
        placement(ui, "chosen", placed, width);
    }
}

/// The share of the width that a bar of a placement takes.
const BAR: f32 = 0.35;

/// How an architecture ranks in each component, as bars and in words.
pub fn placement(ui: &mut Ui, name: &str, placement: &Placement, width: f32) {
    let about = "Its rank in each component of the combined rank, among all results";
    ui.strong("Scores").on_hover_text(about);
    Grid::new(format!("placement {name}")).num_columns(3).spacing([10.0, 2.0]).show(ui, |ui| {
        for placed in &placement.scores {
            let score = placed.score.0;
            ui.weak(score.name).on_hover_text(score.about);
            if placed.value.is_some() {
                share_bar(ui, placed.share, vec2(width * BAR, ui.spacing().interact_size.y * 0.5));
                ui.label(RichText::new(standing(placed.share)).small());
            } else {
                ui.weak("not available");
            }
            ui.end_row();
        }
    });
    ui.add(egui::Label::new(RichText::new(placement.words()).small()).wrap());
}

/// A share as a bar.
fn share_bar(ui: &mut Ui, share: f64, size: egui::Vec2) {
    let (whole, response) = ui.allocate_exact_size(size, egui::Sense::hover());
    let mut part = whole;
    part.set_width(whole.width() * share as f32);
    ui.painter().rect_filled(whole, 2.0, ui.visuals().extreme_bg_color);
    ui.painter().rect_filled(part, 2.0, theme::accent(ui.visuals().dark_mode));
    response.on_hover_text(standing(share));
}

/// The kernel matrix with its scale and numbers, or how it can be had. `range` is where the colours begin
/// and end, if not at its own entries; whether it is to be computed.
pub fn kernel(
    ui: &mut Ui,
    context: &mut ViewContext<'_>,
    cache: &mut DetailCache,
    subject: &NetworkKey,
    (most, range): (f32, Option<[f64; 2]>),
) -> bool {
    match context.models().inspect.kernel(subject) {
        None => {
            let about = "Score it again and show which images its units distinguish";
            ui.horizontal(|ui| ui.button("Compute kernel matrix").on_hover_text(about).clicked())
                .inner
        }
        Some(KernelState::Waiting(_)) => {
            ui.horizontal(|ui| {
                ui.spinner();
                ui.weak("Computing the kernel matrix");
                if ui.button("Stop computing").clicked() {
                    context.send(Action::StopKernels);
                }
            });
            false
        }
        Some(KernelState::Failed(why)) => {
            ui.colored_label(ui.visuals().error_fg_color, format!("no kernel matrix: {why}"));
            ui.horizontal(|ui| ui.button("Try again").on_hover_text("Score it again").clicked())
                .inner
        }
        Some(KernelState::Ready(picture)) => {
            let picture = picture.clone();
            let side = widgets::side(ui, most);
            let range = range.unwrap_or(picture.range);
            heat_map::show(ui, &mut cache.textures, &picture, (side, range));
            heat_map::scale(ui, side, range);
            facts(ui, &picture);
            false
        }
    }
}

fn facts(ui: &mut Ui, picture: &KernelPicture) {
    let text = format!(
        "ln |det K| {}   V {}   {} images",
        written("score", picture.score),
        thousands(picture.matrix.units()),
        picture.matrix.images()
    );
    ui.add(egui::Label::new(RichText::new(text).small().monospace()).wrap());
}

/// The spectrum and the active units, if known.
pub fn spectrum_and_activity(ui: &mut Ui, picture: &Arc<KernelPicture>, name: &str, width: f32) {
    ui.strong("Eigenvalues of K");
    let colour = theme::accent(ui.visuals().dark_mode);
    let spectrum = KernelSpectrum {
        name: "eigenvalue".to_owned(),
        colour,
        style: LineStyle::Solid,
        picture: picture.clone(),
    };
    plots::spectra(ui, &format!("spectrum {name}"), &[spectrum], vec2(width, PLOT + 20.0));
    ui.strong("Active units per layer");
    plots::activity(ui, &format!("activity {name}"), &picture.points, vec2(width, PLOT));
    let off = match picture.constant_units {
        0 => String::new(),
        units => format!("; {} more are inactive for every image", thousands(units)),
    };
    let text = format!(
        "{} activations, {:.1} % of units active{off}",
        picture.points.len(),
        picture.mean_active() * 100.0
    );
    ui.add(egui::Label::new(RichText::new(text).small()).wrap());
}

/// The layers with shapes, params and macs, and their sums.
pub fn layers(ui: &mut Ui, seen: &Inspection) {
    if seen.layers.is_empty() {
        return;
    }
    let (params, macs) = (
        seen.layers.iter().map(|layer| layer.params).sum::<u64>(),
        seen.layers.iter().map(|layer| layer.macs).sum::<u64>(),
    );
    ui.strong(format!("{} layers", seen.layers.len()));
    ScrollArea::horizontal().id_salt("layers across").show(ui, |ui| {
        let columns = [150.0, 86.0, 84.0, 96.0];
        let mut builder = TableBuilder::new(ui)
            .id_salt("layers")
            .striped(true)
            .auto_shrink([false, true])
            .min_scrolled_height(LAYERS / 2.0)
            .max_scroll_height(LAYERS);
        for width in columns {
            builder =
                builder.column(Column::initial(width).at_least(50.0).clip(true).resizable(true));
        }
        let table =
            builder.column(Column::remainder().at_least(160.0)).header(ROW + 2.0, |mut row| {
                for name in ["operation", "shape CxHxW", "params", "macs", "layer"] {
                    row.col(|ui| drop(ui.strong(name)));
                }
            });
        table.body(|body| {
            body.rows(ROW, seen.layers.len() + 1, |mut row| {
                // The sums stand first, where they are seen without scrolling.
                let Some(at) = row.index().checked_sub(1) else {
                    let sums = ["all layers", "", &thousands(params), &thousands(macs), ""];
                    sums.iter().enumerate().for_each(|(at, text)| {
                        row.col(|ui| figure(ui, RichText::new(*text).strong(), at));
                    });
                    return;
                };
                let layer = &seen.layers[at];
                let [channels, height, width] = layer.shape;
                let shape = format!("{channels}x{height}x{width}");
                let cells =
                    [&layer.op, &shape, &some(layer.params), &some(layer.macs), &layer.label];
                cells.iter().enumerate().for_each(|(at, text)| {
                    row.col(|ui| figure(ui, RichText::new(*text), at));
                });
            });
        });
    });
}

/// A count; nothing for zero, so that what costs something stands out.
fn some(count: u64) -> String {
    if count == 0 { String::new() } else { thousands(count) }
}

/// A cell: the columns of numbers end on a line.
fn figure(ui: &mut Ui, text: RichText, column: usize) {
    if (2..4).contains(&column) {
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.add(egui::Label::new(text.monospace()).selectable(false));
        });
    } else {
        let text = if column == 1 { text.monospace() } else { text };
        ui.add(egui::Label::new(text).truncate());
    }
}
