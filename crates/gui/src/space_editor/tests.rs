//! Tests of the editor without a window.

use super::*;

fn path(text: &str) -> KeyPath {
    text.split('.').fold(KeyPath::default(), |path, part| match part.parse() {
        Ok(at) => path.at(at),
        Err(_) => path.key(part),
    })
}

fn editor(text: &str) -> SpaceEditor {
    let mut editor = SpaceEditor::default();
    editor.begin(SpaceStart::Text(text.to_owned(), None)).unwrap();
    editor
}

fn text(editor: &SpaceEditor) -> String {
    editor.space.as_ref().unwrap().file.text()
}

fn set(editor: &mut SpaceEditor, at: &str, value: impl Into<Value>) {
    editor.change(SpaceChange::Set(path(at), Some(value.into())));
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().collect()
}

/// The lines that differ, those of the first marked by `-`.
fn difference(before: &str, after: &str) -> Vec<String> {
    let (before, after) = (lines(before), lines(after));
    let gone = before.iter().filter(|line| !after.contains(line)).map(|line| format!("-{line}"));
    let new = after.iter().filter(|line| !before.contains(line)).map(|line| format!("+{line}"));
    gone.chain(new).collect()
}

#[test]
fn every_builtin_space_is_written_as_it_was_read() {
    for id in Space::builtin_ids() {
        let builtin = Space::builtin_text(id).unwrap();
        assert_eq!(text(&editor(builtin)), builtin, "{id}");
    }
}

#[test]
fn a_value_is_changed_and_nothing_else() {
    let before = Space::builtin_text("nas-bench-101").unwrap();
    let mut editor = editor(before);
    set(&mut editor, "skeleton.cells", 2);
    set(&mut editor, "topology.projection", "[\"bn\"]".parse::<Value>().unwrap());
    let found = difference(before, &text(&editor));
    assert_eq!(
        found[0],
        "-projection = [\"conv 1x1\", \"bn\", \"relu\"]   # on every edge that leaves the input"
    );
    assert!(found[1].starts_with("-cells = 3 "), "{found:?}");
    assert!(found[2].ends_with("# on every edge that leaves the input"), "{found:?}");
    assert_eq!(found[3], "+cells = 2                        # in every stage");
    assert_eq!(found.len(), 4);
}

#[test]
fn stages_are_added_moved_and_removed() {
    let before = Space::builtin_text("nas-bench-macro").unwrap();
    let mut editor = editor(before);
    let stages = path("topology.stages");
    let row = "{ width = 512, stride = 2 }".parse::<Value>().unwrap();
    editor.change(SpaceChange::Insert(stages.clone(), 3, row));
    assert_eq!(difference(before, &text(&editor)), ["+    { width = 512, stride = 2 },"]);
    set(&mut editor, "topology.stages.3.slots", 4);
    assert!(text(&editor).contains("    { width = 512, stride = 2, slots = 4 },\n]"));
    editor.change(SpaceChange::Shift(stages.clone(), 3, 2));
    let moved = text(&editor);
    assert!(
        moved.contains("slots = 4 },\n    { width = 256, stride = 2, slots = 3 },\n]"),
        "{moved}"
    );
    editor.change(SpaceChange::Remove(stages.at(2)));
    assert_eq!(text(&editor), before);
    editor.change(SpaceChange::Remove(path("topology.stages.0.slots")));
    assert!(text(&editor).contains("    { width = 64, stride = 2 },\n"));
}

#[test]
fn stages_with_headers_of_their_own_are_edited_too() {
    let before = include_str!("../../../../assets/examples/mobile-layers.toml");
    let mut editor = editor(before);
    let stages = path("topology.stages");
    let count = editor.space.as_ref().unwrap().file.count(&stages);
    assert!(count > 2);
    let widths = |editor: &SpaceEditor| {
        let file = &editor.space.as_ref().unwrap().file;
        let width = |at| file.item(&stages.at(at).key("width")).map(|item| item.to_string());
        (0..file.count(&stages)).map(width).collect::<Vec<_>>()
    };
    let given = widths(&editor);
    editor.change(SpaceChange::Shift(stages.clone(), 1, 2));
    let mut swapped = given.clone();
    swapped.swap(1, 2);
    assert_eq!(widths(&editor), swapped);
    // What is written is read in the same order.
    assert_eq!(widths(&super::tests::editor(&text(&editor))), swapped);
    editor.change(SpaceChange::Shift(stages.clone(), 2, 1));
    assert_eq!(widths(&super::tests::editor(&text(&editor))), given);
    let row = "{ width = 48 }".parse::<Value>().unwrap();
    editor.change(SpaceChange::Insert(stages.clone(), 1, row));
    assert!(text(&editor).contains("[[topology.stages]]\nwidth = 48\n"), "{}", text(&editor));
    let read = super::tests::editor(&text(&editor));
    assert_eq!(widths(&read).len(), count + 1);
    assert_eq!(widths(&read)[1].as_deref().map(str::trim), Some("48"));
    for comment in before.lines().filter(|line| line.starts_with('#')) {
        assert!(text(&editor).contains(comment), "{comment} is lost");
    }
}

