//! Pictures of every view to be looked at: `UNTRAINED_LOOKS=FOLDER cargo test --test desktop looks --
//! --ignored`. Nothing is compared; `snapshots` does that.

use std::path::PathBuf;

use egui::Theme;
use egui_kittest::kittest::Queryable;

use crate::support::Window;

/// How a window is shown: size, theme, points per point, and the name of its pictures.
type Look = ([f32; 2], Theme, f32, &'static str);

const LOOKS: [Look; 3] = [
    ([800.0, 600.0], Theme::Dark, 1.0, "small-dark"),
    ([1400.0, 900.0], Theme::Light, 1.0, "large-light"),
    ([1000.0, 700.0], Theme::Light, 2.0, "double-light"),
];

struct Looker {
    window: Window,
    to: PathBuf,
    name: &'static str,
}

impl Looker {
    fn take(&mut self, view: &str) {
        self.window.harness.run_steps(4);
        let image = self.window.harness.render().unwrap();
        std::fs::create_dir_all(&self.to).unwrap();
        image.save(self.to.join(format!("{}-{view}.png", self.name))).unwrap();
    }

    fn palette(&mut self, text: &str) {
        self.window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::P);
        self.window.harness.run_steps(3);
        self.window.harness.event(egui::Event::Text(text.to_owned()));
        self.window.harness.run_steps(3);
    }

    fn command(&mut self, text: &str) {
        self.palette(text);
        self.window.harness.key_press(egui::Key::Enter);
        self.window.harness.run_steps(4);
    }
}

fn look((size, theme, scale, name): Look, to: PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("job.toml");
    let text = "[options]\ndevice = \"cpu\"\nbatch-size = 8\nset = [\"skeleton.cells=1\", \
                \"skeleton.channels=4\"]\n[task.search]\nsamples = 150\n";
    std::fs::write(&path, text).unwrap();
    let faulty = folder.path().join("faulty.toml");
    let good = untrained::space::Space::builtin_text("nas-bench-201").unwrap();
    std::fs::write(&faulty, good.replacen("classes", "clases", 1)).unwrap();
    let window = Window::built(folder, Some(&path.to_string_lossy()), |builder| {
        let builder = builder.with_size(size).with_theme(theme).with_pixels_per_point(scale);
        builder.with_render_cursor(false).wgpu()
    });
    let mut look = Looker { window, to, name };
    look.window.see("Set up a search");
    look.take("setup");
    let field = look.window.harness.query_all_by_label("Constraints").last().unwrap();
    field.focus();
    field.type_text("parms < 3");
    look.window.harness.run_steps(3);
    look.take("setup-error");
    look.window.drop_file(&path);
    look.window.until("no error", |harness| {
        harness.query_all_by_label_contains("Cannot start").next().is_none()
    });
    look.window.press("Start search");
    look.window.see("Done");
    look.window.see("1. ");
    look.take("run");
    look.window.press("Results");
    look.window.see("150 of 150 rows");
    look.take("results");
    look.window.harness.query_all_by_label("ok").next().unwrap().click();
    look.window.harness.run_steps(6);
    look.take("results-chosen");
    look.command("export networks");
    look.take("export");
    look.window.press("Close");
    look.window.press("Network");
    look.window.see("Network of ");
    look.take("network");
    look.window.press("Measure time");
    look.window.see("Colours of time");
    look.window.press("Fold all");
    look.window.see("Cell stage");
    look.window.press("Show all");
    look.take("network-time");
    look.window.press("Results");
    look.command("details in a window");
    look.window.see("rank");
    // It may be scrolled out of sight.
    let compute = look.window.harness.query_all_by_label("Compute kernel matrix").last().unwrap();
    compute.click_accesskit();
    look.window.see("ln |det K|");
    look.take("details");
    look.command("details in a window");
    look.window.press("Parallel");
    look.window.see("Parallel coordinates of");
    look.take("results-parallel");
    look.command("compare extremes");
    look.command("compute all kernel matrices");
    look.window.see("Eigenvalues");
    look.take("compare");
    look.palette("se");
    look.take("palette");
    look.window.harness.key_press(egui::Key::Escape);
    look.window.harness.run_steps(3);
    look.command("keyboard shortcuts");
    look.take("help");
    look.window.press("Close");
    look.window.press("Benchmark");
    look.take("benchmark");
    look.window.press("Studies");
    look.window.see("150 results");
    look.window.harness.query_all_by_label_contains("Compare study").next().unwrap().click();
    look.window.harness.run_steps(10);
    look.take("studies");
    look.window.press("Home");
    let last = untrained::space::Space::builtin_ids().last().unwrap().to_owned();
    look.window.see(&format!("Space {last}"));
    look.take("home");
    for space in ["nas-bench-101", "nds-resnet"] {
        let ids: Vec<&str> = untrained::space::Space::builtin_ids().collect();
        let id = ids.iter().find(|id| **id == space).unwrap_or(&ids[ids.len() - 1]);
        look.window.press("Home");
        look.window.harness.get_by_label("Home").focus();
        look.window.press(&format!("Space {id}"));
        look.window.see("400 random networks");
        look.take(&format!("space-{id}"));
    }
    look.window.drop_file(&faulty);
    look.window.see("cannot be opened");
    look.take("faulty");
    look.window.press("Set up");
    look.take("setup-faulty");
}

fn look_at(one: usize) {
    if let Some(to) = std::env::var_os("UNTRAINED_LOOKS") {
        look(LOOKS[one], PathBuf::from(to));
    }
}

#[test]
#[ignore = "its pictures are for people"]
fn looks_of_a_small_dark_window() {
    look_at(0);
}

#[test]
#[ignore = "its pictures are for people"]
fn looks_of_a_large_light_window() {
    look_at(1);
}

#[test]
#[ignore = "its pictures are for people"]
fn looks_of_a_window_with_two_points_per_point() {
    look_at(2);
}
