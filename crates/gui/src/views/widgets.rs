//! Plots: histograms.

use egui::{Pos2, Rect, Ui, Vec2};

pub use crate::drawing::{cells, legend, swatch};
use crate::picture::exportable;
use crate::results::sheet::ValueHistogram;
use crate::theme;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let written = [0.0, 0.25, 1500.0, 1_073_466.0, 2e9, -12_000.0].map(short);
        assert_eq!(written, ["0", "0.25", "1500", "1.07M", "2G", "-12K"]);
    }
}
