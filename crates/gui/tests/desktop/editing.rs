//! The editor of spaces: a space from nothing, files with comments, undo, problems, and what is not saved.

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};
use egui_kittest::{Harness, Node};
use untrained::space::Space;
use untrained_gui::App;

use crate::support::{Window, shows};

/// A window whose editor shows the smallest space of a kind.
fn empty(kind: &str) -> Window {
    let mut window = Window::of_size(None, [1400.0, 2400.0]);
    window.menu("File", "New space…");
    window.press(&format!("Empty {kind}"));
    window.see("my-space");
    window
}

/// Waits until what is shown is that of the file as it is: nothing moves any more.
fn settle(window: &mut Window) {
    window.harness.step();
    window.until("a space that is read", |harness| {
        harness.query_by_label("The space is being read").is_none()
    });
}

fn press(window: &mut Window, name: &str) {
    settle(window);
    window.press(name);
}

fn is_of(role: Role) -> impl Fn(&Node<'_>) -> bool {
    move |node| node.accesskit_node().role() == role
}

/// The field of a place; a problem there has a link of the same name.
fn field<'w>(harness: &'w Harness<'static, App>, place: &'w str) -> Option<Node<'w>> {
    harness.query_all_by_label(place).find(is_of(Role::TextInput))
}

/// Writes another text into the field of a place.
fn write(window: &mut Window, place: &str, text: &str) {
    settle(window);
    window.until(place, |harness| field(harness, place).is_some());
    field(&window.harness, place).unwrap().focus();
    window.harness.run_steps(2);
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.harness.run_steps(1);
    if text.is_empty() {
        window.harness.key_press(Key::Delete);
    } else {
        field(&window.harness, place).unwrap().type_text(text);
    }
    window.harness.run_steps(2);
}

/// Leaves the field that is being written into.
fn leave(window: &mut Window) {
    window.harness.key_press(Key::Enter);
    window.harness.run_steps(3);
}

/// Chooses an entry of the menu that the control of a place opens.
fn choose(window: &mut Window, place: &str, entry: &str) {
    press(window, place);
    window.until(entry, |harness| harness.query_all_by_label(entry).next().is_some());
    window.harness.query_all_by_label(entry).last().unwrap().click();
    window.harness.run_steps(3);
}

fn key(window: &mut Window, modifiers: Modifiers, key: Key) {
    window.harness.key_press_modifiers(modifiers, key);
    window.harness.run_steps(4);
}

/// Saves in a file of the window's folder; the text of the file.
fn save(window: &mut Window, name: &str) -> String {
    let path = window.path(name);
    window.dialogs.answer(&path);
    window.press("Save space");
    window.see("it is the open space now");
    std::fs::read_to_string(path).unwrap()
}

/// What a text says, by the order of its tables and keys.
fn values(text: &str) -> String {
    let space = Space::from_text(text, "test").unwrap();
    let id = untrained::space::SpaceOverride::new("id", space.id());
    space.with(&[id]).unwrap().text().to_owned()
}

/// Adds a layer, and writes its text.
fn layer(window: &mut Window, list: &str, at: usize, text: &str) {
    choose(window, &format!("Add layer to {list}"), "bn");
    write(window, &format!("{list}[{at}]"), text);
}

/// The blocks of NAS-Bench-Macro as lists of layers.
fn build_operations(window: &mut Window) {
    press(window, "Operations");
    for name in ["skip", "inverted_residual"] {
        write(window, "new name in operations", name);
        press(window, "Add operation to operations");
    }
    // What another stride or width asks for is offered as it is there.
    press(window, "Add operations.skip.reshape");
    let block = "operations.inverted_residual";
    let reshaped = ["conv 1x1 out=in*{e}", "bn", "relu", "conv {k}x{k} groups=in stride=s"];
    let rest = ["bn", "relu", "conv 1x1", "bn"];
    choose(window, &format!("Add layer to {block}.layers"), "add branches");
    press(window, &format!("Remove {block}.layers[0]"));
    let branch = format!("{block}.layers[0].add[1]");
    write(window, &format!("{branch}[0]"), reshaped[0]);
    for (at, text) in reshaped[1..].iter().chain(&rest).enumerate() {
        layer(window, &branch, at + 1, text.trim_end_matches(" stride=s"));
    }
    press(window, &format!("Add {block}.reshape"));
    for (at, text) in reshaped.iter().chain(&rest).enumerate() {
        layer(window, &format!("{block}.reshape"), at + 1, text);
    }
    press(window, &format!("Remove {block}.reshape[0]"));
}

