//! Kernel matrices as heat maps: K / V in the same colours as in picture files.

use std::sync::Arc;

use egui::epaint::TextShape;
use egui::{
    Color32, ColorImage, FontId, Sense, TextureHandle, TextureOptions, Ui, Vec2, pos2, vec2,
};

use crate::inspect::kernel_picture::KernelPicture;
use crate::picture::{CaptureQueue, exportable};
use crate::theme;
use untrained::score::KernelMatrix;
use untrained_plot::heat_colour;

/// The largest side of a texture; of larger matrices a texel shows the mean of a block.
const TEXELS: usize = 512;
/// The room for what stands beside a matrix.
const TITLE: f32 = 15.0;
/// Textures that are kept.
const KEPT: usize = 16;
/// What the picture says, as the paper reads it.
const READING: &str = "K / V: the fraction of units that agree on two images of the mini-batch. Bright \
    means that many agree; the colours end at the greatest fraction of two different images, and the \
    diagonal, which is always 1, has the last colour. A network that distinguishes the images is dark off the \
    diagonal and scores high; bright blocks are images that it hardly distinguishes, and lower its score \
    (Mellor et al., ICML 2021, figure 1).";

/// The last textures.
#[derive(Default)]
pub struct HeatMapTextures {
    last: Vec<(Arc<KernelPicture>, [f64; 2], TextureHandle)>,
}

impl HeatMapTextures {
    /// The texture of a matrix whose colours begin and end at these shares.
    fn of(&mut self, ui: &Ui, picture: &Arc<KernelPicture>, range: [f64; 2]) -> TextureHandle {
        let is = |(other, known, _): &(Arc<KernelPicture>, [f64; 2], TextureHandle)| {
            Arc::ptr_eq(other, picture) && *known == range
        };
        if let Some(at) = self.last.iter().position(is) {
            return self.last[at].2.clone();
        }
        let (image, window) = (Arc::new(image(&picture.matrix, range)), ui.ctx());
        let texture = window.load_texture("kernel matrix", image.clone(), TextureOptions::NEAREST);
        CaptureQueue::of(window).image(window, texture.id(), image);
        if self.last.len() == KEPT {
            drop(self.last.remove(0));
        }
        self.last.push((picture.clone(), range, texture.clone()));
        texture
    }
}

/// Where a share lies on a scale; what is above its end, as the diagonal is, lies at its end.
fn level(share: f64, [least, most]: [f64; 2]) -> f64 {
    ((share - least) / (most - least).max(1e-9)).clamp(0.0, 1.0)
}

fn colour(share: f64, range: [f64; 2]) -> Color32 {
    let [red, green, blue] = heat_colour(level(share, range));
    Color32::from_rgb(red, green, blue)
}

fn image(matrix: &KernelMatrix, range_of_colours: [f64; 2]) -> ColorImage {
    let (n, units) = (matrix.images(), matrix.units().max(1) as f64);
    let block = n.div_ceil(TEXELS).max(1);
    let side = n.div_ceil(block);
    let range = |at: usize| at * block..((at + 1) * block).min(n);
    let texel = |at: usize| {
        let (rows, columns) = (range(at / side), range(at % side));
        let count = (rows.len() * columns.len()) as f64;
        let row = |i: usize| matrix.entries()[i * n..][columns.clone()].iter().sum::<u64>();
        colour(rows.map(row).sum::<u64>() as f64 / count / units, range_of_colours)
    };
    ColorImage::new([side; 2], (0..side * side).map(texel).collect())
}

/// Shows a kernel matrix in a square, with its images along both sides. The entry under the pointer is
/// described next to it.
pub fn show(
    ui: &mut Ui,
    textures: &mut HeatMapTextures,
    picture: &Arc<KernelPicture>,
    (side, range): (f32, [f64; 2]),
) {
    let texture = textures.of(ui, picture, range);
    let n = picture.matrix.images();
    let alt = format!("Kernel matrix of {n} images, ln |det K| {:.4}", picture.score);
    let side = side - TITLE;
    let image = egui::Image::new((texture.id(), Vec2::splat(side))).alt_text(alt);
    let name = format!("kernel matrix, ln det K {:.4}", picture.score);
    let response = exportable(ui, &name, |ui| {
        with_titles(ui, n, side, |ui| ui.add(image.sense(Sense::hover())))
    });
    let place = response.hover_pos().map(|pointer| {
        let share = (pointer - response.rect.min) / side;
        let at = |share: f32| ((share * n as f32) as usize).min(n - 1);
        [at(share.y), at(share.x)]
    });
    response.on_hover_ui_at_pointer(|ui| {
        ui.set_max_width(340.0);
        if let Some([i, j]) = place {
            let agree = picture.matrix.entries()[i * n + j];
            let share = agree as f64 / picture.matrix.units().max(1) as f64;
            ui.monospace(format!("images {i} and {j}: K / V = {share:.4}"));
        }
        ui.label(READING);
    });
}

