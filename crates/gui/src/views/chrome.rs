//! Everything around the views: menu, navigation, status bar, palette and questions.

use egui::{Button, Key, MenuBar, Modal, RichText, Ui};

use crate::action::Action;
use crate::availability::{is_possible, reason};
use crate::command::{COMMANDS, Command, CommandInfo, MENUS, matching};
use crate::overlay::Severity;
use crate::runner::live::clock;
use crate::view::View;
use crate::views::context::ViewContext;
use untrained::format::thousands;

/// A button of a command, in a menu or in a list; whether it was pressed.
fn item(ui: &mut Ui, context: &ViewContext<'_>, entry: &CommandInfo) -> bool {
    let mut button = Button::new(entry.text);
    if let Some(keys) = entry.keys {
        button = button.shortcut_text(ui.ctx().format_shortcut(&keys));
    }
    let response = ui.add_enabled(is_possible(entry.command, context), button);
    response.on_hover_text(entry.about).clicked()
}

/// A button of a command in a view, with the same name as in the menu.
pub fn button(ui: &mut Ui, context: &mut ViewContext<'_>, command: Command) {
    let Some(entry) = COMMANDS.iter().find(|entry| entry.command == command) else { return };
    let keys = entry.keys.map(|keys| ui.ctx().format_shortcut(&keys));
    let about = keys.map_or(entry.about.to_owned(), |keys| format!("{} ({keys})", entry.about));
    let response = ui.add_enabled(is_possible(command, context), Button::new(entry.text));
    let response = response.on_disabled_hover_ui(|ui| {
        ui.label(reason(command, context).unwrap_or_else(|| about.clone()));
    });
    if response.on_hover_text(&about).clicked() {
        context.command(command);
    }
}

/// The menu bar.
pub fn menu(ui: &mut Ui, context: &mut ViewContext<'_>) {
    MenuBar::new().ui(ui, |ui| {
        for menu in MENUS {
            ui.menu_button(menu, |ui| {
                for entry in COMMANDS.iter().filter(|entry| entry.menu == menu) {
                    if item(ui, context, entry) {
                        context.command(entry.command);
                        ui.close();
                    }
                }
            });
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let hint = RichText::new("Ctrl+P  find a command").weak();
            if ui.add(Button::new(hint).frame(false)).clicked() {
                context.command(Command::Palette);
            }
        });
    });
}

/// The views by name.
pub fn navigation(ui: &mut Ui, context: &mut ViewContext<'_>) {
    ui.add_space(6.0);
    let is_shown = |view: &View| {
        *view != View::Editor || context.view == View::Editor || context.editor.space.is_some()
    };
    for view in View::ALL.into_iter().filter(is_shown).collect::<Vec<_>>() {
        let shown = context.view == view;
        let name = RichText::new(view.name()).size(14.0);
        let width = ui.available_width();
        let button = Button::selectable(shown, name).min_size(egui::vec2(width, 26.0));
        if ui.add(button).clicked() {
            context.command(Command::Go(view));
        }
    }
}

/// Device, rate, progress, and the last message.
pub fn status(ui: &mut Ui, context: &mut ViewContext<'_>) {
    ui.horizontal(|ui| {
        ui.label(RichText::new(device(context)).small());
        if let Some(live) = context.runner.live() {
            ui.separator();
            let mut text = match live.rate() {
                _ if live.is_paused() => "paused".to_owned(),
                Some(rate) => format!("{rate:.1} networks/s"),
                None => "- networks/s".to_owned(),
            };
            match live.progress() {
                Some((done, total)) => {
                    text += &format!("  |  {}/{}", thousands(done), thousands(total));
                }
                None => text += &format!("  |  {}", thousands(live.counts.total())),
            }
            if let Some(left) = live.left() {
                text += &format!("  |  {} left", clock(left));
            }
            ui.label(RichText::new(text).small().monospace());
        }
        if let Some(notice) = &context.models().overlay.notice {
            ui.separator();
            if ui.small_button("×").on_hover_text("Dismiss this message").clicked() {
                context.send(Action::DismissNotice);
            }
            let colour = match notice.severity {
                Severity::Error => ui.visuals().error_fg_color,
                Severity::Info => ui.visuals().text_color(),
            };
            let text = RichText::new(&notice.text).small().color(colour);
            let full = text.text().to_owned();
            ui.add(egui::Label::new(text).truncate()).on_hover_text(full);
        }
    });
}

