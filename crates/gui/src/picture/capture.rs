//! Captures what egui paints in an area, and draws the button that requests it.

use std::collections::HashMap;
use std::sync::Arc;

use egui::epaint::ClippedShape;
use egui::layers::ShapeIdx;
use egui::{
    Color32, ColorImage, FontDefinitions, Rect, RichText, Sense, Stroke, TextureId, Theme, Ui, vec2,
};

use super::CaptureQueue;

/// The side of the button.
const BUTTON: f32 = 18.0;

/// What a picture is wider than its place on each side.
pub const MARGIN: f32 = 8.0;

/// What was painted in an area.
#[derive(Clone)]
pub struct CapturedPicture {
    /// What it shows.
    pub name: String,
    /// The place, with a margin.
    pub rect: Rect,
    /// The background.
    pub background: Color32,
    /// The painted shapes, the last on top.
    pub shapes: Vec<ClippedShape>,
    /// The points of the textures in it.
    pub images: HashMap<TextureId, Arc<ColorImage>>,
    /// The fonts of its texts.
    pub fonts: FontDefinitions,
}

/// Adds something that can be saved as a picture of that name: a button in its upper right corner does
/// it, and so does "Save picture…" in the menu for the largest of a view. A name stands once in a view.
pub fn exportable<R>(ui: &mut Ui, name: &str, add: impl FnOnce(&mut Ui) -> R) -> R {
    let window = ui.ctx().clone();
    let desk = CaptureQueue::of(&window);
    let is_wanted = desk.wants(name);
    let before = is_wanted.then(|| CaptureStart::new(ui));
    let inner = if is_wanted {
        // The picture is drawn for a page: with a title, in the light theme.
        ui.vertical(|ui| {
            // What lies outside a scrolled view belongs to the picture too.
            ui.set_clip_rect(Rect::EVERYTHING);
            ui.style_mut().visuals = window.style_of(Theme::Light).visuals.clone();
            ui.add(egui::Label::new(RichText::new(title(name)).strong()).selectable(false));
            add(ui)
        })
    } else {
        ui.scope(add)
    };
    let rect = inner.response.rect;
    if let Some(before) = before {
        desk.take(before.picture(ui, name, rect, &desk));
        // Nobody sees this pass. It is said now, since nothing is painted any more once it is said.
        window.request_discard("a picture is taken");
    }
    desk.show(window.cumulative_pass_nr(), name, rect.area());
    button(ui, rect, name, &desk);
    inner.inner
}

/// What a picture is called in it: its name with a capital letter.
fn title(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

/// What there was before something was painted.
struct CaptureStart {
    first: ShapeIdx,
    clip: Rect,
    pointer: egui::PointerState,
}

impl CaptureStart {
    fn new(ui: &Ui) -> Self {
        let layer = ui.layer_id();
        let first = ui.ctx().graphics_mut(|layers| layers.entry(layer).next_idx());
        // A picture does not show what the pointer is on.
        let pointer = ui.ctx().input_mut(|input| std::mem::take(&mut input.pointer));
        Self { first, clip: ui.clip_rect(), pointer }
    }

    fn picture(self, ui: &Ui, name: &str, rect: Rect, desk: &CaptureQueue) -> CapturedPicture {
        let (window, layer) = (ui.ctx(), ui.layer_id());
        window.input_mut(|input| input.pointer = self.pointer);
        let shapes = window.graphics_mut(|layers| {
            let list = layers.entry(layer);
            let shapes = list.all_entries().skip(self.first.0).cloned().collect();
            for at in self.first.0..list.next_idx().0 {
                list.mutate_shape(ShapeIdx(at), |shape| {
                    shape.clip_rect = shape.clip_rect.intersect(self.clip);
                });
            }
            shapes
        });
        CapturedPicture {
            name: name.to_owned(),
            rect: rect.expand(MARGIN),
            background: Color32::WHITE,
            shapes,
            images: desk.images(),
            fonts: window.fonts(|fonts| fonts.definitions().clone()),
        }
    }
}

/// The button, which is seen where the pointer or the focus is.
fn button(ui: &Ui, rect: Rect, name: &str, desk: &CaptureQueue) {
    let corner = rect.right_top() + vec2(-BUTTON - 3.0, 3.0);
    let place = Rect::from_min_size(corner, vec2(BUTTON, BUTTON));
    let response = ui.interact(place, ui.scope_id().with(("picture", name)), Sense::click());
    let label = format!("Save picture of {name}…");
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &label));
    let is_near = ui.rect_contains_pointer(rect);
    if is_near || response.has_focus() {
        let visuals = ui.style().interact(&response);
        let painter = ui.painter();
        let border = Stroke::new(1.0, visuals.fg_stroke.color.gamma_multiply(0.5));
        let fill = visuals.weak_bg_fill;
        painter.rect(place, 3.0, fill, border, egui::StrokeKind::Inside);
        // An arrow down into a tray.
        let stroke = Stroke::new(1.5, visuals.fg_stroke.color);
        let middle = place.center();
        let at = |x: f32, y: f32| middle + vec2(x, y);
        painter.line_segment([at(0.0, -5.0), at(0.0, 1.5)], stroke);
        painter.line(vec![at(-3.0, -1.5), at(0.0, 1.5), at(3.0, -1.5)], stroke);
        painter.line(vec![at(-5.0, 2.0), at(-5.0, 5.0), at(5.0, 5.0), at(5.0, 2.0)], stroke);
    }
    if response.on_hover_text(format!("{label} (PNG or SVG)")).clicked() {
        desk.want(ui.ctx(), name);
    }
}
