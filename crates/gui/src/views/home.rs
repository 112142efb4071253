//! The start screen: spaces as cards, recent files, and a field for pasting an architecture.

use egui::{Key, RichText, ScrollArea, Sense, TextEdit, Ui, vec2};

use super::widgets::{operations, rounded_count};
use crate::action::Action;
use crate::command::Command;
use crate::setup::opened::SpaceCard;
use crate::view::View;
use crate::views::chrome;
use crate::views::context::ViewContext;
use crate::views::widgets;
use untrained::format::thousands;
use untrained::job::{JobConfig, Task};

/// The narrowest card.
const NARROWEST: f32 = 208.0;
/// The height of a card, and of the drawing in it.
const HEIGHT: [f32; 2] = [172.0, 88.0];
/// Between cards.
const GAP: f32 = 8.0;

/// Shows the view.
pub fn show(ui: &mut Ui, context: &mut ViewContext<'_>) {
    ui.horizontal(|ui| {
        ui.heading("Choose a search space");
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            chrome::button(ui, context, Command::Open);
            chrome::button(ui, context, Command::NewSpace);
            ui.weak("or drop a file on the window");
        });
    });
    paste(ui, context);
    recent(ui, context);
    studies(ui, context);
    ui.separator();
    let mut chosen = None;
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        if context.setup.space_cards.is_empty() {
            ui.spinner();
        }
        ui.spacing_mut().item_spacing = vec2(GAP, GAP);
        let (columns, width) = columns(ui.available_width());
        for row in context.setup.space_cards.chunks(columns) {
            ui.horizontal(|ui| {
                for card in row {
                    if show_card(ui, card, width) {
                        chosen = Some(card.space.id().to_owned());
                    }
                }
            });
        }
    });
    if let Some(id) = chosen {
        context.send(Action::Open(id));
    }
}

/// Scores an architecture that is pasted, in the space that is set up.
fn paste(ui: &mut Ui, context: &mut ViewContext<'_>) {
    let text = context.setup.pasted.trim().to_owned();
    let fault = pasted_fault(context, &text);
    ui.horizontal(|ui| {
        let name = ui.label(format!("Architecture of {}", context.setup.job.options.space));
        let width = (ui.available_width() - 80.0).max(80.0);
        let mut pasted = context.setup.pasted.clone();
        let edit = TextEdit::singleline(&mut pasted)
            .hint_text("paste an architecture to score it")
            .desired_width(width);
        let response = ui.add(edit).labelled_by(name.id);
        if response.changed() {
            context.send(Action::EditPasted(pasted));
        }
        let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        let can = !text.is_empty() && fault.is_none();
        let button = ui.add_enabled(can, egui::Button::new("Score"));
        if can && (button.clicked() || entered) {
            let task = Task::Score { architectures: vec![text.clone()] };
            let job = JobConfig { task, ..context.setup.job.clone() };
            context.send(Action::Start(Box::new(JobConfig { store: None, ..job })));
        }
    });
    if let Some(fault) = fault {
        let text = RichText::new(fault).small().color(ui.visuals().error_fg_color);
        ui.add(egui::Label::new(text).wrap());
    }
}

/// Why a text is no architecture of the space that is set up, where that is known.
fn pasted_fault(context: &ViewContext<'_>, text: &str) -> Option<String> {
    let id = &context.setup.job.options.space;
    let card = || context.models().setup.space_cards.iter().find(|card| card.space.id() == *id);
    let space = context.models().setup.space.as_ref().or_else(|| Some(&card()?.space))?;
    let error = space.parse(text).err().filter(|_| !text.is_empty())?;
    Some(error.to_string())
}

