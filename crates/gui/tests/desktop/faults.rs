//! What a person met in the first minutes: fields with errors, missing dialogs, small windows, and what was
//! shown wrong or not at all.

use egui::{Key, Modifiers, Rect, pos2, vec2};
use egui_kittest::kittest::{NodeT, Queryable};
use untrained::store::{Status, Store};
use untrained_gui::FileDialogs;

use crate::stored::{by_naswot, quick, record, study};
use crate::support::{Window, job, shows, with_job};

const GOOD: &str = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|\
                    nor_conv_1x1~2|";
const POOR: &str = "|avg_pool_3x3~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|";

/// Whether everything that is called so can be pressed.
fn enabled(window: &Window, name: &str) -> bool {
    let nodes: Vec<_> = window.harness.query_all_by_label(name).collect();
    assert!(!nodes.is_empty(), "no {name}");
    nodes.iter().all(|node| !node.accesskit_node().is_disabled())
}

fn type_into(window: &mut Window, label: &str, text: &str) {
    let field = window.harness.query_all_by_label(label).last().unwrap();
    field.focus();
    field.type_text(text);
    window.harness.run_steps(4);
}

fn key(window: &mut Window, modifiers: Modifiers, key: Key) {
    window.harness.key_press_modifiers(modifiers, key);
    window.harness.run_steps(4);
}

/// A window that shows a study of two architectures.
fn two(size: [f32; 2]) -> Window {
    let folder = tempfile::tempdir().unwrap();
    let records = [(GOOD, 30.0), (POOR, 10.0)].map(|(text, score)| record(text, score, Status::Ok));
    study(&folder.path().join("studies.db"), quick(), by_naswot(), records.to_vec());
    let mut window = Window::in_folder(folder, None, size);
    window.press("Studies");
    window.press("Show");
    window.see("2 of 2 rows");
    window
}

#[test]
fn a_field_with_an_error_stops_start_copy_and_save() {
    let mut window = with_job(5);
    window.see("Set up a search");
    let buttons = ["Start search", "Save as job file…", "Copy as command line"];
    assert!(buttons.iter().all(|name| enabled(&window, name)));
    type_into(&mut window, "Constraints", "parms < 1M");
    window.see("`parms` cannot be constrained");
    window.see("Cannot start yet: see Constraints");
    assert!(buttons.iter().all(|name| !enabled(&window, name)));
    // The keys of the command do not start it either, from any view.
    window.press("Home");
    key(&mut window, Modifiers::COMMAND, Key::Enter);
    assert!(!shows(&window.harness, "Running") && !shows(&window.harness, "Done"));
    window.press("Set up");
    window.see("`parms` cannot be constrained");
    // Another job has no such text in its fields.
    let path = job(window.folder.path(), 6);
    window.drop_file(path.as_ref());
    window.until("a good form", |harness| !shows(harness, "Cannot start yet"));
    assert!(buttons.iter().all(|name| enabled(&window, name)));
}

#[test]
fn images_without_a_folder_are_no_other_images() {
    let mut window = with_job(5);
    window.see("Set up a search");
    window.harness.query_all_by_label("Images").last().unwrap().click();
    window.harness.run_steps(3);
    window.press("cifar10");
    window.see("choose a folder or file");
    assert!(!enabled(&window, "Start search"));
    let missing = window.path("nowhere");
    type_into(&mut window, "Path of the images", &missing.to_string_lossy());
    window.see("folder not found");
    assert!(!enabled(&window, "Start search"));
}

#[test]
fn a_strategy_without_a_trainer_says_so_at_its_field() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("job.toml");
    std::fs::write(&path, "[task.search]\nstrategy = \"rea\"\n").unwrap();
    let name = path.to_string_lossy().into_owned();
    let mut window = Window::in_folder(folder, Some(&name), [1280.0, 900.0]);
    window.see("Cannot start yet: see Trainer");
    window.see("Trainer or a benchmark table is needed");
    assert!(!enabled(&window, "Start search"));
}

#[test]
fn buttons_of_a_study_are_in_its_row() {
    for size in [[1280.0, 800.0], [800.0, 600.0]] {
        let mut window = two(size);
        window.press("Studies");
        window.see("2 results");
        let rect = |name: &str| window.harness.query_all_by_label(name).last().unwrap().rect();
        let screen = Rect::from_min_size(pos2(0.0, 0.0), vec2(size[0], size[1]));
        let first = rect("Show");
        for name in ["Show", "Resume", "Rename", "Delete"] {
            let place = rect(name);
            assert!(screen.contains_rect(place), "{name} at {place}");
            assert!((place.center().y - first.center().y).abs() < 2.0, "{name} at {place}");
        }
    }
}

