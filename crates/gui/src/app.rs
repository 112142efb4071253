//! The window: what is where in it.

use egui::{CentralPanel, Frame, Margin, Panel};

use crate::command;
use crate::preferences::Preferences;
use crate::state::{AppState, View};
use crate::views::chrome;
use crate::{StartOptions, picture, theme, views};

/// The key of [`Preferences`] in eframe's storage.
const REMEMBERED: &str = "remembered";
/// The narrowest window in which the inspector has a place beside the results.
const WITH_INSPECTOR: f32 = 760.0;

/// The application.
pub struct App {
    state: AppState,
    /// The window may close though a search runs.
    may_close: bool,
}

impl App {
    /// A new application in a window.
    pub fn new(creation: &eframe::CreationContext<'_>, start: &StartOptions) -> Self {
        theme::install(&creation.egui_ctx);
        let stored = creation.storage.and_then(|storage| storage.get_string(REMEMBERED));
        let remembered: Preferences =
            stored.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        let mut state = AppState::new(creation.egui_ctx.clone(), remembered, start.store());
        state.dialogs = start.dialogs.clone();
        state.command_line = start.command_line;
        if let Some(path) = &start.open {
            state.open(&path.to_string_lossy());
        }
        Self { state, may_close: false }
    }

    /// Takes files that were dropped on the window.
    fn take_dropped(&mut self, window: &egui::Context) {
        let dropped = window.input(|input| input.raw.dropped_files.clone());
        for file in dropped {
            self.state.take_dropped(file.path());
        }
    }

    /// Asks before a search ends with its window.
    fn guard_closing(&mut self, window: &egui::Context) {
        let running = self.state.is_searching();
        let closes = window.input(|input| input.viewport().close_requested());
        if closes && running && !self.may_close {
            window.send_viewport_cmd(egui::ViewportCommand::CancelClose);
            self.state.asks_to_close = true;
        }
        if self.state.asks_to_close && !running {
            (self.may_close, self.state.asks_to_close) = (true, false);
            window.send_viewport_cmd(egui::ViewportCommand::Close);
        }
    }
}

impl eframe::App for App {
    fn logic(&mut self, window: &egui::Context, _frame: &mut eframe::Frame) {
        let state = &mut self.state;
        state.take_news();
        if let Some(mut sheet) = state.running.take() {
            sheet.refresh(&mut state.work);
            state.running = Some(sheet);
        }
        if let Some(mut sheet) = state.stored.take() {
            sheet.refresh(&mut state.work);
            state.stored = Some(sheet);
        }
        state.keep_remarks();
        self.guard_closing(window);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        let window = ui.ctx().clone();
        self.take_dropped(&window);
        for command in command::pressed(&window) {
            self.state.apply(command, &window);
        }
        let state = &mut self.state;
        Panel::top("menu").show(ui, |ui| chrome::menu(ui, state));
        Panel::bottom("status").show(ui, |ui| chrome::status(ui, state));
        Panel::left("navigation")
            .exact_size(104.0)
            .resizable(false)
            .show(ui, |ui| chrome::navigation(ui, state));
        let has_room = ui.available_width() > WITH_INSPECTOR - 104.0;
        if state.view == View::Results && state.remembered.inspector && has_room {
            Panel::right("inspector")
                .default_size(330.0)
                .size_range(240.0..=520.0)
                .show(ui, |ui| views::inspector(ui, state));
        }
        let frame = Frame::central_panel(ui.style()).inner_margin(Margin::same(10));
        CentralPanel::default().frame(frame).show(ui, |ui| views::show(ui, state));
        views::detail_window(&window, state);
        picture::ask(&window, state);
        chrome::palette(&window, state);
        chrome::about(&window, state);
        chrome::closing(&window, state);
        if state.live.as_ref().is_some_and(|live| live.is_running() && !live.is_paused()) {
            // Clock and rate go on where nothing else happens.
            window.request_repaint_after(std::time::Duration::from_millis(500));
        }
    }

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        if let Ok(text) = serde_json::to_string(&self.state.remembered) {
            storage.set_string(REMEMBERED, text);
        }
    }

    fn on_exit(&mut self) {
        self.state.end_search();
    }
}