/// The last studies, to be looked at again.
fn studies(ui: &mut Ui, context: &mut ViewContext<'_>) {
    const LAST: usize = 5;
    let Ok(studies) = &context.models().studies.studies else { return };
    if studies.is_empty() {
        return;
    }
    let (mut chosen, mut goes, more) = (None, false, studies.len() > LAST);
    ui.horizontal_wrapped(|ui| {
        ui.weak("Studies");
        for study in studies.iter().rev().take(LAST) {
            let space = study.setup.space.as_ref().map_or("-", |space| &space.id);
            let text = format!("{} {space}", study.id);
            let results = thousands(study.counts.total());
            let about = format!("{} results, {}", results, study.standing());
            if ui.link(text).on_hover_text(about).clicked() {
                chosen = Some(study.id.clone());
            }
        }
        goes = more && ui.link("all").on_hover_text("All studies of the file").clicked();
    });
    if goes {
        context.command(Command::Go(View::Studies));
    }
    if let Some(id) = chosen {
        context.send(Action::ShowStudy(id));
    }
}

fn recent(ui: &mut Ui, context: &mut ViewContext<'_>) {
    if context.preferences.recent.is_empty() {
        return;
    }
    let mut chosen = None;
    ui.horizontal_wrapped(|ui| {
        ui.weak("Recent");
        for name in &context.preferences.recent {
            let short = name.rsplit(['/', '\\']).next().unwrap_or(name);
            if ui.link(short).on_hover_text(name).clicked() {
                chosen = Some(name.clone());
            }
        }
    });
    if let Some(name) = chosen {
        context.send(Action::Open(name));
    }
}

/// How many cards stand beside each other, and how wide they are to fill the width.
fn columns(width: f32) -> (usize, f32) {
    let count = (((width + GAP) / (NARROWEST + GAP)) as usize).max(1);
    (count, ((width + GAP) / count as f32 - GAP).floor().max(NARROWEST))
}

/// One card; whether it was pressed.
fn show_card(ui: &mut Ui, card: &SpaceCard, width: f32) -> bool {
    let (rect, response) = ui.allocate_exact_size(vec2(width, HEIGHT[0]), Sense::click());
    let space = &card.space;
    let name = format!("Space {}", space.id());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
    if !ui.is_rect_visible(rect) {
        return response.clicked();
    }
    let visuals = ui.style().interact(&response);
    let stroke = if response.hovered() || response.has_focus() {
        egui::Stroke::new(1.5, ui.visuals().hyperlink_color)
    } else {
        egui::Stroke::new(1.0, visuals.bg_fill)
    };
    let fill = ui.visuals().faint_bg_color;
    ui.painter().rect(rect, 5.0, fill, stroke, egui::StrokeKind::Inside);
    let mut inner = ui.new_child(
        egui::UiBuilder::new()
            .max_rect(rect.shrink(9.0))
            .layout(egui::Layout::top_down(egui::Align::Min)),
    );
    inner.style_mut().interaction.selectable_labels = false;
    inner.label(RichText::new(space.id()).strong());
    let title = if space.title().is_empty() { space.topology() } else { space.title() };
    // Boxes of stages have no room for the names of their blocks.
    let title = match space.topology() {
        "stages" => format!("{title}: stages of {}", space.operation_names().join(", ")),
        _ => title.to_owned(),
    };
    inner.add(egui::Label::new(RichText::new(title).small().weak()).truncate());
    let first = &card.drawings[..card.drawings.len().min(1)];
    let operations = operations(Some(space));
    let area =
        egui::Rect::from_min_size(inner.cursor().min, vec2(inner.available_width(), HEIGHT[1]));
    inner.scope_builder(egui::UiBuilder::new().max_rect(area), |ui| {
        widgets::cells(ui, first, &operations, HEIGHT[1], |_, _| false);
    });
    inner.advance_cursor_after_rect(area);
    let count = format!("{} architectures, {}", rounded_count(space.count()), space.input());
    inner.label(RichText::new(count).small());
    response.on_hover_text(format!("{}\n{}", space.title(), space.reference())).clicked()
}

#[cfg(test)]
mod tests {
    use super::*;

    // Cards that are too wide together would leave the window.
    #[test]
    fn cards_fill_the_width() {
        for width in [500.0, 690.0, 1160.0, 1900.0] {
            let (count, each) = columns(width);
            let all = count as f32 * (each + GAP) - GAP;
            assert!(all <= width && all > width - count as f32 && each < 2.0 * NARROWEST);
        }
        assert_eq!(columns(100.0), (1, NARROWEST));
    }
}
