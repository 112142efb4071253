//! Stored searches.

use egui::{RichText, Ui};
use egui_extras::{Column, TableBuilder};

use super::widgets::empty;
use crate::action::Action;
use crate::command::Command;
use crate::view::View;
use crate::views::chrome;
use crate::views::context::ViewContext;
use untrained::format::{score, thousands, time};
use untrained::store::{StudyInfo, StudyState};

/// What was pressed.
enum StudyClick {
    Show(String),
    Resume(String),
    Join(String),
    Delete(String),
}

/// Shows the view.
pub fn show(ui: &mut Ui, context: &mut ViewContext<'_>) {
    ui.horizontal(|ui| {
        ui.heading("Studies");
        if let Some(path) = context.setup.store() {
            let text = path.to_string_lossy().into_owned();
            ui.add(egui::Label::new(RichText::new(text).weak()).truncate());
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if ui.button("Refresh").clicked() {
                context.send(Action::ListStudies);
            }
            chrome::button(ui, context, Command::ChooseStudies);
        });
    });
    let pressed = match &context.models().studies.studies {
        Err(why) => {
            ui.colored_label(ui.visuals().error_fg_color, why);
            None
        }
        Ok(studies) if studies.is_empty() => {
            empty(
                ui,
                "No studies yet",
                "Every search is stored here, including those of the command line.",
            );
            None
        }
        Ok(studies) => table(ui, studies, context.studies.to_delete.as_deref()),
    };
    if matches!(&context.studies.studies, Ok(studies) if studies.is_empty()) {
        ui.vertical_centered(|ui| chrome::button(ui, context, Command::Go(View::Setup)));
    }
    match pressed {
        Some(StudyClick::Show(id)) => context.send(Action::ShowStudy(id)),
        Some(StudyClick::Resume(id)) => context.send(Action::ResumeStudy(id, false)),
        Some(StudyClick::Join(id)) => context.send(Action::ResumeStudy(id, true)),
        Some(StudyClick::Delete(id)) => context.send(Action::DeleteStudy(id)),
        None => {}
    }
}

fn table(ui: &mut Ui, studies: &[StudyInfo], to_delete: Option<&str>) -> Option<StudyClick> {
    let mut pressed = None;
    egui::ScrollArea::horizontal().auto_shrink(false).show(ui, |ui| {
        let builder = TableBuilder::new(ui)
            .striped(true)
            .auto_shrink(false)
            .column(Column::exact(78.0))
            .column(Column::exact(170.0))
            .column(Column::exact(86.0))
            .column(Column::exact(80.0))
            .column(Column::exact(96.0))
            .column(Column::remainder().at_least(110.0).clip(true))
            .column(Column::exact(170.0));
        let header = builder.header(21.0, |mut row| {
            for name in ["ID", "Created", "State", "Results", "Best", "Space", ""] {
                row.col(|ui| drop(ui.strong(name)));
            }
        });
        header.body(|body| {
            body.rows(24.0, studies.len(), |mut row| {
                // The newest first.
                let study = &studies[studies.len() - 1 - row.index()];
                let space = study.setup.space.as_ref().map_or("-", |space| &space.id);
                let best = study.best.map_or("-".to_owned(), score);
                let (begun, results) = (time(study.created_ms), thousands(study.counts.total()));
                for text in [&study.id, &begun, study.standing(), &results, &best, space] {
                    row.col(|ui| drop(ui.monospace(text)));
                }
                row.col(|ui| {
                    if ui.button("Show").on_hover_text(format!("Show study {}", study.id)).clicked()
                    {
                        pressed = Some(StudyClick::Show(study.id.clone()));
                    }
                    ui.menu_button("More", |ui| {
                        let (running, done) =
                            (!study.workers.is_empty(), study.state == StudyState::Done);
                        let resume = egui::Button::new("Resume");
                        let about = "Continue the study where it was interrupted";
                        if ui.add_enabled(!running && !done, resume).on_hover_text(about).clicked()
                        {
                            pressed = Some(StudyClick::Resume(study.id.clone()));
                        }
                        let about = "Share the work with the processes that run the study";
                        let join = egui::Button::new("Join");
                        if ui.add_enabled(running, join).on_hover_text(about).clicked() {
                            pressed = Some(StudyClick::Join(study.id.clone()));
                        }
                    });
                    let sure = to_delete == Some(&study.id);
                    let text = if sure { "Confirm delete" } else { "Delete" };
                    if ui.button(text).clicked() {
                        pressed = Some(StudyClick::Delete(study.id.clone()));
                    }
                });
            });
        });
    });
    pressed
}