#[test]
fn a_study_has_a_name_a_note_and_its_facts_and_is_compared() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("studies.db");
    let other = untrained::job::Options { seed: 7, ..quick() };
    let records = || vec![record(GOOD, 30.0, Status::Ok), record(POOR, 10.0, Status::Ok)];
    let first = study(&store, quick(), by_naswot(), records());
    let second = study(&store, other, by_naswot(), records());
    let mut window = Window::in_folder(folder, None, [1280.0, 900.0]);
    window.press("Studies");
    window.see("seed 7");
    window.see("score naswot");
    window.see("best score 30");
    window.press("Rename");
    type_into(&mut window, "Name", "wide net");
    type_into(&mut window, "Note", "few images");
    window.press("Save name and note");
    window.see("wide net");
    window.see("few images");
    // The newest stands first.
    let stored = Store::read(&window.path("studies.db")).unwrap().find(&second).unwrap();
    assert_eq!((stored.name.as_str(), stored.note.as_str()), ("wide net", "few images"));
    for id in [&first, &second] {
        window.press(&format!("Compare study {id}"));
    }
    window.see("Save picture of best so far of studies…");
    window.see(&format!("Differences of {first} and {second}"));
    window.see("Seed");
}

#[test]
fn a_path_field_takes_over_where_there_are_no_dialogs() {
    let mut window = Window::without_dialogs(Some("nas-bench-201"));
    window.see("15,625");
    let space = window.path("own.toml");
    std::fs::write(&space, untrained::space::Space::builtin_text("nds-darts").unwrap()).unwrap();
    window.press("Home");
    window.press("Open…");
    window.see("This system shows no file dialogs");
    assert!(!enabled(&window, "Open file"));
    let typed = window.path("ow");
    let field = window.harness.get_by_label("Path");
    field.focus();
    window.harness.run_steps(2);
    key(&mut window, Modifiers::COMMAND, Key::A);
    window.harness.event(egui::Event::Text(typed.to_string_lossy().into_owned()));
    // The name is offered, and Tab takes it.
    window.see(&space.to_string_lossy());
    key(&mut window, Modifiers::NONE, Key::Tab);
    window.until("the file", |harness| {
        let button = harness.query_by_label("Open file");
        button.is_some_and(|button| !button.accesskit_node().is_disabled())
    });
    window.press("Open file");
    // What is shown once it is open: its name and size are on Home, too.
    window.see("34 decisions");
    // Saving asks in the same way.
    window.press("Set up");
    window.press("Save as job file…");
    window.see("Save: Job files");
    let field = window.harness.get_by_label("Path");
    field.focus();
    window.harness.run_steps(2);
    key(&mut window, Modifiers::COMMAND, Key::A);
    let job = window.path("kept.toml");
    window.harness.event(egui::Event::Text(job.to_string_lossy().into_owned()));
    window.harness.run_steps(3);
    window.press("Save file");
    window.see("saved ");
    assert!(job.exists());
}

/// Nothing of the results lies on something else, with and without a chosen row.
#[test]
fn results_have_their_room_in_every_window() {
    for size in [[800.0, 600.0], [1000.0, 640.0], [1400.0, 900.0]] {
        let mut window = two(size);
        let plot = |window: &Window| {
            window.harness.query_all_by_label_contains("Scatter of").last().unwrap().rect()
        };
        window.harness.run_steps(4);
        let before = plot(&window);
        window.harness.query_all_by_label("ok").next().unwrap().click();
        window.harness.run_steps(20);
        assert!((plot(&window).width() - before.width()).abs() < 1.0, "{size:?}: it has moved");
        let names = [
            "Export results…",
            "Scatter",
            "Parallel",
            "Columns",
            "Clear filter",
            "Marked only",
            "Clear selection",
            "Mark selected",
            "Lasso",
            "Select Pareto front",
        ];
        let screen = Rect::from_min_size(pos2(0.0, 0.0), vec2(size[0], size[1]));
        let rects: Vec<(&str, Rect)> = names
            .iter()
            .map(|&name| (name, window.harness.query_all_by_label(name).last().unwrap().rect()))
            .collect();
        for (at, (name, rect)) in rects.iter().enumerate() {
            assert!(screen.contains_rect(*rect), "{size:?}: {name} at {rect}");
            for (other, place) in &rects[at + 1..] {
                assert!(
                    !rect.shrink(1.0).intersects(place.shrink(1.0)),
                    "{size:?}: {name} on {other}"
                );
            }
        }
        let right = window
            .harness
            .query_all_by_label("Copy architecture")
            .next()
            .map_or(size[0], |node| node.rect().left());
        assert!(plot(&window).right() <= right, "{size:?}: the plot goes on below the inspector");
    }
}

