//! Stored searches: a list, and what some of them have in common and not.

use egui::{Align, Button, Layout, Panel, RichText, ScrollArea, Ui};

use super::study_comparison;
use super::widgets::empty;
use crate::action::Action;
use crate::command::Command;
use crate::studies::summary::StudySummary;
use crate::studies::{StudyLabel, StudyList};
use crate::view::View;
use crate::views::chrome;
use crate::views::context::ViewContext;
use untrained::format::{score, thousands, time};
use untrained::store::{StudyInfo, StudyState};

/// The height of a study in the list: two lines.
const ROW: f32 = 46.0;

/// Shows the view.
pub fn show(ui: &mut Ui, context: &mut ViewContext<'_>) {
    header(ui, context);
    match &context.models().studies.studies {
        Err(why) => drop(ui.colored_label(ui.visuals().error_fg_color, why)),
        Ok(studies) if studies.is_empty() => {
            let next = "Every search is stored here, including those of the command line.";
            empty(ui, "No studies yet", next);
            ui.vertical_centered(|ui| chrome::button(ui, context, Command::Go(View::Setup)));
        }
        Ok(studies) => {
            if !context.studies.selected.is_empty() {
                Panel::bottom("compared studies")
                    .resizable(true)
                    .default_size(ui.available_height() * 0.5)
                    .size_range(120.0..=(ui.available_height() - 80.0).max(121.0))
                    .show(ui, |ui| study_comparison::show(ui, context, studies));
            }
            list(ui, context, studies);
        }
    }
}

fn header(ui: &mut Ui, context: &mut ViewContext<'_>) {
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.button("Refresh").clicked() {
                context.send(Action::ListStudies);
            }
            chrome::button(ui, context, Command::ChooseStudies);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.heading("Studies");
                if let Some(path) = context.setup.store() {
                    let text = path.to_string_lossy().into_owned();
                    ui.add(egui::Label::new(RichText::new(text).weak()).truncate());
                }
            });
        });
    });
}

fn list(ui: &mut Ui, context: &mut ViewContext<'_>, studies: &[StudyInfo]) {
    let list = context.models().studies;
    ScrollArea::vertical().id_salt("studies").auto_shrink(false).show_rows(
        ui,
        ROW,
        studies.len(),
        |ui, rows| {
            for at in rows {
                // The newest first.
                let study = &studies[studies.len() - 1 - at];
                ui.push_id(&study.id, |ui| {
                    ui.allocate_ui(egui::vec2(ui.available_width(), ROW), |ui| {
                        ui.set_min_height(ROW);
                        entry(ui, context, list, study);
                        ui.separator();
                    });
                });
            }
        },
    );
}

fn entry(ui: &mut Ui, context: &mut ViewContext<'_>, list: &StudyList, study: &StudyInfo) {
    let summary = StudySummary::new(study);
    if let Some(label) = list.edited.as_ref().filter(|label| label.id == study.id) {
        return edit_label(ui, context, label);
    }
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            buttons(ui, context, list, study);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                first_line(ui, context, list, study, &summary);
            });
        });
    });
    let text = summary.second_line(&time(study.created_ms));
    ui.horizontal(|ui| {
        ui.add_space(24.0);
        let label = egui::Label::new(RichText::new(&text).small().weak()).truncate();
        ui.add(label).on_hover_text(text);
    });
}

/// Fields for the name and the note of a study, in its place.
fn edit_label(ui: &mut Ui, context: &mut ViewContext<'_>, label: &StudyLabel) {
    let mut edited = label.clone();
    let mut saves = false;
    ui.horizontal(|ui| {
        let width = (ui.available_width() - 330.0).max(120.0);
        let name = ui.label("Name");
        let field = egui::TextEdit::singleline(&mut edited.name).desired_width(width * 0.35);
        let field = ui.add(field).labelled_by(name.id);
        saves |= entered(ui, &field);
        let note = ui.label("Note");
        let field = egui::TextEdit::singleline(&mut edited.note).desired_width(width * 0.65);
        let field = ui.add(field).labelled_by(note.id);
        saves |= entered(ui, &field);
        saves |= ui.button("Save name and note").clicked();
        if ui.button("Cancel").clicked() {
            context.send(Action::EditLabel(None));
        }
    });
    if edited != *label {
        context.send(Action::EditLabel(Some(edited)));
    }
    if saves {
        context.send(Action::SaveLabel);
    }
}

fn entered(ui: &Ui, field: &egui::Response) -> bool {
    field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter))
}

/// Which study it is and how it stands.
fn first_line(
    ui: &mut Ui,
    context: &mut ViewContext<'_>,
    list: &StudyList,
    study: &StudyInfo,
    summary: &StudySummary,
) {
    let mut selected = list.selected.contains(&study.id);
    let about = format!("Compare study {}", study.id);
    let response = ui.checkbox(&mut selected, "");
    response
        .widget_info(|| egui::WidgetInfo::selected(egui::Role::CheckBox, true, selected, &about));
    if response.on_hover_text(&about).changed() {
        context.send(Action::SelectStudy(study.id.clone(), selected));
    }
    ui.monospace(&study.id);
    if !study.name.is_empty() {
        ui.add(egui::Label::new(RichText::new(&study.name).strong()).truncate());
    }
    let standing = RichText::new(study.standing());
    let standing = match study.standing() {
        "failed" | "killed" => standing.color(ui.visuals().warn_fg_color),
        _ => standing,
    };
    ui.label(standing);
    let results = match study.counts.total() {
        1 => "1 result".to_owned(),
        count => format!("{} results", thousands(count)),
    };
    let best = list.best(study).map_or("-".to_owned(), score);
    let space = &summary.space;
    let text = format!("{space}   {results}   best {} {best}", summary.ranked_by);
    ui.add(egui::Label::new(RichText::new(&text).strong()).truncate()).on_hover_text(text);
}

/// What can be done with a study, from the right.
fn buttons(ui: &mut Ui, context: &mut ViewContext<'_>, list: &StudyList, study: &StudyInfo) {
    let id = &study.id;
    let sure = list.to_delete.as_deref() == Some(id.as_str());
    let text = if sure { "Confirm delete" } else { "Delete" };
    if ui.button(text).on_hover_text(format!("Delete study {id} with its results")).clicked() {
        context.send(Action::DeleteStudy(id.clone()));
    }
    if ui.button("Rename").on_hover_text(format!("Name and note of study {id}")).clicked() {
        let (name, note) = (study.name.clone(), study.note.clone());
        context.send(Action::EditLabel(Some(StudyLabel { id: id.clone(), name, note })));
    }
    let (running, done) = (!study.workers.is_empty(), study.state == StudyState::Done);
    if running {
        let about = "Share the work with the processes that run the study";
        if ui.button("Join").on_hover_text(about).clicked() {
            context.send(Action::ResumeStudy(id.clone(), true));
        }
    } else {
        let about = "Continue the study where it was interrupted";
        let resume = ui.add_enabled(!done, Button::new("Resume")).on_hover_text(about);
        if resume.on_disabled_hover_text("The study is done: extend it from Results").clicked() {
            context.send(Action::ResumeStudy(id.clone(), false));
        }
    }
    let about = format!("Write a report of study {id}: one page to send or print");
    let can_report = study.counts.total() > 0;
    if ui.add_enabled(can_report, Button::new("Report")).on_hover_text(about).clicked() {
        context.send(Action::Report(Some(id.clone())));
    }
    if ui.button("Show").on_hover_text(format!("Show study {id}")).clicked() {
        context.send(Action::ShowStudy(id.clone()));
    }
}
