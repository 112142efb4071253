//! Plots and drawings as files. The shapes that egui paints in an area are written as SVG (`svg`,
//! `text`), from which a PNG is made (`write`).

mod capture;
mod svg;
#[cfg(test)]
mod tests;
mod text;
mod write;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use egui::{Color32, ColorImage, TextureId};

pub use capture::{CapturedPicture, exportable};

/// Passes after which a picture that was asked for and is not painted is given up.
const PATIENCE: u64 = 3;

/// Pictures that can be had, that are asked for, and that were taken. Clones share them.
#[derive(Clone, Default)]
pub struct CaptureQueue(Arc<Mutex<CaptureState>>);

#[derive(Default)]
struct CaptureState {
    /// Name and area of those of the pass of that number.
    shown: (u64, Vec<(String, f32)>),
    /// What is asked for, since which pass.
    wanted: Option<(String, u64)>,
    taken: Vec<CapturedPicture>,
    /// The points of textures that are part of pictures.
    images: HashMap<TextureId, Arc<ColorImage>>,
}

impl CaptureQueue {
    /// The one of a window.
    pub fn of(window: &egui::Context) -> Self {
        let id = egui::Id::unique("pictures");
        window.data_mut(|data| data.get_temp_mut_or_default::<Self>(id).clone())
    }

    fn lock(&self) -> MutexGuard<'_, CaptureState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the view that is shown has a picture.
    pub fn has_any(&self) -> bool {
        !self.lock().shown.1.is_empty()
    }

    /// After a frame: the pictures that were taken, and whether one that was asked for never came.
    pub fn take_captured(&self, window: &egui::Context) -> (Vec<CapturedPicture>, bool) {
        let pass = window.cumulative_pass_nr();
        let mut pictures = self.lock();
        if pictures.shown.0 != pass {
            pictures.shown = (pass, Vec::new());
        }
        let is_late = pictures.wanted.take_if(|(_, since)| *since + PATIENCE < pass).is_some();
        (std::mem::take(&mut pictures.taken), is_late)
    }

    /// Asks for the picture of that name.
    pub fn want(&self, window: &egui::Context, name: &str) {
        self.lock().wanted = Some((name.to_owned(), window.cumulative_pass_nr()));
        window.request_repaint();
    }

    /// Asks for the largest picture that is shown.
    pub fn want_main(&self, window: &egui::Context) {
        let largest = {
            let pictures = self.lock();
            let shown = pictures.shown.1.iter();
            shown.max_by(|a, b| a.1.total_cmp(&b.1)).map(|(name, _)| name.clone())
        };
        if let Some(name) = largest {
            self.want(window, &name);
        }
    }

    fn wants(&self, name: &str) -> bool {
        self.lock().wanted.as_ref().is_some_and(|(wanted, _)| wanted == name)
    }

    fn show(&self, pass: u64, name: &str, area: f32) {
        let mut pictures = self.lock();
        if pictures.shown.0 != pass {
            pictures.shown = (pass, Vec::new());
        }
        pictures.shown.1.push((name.to_owned(), area));
    }

    fn take(&self, picture: CapturedPicture) {
        let mut pictures = self.lock();
        pictures.wanted = None;
        pictures.taken.push(picture);
    }

    /// Says what the points of a texture are, for pictures it is part of; those of textures that are gone
    /// are forgotten.
    pub fn image(&self, window: &egui::Context, texture: TextureId, image: Arc<ColorImage>) {
        let textures = window.tex_manager();
        let textures = textures.read();
        let mut pictures = self.lock();
        pictures.images.retain(|known, _| textures.meta(*known).is_some());
        pictures.images.insert(texture, image);
    }

    fn images(&self) -> HashMap<TextureId, Arc<ColorImage>> {
        self.lock().images.clone()
    }
}

/// A colour as SVG says it: the colour, and its opacity.
fn paint(colour: Color32) -> (String, f32) {
    let [r, g, b, a] = colour.to_srgba_unmultiplied();
    (format!("#{r:02x}{g:02x}{b:02x}"), f32::from(a) / 255.0)
}

/// A number with two decimals at most.
fn number(value: f32) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}