#[test]
fn set_up_is_about_the_space_that_failed_to_open() {
    let mut window = Window::new(Some("nas-bench-201"));
    window.see("15,625");
    window.press("Set up");
    window.see("Search space");
    window.see("nas-bench-201");
    let path = window.path("own.toml");
    std::fs::write(&path, "format = \"untrained-space/1\"\n").unwrap();
    window.drop_file(&path);
    window.see("cannot be opened");
    window.press("Set up");
    window.see("own.toml");
    window.see("see Space for what is wrong");
    assert!(!enabled(&window, "Start search"));
}

#[test]
fn a_failed_run_says_why_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("job.toml");
    std::fs::write(&path, "[options]\ndevice = \"no such adapter\"\n").unwrap();
    let name = path.to_string_lossy().into_owned();
    let mut window = Window::in_folder(folder, Some(&name), [1280.0, 900.0]);
    window.see("Set up a search");
    window.press("Start search");
    window.see("no usable adapter");
    let told = window.texts().into_iter().filter(|text| text.contains("no usable adapter"));
    // A label has its text twice: as a node, and as what of it is seen.
    let mut told: Vec<String> = told.map(|text| text.chars().take(60).collect()).collect();
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(!shows(&window.harness, "Save picture of best so far"));
}

#[test]
fn a_message_goes_after_a_while() {
    let mut window = two([1280.0, 800.0]);
    window.harness.query_all_by_label("ok").next().unwrap().click();
    window.harness.run_steps(3);
    window.menu("Edit", "Copy architecture");
    window.see(&format!("copied {GOOD}"));
    window.harness.run_steps(70);
    assert!(!shows(&window.harness, "copied "));
}

#[test]
fn what_is_undone_is_done_again() {
    let mut window = two([1280.0, 800.0]);
    type_into(&mut window, "Filter", "score > 20");
    window.see("1 of 2 rows");
    key(&mut window, Modifiers::NONE, Key::Escape);
    key(&mut window, Modifiers::COMMAND, Key::Z);
    window.see("2 of 2 rows");
    key(&mut window, Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::Z);
    window.see("1 of 2 rows");
}

#[test]
fn a_comparison_is_not_lost_to_the_extremes() {
    let mut window = two([1280.0, 800.0]);
    window.harness.query_all_by_label("ok").next().unwrap().click();
    window.harness.run_steps(3);
    window.press("Add to comparison");
    window.see("added to the comparison: 1 of 4");
    window.menu("Study", "Compare extremes");
    window.see("Undo brings it back");
    window.see("Remove B");
    key(&mut window, Modifiers::COMMAND, Key::Z);
    window.until("one", |harness| !shows(harness, "Remove B") && shows(harness, "Remove A"));
}

#[test]
fn enter_scores_what_is_pasted_and_nonsense_is_told() {
    let mut window = Window::new(Some("nas-bench-201"));
    window.see("15,625");
    window.press("Home");
    type_into(&mut window, "Architecture of nas-bench-201", "nonsense");
    window.see("in the architecture `nonsense`");
    key(&mut window, Modifiers::NONE, Key::Enter);
    assert!(shows(&window.harness, "Choose a search space"));
    let field = window.harness.get_by_label("Architecture of nas-bench-201");
    field.focus();
    window.harness.run_steps(2);
    key(&mut window, Modifiers::COMMAND, Key::A);
    window.harness.event(egui::Event::Text(POOR.to_owned()));
    window.harness.run_steps(3);
    key(&mut window, Modifiers::NONE, Key::Enter);
    window.see("Done");
}