fn device(context: &ViewContext<'_>) -> String {
    let started = context.runner.live().and_then(|live| live.started.as_ref());
    match started {
        Some(started) => format!("{} ({})", started.device.name, started.device.api),
        None => match context.setup.devices.first() {
            Some(name) if context.setup.job.options.device == "auto" => name.clone(),
            Some(_) => context.setup.job.options.device.clone(),
            None => "detecting devices".to_owned(),
        },
    }
}

/// Every command, found by typing; the arrow keys highlight one, Enter runs it. The box keeps its place
/// and size whatever is found.
pub fn palette(window: &egui::Context, context: &mut ViewContext<'_>) {
    let Some(before) = context.models().overlay.palette.as_ref() else { return };
    let mut palette = before.clone();
    let mut chosen = None;
    let found = matching(&palette.text);
    let screen = window.content_rect();
    let place = egui::Area::new(egui::Id::unique("palette"))
        .kind(egui::UiKind::Modal)
        .order(egui::Order::Foreground)
        .pivot(egui::Align2::CENTER_TOP)
        .fixed_pos(screen.center_top() + egui::vec2(0.0, 60.0))
        .interactable(true);
    let modal = Modal::new(egui::Id::unique("palette")).area(place).show(window, |ui| {
        ui.set_width(420.0);
        let (up, down, entered) = ui.input_mut(|input| {
            let mut pressed = |key| input.count_and_consume_key(egui::Modifiers::NONE, key);
            (pressed(Key::ArrowUp), pressed(Key::ArrowDown), pressed(Key::Enter) > 0)
        });
        let edit = egui::TextEdit::singleline(&mut palette.text)
            .hint_text("What should be done?")
            .desired_width(f32::INFINITY);
        let response = ui.add(edit);
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Command"));
        response.request_focus();
        if response.changed() {
            palette.at = 0;
        }
        let last = found.len().saturating_sub(1);
        palette.at = (palette.at + down).min(last).saturating_sub(up);
        let moved = up + down > 0;
        ui.spacing_mut().scroll.floating = false;
        let height = (screen.height() - 150.0).clamp(80.0, 320.0);
        let list = egui::ScrollArea::vertical().max_height(height).auto_shrink(false);
        list.min_scrolled_height(height).show(ui, |ui| {
            for (at, entry) in found.iter().enumerate() {
                let is_marked = at == palette.at;
                let response = palette_item(ui, context, entry, is_marked);
                if is_marked && moved {
                    response.scroll_to_me(None);
                }
                let runs = is_marked && entered && is_possible(entry.command, context);
                if response.clicked() || runs {
                    chosen = Some(entry.command);
                }
            }
            if found.is_empty() {
                ui.weak("No matching command");
            }
        });
    });
    let palette = (!modal.should_close() && chosen.is_none()).then_some(palette);
    if palette != context.overlay.palette {
        context.send(Action::SetPalette(palette));
    }
    if let Some(command) = chosen {
        context.command(command);
    }
}

/// An entry of the palette, as wide as the box; one that is marked has the colour of a selection.
fn palette_item(
    ui: &mut Ui,
    context: &ViewContext<'_>,
    entry: &CommandInfo,
    is_marked: bool,
) -> egui::Response {
    let mut button = Button::selectable(is_marked, entry.text);
    if let Some(keys) = entry.keys {
        button = button.shortcut_text(ui.ctx().format_shortcut(&keys));
    }
    let button = button.min_size(egui::vec2(ui.available_width(), 22.0));
    let response = ui.add_enabled(is_possible(entry.command, context), button);
    let response = response.on_hover_text(entry.about);
    match reason(entry.command, context) {
        Some(reason) => response.on_disabled_hover_text(reason),
        None => response,
    }
}

/// The question before a search ends with its window.
pub fn closing(window: &egui::Context, context: &mut ViewContext<'_>) {
    if !context.overlay.asks_to_close {
        return;
    }
    let modal = Modal::new(egui::Id::unique("closing")).show(window, |ui| {
        ui.set_width(380.0);
        ui.heading("A search is running");
        let stopping = context.runner.live().is_some_and(|live| live.is_stopping());
        if stopping {
            ui.label("Stopping; the window closes when it is done.");
            return false;
        }
        ui.label("Results so far are kept in the study, which can be resumed later.");
        ui.horizontal(|ui| {
            if ui.button("Stop and close").clicked() {
                context.command(Command::Stop);
            }
            ui.button("Keep running").clicked()
        })
        .inner
    });
    if modal.inner || modal.should_close() {
        context.send(Action::KeepRunning);
    }
}
