//! Plots: histograms.

use egui::{Pos2, Rect, RichText, Ui, Vec2};

use super::plot_axis::{self, PlotAxis};
use crate::colour_scale::ColourScale;
pub use crate::drawing::{cells, legend, swatch};
use crate::picture::exportable;
use crate::results::sheet::{ResultTable, ValueHistogram};
use crate::theme;
use untrained::format::thousands;
use untrained::store::NumberFormat;

/// Bars of counts with a label for the axis.
pub fn histogram(ui: &mut Ui, name: &str, values: impl Iterator<Item = f64> + Clone, size: Vec2) {
    let histogram = ValueHistogram::new(values, 30);
    if histogram.counts.is_empty() {
        ui.allocate_ui(size, |ui| ui.weak(format!("no {name} yet")));
        return;
    }
    let colour = theme::accent(ui.visuals().dark_mode);
    let bars = histogram.counts.iter().enumerate();
    let bars = bars.map(|(bin, &count)| {
        egui_plot::Bar::new(histogram.middle(bin), count as f64).width(histogram.width * 0.9)
    });
    let chart = egui_plot::BarChart::new(name, bars.collect()).color(colour);
    exportable(ui, &format!("histogram of {name}"), |ui| {
        let axes = [PlotAxis::linear(name), PlotAxis::count("networks")];
        // A count of one or two alone would have an axis without a scale.
        let plot = plot(ui, name, size, &axes).include_y(0.0).include_y(3.0);
        plot.show(ui, |plot| plot.bar_chart(chart));
    });
}

/// A plot with these axes, across and up.
pub fn plot<'a>(ui: &Ui, name: &str, size: Vec2, axes: &[PlotAxis; 2]) -> egui_plot::Plot<'a> {
    let ticks = theme::secondary(ui.visuals());
    let [x, y] = axes;
    egui_plot::Plot::new(name.to_owned())
        .width(size.x)
        .height(size.y)
        .allow_scroll(false)
        .show_grid([false, true])
        .grid_color(ui.visuals().widgets.noninteractive.bg_stroke.color)
        .grid_spacing(plot_axis::SPACING..=300.0)
        .x_grid_spacer(x.spacer(0))
        .y_grid_spacer(y.spacer(1))
        .custom_x_axes(vec![x.hints(0).tick_label_color(ticks)])
        .custom_y_axes(vec![y.hints(1).tick_label_color(ticks)])
}

/// A line of right angles: a line for each of its parts, because one path would be drawn with mitres that
/// are longer than its steps.
pub fn steps<'a>(
    plot: &mut egui_plot::PlotUi<'a>,
    name: &str,
    corners: &[[f64; 2]],
    look: impl Fn(egui_plot::Line<'a>) -> egui_plot::Line<'a>,
) {
    for pair in corners.windows(2) {
        let part = egui_plot::PlotPoints::from(pair.to_vec());
        plot.line(look(egui_plot::Line::new(name.to_owned(), part)));
    }
}

/// What the colours of a column mean: its lowest value, the colours up to the highest, and that one.
pub fn colour_bar(ui: &mut Ui, column: &str, scale: ColourScale) {
    let Some([least, most]) = scale.range() else { return };
    named_colour_bar(ui, column, scale, [&written(column, least), &written(column, most)]);
}

/// The same with what stands at its ends.
pub fn named_colour_bar(ui: &mut Ui, name: &str, scale: ColourScale, [low, high]: [&str; 2]) {
    const STEPS: usize = 48;
    let Some([least, most]) = scale.range() else { return };
    let alt = format!("Colours of {name}, from {low} to {high}");
    let small = |text: &str| RichText::new(text).small();
    let bar = ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 5.0;
        ui.label(small(name).strong());
        ui.label(small(low));
        let (rect, response) = ui.allocate_exact_size(Vec2::new(120.0, 9.0), egui::Sense::hover());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, &alt));
        for at in 0..STEPS {
            let share = |at: usize| egui::lerp(rect.x_range(), at as f32 / STEPS as f32);
            let step = Rect::from_x_y_ranges(share(at)..=share(at + 1) + 0.3, rect.y_range());
            let value = egui::lerp(least..=most, (at as f64 + 0.5) / STEPS as f64);
            ui.painter().rect_filled(step, 0.0, scale.of(value));
        }
        ui.label(small(high));
    });
    bar.response.on_hover_text("Values that are missing or not finite have the first colour");
}

/// The largest square that fits, for a picture.
pub fn side(ui: &Ui, most: f32) -> f32 {
    Rect::from_min_size(Pos2::ZERO, ui.available_size()).width().min(most)
}

/// The message of an empty view: what to do next.
pub fn empty(ui: &mut Ui, title: &str, next: &str) {
    ui.vertical_centered(|ui| {
        ui.add_space(ui.available_height() * 0.3);
        ui.heading(title);
        ui.label(RichText::new(next).weak());
        ui.add_space(8.0);
    });
}

/// A name and a number in tabular figures.
pub fn fact(ui: &mut Ui, name: &str, value: impl Into<String>) {
    ui.weak(name);
    ui.label(RichText::new(value).monospace());
    ui.end_row();
}

/// The operations of a space by name.
pub fn operations(space: Option<&untrained::space::Space>) -> Vec<String> {
    let names = space.map(untrained::space::Space::operation_names);
    names.unwrap_or_default().into_iter().map(str::to_owned).collect()
}

/// A number of a column as text; empty if missing.
pub fn written(column: &str, value: f64) -> String {
    match ResultTable::number_format(column) {
        _ if value.is_nan() => String::new(),
        _ if value.is_infinite() => if value > 0.0 { "inf" } else { "-inf" }.to_owned(),
        NumberFormat::Whole => thousands(value.max(0.0) as u64),
        NumberFormat::Decimals(decimals) => format!("{value:.decimals$}"),
    }
}

/// The number of architectures, rounded if large.
pub fn rounded_count(count: u128) -> String {
    if count < 1_000_000_000_000 { thousands(count) } else { format!("{:.1e}", count as f64) }
}

/// Bytes in a few letters.
pub fn bytes(value: f64) -> String {
    match value {
        v if v < 1024.0 => format!("{v:.0} B"),
        v if v < 1024.0 * 1024.0 => format!("{:.1} KiB", v / 1024.0),
        v => format!("{:.1} MiB", v / 1024.0 / 1024.0),
    }
}

/// The name of an entry.
pub fn letter(at: usize) -> &'static str {
    ["A", "B", "C", "D"].get(at).copied().unwrap_or("?")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_are_not_finite_are_words() {
        let written = [f64::NAN, f64::NEG_INFINITY, 1.0].map(|value| written("score", value));
        assert_eq!(written, ["", "-inf", "1.0000"]);
    }
}
