//! The results view: a long table, selections, brushes.

use egui::{Key, Modifiers, Pos2, pos2};
use egui_kittest::kittest::Queryable;
use untrained::job::{JobConfig, Options, Task};
use untrained::space::Space;
use untrained::store::{FlushPolicy, Record, ResultRow, Status, Store, StudySetup, StudyState};

use crate::support::{Window, shows};

/// A result whose numbers follow from its place: every place has its own score and params.
fn record(space: &Space, position: u64, of: u64) -> Record {
    let architecture = space.from_index(position % 15_625).unwrap();
    let score = 1000.0 + (position * 7919 % of) as f64 / of as f64 * 1000.0;
    Record {
        architecture: architecture.to_string(),
        score,
        sd: None,
        status: Status::Ok,
        params: 1_000_000 + position * 6007 % of,
        macs: 1_000 + position % 100,
        units: 100,
        seconds: 0.01,
        layers: 7,
        regions: None,
        accuracy: None,
        index: None,
        seed: 7,
        repeats: 1,
        device: "none".to_owned(),
        driver: "none".to_owned(),
        version: env!("CARGO_PKG_VERSION").into(),
        message: None,
        draws: Default::default(),
        value: score,
        scores: Default::default(),
    }
}

/// A window that shows a study of so many results.
fn with_results(rows: u64, size: [f32; 2]) -> Window {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("studies.db")).unwrap();
    let job = JobConfig::new(Options::default(), Task::default());
    let setup = StudySetup::new(serde_json::to_value(&job).unwrap(), "batch");
    let study = store.begin(&setup, FlushPolicy::default()).unwrap();
    let space = Space::builtin("nas-bench-201").unwrap();
    for position in 0..rows {
        study.append(ResultRow::new(position, record(&space, position, rows))).unwrap();
    }
    study.finish(StudyState::Done).unwrap();
    drop(store);
    let mut window = Window::in_folder(folder, None, size);
    window.press("Studies");
    window.press("Show");
    window
}

/// Drags from one place to another, with keys held.
fn drag(window: &mut Window, from: Pos2, to: Pos2) {
    window.harness.hover_at(from);
    window.harness.step();
    window.harness.drag_at(from);
    window.harness.step();
    for part in 1..=4 {
        window.harness.hover_at(from + (to - from) * (part as f32 / 4.0));
        window.harness.step();
    }
    window.harness.drop_at(to);
    window.harness.run_steps(2);
}

/// How many rows are shown, as the heading says.
fn shown(window: &Window) -> u64 {
    let text =
        window.texts().into_iter().find(|text| text.ends_with(" rows") && text.contains(" of "));
    let text = text.unwrap_or_default();
    text.split(' ').next().unwrap().replace(',', "").parse().unwrap()
}

/// How many rows are selected.
fn selected(window: &Window) -> u64 {
    let text = window.texts().into_iter().find(|text| text.ends_with(" selected"));
    text.unwrap().trim_end_matches(" selected").replace(',', "").parse().unwrap()
}

fn key(window: &mut Window, modifiers: Modifiers, key: Key) {
    window.harness.key_press_modifiers(modifiers, key);
    window.harness.run_steps(3);
}

#[test]
fn a_hundred_thousand_rows_are_sorted_scrolled_filtered_selected_and_brushed() {
    const ROWS: u64 = 100_000;
    let mut window = with_results(ROWS, [1280.0, 900.0]);
    window.see("100,000 of 100,000 rows");
    // The row with the greatest params stands first, the one with the least last.
    let params = |position: u64| position * 6007 % ROWS;
    let first = (0..ROWS).max_by_key(|&at| params(at)).unwrap();
    let last = (0..ROWS).min_by_key(|&at| params(at)).unwrap();
    window.press("params");
    window.see(&format!("Mark row {first}"));
    assert!(!shows(&window.harness, &format!("Mark row {last}")));
    key(&mut window, Modifiers::NONE, Key::End);
    window.see(&format!("Mark row {last}"));
    window.see("rank");
    key(&mut window, Modifiers::NONE, Key::Home);
    window.see(&format!("Mark row {first}"));

    let filter = window.harness.get_by_label("Filter");
    filter.focus();
    filter.type_text("params < 1025000");
    window.see("25,000 of 100,000 rows");
    key(&mut window, Modifiers::NONE, Key::Escape);
    key(&mut window, Modifiers::COMMAND, Key::Z);
    window.see("100,000 of 100,000 rows");

    // All rows lie in the plane: a box around the whole takes all, one around a part takes a part,
    // though only a sample of points is drawn.
    window.press("Box");
    window.see("Scatter of params and score, 20,000 of 100,000 rows drawn");
    let plot = window.harness.get_by_label_contains("Scatter of params").rect().shrink(2.0);
    drag(&mut window, plot.left_top(), plot.right_bottom());
    window.see("100,000 selected");
    drag(&mut window, plot.left_top(), plot.center_bottom());
    window.until("half of them", |harness| !shows(harness, "100,000 selected"));
    let half = selected(&window);
    assert!((48_000..52_000).contains(&half), "{half}");
    window.press("Selected only");
    window.until("only those", |harness| !shows(harness, "100,000 of 100,000 rows"));
    assert_eq!(shown(&window), half);
    key(&mut window, Modifiers::COMMAND, Key::Z);
    key(&mut window, Modifiers::COMMAND, Key::Z);
    window.see("100,000 of 100,000 rows");
    window.see("100,000 selected");
    window.press("Clear selection");
    window.see("0 selected");

    window.press("Lasso");
    let (left, right) = (plot.left_center(), plot.right_center());
    drag(&mut window, left, right);
    // A line encloses nothing.
    window.see("0 selected");

    window.press("Parallel");
    window.see("Parallel coordinates of");
    // Decisions become axes when they are read, and move the others.
    window.until("decisions", |harness| !shows(harness, "decisions of the first"));
    let axis = window.harness.get_by_label("Axis score").rect().shrink(5.0);
    drag(&mut window, axis.center(), axis.center_top());
    window.see("Remove brush on score");
    window.until("half of them", |harness| !shows(harness, "100,000 of 100,000 rows"));
    let brushed = shown(&window);
    assert!((45_000..55_000).contains(&brushed), "{brushed}");
    window.press("Remove brush on score");
    window.see("100,000 of 100,000 rows");
    key(&mut window, Modifiers::COMMAND, Key::Z);
    window.see("Remove brush on score");
    key(&mut window, Modifiers::COMMAND, Key::Z);
    window.see("100,000 of 100,000 rows");
}

