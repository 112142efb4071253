//! Tables whose rows have the same keys: stages, limits, candidates by name.

use egui::{Id, RichText, ScrollArea, Ui, vec2};
use toml_edit::{InlineTable, Item, Value};

use super::form::{Sign, SpaceForm, named, sign, title};
use crate::space_editor::SpaceChange;
use crate::space_editor::fields::{Field, FieldKind};
use crate::space_editor::names::KnownNames;
use crate::space_editor::path::KeyPath;

/// Columns that a table of these keys has though no row uses them.
const USUAL: [&str; 7] =
    ["width", "stride", "slots", "candidates", "operation", "values", "symbol"];
/// The width of the numbers of rows, and of their names.
const HEADS: [f32; 2] = [22.0, 120.0];

/// The width of a column.
fn width(kind: &FieldKind) -> f32 {
    match kind {
        FieldKind::Number => 58.0,
        FieldKind::Flag => 64.0,
        FieldKind::Text | FieldKind::OneOrMore => 84.0,
        FieldKind::Choice(_) => 96.0,
        FieldKind::Numbers | FieldKind::Literal => 110.0,
        FieldKind::Pairs => 140.0,
        FieldKind::Names => 180.0,
        _ => 160.0,
    }
}

/// A table in a list: one row per entry.
pub fn list(ui: &mut Ui, form: &mut SpaceForm<'_>, path: &KeyPath, fields: &[Field]) {
    let count = form.space.file.count(path);
    let rows: Vec<KeyPath> = (0..count).map(|at| path.at(at)).collect();
    table(ui, form, path, fields, &rows, HEADS[0], |ui, _, at| {
        ui.weak(format!("{}", at + 1));
    });
    let what = title(path.keys().last().unwrap_or(&"entry"));
    let what = what.strip_suffix('s').unwrap_or(&what);
    if ui.button(format!("Add {what}")).clicked() {
        let last = count.checked_sub(1).and_then(|last| form.space.file.item(&path.at(last)));
        let row = last.and_then(copied).unwrap_or_else(|| new_row(form, fields));
        form.change(SpaceChange::Insert(path.clone(), count, row));
    }
    form.problems_at(ui, path);
}

/// A table by names: one row per name.
pub fn named_entries(ui: &mut Ui, form: &mut SpaceForm<'_>, path: &KeyPath, fields: &[Field]) {
    let names = form.space.file.keys(path);
    let rows: Vec<KeyPath> = names.iter().map(|name| path.key(name)).collect();
    table(ui, form, path, fields, &rows, HEADS[1], |ui, form, at| {
        name_field(ui, form, path, &names[at], HEADS[1]);
    });
    if let Some(name) = new_name(ui, path, "Add entry", &names) {
        let row = new_row(form, fields);
        form.set(&path.key(&name), Some(row));
    }
    form.problems_at(ui, path);
}

/// A field for the name of an entry, which is changed once it is left.
pub fn name_field(ui: &mut Ui, form: &mut SpaceForm<'_>, table: &KeyPath, now: &str, width: f32) {
    let name = format!("name of {}", table.key(now));
    let id = Id::unique(("name", &name, form.space.jumps));
    let kept = ui.data(|data| data.get_temp::<String>(id));
    let mut text = kept.unwrap_or_else(|| now.to_owned());
    let is_taken = text != now && form.space.file.item(&table.key(text.trim())).is_some();
    let mut edit = egui::TextEdit::singleline(&mut text).id(id).desired_width(width - 8.0);
    if is_taken {
        edit = edit.text_color(ui.visuals().error_fg_color);
    }
    let response = named(ui.add(edit), egui::Role::TextInput, &name);
    if response.lost_focus() {
        ui.data_mut(|data| data.remove::<String>(id));
        let text = text.trim();
        if text != now && !text.is_empty() && !is_taken {
            let (table, now) = (table.clone(), now.to_owned());
            form.change(SpaceChange::Rename(table, now, text.to_owned()));
        }
    } else if response.changed() {
        ui.data_mut(|data| data.insert_temp(id, text));
    }
    if is_taken {
        response.on_hover_text("This name is taken");
    }
}

/// A field and a button for a new name; the name once it is to be added.
pub fn new_name(ui: &mut Ui, path: &KeyPath, verb: &str, taken: &[String]) -> Option<String> {
    let id = Id::unique(("new name", path.to_string()));
    let mut text = ui.data(|data| data.get_temp::<String>(id)).unwrap_or_default();
    let mut added = None;
    ui.horizontal(|ui| {
        let edit = egui::TextEdit::singleline(&mut text).hint_text("name").desired_width(120.0);
        let response = ui.add(edit.id(id.with("field")));
        let response = named(response, egui::Role::TextInput, &format!("new name in {path}"));
        let name = text.trim().to_owned();
        let is_taken = taken.contains(&name);
        let entered =
            response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        let can = !name.is_empty() && !is_taken;
        let button = named(
            ui.add_enabled(can, egui::Button::new(verb)),
            egui::Role::Button,
            &format!("{verb} to {path}"),
        );
        if is_taken {
            ui.label(RichText::new("is taken").small().color(ui.visuals().error_fg_color));
        }
        if can && (button.clicked() || entered) {
            added = Some(name);
            text.clear();
        }
    });
    ui.data_mut(|data| data.insert_temp(id, text));
    added
}