#[test]
fn the_palette_is_used_by_keys_and_stays_in_its_place() {
    let mut window = Window::new(None);
    key(&mut window, Modifiers::COMMAND, Key::P);
    let field =
        |window: &Window| window.harness.query_all_by_label("Command").last().unwrap().rect();
    let before = field(&window);
    window.harness.event(egui::Event::Text("theme".to_owned()));
    window.harness.run_steps(3);
    assert_eq!(field(&window), before);
    key(&mut window, Modifiers::COMMAND, Key::A);
    window.harness.event(egui::Event::Text("sto".to_owned()));
    window.harness.run_steps(3);
    // From the first, one down and one up again, and two down.
    for step in [Key::ArrowDown, Key::ArrowUp] {
        key(&mut window, Modifiers::NONE, step);
    }
    key(&mut window, Modifiers::COMMAND, Key::A);
    window.harness.event(egui::Event::Text("view".to_owned()));
    window.harness.run_steps(3);
    // The second view is the search space.
    key(&mut window, Modifiers::COMMAND, Key::A);
    window.harness.event(egui::Event::Text("networks side by side".to_owned()));
    window.harness.run_steps(3);
    key(&mut window, Modifiers::NONE, Key::Enter);
    window.see("Nothing to compare yet");
}

#[test]
fn help_has_shortcuts_words_and_scores() {
    let mut window = Window::new(None);
    key(&mut window, Modifiers::NONE, Key::F1);
    window.see("Complete the path");
    window.press("Glossary");
    window.see("Which units are on for one image");
    window.press("What the scores mean");
    window.see("ln |det K|");
    window.press("Close");
    window.until("closed", |harness| !shows(harness, "ln |det K|"));
}

// Not only a faulty one: a person writes a space with an editor beside the window.
#[test]
fn an_open_space_file_is_read_again_when_it_is_edited() {
    let mut window = Window::new(None);
    let good = untrained::space::Space::builtin_text("nas-bench-201").unwrap();
    let path = window.path("own.toml");
    std::fs::write(&path, good).unwrap();
    window.drop_file(&path);
    // A card of the start has the same number of architectures.
    window.see("400 random networks");
    window.see("15,625");
    std::thread::sleep(std::time::Duration::from_millis(20));
    std::fs::write(&path, good.replacen(", \"avg_pool_3x3\"", "", 1)).unwrap();
    window.until("four operations", |harness| shows(harness, "4,096"));
    std::fs::write(&path, good.replacen("classes", "clases", 1)).unwrap();
    window.see("cannot be opened");
    std::fs::write(&path, good).unwrap();
    window.see("15,625");
}

#[test]
fn what_is_listed_and_not_drawn_says_why() {
    let mut window = Window::new(Some("nas-bench-101"));
    window.see("26 decisions");
    for _ in 0..20 {
        if shows(&window.harness, "decisions are not drawn: they have no effect") {
            return;
        }
        window.press("Random architecture");
        window.harness.run_steps(5);
    }
    panic!("no cell with a vertex on no path in 20");
}

#[test]
fn latency_and_memory_are_measured_and_become_columns() {
    let mut window = two([1400.0, 900.0]);
    window.harness.query_all_by_label("ok").next().unwrap().click();
    window.harness.run_steps(3);
    window.press("Measure latency and memory");
    window.see("latency and activations are columns");
    window.see("latency (ms)");
    type_into(&mut window, "Filter", "activations=1.. and latency < 10s");
    window.see("1 of 2 rows");
}

#[test]
fn the_front_is_selected_in_the_directions_that_are_chosen() {
    let mut window = two([1400.0, 900.0]);
    window.see("Scatter of params and score");
    window.press("Select Pareto front");
    window.see("1 selected");
    window.press("Columns");
    window.press("On the Pareto front");
    key(&mut window, Modifiers::NONE, Key::Escape);
    window.see("Pareto");
    let marked = window.harness.query_all_by_label("front").count();
    assert!(marked >= 1, "no row is marked");
    // Both have the same params, so that the lower score is the front once low scores are wanted.
    window.press("Direction of score");
    window.harness.run_steps(5);
    window.press("Select Pareto front");
    window.press("Selected only");
    window.see("1 of 2 rows");
    window.see("10.0000");
}

#[test]
fn a_search_shows_its_best_networks_as_they_come() {
    let mut window = with_job(12);
    window.see("Set up a search");
    window.press("Start search");
    window.see("Done");
    window.see("Best 5 so far");
    window
        .until("five cells", |harness| harness.query_all_by_label_contains("cell: ").count() >= 5);
}

/// Dialogs that cannot be shown are asked for once: the field stays.
#[test]
fn unavailable_dialogs_say_so() {
    let asked = untrained_gui::FileQuestion::Folder;
    assert!(FileDialogs::Unavailable.ask(&asked).is_err());
}
