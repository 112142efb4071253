//! Which part of a network is seen, and how large.

use egui::{Pos2, Rect, Vec2, vec2};

/// The smallest and the largest scale.
const SCALES: [f32; 2] = [0.001, 2.5];
/// The least scale in which a network is shown at first: its nodes can be read.
const FIRST: f32 = 0.7;
/// The room around a network.
const MARGIN: f32 = 16.0;

/// From the places of a layout to those of the window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    /// Points of the window for each of the layout.
    pub scale: f32,
    /// Where the layout begins, from the corner of the view.
    pub offset: Vec2,
}

impl Default for Camera {
    fn default() -> Self {
        Self { scale: 1.0, offset: Vec2::ZERO }
    }
}

impl Camera {
    /// Everything in a view of that size.
    pub fn fit(size: Vec2, view: Vec2) -> Self {
        let room = (view - Vec2::splat(2.0 * MARGIN)).max(Vec2::splat(1.0));
        let ratio = room / size.max(Vec2::splat(1.0));
        let scale = ratio.min_elem().clamp(SCALES[0], 1.0);
        Self { scale, offset: (view - size * scale) / 2.0 }
    }

    /// The beginning of a network, large enough to be read.
    pub fn first(size: Vec2, view: Vec2) -> Self {
        let whole = Self::fit(size, view);
        if whole.scale >= FIRST {
            return whole;
        }
        Self { scale: FIRST, offset: vec2((view.x - size.x * FIRST) / 2.0, MARGIN) }
    }

    /// A point of the layout in a view.
    pub fn point(&self, view: Rect, point: Pos2) -> Pos2 {
        view.min + self.offset + point.to_vec2() * self.scale
    }

    /// A rectangle of the layout in a view.
    pub fn rect(&self, view: Rect, rect: Rect) -> Rect {
        Rect::from_min_max(self.point(view, rect.min), self.point(view, rect.max))
    }

    /// The part of the layout that a view shows.
    pub fn seen(&self, view: Rect) -> Rect {
        let min = (-self.offset / self.scale).to_pos2();
        Rect::from_min_size(min, view.size() / self.scale)
    }

    /// Larger or smaller by a factor; the place at that point of the view stays.
    pub fn zoom(&mut self, factor: f32, at: Vec2) {
        let scale = (self.scale * factor).clamp(SCALES[0], SCALES[1]);
        self.offset = at - (at - self.offset) * (scale / self.scale);
        self.scale = scale;
    }

    /// Moves so that a place of the layout is in the middle, unless it is in sight.
    pub fn reveal(&mut self, place: Rect, view: Vec2) {
        let whole = Rect::from_min_size(Pos2::ZERO, view);
        if !whole.shrink(MARGIN).contains_rect(self.rect(whole, place)) {
            self.put(place.center(), view / 2.0);
        }
    }

    /// Moves so that a point of the layout is at one of the view.
    pub fn put(&mut self, point: Pos2, at: Vec2) {
        self.offset = at - point.to_vec2() * self.scale;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::pos2;

    #[test]
    fn what_is_under_the_pointer_stays_there() {
        let view = Rect::from_min_size(pos2(100.0, 50.0), vec2(800.0, 600.0));
        let mut camera = Camera::fit(vec2(4000.0, 90_000.0), view.size());
        assert!(view.contains_rect(
            camera.rect(view, Rect::from_min_size(Pos2::ZERO, vec2(4000.0, 90_000.0)))
        ));
        let place = pos2(40.0, 70.0);
        let at = camera.point(view, place);
        camera.zoom(7.0, at - view.min);
        assert!(camera.point(view, place).distance(at) < 0.01);
        assert!(camera.seen(view).contains(place));
        camera.reveal(Rect::from_center_size(pos2(0.0, 80_000.0), vec2(10.0, 10.0)), view.size());
        assert!(camera.point(view, pos2(0.0, 80_000.0)).distance(view.center()) < 0.1);
    }
}
