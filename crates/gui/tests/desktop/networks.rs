//! The view of the whole network: of an architecture and of a model.

use egui_kittest::kittest::Queryable;
use untrained::store::Status;

use crate::data::fixture;
use crate::stored::{by_naswot, quick, record, study};
use crate::support::{Window, shows};

const CELL: &str = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|\
                    nor_conv_1x1~2|";

/// A window that shows the network of the only row of a study.
fn with_network() -> Window {
    let folder = tempfile::tempdir().unwrap();
    let records = vec![record(CELL, 30.0, Status::Ok)];
    study(&folder.path().join("studies.db"), quick(), by_naswot(), records);
    let mut window = Window::in_folder(folder, None, [1400.0, 900.0]);
    window.press("Studies");
    window.press("Show");
    window.see("1 of 1 rows");
    window.harness.run_steps(6);
    window.harness.query_all_by_label(CELL).last().unwrap().click();
    window.see("rank 1 of 1");
    window.press("Show network");
    window.see("Network of ");
    window.harness.run_steps(6);
    window
}

/// Chooses a colour.
fn colour_by(window: &mut Window, name: &str) {
    window.harness.query_all_by_label("Colour by").last().unwrap().click();
    window.harness.run_steps(3);
    // Columns of the table have the same names; entries of the list lie above it.
    let height = |node: &egui_kittest::Node<'_>| node.rect().top();
    let entries = window.harness.query_all_by_label(name);
    entries.min_by(|a, b| height(a).total_cmp(&height(b))).unwrap().click();
    window.harness.run_steps(3);
}

#[test]
fn cells_are_folded_and_unfolded() {
    let mut window = with_network();
    window.see("Node stem");
    assert!(!shows(&window.harness, "Cell stage"));
    window.press("Fold all");
    window.see("Cell stage0.cell0");
    let cell = window.harness.query_all_by_label_contains("Cell stage0.cell0").next().unwrap();
    cell.click_secondary();
    window.harness.run_steps(3);
    window.press("Unfold");
    window.until("the nodes of the cell", |harness| {
        shows(harness, "Node stage0.cell0.") && !shows(harness, "Cell stage0.cell0")
    });
    window.press("Unfold all");
    window.until("no folded cell", |harness| !shows(harness, "Cell stage"));
}

#[test]
fn a_node_is_chosen_and_found() {
    let mut window = with_network();
    assert!(!shows(&window.harness, "Chosen: "));
    let node = window.texts().into_iter().find(|text| text.starts_with("Node stem")).unwrap();
    let label = node.trim_start_matches("Node ").to_owned();
    window.harness.get_by_label(&node).click();
    window.see(&format!("Chosen: {label}"));
    // What is found is brought in sight, in the graph and in the table.
    assert!(window.texts().iter().any(|text| text == "input"));
    window.harness.query_all_by_label("Find").last().unwrap().focus();
    window.harness.query_all_by_label("Find").last().unwrap().type_text("linear");
    window.see("1 of 1");
    window.until("the last node is in sight", |harness| shows(harness, "Node head"));
    window.harness.run_steps(4);
    assert!(!window.texts().iter().any(|text| text == "input"), "the table stays at its begin");
}

#[test]
fn a_time_is_asked_for_before_it_is_shown() {
    let mut window = with_network();
    colour_by(&mut window, "time");
    window.see("No times yet");
    colour_by(&mut window, "active units");
    window.see("No shares yet");
    window.press("Compute kernel matrix");
    window.see("Colours of active units, from ");
}

// Arrow keys follow edges, Enter folds.
#[test]
fn the_keyboard_goes_through_the_network() {
    let mut window = with_network();
    window.harness.key_press(egui::Key::ArrowDown);
    window.harness.run_steps(3);
    for _ in 0..4 {
        window.harness.key_press(egui::Key::ArrowDown);
        window.harness.run_steps(3);
    }
    window.harness.key_press(egui::Key::Enter);
    window.until("a folded cell", |harness| {
        shows(harness, "Cell stage0.cell0") || shows(harness, "Cell stem")
    });
    assert!(!shows(&window.harness, "Cell stage1.cell0"));
}

#[test]
fn a_model_has_the_same_view_and_its_picture_is_saved_whole() {
    let mut window = Window::of_size(None, [800.0, 600.0]);
    window.drop_file(&fixture("nas-bench-201-1/model.onnx"));
    window.see("Score a model");
    window.press("Network");
    window.see("Network of ");
    window.see("Node ");
    let svg = window.path("network.svg");
    window.dialogs.answer(&svg);
    window.menu("File", "Save picture…");
    window.see("saved picture to");
    let text = std::fs::read_to_string(&svg).unwrap();
    // Nodes far out of sight are in it: the last one too.
    let nodes = text.matches("conv 3x3").count();
    let counted = window.texts().into_iter().find(|text| text.starts_with("Network of ")).unwrap();
    assert!(nodes >= 10, "{nodes} convolutions in the picture of a {counted}");
    assert!(text.contains("linear"), "the last layer is not in the picture");
    window.press("×");
    let png = window.path("network.png");
    window.dialogs.answer(&png);
    window.menu("File", "Save picture…");
    window.see("saved picture to");
    assert!(image::open(&png).unwrap().height() > 1000);
}

#[test]
fn the_architecture_of_a_space_has_a_network_to_export() {
    let mut window = Window::new(Some("nas-bench-201"));
    window.see("400 random networks");
    window.see("cell: input");
    window.press("Network");
    window.see("Network of ");
    window.press("Export networks…");
    window.see("ONNX model (.onnx)");
}
