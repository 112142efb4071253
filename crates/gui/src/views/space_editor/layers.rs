//! A list of layers: a row for each, and the lists of branches in it.

use egui::Ui;
use toml_edit::{Array, InlineTable, Value};

use super::form::{Sign, SpaceForm, named, sign};
use super::rows::move_buttons;
use crate::space_editor::SpaceChange;
use crate::space_editor::fields::{Field, FieldKind};
use crate::space_editor::path::KeyPath;

/// Layers that are offered; any other one is typed.
const OFFERED: [&str; 14] = [
    "conv 1x1",
    "conv 3x3",
    "conv 3x3 stride=s",
    "conv 3x3 groups=in stride=s",
    "bn",
    "relu",
    "hard_swish",
    "gelu",
    "identity",
    "zero",
    "avg_pool 3x3 stride=s",
    "max_pool 3x3 stride=s",
    "global_avg_pool",
    "linear",
];
/// How branches are joined.
const JOINS: [(&str, &str); 3] = [
    ("add", "The sum of the branches"),
    ("concat", "The branches behind each other"),
    ("mul", "The product of two branches, as in a gate"),
];
/// The width of a layer's text.
const LAYER: f32 = 340.0;

/// Shows a list of layers.
pub fn show(ui: &mut Ui, form: &mut SpaceForm<'_>, path: &KeyPath) {
    let count = form.space.file.count(path);
    for at in 0..count {
        let entry = path.at(at);
        let file = &form.space.file;
        let join = file.keys(&entry).into_iter().next();
        let is_text = file.str(&entry).is_some();
        match join {
            Some(join) if !is_text => {
                ui.horizontal(|ui| {
                    joins(ui, form, &entry, &join);
                    move_buttons(ui, form, path, &entry, at, count);
                });
                branches(ui, form, &entry.key(&join));
            }
            _ => {
                ui.horizontal(|ui| {
                    let width = LAYER.min(ui.available_width() - 90.0).max(120.0);
                    form.value(ui, &entry, &layer_field(), width);
                    move_buttons(ui, form, path, &entry, at, count);
                });
            }
        }
    }
    add_button(ui, form, path, count);
}

fn layer_field() -> Field {
    Field {
        key: String::new(),
        about: "A layer, such as conv 3x3 stride=s".to_owned(),
        is_required: true,
        default: "a layer, such as conv 3x3".to_owned(),
        kind: FieldKind::Text,
    }
}

/// How the branches of a layer are joined.
fn joins(ui: &mut Ui, form: &mut SpaceForm<'_>, entry: &KeyPath, now: &str) {
    let combo = egui::ComboBox::from_id_salt(entry.to_string()).selected_text(now).width(80.0);
    let inner = combo.show_ui(ui, |ui| {
        for (join, about) in JOINS {
            let choice = ui.selectable_label(join == now, join).on_hover_text(about);
            if choice.clicked() && join != now {
                let (entry, now) = (entry.clone(), now.to_owned());
                form.change(SpaceChange::Rename(entry, now, join.to_owned()));
            }
        }
    });
    named(inner.response, egui::Role::ComboBox, &entry.to_string());
    ui.weak("of branches that read the same");
}

fn branches(ui: &mut Ui, form: &mut SpaceForm<'_>, path: &KeyPath) {
    let count = form.space.file.count(path);
    ui.indent(path.to_string(), |ui| {
        for at in 0..count {
            let branch = path.at(at);
            ui.horizontal(|ui| {
                ui.weak(format!("branch {}", at + 1));
                if sign(ui, Sign::Remove, &format!("Remove {branch}"), count > 1) {
                    form.change(SpaceChange::Remove(branch.clone()));
                }
            });
            ui.indent(branch.to_string(), |ui| show(ui, form, &branch));
        }
        let button = ui.small_button("Add branch");
        if named(button, egui::Role::Button, &format!("Add branch to {path}")).clicked() {
            let branch = ["identity"].into_iter().collect::<Array>();
            form.change(SpaceChange::Insert(path.clone(), count, branch.into()));
        }
    });
}

/// A menu of layers to add.
fn add_button(ui: &mut Ui, form: &mut SpaceForm<'_>, path: &KeyPath, count: usize) {
    let button = ui.small_button("Add layer");
    let button = named(button, egui::Role::Button, &format!("Add layer to {path}"));
    egui::Popup::menu(&button).show(|ui| {
        let mut chosen: Option<Value> = None;
        for layer in OFFERED {
            if ui.button(layer).clicked() {
                chosen = Some(layer.into());
            }
        }
        ui.separator();
        for (join, about) in JOINS {
            if ui.button(format!("{join} branches")).on_hover_text(about).clicked() {
                let branch = || Value::from(["identity"].into_iter().collect::<Array>());
                let branches = [branch(), branch()].into_iter().collect::<Array>();
                let mut layer = InlineTable::new();
                layer.insert(join, branches.into());
                chosen = Some(layer.into());
            }
        }
        if let Some(layer) = chosen {
            form.change(SpaceChange::Insert(path.clone(), count, layer));
        }
    });
}
