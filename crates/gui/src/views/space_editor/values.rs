//! Fields of a space file: each reads and writes the place of its key.

use egui::{ComboBox, Grid, Id, Response, RichText, TextEdit, Ui};
use toml_edit::Value;

use super::form::{SpaceForm, named, title, wrong};
use super::{layers, rows, ticks};
use crate::space_editor::SpaceChange;
use crate::space_editor::fields::{Field, FieldKind};
use crate::space_editor::names::KnownNames;
use crate::space_editor::path::KeyPath;
use crate::space_editor::typed::{parsed, shown};

/// The width of a field in a form.
const FIELD: f32 = 250.0;
/// The width of names of fields.
const NAMES: f32 = 104.0;

/// How high a menu of names may be.
const MENU: f32 = 320.0;

/// What is typed in a field while it has the focus.
#[derive(Clone)]
struct TypedText {
    text: String,
    /// The file, and how often it became another one: then this text is no longer in it.
    of: (u64, u64),
    error: Option<&'static str>,
}

impl SpaceForm<'_> {
    /// Fields of a table: those on a line first, lists and tables below them.
    pub fn fields(&mut self, ui: &mut Ui, table: &KeyPath, fields: &[Field]) {
        let is_large = |field: &&Field| {
            use FieldKind::{Layers, Named, Names, Rows};
            matches!(field.kind, Layers | Names | Rows(_) | Named(_))
        };
        let grid = Grid::new(("fields", table.to_string()));
        grid.num_columns(2).min_col_width(NAMES).spacing([12.0, 5.0]).show(ui, |ui| {
            for field in fields.iter().filter(|field| !is_large(field)) {
                self.line(ui, &table.key(&field.key), field);
            }
        });
        for field in fields.iter().filter(is_large) {
            self.large(ui, &table.key(&field.key), field);
        }
    }

    /// A row of a grid.
    fn line(&mut self, ui: &mut Ui, path: &KeyPath, field: &Field) {
        ui.label(title(&field.key)).on_hover_text(&field.about);
        ui.vertical(|ui| {
            if let FieldKind::Record(inner) = &field.kind {
                ui.horizontal_wrapped(|ui| {
                    for one in inner {
                        ui.weak(title(&one.key)).on_hover_text(&one.about);
                        self.value(ui, &path.key(&one.key), one, 70.0);
                    }
                });
            } else {
                let width = match field.kind {
                    FieldKind::Number => 90.0,
                    _ => FIELD.min(ui.available_width() - 8.0),
                };
                self.value(ui, path, field, width).on_hover_text(&field.about);
            }
            ui.set_max_width(ui.available_width().max(FIELD));
            self.problems(ui, path);
        });
        ui.end_row();
    }

    /// A list or a table under its name.
    fn large(&mut self, ui: &mut Ui, path: &KeyPath, field: &Field) {
        ui.add_space(8.0);
        ui.horizontal_wrapped(|ui| {
            ui.strong(title(&field.key));
            ui.label(RichText::new(&field.about).small().weak());
        });
        match &field.kind {
            FieldKind::Layers => {
                layers::show(ui, self, path);
                self.problems(ui, path);
            }
            FieldKind::Names => {
                ticks::show(ui, self, path, &field.key);
                self.problems(ui, path);
            }
            FieldKind::Rows(columns) => rows::list(ui, self, path, columns),
            FieldKind::Named(columns) => rows::named_entries(ui, self, path, columns),
            _ => {}
        }
    }

    /// The field of a value on one line.
    pub fn value(&mut self, ui: &mut Ui, path: &KeyPath, field: &Field, width: f32) -> Response {
        match &field.kind {
            FieldKind::Choice(choices) => self.choice(ui, path, field, choices, width),
            FieldKind::Flag => self.flag(ui, path, field),
            FieldKind::Name => self.name(ui, path, field, width),
            FieldKind::Names => ticks::button(ui, self, path, &field.key, width),
            _ => self.typed(ui, path, field, width),
        }
    }

    /// A field for a value that is typed.
    fn typed(&mut self, ui: &mut Ui, path: &KeyPath, field: &Field, width: f32) -> Response {
        let name = path.to_string();
        let id = Id::unique(("edited", &name));
        let of = (self.space.number(), self.space.jumps);
        let kept = ui.data(|data| data.get_temp::<TypedText>(id)).filter(|kept| kept.of == of);
        let item = self.space.file.item(path);
        let mut error = kept.as_ref().and_then(|kept| kept.error);
        let mut text = match kept.filter(|_| ui.memory(|memory| memory.has_focus(id))) {
            Some(kept) => kept.text,
            None => item.map(|item| shown(item, &field.kind)).unwrap_or_default(),
        };
        let mut edit = TextEdit::singleline(&mut text).id(id).desired_width(width - 8.0);
        if !field.default.is_empty() {
            edit = edit.hint_text(&field.default);
        }
        if error.is_some() || !self.problems_of(path).is_empty() {
            edit = edit.text_color(ui.visuals().error_fg_color);
        }
        let response = named(ui.add(edit), egui::Role::TextInput, &name);
        if response.changed() {
            let value = parsed(&text, &field.kind);
            let is_pairs = matches!(field.kind, FieldKind::Pairs);
            error = (is_pairs && value.as_ref().is_some_and(Value::is_str))
                .then_some("is written NAME = VALUE, with commas between them");
            if error.is_none() {
                let is_text = matches!(field.kind, FieldKind::Text) && field.is_required;
                let value = value.or_else(|| is_text.then(|| "".into()));
                self.change(SpaceChange::Type(path.clone(), value));
            }
        }
        if response.has_focus() {
            ui.data_mut(|data| data.insert_temp(id, TypedText { text, of, error }));
        } else if response.lost_focus() {
            ui.data_mut(|data| data.remove::<TypedText>(id));
            self.is_left = true;
        }
        wrong(ui, error.map(str::to_owned).into_iter().collect());
        response
    }

    /// One of a few texts.
    fn choice(
        &mut self,
        ui: &mut Ui,
        path: &KeyPath,
        field: &Field,
        choices: &[(String, String)],
        width: f32,
    ) -> Response {
        let now = self.space.file.str(path).map(str::to_owned);
        let first = || choices.first().map(|choice| choice.0.clone()).unwrap_or_default();
        let default = if field.is_required { String::new() } else { first() };
        let shown = match &now {
            Some(now) => RichText::new(now),
            None => RichText::new(default).weak(),
        };
        let combo = ComboBox::from_id_salt(path.to_string()).selected_text(shown).width(width);
        let inner = combo.show_ui(ui, |ui| {
            for (choice, about) in choices {
                let is_now = now.as_ref() == Some(choice);
                if ui.selectable_label(is_now, choice).on_hover_text(about).clicked() {
                    self.set(path, Some(choice.into()));
                }
            }
            if !field.is_required && ui.selectable_label(now.is_none(), "not given").clicked() {
                self.set(path, None);
            }
        });
        named(inner.response, egui::Role::ComboBox, &path.to_string())
    }

    /// Yes or no. What is not there is not written.
    fn flag(&mut self, ui: &mut Ui, path: &KeyPath, field: &Field) -> Response {
        let item = self.space.file.item(path);
        let mut is_on = item.and_then(toml_edit::Item::as_bool).unwrap_or(field.default == "true");
        let response = ui.checkbox(&mut is_on, "");
        if response.changed() {
            let is_default = !field.is_required && is_on == (field.default == "true");
            self.set(path, (!is_default).then(|| is_on.into()));
        }
        named(response, egui::Role::CheckBox, &path.to_string())
    }

    /// The name of an operation.
    fn name(&mut self, ui: &mut Ui, path: &KeyPath, field: &Field, width: f32) -> Response {
        let now = self.space.file.str(path).unwrap_or_default().to_owned();
        let known = KnownNames::of(&self.space.file, &field.key);
        let is_wrong = !self.problems_of(path).is_empty();
        let shown = match is_wrong {
            true => RichText::new(&now).color(ui.visuals().error_fg_color),
            false => RichText::new(&now),
        };
        let combo = ComboBox::from_id_salt(path.to_string()).selected_text(shown).width(width);
        let inner = combo.truncate().height(MENU).show_ui(ui, |ui| {
            if !field.is_required && ui.selectable_label(now.is_empty(), "not given").clicked() {
                self.set(path, None);
            }
            for name in known.own.iter().chain(&known.builtin) {
                if ui.selectable_label(*name == now, name).clicked() {
                    self.set(path, Some(name.into()));
                }
            }
        });
        named(inner.response, egui::Role::ComboBox, &path.to_string())
    }
}
