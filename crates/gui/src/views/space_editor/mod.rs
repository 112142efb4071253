//! The editor of spaces: fields made from the schema of space files, with what is wrong beside them, and
//! what the space gives.

mod form;
mod layers;
mod operations;
mod preview;
mod rows;
mod start;
mod ticks;
mod values;

pub use start::question;

use egui::{Button, Id, RichText, ScrollArea, Ui, UiBuilder};

use self::form::SpaceForm;
use crate::action::Action;
use crate::command::Command;
use crate::space_editor::path::KeyPath;
use crate::space_editor::{EditedSpace, EditorAction, EditorSection};
use crate::views::chrome;
use crate::views::context::ViewContext;

/// From this width on, the preview stands beside the fields.
const WIDE: f32 = 960.0;
/// The width of the preview beside the fields.
const PREVIEW: f32 = 330.0;
/// The most that the list of problems is high.
const PROBLEMS: f32 = 74.0;

/// Shows the view.
pub fn show(ui: &mut Ui, context: &mut ViewContext<'_>) {
    let Some(space) = &context.models().editor.space else {
        return start::show(ui, context);
    };
    header(ui, context, space);
    let is_wide = ui.available_width() >= WIDE;
    if is_wide {
        egui::Panel::right("space preview")
            .default_size(PREVIEW)
            .size_range(240.0..=560.0)
            .show(ui, |ui| preview::show(ui, context, space));
    }
    let section = match context.editor.section {
        EditorSection::Preview if is_wide => EditorSection::default(),
        section => section,
    };
    sections(ui, context, space, section, is_wide);
    problems(ui, context, space);
    let mut form = SpaceForm::new(space);
    // The fields are the same ones whatever is shown around them.
    let id = Id::unique(("edited space", space.number(), section.name()));
    ui.scope_builder(UiBuilder::new().scope_id(id), |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| match section {
            EditorSection::General => {
                form.fields(ui, &KeyPath::default(), &space.fields.general);
            }
            EditorSection::Topology => {
                kind(ui, &mut form);
                form.fields(ui, &KeyPath::top("topology"), &space.fields.topology);
            }
            EditorSection::Skeleton => {
                form.fields(ui, &KeyPath::top("skeleton"), &space.fields.skeleton);
            }
            EditorSection::Operations => operations::show(ui, &mut form),
            EditorSection::Text => {
                ui.weak("The file as it will be saved.");
                ui.add(egui::Label::new(RichText::new(space.file.text()).monospace()).extend());
            }
            EditorSection::Preview => preview::show(ui, context, space),
        });
    });
    for change in form.changes {
        context.send(Action::Editor(EditorAction::Change(change)));
    }
    if form.is_left {
        context.send(Action::Editor(EditorAction::EndTyping));
    }
}

/// The name of the space, whether it is saved, and what can be done with it.
fn header(ui: &mut Ui, context: &mut ViewContext<'_>, space: &EditedSpace) {
    ui.horizontal(|ui| {
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            chrome::button(ui, context, Command::NewSpace);
            chrome::button(ui, context, Command::Redo);
            chrome::button(ui, context, Command::Undo);
            chrome::button(ui, context, Command::SaveSpace);
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                let id = space.file.str(&KeyPath::top("id")).unwrap_or("no id");
                ui.heading(id);
                let (state, about) = match &space.path {
                    _ if space.is_changed() => ("changed", "There are changes that are not saved"),
                    Some(_) => ("saved", "The file has all changes"),
                    None => ("not saved", "It has no file yet"),
                };
                let place = space.path.as_ref().map(|path| path.display().to_string());
                let about = place.map_or(about.to_owned(), |place| format!("{about}: {place}"));
                ui.add(egui::Label::new(RichText::new(state).weak()).truncate())
                    .on_hover_text(about);
            });
        });
    });
}

/// The parts of the file, each with the number of its problems.
fn sections(
    ui: &mut Ui,
    context: &mut ViewContext<'_>,
    space: &EditedSpace,
    shown: EditorSection,
    is_wide: bool,
) {
    ui.horizontal_wrapped(|ui| {
        let preview = (!is_wide).then_some(EditorSection::Preview);
        for section in EditorSection::EDITED.into_iter().chain(preview) {
            let paths = space.problems.iter().map(|problem| problem.path.as_str());
            let count = paths.filter(|path| EditorSection::of_problem(path) == section).count();
            let name = RichText::new(section.name());
            let text = match count {
                0 => name,
                count => RichText::new(format!("{} ({count})", section.name()))
                    .color(ui.visuals().error_fg_color),
            };
            if ui.add(Button::selectable(section == shown, text)).clicked() {
                context.send(Action::Editor(EditorAction::Show(section)));
            }
        }
    });
    ui.separator();
}

/// Everything that is wrong, wherever its fields are. It stands below them: the field that is being typed
/// in does not move.
fn problems(ui: &mut Ui, context: &mut ViewContext<'_>, space: &EditedSpace) {
    if space.problems.is_empty() {
        return;
    }
    let colour = ui.visuals().error_fg_color;
    egui::Panel::bottom("space problems").resizable(false).show(ui, |ui| {
        ScrollArea::vertical().id_salt("problems").max_height(PROBLEMS).show(ui, |ui| {
            for problem in &space.problems {
                ui.horizontal_wrapped(|ui| {
                    let name = if problem.path.is_empty() { "the file" } else { &problem.path };
                    let section = EditorSection::of_problem(&problem.path);
                    let link = ui.link(RichText::new(name).monospace());
                    if link.on_hover_text(format!("Show {}", section.name())).clicked() {
                        context.send(Action::Editor(EditorAction::Show(section)));
                    }
                    ui.label(RichText::new(&problem.message).small().color(colour));
                });
            }
        });
    });
}

/// The kind of topology.
fn kind(ui: &mut Ui, form: &mut SpaceForm<'_>) {
    let path = KeyPath::top("topology").key("kind");
    let now = form.space.file.str(&path).unwrap_or_default().to_owned();
    ui.horizontal_wrapped(|ui| {
        let label = ui.label("kind");
        let combo =
            egui::ComboBox::from_id_salt("kind").selected_text(&now).width(140.0).height(320.0);
        let shown = combo.show_ui(ui, |ui| {
            for (kind, about) in start::kinds() {
                let choice = ui.selectable_label(*kind == now, kind).on_hover_text(about);
                if choice.clicked() && *kind != now {
                    form.change(crate::space_editor::SpaceChange::SetKind(kind.clone()));
                }
            }
        });
        let about =
            "Another kind begins with its smallest decisions and skeleton; Undo brings back these";
        shown.response.labelled_by(label.id).on_hover_text(about);
        ui.label(RichText::new(&form.space.fields.about).weak());
    });
    form.problems(ui, &path);
    ui.add_space(4.0);
}