/// A row like another one.
fn copied(item: &Item) -> Option<Value> {
    let mut value = match item {
        Item::Value(value) => value.clone(),
        Item::Table(table) => {
            let mut inline = table.clone().into_inline_table();
            inline.fmt();
            inline.into()
        }
        _ => return None,
    };
    value.decor_mut().clear();
    Some(value)
}

/// A row with the keys that it must have.
fn new_row(form: &SpaceForm<'_>, fields: &[Field]) -> Value {
    let mut row = InlineTable::new();
    for field in fields.iter().filter(|field| field.is_required) {
        let known = KnownNames::of(&form.space.file, &field.key);
        let first = || known.own.iter().chain(&known.builtin).next().cloned().unwrap_or_default();
        let value: Value = match &field.kind {
            FieldKind::Name => first().into(),
            FieldKind::Names => {
                let candidate = known.choices.first().cloned().unwrap_or_else(first);
                [candidate].into_iter().collect::<toml_edit::Array>().into()
            }
            FieldKind::Number | FieldKind::OneOrMore => 1.into(),
            FieldKind::Flag => false.into(),
            FieldKind::Choice(choices) => {
                choices.first().map(|choice| choice.0.clone()).unwrap_or_default().into()
            }
            _ => "".into(),
        };
        row.insert(&field.key, value);
    }
    row.into()
}

/// The rows, and a menu for further columns.
fn table(
    ui: &mut Ui,
    form: &mut SpaceForm<'_>,
    path: &KeyPath,
    fields: &[Field],
    rows: &[KeyPath],
    head: f32,
    mut show_head: impl FnMut(&mut Ui, &mut SpaceForm<'_>, usize),
) {
    if rows.is_empty() {
        return;
    }
    let id = Id::unique(("columns", path.to_string()));
    let mut more = ui.data(|data| data.get_temp::<Vec<String>>(id)).unwrap_or_default();
    let is_used = |field: &Field| {
        rows.iter().any(|row| form.space.file.item(&row.key(&field.key)).is_some())
            || field.is_required
            || USUAL.contains(&field.key.as_str())
    };
    let (used, unused): (Vec<&Field>, Vec<&Field>) = fields.iter().partition(|one| is_used(one));
    let columns: Vec<&Field> = fields
        .iter()
        .filter(|one| used.iter().any(|used| used.key == one.key) || more.contains(&one.key))
        .collect();
    ScrollArea::horizontal().id_salt(path.to_string()).show(ui, |ui| {
        ui.horizontal(|ui| {
            cell(ui, head, |_| ());
            for column in &columns {
                cell(ui, width(&column.kind), |ui| {
                    let name = RichText::new(title(&column.key)).small().weak();
                    ui.add(egui::Label::new(name).truncate()).on_hover_text(&column.about);
                });
            }
            if !unused.is_empty() {
                let button = ui.small_button("More columns");
                let button = named(button, egui::Role::Button, &format!("Columns of {path}"));
                egui::Popup::menu(&button)
                    .close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside)
                    .show(|ui| {
                        for field in &unused {
                            let mut is_on = more.contains(&field.key);
                            let tick = ui.checkbox(&mut is_on, title(&field.key));
                            if tick.on_hover_text(&field.about).changed() {
                                more.retain(|key| *key != field.key);
                                more.extend(is_on.then(|| field.key.clone()));
                            }
                        }
                    });
            }
        });
        for (at, row) in rows.iter().enumerate() {
            ui.horizontal(|ui| {
                cell(ui, head, |ui| show_head(ui, form, at));
                for column in &columns {
                    let (path, width) = (row.key(&column.key), width(&column.kind));
                    cell(ui, width, |ui| drop(form.value(ui, &path, column, width - 4.0)));
                }
                move_buttons(ui, form, path, row, at, rows.len());
            });
            form.problems(ui, row);
        }
    });
    ui.data_mut(|data| data.insert_temp(id, more));
}

/// A part of a row of a fixed width.
fn cell(ui: &mut Ui, width: f32, add: impl FnOnce(&mut Ui)) {
    let layout = egui::Layout::left_to_right(egui::Align::Center);
    ui.allocate_ui_with_layout(vec2(width, 20.0), layout, |ui| {
        ui.set_min_width(width);
        ui.set_max_width(width);
        add(ui);
    });
}

/// Buttons that move and remove an entry.
pub fn move_buttons(
    ui: &mut Ui,
    form: &mut SpaceForm<'_>,
    list: &KeyPath,
    entry: &KeyPath,
    at: usize,
    count: usize,
) {
    let is_list = *entry == list.at(at);
    if is_list {
        if sign(ui, Sign::Up, &format!("Move {entry} up"), at > 0) {
            form.change(SpaceChange::Shift(list.clone(), at, at - 1));
        }
        if sign(ui, Sign::Down, &format!("Move {entry} down"), at + 1 < count) {
            form.change(SpaceChange::Shift(list.clone(), at, at + 1));
        }
    }
    if sign(ui, Sign::Remove, &format!("Remove {entry}"), true) {
        form.change(SpaceChange::Remove(entry.clone()));
    }
}
