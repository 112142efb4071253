//! The window and its layout.

use egui::{CentralPanel, Frame, Margin, Panel};

use crate::preferences::Preferences;
use crate::state::AppState;
use crate::theme::{NAVIGATION, WITH_INSPECTOR};
use crate::view::View;
use crate::views::ViewCache;
use crate::views::chrome;
use crate::views::context::ViewContext;
use crate::{StartOptions, command, theme, views};

/// The key of [`Preferences`] in eframe's storage.
const PREFERENCES: &str = "remembered";

/// The application.
pub struct App {
    state: AppState,
    cache: ViewCache,
    /// The window may close though a search runs.
    may_close: bool,
}

impl App {
    /// A new application in a window.
    pub fn new(creation: &eframe::CreationContext<'_>, start: &StartOptions) -> Self {
        theme::install(&creation.egui_ctx);
        let stored = creation.storage.and_then(|storage| storage.get_string(PREFERENCES));
        let preferences: Preferences =
            stored.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        let mut state = AppState::new(
            &creation.egui_ctx,
            preferences,
            start.store(),
            start.dialogs.clone(),
            start.command_line,
        );
        if let Some(path) = &start.open {
            state.open_at_start(path);
        }
        Self { state, cache: ViewCache::default(), may_close: false }
    }

    /// Opens files that were dropped on the window.
    fn open_dropped(&mut self, window: &egui::Context) {
        let dropped = window.input(|input| input.raw.dropped_files.clone());
        for file in dropped {
            self.state.on_file_dropped(file.path());
        }
    }

    /// Asks before a search ends with its window.
    fn guard_closing(&mut self, window: &egui::Context) {
        let closes = window.input(|input| input.viewport().close_requested());
        if closes && !self.may_close && !self.state.on_close_requested() {
            window.send_viewport_cmd(egui::ViewportCommand::CancelClose);
        }
        if self.state.may_close_now() {
            self.may_close = true;
            window.send_viewport_cmd(egui::ViewportCommand::Close);
        }
    }
}

/// Shows something in the room that there is: what is wider is cut, and makes nothing wider.
fn inside(ui: &mut egui::Ui, add: impl FnOnce(&mut egui::Ui)) {
    let room = ui.available_rect_before_wrap();
    let mut inner = ui.new_child(egui::UiBuilder::new().max_rect(room));
    inner.shrink_clip_rect(room.expand(8.0));
    add(&mut inner);
    ui.advance_cursor_after_rect(room);
}

impl eframe::App for App {
    fn logic(&mut self, window: &egui::Context, _frame: &mut eframe::Frame) {
        self.state.update(window);
        self.guard_closing(window);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        let window = ui.ctx().clone();
        self.open_dropped(&window);
        for command in command::pressed(&window) {
            self.state.run_command(command, &window);
        }
        let mut context = ViewContext::new(self.state.models());
        let cache = &mut self.cache;
        Panel::top("menu").show(ui, |ui| chrome::menu(ui, &mut context));
        Panel::bottom("status").show(ui, |ui| chrome::status(ui, &mut context));
        Panel::left("navigation")
            .exact_size(NAVIGATION)
            .resizable(false)
            .show(ui, |ui| chrome::navigation(ui, &mut context));
        let has_room = window.content_rect().width() >= WITH_INSPECTOR;
        if context.view == View::Results && context.preferences.inspector && has_room {
            Panel::right("inspector")
                .default_size(330.0)
                .size_range(240.0..=520.0)
                .show(ui, |ui| {
                    inside(ui, |ui| views::inspector(ui, &mut context, &mut cache.details))
                });
        }
        let frame = Frame::central_panel(ui.style()).inner_margin(Margin::same(10));
        CentralPanel::default().frame(frame).show(ui, |ui| {
            inside(ui, |ui| views::show(ui, &mut context, cache));
        });
        views::detail_window(&window, &mut context, &mut cache.details);
        views::export_dialog::show(&window, &mut context);
        views::path_dialog::show(&window, &mut context);
        chrome::palette(&window, &mut context);
        views::space_editor::question(&window, &mut context);
        views::consent::show(&window, &mut context);
        views::help::show(&window, &mut context);
        chrome::closing(&window, &mut context);
        let live = context.runner.live();
        if live.is_some_and(|live| live.is_running() && !live.is_paused()) {
            // Clock and rate go on where nothing else happens.
            window.request_repaint_after(std::time::Duration::from_millis(500));
        }
        let actions = context.into_actions();
        self.state.apply_all(actions, &window);
        self.state.save_captures(&window);
    }

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        if let Ok(text) = serde_json::to_string(self.state.preferences()) {
            storage.set_string(PREFERENCES, text);
        }
    }

    fn on_exit(&mut self) {
        self.state.end_search();
    }
}
