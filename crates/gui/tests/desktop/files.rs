//! Files that are opened and dropped.

use egui::Key;
use egui_kittest::kittest::Queryable;

use crate::data::fixture;
use crate::support::{Window, shows};

#[test]
fn the_start_shows_every_built_in_space_and_a_card_opens_it() {
    let mut window = Window::of_size(None, [1280.0, 3000.0]);
    for id in untrained::space::Space::builtin_ids() {
        window.see(&format!("Space {id}"));
    }
    window.press("Space nas-bench-201");
    window.see("15,625");
    window.see("nor_conv_3x3");
    window.see("400 random networks");
}

#[test]
fn a_faulty_file_lists_its_problems_with_lines_and_is_read_again() {
    let mut window = Window::new(None);
    let good = untrained::space::Space::builtin_text("nas-bench-201").unwrap();
    let path = window.path("own.toml");
    std::fs::write(&path, good.replacen("classes", "clases", 1)).unwrap();
    window.drop_file(&path);
    window.see("cannot be opened");
    window.see("clases");
    window.see("line ");
    std::fs::write(&path, good).unwrap();
    window.press("Retry");
    window.see("15,625");
    assert!(!shows(&window.harness, "cannot be opened"));
}

#[test]
fn what_is_no_file_is_told() {
    let mut window = Window::new(Some("nothing-here.toml"));
    window.see("cannot read the space file nothing-here.toml");
}

#[test]
fn the_palette_runs_a_command() {
    let mut window = Window::new(None);
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::P);
    window.harness.run_steps(3);
    assert!(shows(&window.harness, "Export results…"));
    window.harness.event(egui::Event::Text("studies".to_owned()));
    window.harness.run_steps(2);
    window.harness.key_press(Key::Enter);
    window.see("No studies yet");
    assert!(window.harness.query_by_label("Export results…").is_none());
}

/// Everything that can be pressed in the navigation is inside the smallest window, in every view.
#[test]
fn nothing_is_cut_off_in_a_small_window() {
    let mut window = Window::of_size(Some("nas-bench-201"), [800.0, 600.0]);
    window.see("400 random networks");
    for (view, action) in [
        ("Home", "Open…"),
        ("Space", "Random architecture"),
        ("Set up", "Start search"),
        ("Run", "Start search"),
        ("Results", "Set up"),
        ("Compare", "Results"),
        ("Studies", "Refresh"),
    ] {
        window.press(view);
        let screen = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(800.0, 600.0));
        let nodes: Vec<_> = window.harness.query_all_by_label(action).collect();
        assert!(!nodes.is_empty(), "{view}: no {action}");
        for node in nodes {
            assert!(screen.contains_rect(node.rect()), "{view}: {action} at {}", node.rect());
        }
    }
}

// The open space and the studies do not belong to a model; they must not stand in its way.
#[test]
fn a_model_is_opened_and_scored_while_a_space_is_open() {
    let mut window = Window::new(Some("nds-darts"));
    window.see("400 random networks");
    window.drop_file(&fixture("nas-bench-201-1/model.onnx"));
    window.see("Score a model");
    window.press("Start search");
    window.see("Done");
    window.press("Results");
    window.see("model.onnx");
}
