//! A window without a screen, driven by what its controls are called.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui_kittest::kittest::{NodeT, Queryable};
use egui_kittest::{Harness, HarnessBuilder};
use untrained_gui::{App, FileDialogs, StartOptions};

pub use crate::data::shared;

/// How long something may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// A window and the folder of its files.
pub struct Window {
    pub harness: Harness<'static, App>,
    pub folder: tempfile::TempDir,
    /// Answers of the file dialogs: `window.dialogs.answer(path)` before the dialog is asked for.
    pub dialogs: FileDialogs,
}

impl Window {
    /// A new window with an empty file of studies.
    pub fn new(open: Option<&str>) -> Self {
        Self::of_size(open, [1280.0, 800.0])
    }

    pub fn of_size(open: Option<&str>, size: [f32; 2]) -> Self {
        Self::in_folder(tempfile::tempdir().unwrap(), open, size)
    }

    /// A window on the studies of a folder.
    pub fn in_folder(folder: tempfile::TempDir, open: Option<&str>, size: [f32; 2]) -> Self {
        Self::built(folder, open, |builder| builder.with_size(size))
    }

    /// A window of another kind.
    pub fn built(
        folder: tempfile::TempDir,
        open: Option<&str>,
        kind: impl FnOnce(HarnessBuilder<App>) -> HarnessBuilder<App>,
    ) -> Self {
        Self::with_dialogs(folder, open, FileDialogs::answered(), kind)
    }

    /// A window on a system that shows no file dialogs.
    pub fn without_dialogs(open: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let kind = |builder: HarnessBuilder<App>| builder.with_size([1280.0, 800.0]);
        Self::with_dialogs(folder, open, FileDialogs::Unavailable, kind)
    }

    fn with_dialogs(
        folder: tempfile::TempDir,
        open: Option<&str>,
        dialogs: FileDialogs,
        kind: impl FnOnce(HarnessBuilder<App>) -> HarnessBuilder<App>,
    ) -> Self {
        let store = Some(folder.path().join("studies.db"));
        let start = StartOptions {
            open: open.map(PathBuf::from),
            store,
            dialogs: dialogs.clone(),
            command_line: Some(untrained_cli::job_command_line),
        };
        let harness =
            kind(Harness::builder()).build_eframe(move |creation| App::new(creation, &start));
        Self { harness, folder, dialogs }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Lets the window draw until something holds.
    pub fn until(&mut self, what: &str, holds: impl Fn(&Harness<'static, App>) -> bool) {
        let begin = Instant::now();
        loop {
            self.harness.step();
            if holds(&self.harness) {
                return;
            }
            let shown = self.texts();
            assert!(begin.elapsed() < PATIENCE, "{what} does not come; shown: {shown:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits for a text that is shown.
    pub fn see(&mut self, text: &str) {
        self.until(text, |harness| shows(harness, text));
    }

    /// Presses what is called so.
    pub fn press(&mut self, name: &str) {
        self.until(name, |harness| harness.query_all_by_label(name).next().is_some());
        self.harness.query_all_by_label(name).next().unwrap().click();
        self.harness.run_steps(3);
    }

    /// Everything that is written in the window.
    pub fn texts(&self) -> Vec<String> {
        let all = self.harness.query_all_by(|_| true);
        all.filter_map(|node| {
            let node = node.accesskit_node();
            node.label().or_else(|| node.value())
        })
        .collect()
    }

    /// Asks the window to close; whether it wants to stay.
    pub fn close(&mut self) -> bool {
        let root = egui::ViewportId::ROOT;
        let viewports = &mut self.harness.input_mut().viewports;
        viewports.entry(root).or_default().events.push(egui::ViewportEvent::Close);
        self.harness.step();
        let commands = &self.harness.output().viewport_output[&root].commands;
        commands.contains(&egui::ViewportCommand::CancelClose)
    }

    /// Chooses from a menu.
    pub fn menu(&mut self, menu: &str, entry: &str) {
        self.press(menu);
        self.press(entry);
    }

    pub fn drop_file(&mut self, path: &Path) {
        self.harness.input_mut().dropped_files.push(Arc::new(Dropped(path.to_owned())));
        self.harness.step();
    }
}

/// A job of small networks in a file, ranked as in the paper.
pub fn job(folder: &Path, samples: u64) -> String {
    ranked_job(folder, samples, "naswot")
}

/// The same, ranked by that score.
pub fn ranked_job(folder: &Path, samples: u64, score: &str) -> String {
    let text = format!(
        "[options]\ndevice = \"cpu\"\nbatch-size = 8\nset = [\"skeleton.cells=1\", \
         \"skeleton.channels=4\"]\n[task.search]\nscore = \"{score}\"\nsamples = {samples}\n"
    );
    let path = folder.join("job.toml");
    std::fs::write(&path, text).unwrap();
    path.to_string_lossy().into_owned()
}

/// A window with such a job.
pub fn with_job(samples: u64) -> Window {
    let folder = tempfile::tempdir().unwrap();
    let job = job(folder.path(), samples);
    Window::in_folder(folder, Some(&job), [1280.0, 900.0])
}

/// Whether a text is part of something that is shown.
pub fn shows(harness: &Harness<'static, App>, text: &str) -> bool {
    harness.query_all_by_label_contains(text).next().is_some()
        || harness
            .query_all_by(|node| node.value().is_some_and(|value| value.contains(text)))
            .next()
            .is_some()
}

#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|error| error.to_string())
    }
}
