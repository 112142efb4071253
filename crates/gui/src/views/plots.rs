//! Plots of the results of one forward pass: spectra, active units, and a value among others.

use std::sync::Arc;

use egui::{Color32, Ui, Vec2};
use egui_plot::{Bar, BarChart, HoverPosition, Legend, Line, LineStyle, PlotPoints, Points, VLine};

use super::plot_axis::{AxisScale, PlotAxis};
use super::widgets;
use crate::inspect::kernel_picture::{ActivationSite, KernelPicture};
use crate::picture::exportable;
use crate::results::sheet::ValueHistogram;
use crate::theme;
use untrained::score::least_eigenvalue;

/// A spectrum in a plot of several.
pub struct KernelSpectrum {
    /// Its name in the legend.
    pub name: String,
    /// Its colour.
    pub colour: Color32,
    /// How its line is drawn.
    pub style: LineStyle,
    /// Whose.
    pub picture: Arc<KernelPicture>,
}

/// Eigenvalues as a plot has them: by place from 1, in powers of ten; those that cannot be told from
/// zero are left out, and how many they are.
fn points(eigenvalues: &[f64]) -> (Vec<[f64; 2]>, usize) {
    let least = least_eigenvalue(eigenvalues);
    let told = |(_, value): &(usize, &f64)| **value > least;
    let points: Vec<[f64; 2]> = eigenvalues
        .iter()
        .enumerate()
        .filter(told)
        .map(|(at, value)| [at as f64 + 1.0, value.log10()])
        .collect();
    let zeros = eigenvalues.len() - points.len();
    (points, zeros)
}

/// Eigenvalues of kernel matrices by place, on a logarithmic axis.
pub fn spectra(ui: &mut Ui, name: &str, spectra: &[KernelSpectrum], size: Vec2) {
    let axes = [
        PlotAxis::count("Eigenvalue index"),
        PlotAxis::new("eigenvalue of K", AxisScale::Logarithmic),
    ];
    let mut plot =
        widgets::plot(ui, name, size, &axes).label_formatter(|position| match position {
            HoverPosition::NearDataPoint { plot_name, position, .. } => {
                Some(format!("{plot_name}\nno. {:.0}: {:.4e}", position.x, 10_f64.powf(position.y)))
            }
            HoverPosition::Elsewhere { .. } => None,
        });
    if spectra.len() > 1 {
        plot = plot.legend(Legend::default());
    }
    let response = exportable(ui, name, |ui| {
        plot.show(ui, |plot| {
            for spectrum in spectra {
                let (points, _) = points(&spectrum.picture.eigenvalues);
                let line = Line::new(spectrum.name.clone(), PlotPoints::from(points.clone()));
                plot.line(line.color(spectrum.colour).style(spectrum.style).width(1.5));
                let dots = Points::new(spectrum.name.clone(), points).color(spectrum.colour);
                plot.points(dots.radius(1.8));
            }
        })
    });
    response.response.on_hover_text(
        "The eigenvalues of K, largest first. The score ln |det K| is the sum of their logarithms. \
         Low-scoring networks have many small ones, which stand for images that they hardly distinguish.",
    );
    for spectrum in spectra {
        let (_, zeros) = points(&spectrum.picture.eigenvalues);
        if zeros > 0 {
            let all = spectrum.picture.eigenvalues.len();
            ui.small(format!(
                "{}: {zeros} of {all} eigenvalues are zero within rounding",
                spectrum.name
            ));
        }
    }
}

/// The share of units that are on at each point where codes are read, in the order of the network.
pub fn activity(ui: &mut Ui, name: &str, points: &[ActivationSite], size: Vec2) {
    let bar = |(at, point): (usize, &ActivationSite)| {
        let [channels, height, width] = point.shape;
        let counted = if point.multiplicity > 1 {
            format!(", counted {} times", point.multiplicity)
        } else {
            String::new()
        };
        let name = format!(
            "{}\n{} of {channels}x{height}x{width}{counted}: {:.1} % on",
            point.layer,
            point.function,
            point.active * 100.0
        );
        Bar::new(at as f64 + 1.0, point.active).width(0.8).name(name)
    };
    let colour = theme::accent(ui.visuals().dark_mode);
    let chart = BarChart::new("on", points.iter().enumerate().map(bar).collect())
        .color(colour)
        .element_formatter(Box::new(|bar, _| bar.name.clone()));
    let half = egui_plot::HLine::new("half", 0.5).style(LineStyle::dashed_loose());
    let axes =
        [PlotAxis::count("activation, from the input on"), PlotAxis::linear("Active fraction")];
    let plot = widgets::plot(ui, name, size, &axes).include_y(0.0).include_y(1.0);
    let response = exportable(ui, name, |ui| {
        plot.show(ui, |plot| {
            plot.bar_chart(chart);
            plot.hline(half.color(ui_grey()).width(1.0).allow_hover(false));
        })
    });
    response.response.on_hover_text(
        "The fraction of units above zero over the mini-batch, per counted activation. Near 0 or 1, \
         an activation hardly distinguishes images.",
    );
}

fn ui_grey() -> Color32 {
    Color32::from_gray(140)
}

/// A histogram with a mark where a value lies.
pub fn place(ui: &mut Ui, name: &str, histogram: &ValueHistogram, mark: f64, size: Vec2) {
    let dark = ui.visuals().dark_mode;
    let bars = histogram.counts.iter().enumerate();
    let bars = bars.map(|(bin, &count)| {
        Bar::new(histogram.middle(bin), count as f64).width(histogram.width * 0.95)
    });
    let chart = BarChart::new(name, bars.collect()).color(ui_grey()).allow_hover(false);
    let line = VLine::new("this one", mark).color(theme::accent(dark)).width(2.5);
    let axes = [PlotAxis::linear(name), PlotAxis::count("networks")];
    let plot = widgets::plot(ui, name, size, &axes)
        .include_y(0.0)
        .include_y(3.0)
        .allow_drag(false)
        .allow_zoom(false)
        .label_formatter(|_| None);
    exportable(ui, &format!("place by {name}"), |ui| {
        plot.show(ui, |plot| {
            plot.bar_chart(chart);
            if mark.is_finite() {
                plot.vline(line);
            }
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_zero_to_rounding_is_counted_not_drawn() {
        let (drawn, zeros) = points(&[100.0, 1.0, 1e-15, -1e-15]);
        assert_eq!((drawn, zeros), (vec![[1.0, 2.0], [2.0, 0.0]], 2));
        assert_eq!(points(&[]), (Vec::new(), 0));
    }
}
