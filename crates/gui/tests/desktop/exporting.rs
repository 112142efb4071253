//! Networks that are taken away: from the inspector, the menu of rows, the File menu and a model.

use std::path::Path;

use egui_kittest::kittest::{NodeT, Queryable};
use untrained::store::Status;

use crate::data::fixture;
use crate::stored::{by_naswot, quick, record, study};
use crate::support::{Window, shows};

const FIRST: &str = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|\
                     nor_conv_1x1~2|";
const SECOND: &str = "|avg_pool_3x3~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|";

/// Shows a study of two architectures.
fn two(mut window: Window) -> Window {
    window.press("Studies");
    window.press("Show");
    window.see("2 of 2 rows");
    window.harness.run_steps(6);
    window
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let records = [record(FIRST, 30.0, Status::Ok), record(SECOND, 10.0, Status::Ok)];
    study(&folder.path().join("studies.db"), quick(), by_naswot(), records.to_vec());
    folder
}

fn with_results() -> Window {
    two(Window::in_folder(folder(), None, [1280.0, 900.0]))
}

fn row<'w>(window: &'w Window, text: &'w str) -> egui_kittest::Node<'w> {
    window.harness.query_all_by_label(text).last().unwrap()
}

/// Writes a path into the field of the dialog.
fn type_path(window: &mut Window, label: &str, path: &Path) {
    window.harness.query_all_by_label(label).last().unwrap().focus();
    window.harness.run_steps(2);
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    window.harness.event(egui::Event::Text(path.to_string_lossy().into_owned()));
    window.harness.run_steps(3);
}

/// Chooses a format in the dialog.
fn choose_format(window: &mut Window, name: &str) {
    window.harness.query_all_by_label("Format").last().unwrap().click();
    window.harness.run_steps(3);
    window.press(name);
}

#[test]
fn the_chosen_network_is_exported_from_the_inspector_with_its_scores() {
    let mut window = with_results();
    row(&window, FIRST).click();
    window.see("rank 1 of 2");
    window.press("Export network…");
    window.see("ONNX model (.onnx)");
    let path = window.path("best.onnx");
    window.dialogs.answer(&path);
    window.press("Browse…");
    window.see(&path.to_string_lossy());
    window.press("Export");
    window.see("Exported 1 of 1");
    let bytes = std::fs::read(&path).unwrap();
    let holds = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(holds(FIRST) && holds("score_naswot") && holds("BatchNormalization"));
    // A second time, nothing is replaced unless that is asked for.
    window.press("Export");
    window.see("exists: choose another name");
    window.press("Replace existing files");
    window.press("Export");
    window.see("Exported 1 of 1");
    window.press("Close");
    assert!(!shows(&window.harness, "Replace existing files"));
}

#[test]
fn selected_rows_are_exported_from_their_menu_into_a_new_folder() {
    let mut window = with_results();
    row(&window, FIRST).click_secondary();
    window.harness.run_steps(3);
    // One that is not selected stands for itself.
    window.see("Export network…");
    window.harness.key_press(egui::Key::Escape);
    window.harness.run_steps(3);
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    window.see("2 selected");
    row(&window, SECOND).click_secondary();
    window.harness.run_steps(3);
    window.press("Export 2 networks…");
    window.see("2 rows of study");
    choose_format(&mut window, "PyTorch source (.py)");
    window.press("Training program");
    let out = window.path("taken/away");
    type_path(&mut window, "Folder", &out);
    window.press("Export");
    window.see("Exported 2 of 2");
    let mut names: Vec<String> = std::fs::read_dir(&out)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(names.len(), 5, "{names:?}");
    assert_eq!(names.last().unwrap(), "train.py");
    let modules = names.iter().filter(|name| name.starts_with("network_") && name.ends_with(".py"));
    let texts: Vec<String> =
        modules.map(|name| std::fs::read_to_string(out.join(name)).unwrap()).collect();
    assert!(texts.iter().any(|text| text.contains(FIRST)));
    assert!(texts.iter().any(|text| text.contains(SECOND)));
    // The dialog lists what it wrote.
    window.see("train.py");
}

#[test]
fn what_cannot_be_written_is_said_in_the_dialog() {
    let mut window = with_results();
    row(&window, SECOND).click();
    window.see("rank 2 of 2");
    window.menu("File", "Export networks… Ctrl+Shift+E");
    window.see("Export network");
    choose_format(&mut window, "JSON document (.json)");
    let wrong = window.path("a.txt");
    type_path(&mut window, "File", &wrong);
    window.see("a JSON document has a name that ends in .json");
    let button = window.harness.query_all_by_label("Export").last().unwrap();
    assert!(button.accesskit_node().is_disabled());
    let nowhere = window.path("no/such/a.json");
    type_path(&mut window, "File", &nowhere);
    window.press("Export");
    window.see("its folder does not exist");
    let good = window.path("a.json");
    type_path(&mut window, "File", &good);
    window.press("Export");
    window.see("Exported 1 of 1");
    assert!(std::fs::read_to_string(good).unwrap().contains("untrained-graph/1"));
}

// Everything works where no portal answers.
#[test]
fn a_path_is_typed_where_there_are_no_file_dialogs() {
    let mut window = Window::without_dialogs(Some("nas-bench-201"));
    window.see("400 random networks");
    window.see("cell: input");
    window.menu("File", "Export networks… Ctrl+Shift+E");
    window.see("Export network");
    choose_format(&mut window, "SVG picture (.svg)");
    window.press("Browse…");
    window.see("This system shows no file dialogs");
    let path = window.path("cell.svg");
    type_path(&mut window, "Path", &path);
    window.press("Save file");
    window.press("Export");
    window.see("Exported 1 of 1");
    assert!(std::fs::read_to_string(path).unwrap().starts_with("<svg"));
}

#[test]
fn a_model_is_exported_but_not_as_itself() {
    let mut window = Window::new(None);
    window.drop_file(&fixture("nas-bench-201-1/model.onnx"));
    window.see("Score a model");
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::P);
    window.harness.run_steps(3);
    window.harness.event(egui::Event::Text("export networks".to_owned()));
    window.harness.run_steps(2);
    window.harness.key_press(egui::Key::Enter);
    window.see("PyTorch source (.py)");
    window.harness.query_all_by_label("Format").last().unwrap().click();
    window.harness.run_steps(3);
    assert!(shows(&window.harness, "DOT graph") && !shows(&window.harness, "ONNX model"));
    window.press("PyTorch source (.py)");
    let path = window.path("model.py");
    type_path(&mut window, "File", &path);
    window.press("Export");
    window.see("Exported 1 of 1");
    assert!(path.exists() && path.with_extension("safetensors").exists());
}