#[test]
fn tables_are_made_where_they_are_needed() {
    let mut editor = SpaceEditor::default();
    editor.begin(SpaceStart::Kind("layers".to_owned())).unwrap();
    set(&mut editor, "topology.choices.skip.operation", "skip_connect");
    set(&mut editor, "skeleton.widths.stem", 32);
    set(&mut editor, "skeleton.stem.0", "conv 3x3 out={stem}");
    editor.change(SpaceChange::Insert(path("operations.mine.layers"), 0, "relu".into()));
    editor.change(SpaceChange::Insert(path("operations.mine.layers"), 1, "bn".into()));
    let found = text(&editor);
    assert!(
        found.contains("\n\n[topology.choices]\nskip = { operation = \"skip_connect\" }\n"),
        "{found}"
    );
    assert!(found.contains("widths = { stem = 32 }\n"), "{found}");
    assert!(found.ends_with("\n\n[operations.mine]\nlayers = [\"relu\", \"bn\"]\n"), "{found}");
    assert!(found.find("[topology.choices]") < found.find("[skeleton]"), "{found}");
    assert!(Space::from_text(&found, "test").is_ok());
}

#[test]
fn another_name_is_used_everywhere() {
    let mut editor = editor(Space::builtin_text("nas-bench-macro").unwrap());
    let rename = |table: &str, from: &str, to: &str| {
        SpaceChange::Rename(path(table), from.to_owned(), to.to_owned())
    };
    editor.change(rename("operations", "inverted_residual", "block"));
    editor.change(rename("topology.choices", "skip", "empty"));
    let found = text(&editor);
    assert_eq!(found.matches("inverted_residual").count(), 0, "{found}");
    assert!(found.contains("candidates = [\"empty\", \"k3e3\", \"k5e6\"]"), "{found}");
    assert!(found.contains("empty = { symbol = \"0\", operation = \"skip\" }"), "{found}");
    assert!(found.contains("# Where stride or width change"), "{found}");
    let space = Space::from_text(&found, "test").unwrap();
    assert_eq!(space.count(), 6561);
    // A name that is taken is refused.
    editor.change(rename("topology.choices", "k3e3", "k5e6"));
    assert_eq!(text(&editor), found);
}

#[test]
fn another_kind_brings_its_smallest_decisions() {
    for kind in Space::topology_kinds() {
        let mut editor = editor(Space::builtin_text("nas-bench-macro").unwrap());
        editor.change(SpaceChange::SetKind(kind.to_owned()));
        let space = Space::from_text(&text(&editor), kind).unwrap();
        assert_eq!((space.topology(), space.id()), (kind, "nas-bench-macro"));
        editor.step(false);
        assert_eq!(text(&editor), Space::builtin_text("nas-bench-macro").unwrap());
    }
}

#[test]
fn undone_changes_leave_nothing_to_save() {
    let mut editor = editor(Space::builtin_text("nas-bench-201").unwrap());
    assert!(!editor.is_changed());
    set(&mut editor, "classes", 100);
    assert!(editor.is_changed());
    assert_eq!(editor.has_steps(), [true, false]);
    editor.step(false);
    assert!(!editor.is_changed());
    assert_eq!(editor.has_steps(), [false, true]);
    editor.step(true);
    assert!(text(&editor).contains("classes = 100"));
    // What changes nothing is no step.
    set(&mut editor, "classes", 100);
    assert_eq!(editor.has_steps(), [true, false]);
}

#[test]
fn a_faulty_text_cannot_be_edited() {
    let mut editor = SpaceEditor::default();
    let wrong = SpaceStart::Text("a = [".to_owned(), None);
    assert!(editor.begin(wrong).is_err());
    assert!(editor.space.is_none());
}

#[test]
fn new_keys_stand_where_the_schema_has_them() {
    let mut editor = SpaceEditor::default();
    editor.begin(SpaceStart::Kind("layers".to_owned())).unwrap();
    set(&mut editor, "reference", "mine");
    set(&mut editor, "topology.prefix", "a");
    set(&mut editor, "topology.stages.0.slots", 2);
    set(&mut editor, "topology.stages.0.stride", 2);
    let found = text(&editor);
    assert!(found.contains("title = \"My space\"\nreference = \"mine\"\ninput = "), "{found}");
    assert!(found.contains("notation = \"names\"\nprefix = \"a\"\ncandidates = "), "{found}");
    assert!(found.contains("\n    { width = 16, stride = 2, slots = 2 },\n]"), "{found}");
}

#[test]
fn tables_with_headers_keep_them() {
    let before = Space::builtin_text("ofa-mobilenet-v3").unwrap();
    assert!(before.contains("[topology.parameters]"));
    let mut editor = editor(before);
    set(
        &mut editor,
        "topology.parameters",
        "{ ks = [3, 5], e = [3, 4, 6] }".parse::<Value>().unwrap(),
    );
    let found = text(&editor);
    assert!(found.contains("[topology.parameters]") && found.contains("ks = [3, 5]\n"), "{found}");
}
