//! Plots: histograms, kernel matrices.

use std::sync::Arc;

use egui::{Color32, Pos2, Rect, Ui, Vec2};

pub use super::drawing::{cells, legend};
use super::inspect::KernelPicture;
use super::picture::{Desk, exportable};
use super::sheet::Histogram;
use super::theme;

/// The kernel matrix as a heat map, a picture of that name.
pub fn kernel(ui: &mut Ui, name: &str, picture: &KernelPicture, side: f32) {
    let about = format!(
        "K[i][j] / V for {} images: bright where many units agree, from {:.3} to 1 (diagonal). A network \
         that tells images apart is dark off the diagonal (Mellor et al., ICML 2021, figure 1).",
        picture.images, picture.least
    );
    let texture = texture(ui, picture);
    let image = egui::Image::new((texture.id(), Vec2::splat(side))).alt_text("Kernel matrix");
    exportable(ui, name, |ui| ui.add(image)).on_hover_text(about);
}

/// Textures of kernel matrices that are kept.
const TEXTURES: usize = 16;

/// The texture of a kernel matrix; made once.
fn texture(ui: &Ui, picture: &KernelPicture) -> egui::TextureHandle {
    type Known = Vec<(String, egui::TextureHandle)>;
    let name = format!("kernel {} {} {}", picture.score, picture.units, picture.images);
    let id = egui::Id::unique("kernel textures");
    let mut known = ui.data(|data| data.get_temp::<Known>(id)).unwrap_or_default();
    if let Some((_, texture)) = known.iter().find(|(known, _)| *known == name) {
        return texture.clone();
    }
    let colours = picture.levels.iter().map(|&level| heat(level)).collect();
    let image = Arc::new(egui::ColorImage::new([picture.images; 2], colours));
    let window = ui.ctx();
    let texture = window.load_texture(&name, image.clone(), egui::TextureOptions::NEAREST);
    Desk::of(window).image(window, texture.id(), image);
    known.truncate(TEXTURES - 1);
    known.insert(0, (name, texture.clone()));
    ui.data_mut(|data| data.insert_temp(id, known));
    texture
}

/// Dark blue to yellow with equal steps of lightness (an approximation of cividis).
fn heat(level: u8) -> Color32 {
    const STOPS: [[f32; 3]; 4] =
        [[0.0, 34.0, 78.0], [87.0, 93.0, 109.0], [165.0, 156.0, 116.0], [254.0, 232.0, 56.0]];
    let at = f32::from(level) / 255.0 * 3.0;
    let low = (at as usize).min(2);
    let mix = |c: usize| egui::lerp(STOPS[low][c]..=STOPS[low + 1][c], at - low as f32) as u8;
    Color32::from_rgb(mix(0), mix(1), mix(2))
}

/// Bars of counts with a label for the axis.
pub fn histogram(ui: &mut Ui, name: &str, values: impl Iterator<Item = f64> + Clone, size: Vec2) {
    let histogram = Histogram::new(values, 30);
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
