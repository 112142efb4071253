//! Everything around the views: menu, navigation, status bar, palette and questions.

use egui::{Button, Key, MenuBar, Modal, RichText, Ui};

use crate::action::Action;
use crate::availability::is_possible;
use crate::command::{COMMANDS, Command, CommandInfo, MENUS, matching};
use crate::explain;
use crate::overlay::Severity;
use crate::runner::live::clock;
use crate::view::View;
use crate::views::context::ViewContext;
use untrained::format::thousands;

/// Entries that the palette shows at most.
const SHOWN: usize = 12;

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
    if response.on_hover_text(about).clicked() {
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
    for view in View::ALL {
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
            let mut text = format!("{:.1} networks/s", live.rate());
            match live.progress() {
                Some((done, total)) => {
                    text += &format!("  |  {}/{}", thousands(done), thousands(total));
                }
                None => text += &format!("  |  {}", thousands(live.counts.total())),
            }
            if let (Some(left), true) = (live.left(), live.is_running()) {
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

/// Every command, found by typing.
pub fn palette(window: &egui::Context, context: &mut ViewContext<'_>) {
    let Some(mut text) = context.overlay.palette.clone() else { return };
    let mut chosen = None;
    let modal = Modal::new(egui::Id::unique("palette")).show(window, |ui| {
        ui.set_width(420.0);
        let edit = egui::TextEdit::singleline(&mut text)
            .hint_text("What should be done?")
            .desired_width(f32::INFINITY);
        let response = ui.add(edit);
        response.request_focus();
        let entered = ui.input(|input| input.key_pressed(Key::Enter));
        for entry in matching(&text).into_iter().take(SHOWN) {
            let first = entered && chosen.is_none() && is_possible(entry.command, context);
            if item(ui, context, entry) || first {
                chosen = Some(entry.command);
            }
        }
        if matching(&text).is_empty() {
            ui.weak("No matching command");
        }
    });
    let palette = (!modal.should_close() && chosen.is_none()).then_some(text);
    if palette != context.overlay.palette {
        context.send(Action::SetPalette(palette));
    }
    if let Some(command) = chosen {
        context.command(command);
    }
}

/// What the program is.
pub fn about(window: &egui::Context, context: &mut ViewContext<'_>) {
    if !context.overlay.is_about_open {
        return;
    }
    let modal = Modal::new(egui::Id::unique("about")).show(window, |ui| {
        ui.set_width(420.0);
        ui.heading("Untrained");
        ui.label(format!("Version {}, MIT licence", env!("CARGO_PKG_VERSION")));
        ui.label(
            "Finds good neural network architectures without training any of them. Implements, among \
             others, the score of Mellor, Turner, Storkey and Crowley: Neural Architecture Search \
             without Training, ICML 2021.",
        );
        for (name, text) in
            [("Score", explain::SCORE), ("Count", explain::COUNT), ("Tau", explain::TAU)]
        {
            ui.label(RichText::new(name).strong());
            ui.label(RichText::new(text).small());
        }
        ui.button("Close").clicked()
    });
    if modal.should_close() || modal.inner {
        context.send(Action::CloseAbout);
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
