//! What the fields of a space file share: the space, the changes that are requested, what is wrong, and small
//! buttons.

use egui::{Response, RichText, Shape, Stroke, Ui, Vec2, WidgetInfo, vec2};
use toml_edit::Value;

use crate::space_editor::path::{KeyPath, PathStep};
use crate::space_editor::{EditedSpace, SpaceChange};
use untrained::space::SpaceProblem;

/// The fields of a file, and the changes that are requested in them.
pub struct SpaceForm<'s> {
    /// The space.
    pub space: &'s EditedSpace,
    /// The changes.
    pub changes: Vec<SpaceChange>,
    /// Whether a field was left.
    pub is_left: bool,
}

/// The name of a key as it is shown.
pub fn title(key: &str) -> String {
    key.replace('_', " ")
}

/// Names a control by its place, for those who hear it.
pub fn named(response: Response, role: egui::Role, name: &str) -> Response {
    let is_enabled = response.enabled();
    response.widget_info(|| WidgetInfo::labeled(role, is_enabled, name));
    response
}

/// What a small button does to an entry.
#[derive(Clone, Copy)]
pub enum Sign {
    /// Moves it up.
    Up,
    /// Moves it down.
    Down,
    /// Moves it to the left.
    Forward,
    /// Takes it away.
    Remove,
}

impl Sign {
    /// The corners of a triangle around a point; the fonts have no arrows.
    fn corners(self) -> Option<[Vec2; 3]> {
        let (wide, high) = (4.0, 3.0);
        match self {
            Self::Up => Some([vec2(-wide, high), vec2(0.0, -high), vec2(wide, high)]),
            Self::Down => Some([vec2(-wide, -high), vec2(wide, -high), vec2(0.0, high)]),
            Self::Forward => Some([vec2(high, -wide), vec2(high, wide), vec2(-high, 0.0)]),
            Self::Remove => None,
        }
    }
}

/// A small button with a sign; `name` says what it does.
pub fn sign(ui: &mut Ui, sign: Sign, name: &str, is_enabled: bool) -> bool {
    let corners = sign.corners();
    let text = if corners.is_some() { "" } else { "×" };
    let button = egui::Button::new(RichText::new(text).small()).min_size(vec2(20.0, 18.0));
    let response = ui.add_enabled(is_enabled, button);
    if let Some(corners) = corners {
        let colour = match is_enabled {
            true => ui.style().interact(&response).text_color(),
            false => ui.visuals().weak_text_color().gamma_multiply(0.5),
        };
        let points = corners.map(|corner| response.rect.center() + corner).to_vec();
        ui.painter().add(Shape::convex_polygon(points, colour, Stroke::NONE));
    }
    named(response, egui::Role::Button, name).on_hover_text(name).clicked()
}

/// Writes what is wrong. What comes after it stays the same control whether there is anything, so that it
/// does not lose the focus.
pub fn wrong(ui: &mut Ui, texts: Vec<String>) {
    if texts.is_empty() {
        return ui.skip_ahead_auto_ids(1);
    }
    ui.scope(|ui| {
        for text in texts {
            let text = RichText::new(text).small().color(ui.visuals().error_fg_color);
            ui.add(egui::Label::new(text).wrap());
        }
    });
}

impl<'s> SpaceForm<'s> {
    /// Without changes so far.
    pub fn new(space: &'s EditedSpace) -> Self {
        Self { space, changes: Vec::new(), is_left: false }
    }

    /// Requests a change.
    pub fn change(&mut self, change: SpaceChange) {
        self.changes.push(change);
    }

    /// Requests a value for a key, or none.
    pub fn set(&mut self, path: &KeyPath, value: Option<Value>) {
        self.change(SpaceChange::Set(path.clone(), value));
    }

    /// What is wrong with a value: at its place, in it, or that it is missing.
    pub fn problems_of(&self, path: &KeyPath) -> Vec<&'s SpaceProblem> {
        let mut found: Vec<_> = self.space.problems_in(path).collect();
        if let Some((parent, PathStep::Key(key))) = path.split() {
            let (parent, missing) = (parent.to_string(), format!("missing the key `{key}`"));
            let is_missing = |problem: &&SpaceProblem| {
                problem.path == parent && problem.message.contains(&missing)
            };
            found.extend(self.space.problems.iter().filter(is_missing));
        }
        found
    }

    /// Writes what is wrong with a value.
    pub fn problems(&self, ui: &mut Ui, path: &KeyPath) {
        let whole = path.to_string();
        let texts = self.problems_of(path).into_iter().map(|problem| {
            // What is in it says where.
            let place = problem.path.strip_prefix(&whole).unwrap_or_default();
            match place.trim_start_matches('.') {
                "" => problem.message.clone(),
                place => format!("{place} {}", problem.message),
            }
        });
        wrong(ui, texts.collect());
    }

    /// Writes what is wrong with a list or a table as a whole.
    pub fn problems_at(&self, ui: &mut Ui, path: &KeyPath) {
        let whole = path.to_string();
        let is_whole =
            |problem: &&SpaceProblem| problem.path == whole || !problem.path.starts_with(&whole);
        let problems = self.problems_of(path).into_iter().filter(is_whole);
        wrong(ui, problems.map(|problem| problem.message.clone()).collect());
    }
}