#[test]
fn a_category_is_brushed_by_the_menu_of_its_axis() {
    const ROWS: u64 = 3_000;
    let mut window = with_results(ROWS, [1280.0, 900.0]);
    window.see("3,000 of 3,000 rows");
    window.press("Parallel");
    let space = Space::builtin("nas-bench-201").unwrap();
    let choices = |at: u64| space.from_index(at % 15_625).unwrap().decisions();
    let name = choices(0)[5].name.clone();
    let expected = (0..ROWS).filter(|&at| choices(at)[5].value == "nor_conv_3x3").count() as u64;
    assert!(0 < expected && expected < ROWS);
    window.press(&format!("Axis menu {name}"));
    window.press("nor_conv_3x3");
    window.see(&format!("Remove brush on {name}"));
    window.until("the rows", |harness| !shows(harness, "3,000 of 3,000 rows"));
    assert_eq!(shown(&window), expected);
    window.press("Clear brush");
    window.see("3,000 of 3,000 rows");
    window.press("Move left");
    key(&mut window, Modifiers::NONE, Key::Escape);
    window.press(&format!("Axis menu {name}"));
    window.press("Hide");
    assert!(!shows(&window.harness, &format!("Axis menu {name}")));
}

#[test]
fn rows_are_selected_by_clicks_and_keys_and_marked() {
    let mut window = with_results(12, [1280.0, 900.0]);
    window.see("12 of 12 rows");
    window.press("#");
    window.press("#");
    let space = Space::builtin("nas-bench-201").unwrap();
    let name = |at: u64| space.from_index(at).unwrap().to_string();
    let click = |window: &mut Window, at: u64, modifiers: Modifiers| {
        let name = name(at);
        let node = window.harness.query_all_by_label(&name).last().unwrap();
        node.click_modifiers(modifiers);
        window.harness.run_steps(3);
    };
    click(&mut window, 3, Modifiers::NONE);
    assert_eq!(selected(&window), 0);
    click(&mut window, 1, Modifiers::COMMAND);
    assert_eq!(selected(&window), 1);
    click(&mut window, 4, Modifiers::SHIFT);
    assert_eq!(selected(&window), 4);
    key(&mut window, Modifiers::COMMAND, Key::A);
    assert_eq!(selected(&window), 12);
    key(&mut window, Modifiers::COMMAND, Key::Z);
    assert_eq!(selected(&window), 4);
    // The chosen row is still the third, and the fourth is selected already.
    key(&mut window, Modifiers::SHIFT, Key::ArrowUp);
    key(&mut window, Modifiers::SHIFT, Key::ArrowUp);
    key(&mut window, Modifiers::SHIFT, Key::ArrowUp);
    window.press("Mark selected");
    window.press("Marked only");
    let marked = selected(&window);
    window.see(&format!("{marked} of 12 rows"));
    window.press("Clear filter");
    window.see("12 of 12 rows");
    assert_eq!(selected(&window), marked);
}

/// Plots, table and what belongs to them have a place in the smallest window.
#[test]
fn everything_has_a_place_in_a_small_window() {
    let mut window = with_results(300, [800.0, 600.0]);
    window.see("300 of 300 rows");
    window.press("Parallel");
    window.see("Parallel coordinates of");
    let screen = egui::Rect::from_min_max(pos2(0.0, 0.0), pos2(800.0, 600.0));
    for label in ["Lasso", "Axes", "Selected only", "Parallel", "Filter", "#"] {
        let rect = window.harness.query_all_by_label(label).last().unwrap().rect();
        assert!(screen.contains_rect(rect), "{label} at {rect}");
    }
    assert!(window.texts().iter().any(|text| text.starts_with("Mark row")), "no row is seen");
}