/// Its decisions.
fn build_decisions(window: &mut Window) {
    press(window, "Decisions");
    choose(window, "topology.notation", "digits");
    for (name, operation, symbol, values) in [
        ("skip", "skip", "0", ""),
        ("k3e3", "inverted_residual", "1", "k = 3, e = 3"),
        ("k5e6", "inverted_residual", "2", "k = 5, e = 6"),
    ] {
        write(window, "new name in topology.choices", name);
        press(window, "Add entry to topology.choices");
        let place = format!("topology.choices.{name}");
        choose(window, &format!("{place}.operation"), operation);
        write(window, &format!("{place}.symbol"), symbol);
        if !values.is_empty() {
            write(window, &format!("{place}.values"), values);
        }
    }
    for name in ["skip", "k3e3", "k5e6"] {
        tick(window, name);
    }
    tick(window, "skip_connect");
    tick(window, "nor_conv_3x3");
    for (at, [width, slots]) in [["64", "2"], ["128", "3"], ["256", "3"]].iter().enumerate() {
        if at > 0 {
            press(window, "Add stage");
        }
        let place = format!("topology.stages[{at}]");
        write(window, &format!("{place}.width"), width);
        write(window, &format!("{place}.stride"), "2");
        write(window, &format!("{place}.slots"), slots);
    }
}

/// Ticks a name, or takes its tick away.
fn tick(window: &mut Window, name: &str) {
    settle(window);
    let is_tick = is_of(Role::CheckBox);
    window.until(name, |harness| harness.query_all_by_label(name).any(|node| is_tick(&node)));
    window.harness.query_all_by_label(name).find(&is_tick).unwrap().click();
    window.harness.run_steps(3);
}

#[test]
fn nas_bench_macro_is_built_from_nothing() {
    let mut window = empty("layers");
    build_operations(&mut window);
    build_decisions(&mut window);
    press(&mut window, "Skeleton");
    write(&mut window, "skeleton.widths", "stem = 32, tail = 1280");
    write(&mut window, "skeleton.stem[0]", "conv 3x3 out={stem}");
    press(&mut window, "Remove skeleton.head[1]");
    write(&mut window, "skeleton.head[0]", "conv 1x1 out={tail}");
    for (at, text) in ["bn", "relu", "global_avg_pool", "linear"].iter().enumerate() {
        layer(&mut window, "skeleton.head", at + 1, text);
    }
    press(&mut window, "General");
    let builtin = Space::builtin("nas-bench-macro").unwrap();
    write(&mut window, "id", "nas-bench-macro");
    write(&mut window, "title", builtin.title());
    write(&mut window, "reference", builtin.reference());
    write(&mut window, "initialisation", "pytorch-default");
    window.see("6,561");
    let text = save(&mut window, "macro.toml");
    // Sorted, since the candidates of the built-in file begin with their symbols.
    let sorted = |text: &str| {
        let values = values(text);
        let mut lines: Vec<String> = values.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&text), sorted(builtin.text()), "{text}");
    // It is written as a person would: the built-in file has the same lines beside comments and the layers,
    // which it has several on a line.
    for line in [
        "reference = \"Su et al., Prioritized Architecture Sampling with Monto-Carlo Tree Search, CVPR 2021\"",
        "candidates = [\"skip\", \"k3e3\", \"k5e6\"]",
        "stages = [",
        "    { width = 64, stride = 2, slots = 2 },",
        "    { width = 256, stride = 2, slots = 3 },",
        "[topology.choices]",
        "widths = { stem = 32, tail = 1280 }",
        "stem = [\"conv 3x3 out={stem}\", \"bn\", \"relu\"]",
        "head = [\"conv 1x1 out={tail}\", \"bn\", \"relu\", \"global_avg_pool\", \"linear\"]",
        "[operations.skip]",
        "reshape = [\"conv 1x1 stride=s\", \"bn\"]",
    ] {
        let has = |text: &str| text.lines().any(|other| other == line);
        assert!(has(&text) && has(builtin.text()), "{line} is not in {text}");
    }
    let own = Space::from_text(&text, "own").unwrap();
    assert_eq!(own.count(), builtin.count());
    let network = |space: &Space| space.parse("22212202").unwrap().build().unwrap();
    let cost = |space: &Space| untrained::graph::cost::Cost::of(&network(space));
    assert_eq!(cost(&own).params, cost(&builtin).params);
    assert_eq!(cost(&own).macs, cost(&builtin).macs);
    // What was saved is the space that a search uses.
    press(&mut window, "Space");
    window.see("NAS-Bench-Macro");
    window.see("6,561");
}

