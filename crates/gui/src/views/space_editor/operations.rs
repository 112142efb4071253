//! The operations that a file defines: their layers, and those for another width or stride.

use egui::{CollapsingHeader, RichText, Ui};
use toml_edit::{Array, Item, Value};

use super::form::{SpaceForm, named};
use super::{layers, rows};
use crate::space_editor::file::EditedFile;
use crate::space_editor::names;
use crate::space_editor::path::KeyPath;
use crate::space_editor::{EditedSpace, SpaceChange};
use untrained::space::Space;

/// From so many operations on, only those with problems are open at first.
const OPEN: usize = 4;

/// Shows the operations.
pub fn show(ui: &mut Ui, form: &mut SpaceForm<'_>) {
    let path = KeyPath::top("operations");
    let all = form.space.file.keys(&path);
    let about = "Operations of this space besides the built-in ones. A layer may have options, as in \
                 conv 3x3 stride=s; {name} stands for a value of that name.";
    ui.label(RichText::new(about).small().weak());
    for name in &all {
        operation(ui, form, &path, name, all.len() < OPEN);
    }
    ui.add_space(6.0);
    if let Some(name) = rows::new_name(ui, &path, "Add operation", &all) {
        let layers: Array = ["identity"].into_iter().collect();
        form.set(&path.key(&name).key("layers"), Some(layers.into()));
    }
    copies(ui, form, &path, &all);
}

fn operation(ui: &mut Ui, form: &mut SpaceForm<'_>, table: &KeyPath, name: &str, is_open: bool) {
    let path = table.key(name);
    let is_wrong = form.space.problems_in(&path).next().is_some();
    let title = match is_wrong {
        true => RichText::new(name).color(ui.visuals().error_fg_color),
        false => RichText::new(name).strong(),
    };
    let header = CollapsingHeader::new(title).id_salt(("operation", name));
    header.default_open(is_open || is_wrong).show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.weak("name");
            rows::name_field(ui, form, table, name, 160.0);
            let remove = ui.small_button("Remove operation");
            if named(remove, egui::Role::Button, &format!("Remove {path}")).clicked() {
                form.change(SpaceChange::Remove(path.clone()));
            }
        });
        form.problems(ui, &path);
        layers::show(ui, form, &path.key("layers"));
        let reshape = path.key("reshape");
        if form.space.file.item(&reshape).is_some() {
            ui.horizontal(|ui| {
                ui.weak("Layers where stride or width change");
                let remove = ui.small_button("Remove");
                if named(remove, egui::Role::Button, &format!("Remove {reshape}")).clicked() {
                    form.change(SpaceChange::Remove(reshape.clone()));
                }
            });
            layers::show(ui, form, &reshape);
        } else {
            let add = ui.small_button("Other layers where stride or width change");
            if named(add, egui::Role::Button, &format!("Add {reshape}")).clicked() {
                form.set(&reshape, Some(other_layers(form.space, &path)));
            }
        }
    });
}

/// Layers for another stride or width to begin with: those for the same, or a convolution.
fn other_layers(space: &EditedSpace, path: &KeyPath) -> Value {
    let layers = space.file.item(&path.key("layers"));
    let is_identity = space.file.names(&path.key("layers")) == ["identity"];
    let conv = || Value::from(["conv 1x1 stride=s", "bn"].into_iter().collect::<Array>());
    match layers {
        Some(Item::Value(value)) if !is_identity => {
            let mut value = value.clone();
            value.decor_mut().clear();
            value
        }
        _ => conv(),
    }
}

/// A menu of the built-in operations, each of which can be copied and then changed.
fn copies(ui: &mut Ui, form: &mut SpaceForm<'_>, path: &KeyPath, taken: &[String]) {
    ui.menu_button("Copy a built-in operation", |ui| {
        egui::ScrollArea::vertical().max_height(300.0).show(ui, |ui| {
            for name in names::builtin().iter().filter(|name| !taken.contains(name)) {
                if ui.button(name).clicked() {
                    copy(form, path, name);
                    ui.close();
                }
            }
        });
    });
}

fn copy(form: &mut SpaceForm<'_>, path: &KeyPath, name: &str) {
    let Ok(builtin) = EditedFile::parse(Space::builtin_operations_text()) else { return };
    let operation = KeyPath::top(name);
    for key in builtin.keys(&operation) {
        if let Some(Item::Value(value)) = builtin.item(&operation.key(&key)) {
            let mut value = value.clone();
            value.decor_mut().clear();
            form.set(&path.key(name).key(&key), Some(value));
        }
    }
}
