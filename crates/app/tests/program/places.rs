//! Where studies and settings are kept, and files with the program's own endings.

use serde_json::Value;

use crate::program::{Folder, text, untrained};

/// What `paths --json` prints in a folder, with a home of its own and without a terminal.
#[cfg(target_os = "linux")]
fn places(folder: &std::path::Path, home: &std::path::Path, arguments: &[&str]) -> Value {
    let mut program = assert_cmd::Command::cargo_bin("untrained").unwrap();
    for name in ["XDG_DATA_HOME", "XDG_CONFIG_HOME"] {
        program.env_remove(name);
    }
    let done = program.args(arguments).current_dir(folder).env("HOME", home).assert().success();
    serde_json::from_slice(&done.get_output().stdout).unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn paths_tell_where_a_window_keeps_its_studies() {
    let folder = Folder::new();
    let home = folder.path("home").join("ä b");
    let project = home.join("project");
    std::fs::create_dir_all(&project).unwrap();
    let own = home.join(".local/share/untrained/untrained.db");
    for arguments in [&["paths", "--json"][..], &["--batch", "paths", "--json"]] {
        let at_home = places(&home, &home, arguments);
        assert_eq!(at_home["window_studies"], text(&own));
        assert_eq!(at_home["double_click_studies"], text(&own));
        assert_eq!(at_home["settings"], text(&home.join(".config/untrained/window.ron")));
        // The command line stays where it is called.
        assert_eq!(at_home["studies"], text(&home.join("untrained.db")));
        let in_project = places(&project, &home, arguments);
        assert_eq!(in_project["window_studies"], text(&project.join("untrained.db")));
    }
}

#[test]
fn paths_are_text_for_people() {
    let done = untrained(&["paths"]).assert().success();
    let shown = String::from_utf8(done.get_output().stdout.clone()).unwrap();
    for part in ["studies of --batch here", "untrained.db", "settings of the window", "window.ron"]
    {
        assert!(shown.contains(part), "{shown}");
    }
}

#[test]
fn the_endings_of_the_program_are_known_to_it() {
    let folder = Folder::new();
    let space = folder.path("small.untrained-space");
    let shown = untrained(&["spaces", "show", "nas-bench-201"]).assert().success();
    std::fs::write(&space, &shown.get_output().stdout).unwrap();
    let job = folder.path("small.untrained-job");
    let search = ["search", "--samples", "2", "--batch-size", "4", "--device", "cpu", "--space"];
    let saved = [&search[..], &[text(&space), "--save-job", text(&job)]].concat();
    untrained(&saved).assert().success();
    // As the first argument it is run, without `run`.
    untrained(&[text(&job), "--store", "none"]).assert().success();
}