#[test]
fn comments_of_a_file_stay_when_it_is_edited_and_saved() {
    let mut window = Window::of_size(None, [1400.0, 1600.0]);
    let path = window.path("own.toml");
    let text = Space::builtin_text("nas-bench-101").unwrap().replace("nas-bench-101", "own");
    std::fs::write(&path, &text).unwrap();
    window.drop_file(&path);
    window.see("423,624");
    window.press("Edit space…");
    window.press("Skeleton");
    write(&mut window, "skeleton.cells", "1");
    window.see("changed");
    window.press("Save space");
    window.see("it is the open space now");
    let saved = std::fs::read_to_string(&path).unwrap();
    let expected = text.replace("cells = 3 ", "cells = 1 ");
    assert_eq!(saved, expected);
    assert_ne!(saved, text);
}

#[test]
fn typing_is_undone_at_once_and_done_again() {
    let mut window = empty("layers");
    window.press("Add stage");
    write(&mut window, "topology.stages[1].width", "128");
    window.see("128 channels");
    let width = |window: &Window| {
        let node = field(&window.harness, "topology.stages[1].width");
        node.and_then(|node| node.accesskit_node().value())
    };
    assert_eq!(width(&window).as_deref(), Some("128"));
    key(&mut window, Modifiers::COMMAND, Key::Z);
    assert_eq!(width(&window).as_deref(), Some("16"));
    key(&mut window, Modifiers::COMMAND, Key::Z);
    assert_eq!(width(&window), None);
    let shift = Modifiers::COMMAND.plus(Modifiers::SHIFT);
    key(&mut window, shift, Key::Z);
    key(&mut window, shift, Key::Z);
    assert_eq!(width(&window).as_deref(), Some("128"));
    window.press("Undo");
    assert_eq!(width(&window).as_deref(), Some("16"));
}

#[test]
fn a_problem_stands_beside_its_field_and_in_the_list() {
    let mut window = empty("layers");
    write(&mut window, "topology.stages[0].stride", "wide");
    window.see("topology.stages[0].stride");
    window.until("the problem", |harness| harness.query_all_by_label_contains("wide").count() >= 2);
    let field = field(&window.harness, "topology.stages[0].stride").unwrap().rect();
    let below = window.harness.query_all_by_label_contains("stride is ").any(|node| {
        let top = node.rect().top();
        top > field.top() && top < field.bottom() + 30.0
    });
    assert!(below, "{:?}", window.texts());
    window.see("Decisions (1)");
    // What is missing is told at its place, in another part.
    press(&mut window, "Skeleton");
    write(&mut window, "skeleton.stem[0]", "konv 3x3");
    window.see("Skeleton (1)");
    write(&mut window, "skeleton.stem[0]", "conv 3x3");
    window.until("no problem", |harness| !shows(harness, "Skeleton (1)"));
    press(&mut window, "Decisions (1)");
    write(&mut window, "topology.stages[0].stride", "");
    window.until("no problem", |harness| !shows(harness, "Decisions (1)"));
}

