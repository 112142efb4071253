//! Lists of names of operations or candidates: what is ticked is in the list, in its order.

use egui::{Button, Popup, PopupCloseBehavior, Response, RichText, ScrollArea, Ui};

use super::form::{Sign, SpaceForm, named, sign};
use crate::space_editor::SpaceChange;
use crate::space_editor::names::KnownNames;
use crate::space_editor::path::KeyPath;

/// The most that a list in a menu is high.
const HIGH: f32 = 260.0;

/// Ticks for all names.
pub fn show(ui: &mut Ui, form: &mut SpaceForm<'_>, path: &KeyPath, key: &str) {
    let chosen = form.space.file.names(path);
    let known = KnownNames::of(&form.space.file, key);
    ui.horizontal_wrapped(|ui| {
        for (at, name) in chosen.iter().enumerate() {
            chosen_tick(ui, form, path, &chosen, at, name);
        }
        for name in known.choices.iter().chain(&known.own) {
            tick(ui, form, path, &chosen, name);
        }
    });
    let others = egui::CollapsingHeader::new("Built-in operations").id_salt(path.to_string());
    // Where the file has no names of its own, these are the ones to choose from.
    let is_open = known.choices.is_empty() && known.own.is_empty();
    others.default_open(is_open).show(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            for name in &known.builtin {
                tick(ui, form, path, &chosen, name);
            }
        });
    });
}

/// A button with the names of a list, which opens the ticks.
pub fn button(
    ui: &mut Ui,
    form: &mut SpaceForm<'_>,
    path: &KeyPath,
    key: &str,
    width: f32,
) -> Response {
    let chosen = form.space.file.names(path);
    let text = match chosen.is_empty() {
        true => RichText::new("as for all").weak(),
        false => RichText::new(chosen.join(", ")),
    };
    let button = Button::new(text).truncate().min_size(egui::vec2(width, 0.0));
    let response = named(ui.add(button), egui::Role::Button, &path.to_string());
    Popup::menu(&response).close_behavior(PopupCloseBehavior::CloseOnClickOutside).show(|ui| {
        let known = KnownNames::of(&form.space.file, key);
        ScrollArea::vertical().max_height(HIGH).show(ui, |ui| {
            for (at, name) in chosen.iter().enumerate() {
                ui.horizontal(|ui| chosen_tick(ui, form, path, &chosen, at, name));
            }
            for name in known.choices.iter().chain(&known.own).chain(&known.builtin) {
                tick(ui, form, path, &chosen, name);
            }
        });
    });
    response.on_hover_text(chosen.join(", "))
}

/// A name that is in the list: its tick, and a button that moves it forward.
fn chosen_tick(
    ui: &mut Ui,
    form: &mut SpaceForm<'_>,
    path: &KeyPath,
    chosen: &[String],
    at: usize,
    name: &str,
) {
    let mut is_on = true;
    if ui.checkbox(&mut is_on, name).changed() {
        form.change(match chosen {
            [_] => SpaceChange::Remove(path.clone()),
            _ => SpaceChange::Remove(path.at(at)),
        });
    }
    if at > 0 && sign(ui, Sign::Forward, &format!("Move {name} forward in {path}"), true) {
        form.change(SpaceChange::Shift(path.clone(), at, at - 1));
    }
}

/// A name that can be added.
fn tick(ui: &mut Ui, form: &mut SpaceForm<'_>, path: &KeyPath, chosen: &[String], name: &String) {
    let mut is_on = false;
    if !chosen.contains(name) && ui.checkbox(&mut is_on, name).changed() {
        form.change(SpaceChange::Insert(path.clone(), chosen.len(), name.into()));
    }
}
