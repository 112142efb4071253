//! Pictures that are taken away.

use std::path::Path;

use egui_kittest::kittest::Queryable;

use crate::support::{Window, shows};

const SAVE: &str = "Save picture of ";

fn job(folder: &Path) -> String {
    let path = folder.join("job.toml");
    let text = "[options]\ndevice = \"cpu\"\nbatch-size = 8\nset = [\"skeleton.cells=1\", \
                \"skeleton.channels=4\"]\n[task.search]\nscore = \"naswot\"\nsamples = 12\n";
    std::fs::write(&path, text).unwrap();
    path.to_string_lossy().into_owned()
}

/// The names of the pictures that are shown.
fn pictures(window: &Window) -> Vec<String> {
    let names = window.texts().into_iter().filter(|text| text.starts_with(SAVE));
    let mut names: Vec<String> = names.collect();
    names.sort();
    names.dedup();
    names
}

/// Saves a picture of that button in a file and waits for it.
fn save(window: &mut Window, button: &str, file: &str) -> Vec<u8> {
    let path = window.path(file);
    window.dialogs.answer(&path);
    // By its name: a button that is scrolled out of sight cannot be hit by the pointer.
    window.harness.query_all_by_label(button).next().unwrap().click_accesskit();
    window.see(&format!("saved picture to {}", path.display()));
    let bytes = std::fs::read(&path).unwrap();
    window.press("×");
    bytes
}

/// Saves every picture of a view both ways; all of `expected` are among them.
fn save_all(window: &mut Window, view: &str, expected: &[&str]) {
    let names = pictures(window);
    for name in expected {
        assert!(names.iter().any(|known| known.contains(name)), "{view}: no {name} in {names:?}");
    }
    for (at, name) in names.iter().enumerate() {
        let svg = save(window, name, &format!("{view}-{at}.svg"));
        let text = String::from_utf8(svg).unwrap();
        let painted =
            ["<path", "<circle", "<image", "<line"].iter().any(|kind| text.contains(kind));
        assert!(text.starts_with("<svg") && painted, "{view}: {name} is empty");
        let png = save(window, name, &format!("{view}-{at}.png"));
        let image = image::load_from_memory(&png).unwrap().to_rgba8();
        let first = *image.get_pixel(0, 0);
        let other = image.pixels().filter(|pixel| **pixel != first).count();
        assert!(other > 100, "{view}: {name} has only {other} points that differ");
    }
}

#[test]
fn a_dialog_is_answered_from_the_list_of_the_test() {
    let mut window = Window::new(Some("nas-bench-201"));
    window.see("Random architecture");
    window.press("Set up");
    let path = window.path("job.toml");
    window.dialogs.answer(&path);
    window.press("Save as job file…");
    window.see("saved ");
    assert!(std::fs::read_to_string(path).unwrap().contains("nas-bench-201"));
    // Nothing is chosen where nothing is answered.
    window.press("×");
    window.press("Save as job file…");
    window.harness.run_steps(5);
    assert!(!shows(&window.harness, "saved "));
}

#[test]
fn every_picture_of_every_view_can_be_saved() {
    let folder = tempfile::tempdir().unwrap();
    let job = job(folder.path());
    let mut window = Window::in_folder(folder, Some(&job), [1280.0, 1000.0]);
    window.see("Set up a search");
    window.press("Space");
    // Nothing moves any more once the cell is there.
    window.see("cell: input");
    window.until("cells", |harness| {
        shows(harness, "Random architecture") && shows(harness, "nor_conv_3x3")
    });
    save_all(&mut window, "space", &["cell graph"]);
    window.press("Set up");
    window.press("Start search");
    window.see("Done");
    save_all(&mut window, "run", &["best so far", "histogram of score"]);
    window.press("Results");
    window.see("12 of 12 rows");
    window.harness.query_all_by_label_contains("|+|").next().unwrap().click();
    window.see("rank");
    window.press("Compute kernel matrix");
    window.see("ln |det K|");
    save_all(&mut window, "results", &["scatter", "cell graph", "kernel matrix"]);
    window.press("Compare");
    window.press("Compare extremes");
    window.see("decision");
    save_all(&mut window, "compare", &["cell graph of A", "cell graph of B"]);
}

#[test]
fn the_menu_saves_the_main_picture_and_says_what_went_wrong() {
    let mut window = Window::new(Some("nas-bench-201"));
    window.see("15,625");
    window.until("a cell", |harness| shows(harness, "Save picture of cell graph…"));
    let saved = |name: &str| format!("saved picture to {}", window.path(name).display());
    for (name, told) in [
        ("cell.svg", saved("cell.svg")),
        ("cell.pdf", saved("cell.pdf")),
        ("cell.bmp", "use .png, .svg or .pdf".to_owned()),
        ("no such folder/cell.png", "choose another folder".to_owned()),
    ] {
        let path = window.path(name);
        window.dialogs.answer(path);
        window.press("File");
        window.press("Save picture…");
        window.see(&told);
    }
    assert!(window.path("cell.svg").exists());
    assert!(std::fs::read(window.path("cell.pdf")).unwrap().starts_with(b"%PDF-"));
    // A view without a picture has none to save.
    window.press("Studies");
    window.press("File");
    let entry = window.harness.get_by_label("Save picture…");
    assert!(egui_kittest::kittest::NodeT::accesskit_node(&entry).is_disabled());
}