#[test]
fn changes_are_not_lost_unasked() {
    let mut window = empty("layers");
    // What was not changed can be begun again.
    window.press("New space…");
    window.press("Empty stages");
    window.see("stages");
    write(&mut window, "topology.widths", "16, 64");
    window.press("New space…");
    window.see("The space has changes that are not saved");
    window.press("Keep editing");
    assert!(!shows(&window.harness, "changes that are not saved"));
    assert!(window.close(), "the window closes with changes");
    window.harness.run_steps(3);
    window.see("The space has changes that are not saved");
    window.dialogs.answer(window.path("kept"));
    window.press("Save");
    window.until("the end", |harness| {
        let commands = &harness.output().viewport_output[&egui::ViewportId::ROOT].commands;
        commands.contains(&egui::ViewportCommand::Close)
    });
    let text = std::fs::read_to_string(window.path("kept.toml")).unwrap();
    assert!(text.contains("widths = [16, 64]"), "{text}");
    assert!(!window.close(), "the window stays without changes");
}

#[test]
fn a_space_is_begun_from_a_built_in_one_and_other_commands() {
    let mut window = Window::of_size(None, [1400.0, 2400.0]);
    let last = Space::builtin_ids().last().unwrap().to_owned();
    window.see(&format!("Space {last}"));
    window.press("New space…");
    window.press("From nas-bench-201");
    window.see("my-nas-bench-201");
    window.see("15,625");
    tick(&mut window, "none");
    window.see("4,096");
    tick(&mut window, "avg_pool_3x3");
    window.see("729");
    choose(&mut window, "kind", "transformer");
    window.see("my-nas-bench-201");
    window.until("another kind", |harness| harness.query_by_label("topology.dims").is_some());
    key(&mut window, Modifiers::COMMAND, Key::Z);
    window.see("729");
    window.press("Text");
    window.see("operations = [\"skip_connect\", \"nor_conv_1x1\", \"nor_conv_3x3\"]");
    window.press("Home");
    window.press("Editor");
    window.see("729");
}

#[test]
fn names_are_changed_everywhere() {
    let mut window = Window::of_size(Some("nas-bench-macro"), [1400.0, 2400.0]);
    window.see("6,561");
    window.press("Edit space…");
    window.see("my-nas-bench-macro");
    write(&mut window, "name of topology.choices.k3e3", "small");
    leave(&mut window);
    window.press("Operations");
    write(&mut window, "name of operations.inverted_residual", "block");
    leave(&mut window);
    window.see("6,561");
    window.press("Text");
    window.see("candidates = [\"skip\", \"small\", \"k5e6\"]");
    window.see("small = { symbol = \"1\", operation = \"block\"");
}

#[test]
fn a_faulty_file_is_corrected_in_the_editor() {
    let mut window = Window::of_size(None, [1400.0, 1600.0]);
    let path = window.path("own.toml");
    let text = Space::builtin_text("nas-bench-201").unwrap().replace("stages = 3 ", "stages = 0 ");
    std::fs::write(&path, &text).unwrap();
    window.drop_file(&path);
    window.see("cannot be opened");
    window.press("Edit space…");
    press(&mut window, "Skeleton (1)");
    write(&mut window, "skeleton.stages", "2");
    window.see("15,625");
    key(&mut window, Modifiers::COMMAND, Key::S);
    window.see("it is the open space now");
    window.press("Space");
    window.see("Random architecture");
    assert!(std::fs::read_to_string(&path).unwrap().contains("stages = 2 "));
}
