//! What is around the views: menu, navigation, status bar, palette, questions.

use egui::{Button, Key, MenuBar, Modal, RichText, Ui};

use crate::command::{COMMANDS, Command, CommandInfo, MENUS, is_possible, matching};
use crate::explain;
use crate::runner::live::clock;
use crate::state::{AppState, View};
use untrained::format::thousands;

/// Entries that the palette shows at most.
const SHOWN: usize = 12;

/// A button of a command, in a menu or in a list; whether it was pressed.
fn item(ui: &mut Ui, state: &AppState, entry: &CommandInfo) -> bool {
    let mut button = Button::new(entry.text);
    if let Some(keys) = entry.keys {
        button = button.shortcut_text(ui.ctx().format_shortcut(&keys));
    }
    let response = ui.add_enabled(is_possible(entry.command, state), button);
    response.on_hover_text(entry.about).clicked()
}

/// A button of a command in a view, with the same name as in the menu.
pub fn button(ui: &mut Ui, state: &mut AppState, command: Command) {
    let Some(entry) = COMMANDS.iter().find(|entry| entry.command == command) else { return };
    let keys = entry.keys.map(|keys| ui.ctx().format_shortcut(&keys));
    let about = keys.map_or(entry.about.to_owned(), |keys| format!("{} ({keys})", entry.about));
    let response = ui.add_enabled(is_possible(command, state), Button::new(entry.text));
    if response.on_hover_text(about).clicked() {
        let window = ui.ctx().clone();
        state.apply(command, &window);
    }
}

/// The menu bar.
pub fn menu(ui: &mut Ui, state: &mut AppState) {
    MenuBar::new().ui(ui, |ui| {
        for menu in MENUS {
            ui.menu_button(menu, |ui| {
                for entry in COMMANDS.iter().filter(|entry| entry.menu == menu) {
                    if item(ui, state, entry) {
                        let window = ui.ctx().clone();
                        state.apply(entry.command, &window);
                        ui.close();
                    }
                }
            });
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let hint = RichText::new("Ctrl+P  find a command").weak();
            if ui.add(Button::new(hint).frame(false)).clicked() {
                state.palette = Some(String::new());
            }
        });
    });
}

/// The views by name.
pub fn navigation(ui: &mut Ui, state: &mut AppState) {
    ui.add_space(6.0);
    for view in View::ALL {
        let shown = state.view == view;
        let name = RichText::new(view.name()).size(14.0);
        let width = ui.available_width();
        let button = Button::selectable(shown, name).min_size(egui::vec2(width, 26.0));
        if ui.add(button).clicked() {
            let window = ui.ctx().clone();
            state.apply(Command::Go(view), &window);
        }
    }
}

/// Device, rate, progress, and the last message.
pub fn status(ui: &mut Ui, state: &mut AppState) {
    ui.horizontal(|ui| {
        ui.label(RichText::new(device(state)).small());
        if let Some(live) = &state.live {
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
        if let Some((text, is_error)) = state.notice.clone() {
            ui.separator();
            if ui.small_button("×").on_hover_text("Dismiss this message").clicked() {
                state.notice = None;
            }
            let colour =
                if is_error { ui.visuals().error_fg_color } else { ui.visuals().text_color() };
            let text = RichText::new(text).small().color(colour);
            let full = text.text().to_owned();
            ui.add(egui::Label::new(text).truncate()).on_hover_text(full);
        }
    });
}

fn device(state: &AppState) -> String {
    let started = state.live.as_ref().and_then(|live| live.started.as_ref());
    match started {
        Some(started) => format!("{} ({})", started.device.name, started.device.api),
        None => match state.devices.first() {
            Some(name) if state.job.options.device == "auto" => name.clone(),
            Some(_) => state.job.options.device.clone(),
            None => "looking for devices".to_owned(),
        },
    }
}

/// Every command, found by typing.
pub fn palette(window: &egui::Context, state: &mut AppState) {
    let Some(mut text) = state.palette.clone() else { return };
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
            let first = entered && chosen.is_none() && is_possible(entry.command, state);
            if item(ui, state, entry) || first {
                chosen = Some(entry.command);
            }
        }
        if matching(&text).is_empty() {
            ui.weak("no command is called so");
        }
    });
    state.palette = (!modal.should_close() && chosen.is_none()).then_some(text);
    if let Some(command) = chosen {
        state.apply(command, window);
    }
}

/// What the program is.
pub fn about(window: &egui::Context, state: &mut AppState) {
    if !state.shows_about {
        return;
    }
    let modal = Modal::new(egui::Id::unique("about")).show(window, |ui| {
        ui.set_width(420.0);
        ui.heading("Untrained");
        ui.label(format!("Version {}, MIT licence", env!("CARGO_PKG_VERSION")));
        ui.label(
            "Finds good neural networks before any of them is trained, by the method of Mellor, \
             Turner, Storkey and Crowley: Neural Architecture Search without Training, ICML 2021.",
        );
        for (name, text) in
            [("Score", explain::SCORE), ("Count", explain::COUNT), ("Tau", explain::TAU)]
        {
            ui.label(RichText::new(name).strong());
            ui.label(RichText::new(text).small());
        }
        ui.button("Close").clicked()
    });
    state.shows_about = !(modal.should_close() || modal.inner);
}

/// The question before a search ends with its window.
pub fn closing(window: &egui::Context, state: &mut AppState) {
    if !state.asks_to_close {
        return;
    }
    let modal = Modal::new(egui::Id::unique("closing")).show(window, |ui| {
        ui.set_width(380.0);
        ui.heading("A search is running");
        let stopping = state.live.as_ref().is_some_and(|live| live.is_stopping());
        if stopping {
            ui.label("It is being stopped; the window closes then.");
            return false;
        }
        ui.label("What is scored is kept in the study, which can be resumed later.");
        ui.horizontal(|ui| {
            if ui.button("Stop and close").clicked() {
                state.live.iter_mut().for_each(|live| live.stop());
            }
            ui.button("Go on").clicked()
        })
        .inner
    });
    if modal.inner || modal.should_close() {
        state.asks_to_close = false;
    }
}