/// Puts what the axes show, and where they begin and end, beside a square.
fn with_titles<R>(ui: &mut Ui, n: usize, side: f32, add: impl FnOnce(&mut Ui) -> R) -> R {
    let (whole, _) = ui.allocate_exact_size(Vec2::splat(side + TITLE), Sense::hover());
    let square = egui::Rect::from_min_size(whole.min + vec2(TITLE, 0.0), Vec2::splat(side));
    let inner = ui.scope_builder(egui::UiBuilder::new().max_rect(square), add).inner;
    let (painter, colour) = (ui.painter(), theme::secondary(ui.visuals()));
    let text = |text: String| painter.layout_no_wrap(text, FontId::proportional(10.5), colour);
    let last = n.saturating_sub(1).to_string();
    for (share, label) in [(0.0, "0".to_owned()), (0.5, "image".to_owned()), (1.0, last)] {
        let across = text(label);
        let size = across.size();
        let x = square.left() + share * (side - size.x);
        painter.galley(pos2(x, square.bottom() + 1.0), across.clone(), colour);
        let y = square.top() + share * (side - size.x) + size.x;
        let place = pos2(square.left() - size.y - 1.0, y);
        let turned = TextShape::new(place, across, colour).with_angle(-std::f32::consts::FRAC_PI_2);
        painter.add(turned);
    }
    inner
}

/// The scale of colours, from the least share of different images to the greatest.
pub fn scale(ui: &mut Ui, width: f32, range: [f64; 2]) {
    let [least, most] = range;
    const STEPS: usize = 64;
    ui.horizontal(|ui| {
        ui.monospace(format!("{least:.2}"));
        let (rect, response) =
            ui.allocate_exact_size(vec2((width - 120.0).max(60.0), 10.0), Sense::hover());
        let step = rect.width() / STEPS as f32;
        for at in 0..STEPS {
            let share = least + (most - least) * (at as f64 + 0.5) / STEPS as f64;
            let left = rect.left() + at as f32 * step;
            let bar = egui::Rect::from_min_size(
                egui::pos2(left, rect.top()),
                vec2(step + 0.5, rect.height()),
            );
            ui.painter().rect_filled(bar, 0.0, colour(share, range));
        }
        response.on_hover_text(READING);
        ui.monospace(format!("{most:.2} K/V"));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_goes_from_the_least_share_to_the_greatest() {
        let range = [0.5, 0.75];
        assert_eq!([0.5, 0.75, 0.625].map(|share| level(share, range)), [0.0, 1.0, 0.5]);
        // The diagonal does not make the rest of the matrix dark.
        assert_eq!((level(0.1, range), level(1.0, range)), (0.0, 1.0));
        // All images alike: nothing is divided by zero.
        assert!(level(1.0, [1.0, 1.0]).is_finite());
    }

    // A transposed or shifted picture would not have the diagonal's colour on its diagonal.
    #[test]
    fn the_picture_is_the_matrix() {
        let distances = [0, 4, 10, 4, 0, 6, 10, 6, 0];
        let matrix = KernelMatrix::from_distances(3, 10, &distances).unwrap();
        let image = image(&matrix, [0.0, 1.0]);
        assert_eq!(image.size, [3, 3]);
        assert!((0..3).all(|i| image.pixels[i * 4] == colour(1.0, [0.0, 1.0])));
        assert_eq!(image.pixels[1], colour(0.6, [0.0, 1.0]));
        assert_eq!(image.pixels[2], colour(0.0, [0.0, 1.0]));
        assert_eq!(image.pixels[5], colour(0.4, [0.0, 1.0]));
    }

    #[test]
    fn large_matrices_are_shown_by_blocks() {
        let n = TEXELS + 2;
        let matrix = KernelMatrix::from_distances(n, 1, &vec![0; n * n]).unwrap();
        let image = image(&matrix, [0.5, 1.0]);
        assert_eq!(image.size, [n.div_ceil(2); 2]);
        assert!(image.pixels.iter().all(|pixel| *pixel == colour(1.0, [0.5, 1.0])));
    }
}
