//! Plots: histograms.

use egui::{Pos2, Rect, RichText, Ui, Vec2};

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
        plot(ui, name, size).x_axis_label(name).show(ui, |plot| plot.bar_chart(chart));
    });
}

/// A plot that reads large numbers as people write them.
pub fn plot<'a>(_ui: &Ui, name: &str, size: Vec2) -> egui_plot::Plot<'a> {
    let write = |mark: egui_plot::GridMark, _: &std::ops::RangeInclusive<f64>| short(mark.value);
    egui_plot::Plot::new(name.to_owned())
        .width(size.x)
        .height(size.y)
        .allow_scroll(false)
        .show_grid([false, true])
        .x_axis_formatter(write)
        .y_axis_formatter(write)
}

/// A number in few characters: 1.5M.
pub fn short(value: f64) -> String {
    let (scaled, unit) = match value.abs() {
        size if size >= 1e9 => (value / 1e9, "G"),
        size if size >= 1e6 => (value / 1e6, "M"),
        size if size >= 1e4 => (value / 1e3, "K"),
        _ => (value, ""),
    };
    let text = format!("{scaled:.2}");
    format!("{}{unit}", text.trim_end_matches('0').trim_end_matches('.'))
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

/// The name of an entry.
pub fn letter(at: usize) -> &'static str {
    ["A", "B", "C", "D"].get(at).copied().unwrap_or("?")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let written = [0.0, 0.25, 1500.0, 1_073_466.0, 2e9, -12_000.0].map(short);
        assert_eq!(written, ["0", "0.25", "1500", "1.07M", "2G", "-12K"]);
    }
}
