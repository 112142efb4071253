//! Files to begin a space of one's own with: a small one of every kind of topology, and the built-in ones
//! with a comment above every key.

use serde_json::Value;

use super::document::SpaceDocument;
use super::schema_of;

/// The width of a comment.
const COLUMNS: usize = 100;
/// The tables whose keys are explained.
const SECTIONS: [&str; 3] = ["", "topology", "skeleton"];
/// Keys that need no words.
const PLAIN: [&str; 3] = ["format", "kind", "operations"];

/// The smallest file of a kind of topology.
macro_rules! start {
    ($kind:literal) => {
        ($kind, include_str!(concat!("../../../assets/starts/", $kind, ".toml")))
    };
}

/// The smallest file of every kind of topology.
const SMALLEST: [(&str, &str); 10] = [
    start!("layers"),
    start!("stages"),
    start!("edge-cell"),
    start!("vertex-cell"),
    start!("pair-cell"),
    start!("module-cell"),
    start!("sequence"),
    start!("regnet"),
    start!("transformer"),
    start!("widths"),
];

/// The kinds of topologies, those for a space of one's own that are used most first.
pub(in crate::space) fn kinds() -> impl Iterator<Item = &'static str> {
    SMALLEST.iter().map(|(kind, _)| *kind)
}

/// The smallest file of a kind of topology.
pub(in crate::space) fn smallest(kind: &str) -> Option<&'static str> {
    SMALLEST.iter().find(|(known, _)| *known == kind).map(|(_, text)| *text)
}

/// A file in TOML under another id and title; the rest stays as it is.
pub(in crate::space) fn renamed(text: &str) -> String {
    let Ok(document) = SpaceDocument::parse(text) else { return text.to_owned() };
    let own = |key: &str, line: &str| {
        let value = document.value.get(key).and_then(Value::as_str)?;
        if document.line(key)? != line_number(text, line) || !begins_with(line, key) {
            return None;
        }
        let before = if key == "id" { "my-" } else { "My " };
        let value = format!("{before}{value}").replace('\\', "\\\\").replace('"', "\\\"");
        Some(format!("{key} = \"{value}\""))
    };
    let lines = text.lines().map(|line| {
        own("id", line).or_else(|| own("title", line)).unwrap_or_else(|| line.to_owned())
    });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

/// The number of a line that is a part of a text, from 1.
fn line_number(text: &str, line: &str) -> usize {
    let offset = line.as_ptr() as usize - text.as_ptr() as usize;
    1 + text.as_bytes().iter().take(offset).filter(|&&byte| byte == b'\n').count()
}

/// Whether a line gives a value to a key.
fn begins_with(line: &str, key: &str) -> bool {
    line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='))
}

/// A file in TOML with what the schema says of every key that has no comment, and of the keys that may be
/// given as well.
pub(in crate::space) fn commented(text: &str) -> String {
    let Ok(document) = SpaceDocument::parse(text) else { return text.to_owned() };
    let kind = document.value.pointer("/topology/kind").and_then(Value::as_str);
    let Some(schema) = kind.and_then(schema_of) else { return text.to_owned() };
    let (mut written, mut is_explained): (Vec<String>, bool) = (Vec::new(), false);
    let (mut section, mut is_told) = ("", false);
    for (at, line) in text.lines().enumerate() {
        if let Some(found) = SECTIONS.iter().find(|name| line.trim_end() == format!("[{name}]")) {
            // What may stand at the top stands before the first table.
            tell_rest(&mut written, &schema, &document.value, section, &mut is_told);
            (section, is_told) = (found, false);
        } else if line.starts_with('[') {
            tell_rest(&mut written, &schema, &document.value, section, &mut is_told);
            (section, is_told) = ("?", true);
        }
        let key = line.split('=').next().unwrap_or_default().trim_end();
        let path = if section.is_empty() { key.to_owned() } else { format!("{section}.{key}") };
        let is_key = begins_with(line, key) && document.line(&path) == Some(at + 1);
        if is_key && !is_explained && !PLAIN.contains(&key) {
            let about = property(&schema, section, key).and_then(description);
            written.extend(about.iter().flat_map(|about| wrapped(about, "# ")));
        }
        written.push(line.to_owned());
        is_explained = line.starts_with('#') || is_key && line.contains(" # ");
    }
    tell_rest(&mut written, &schema, &document.value, section, &mut is_told);
    written.join("\n") + "\n"
}

/// Says which further keys a table may have.
fn tell_rest(
    written: &mut Vec<String>,
    schema: &Value,
    value: &Value,
    section: &str,
    is_told: &mut bool,
) {
    if std::mem::replace(is_told, true) {
        return;
    }
    let given = if section.is_empty() { Some(value) } else { value.get(section) };
    let Some(properties) = properties(schema, section) else { return };
    let mut told = Vec::new();
    for (key, property) in properties {
        if given.is_none_or(|given| given.get(key).is_none()) && !PLAIN.contains(&key.as_str()) {
            let about = description(property).unwrap_or_default();
            told.extend(wrapped(&format!("{key}: {about}"), "#   "));
        }
    }
    if told.is_empty() {
        return;
    }
    // Before the empty line that ends the table, or the comment of the next one.
    let mut at = written.len();
    while at > 0 && (written[at - 1].is_empty() || written[at - 1].starts_with('#')) {
        at -= 1;
    }
    told.insert(0, "# These keys may be given as well:".to_owned());
    written.splice(at..at, told);
}

/// The properties of a table.
fn properties<'s>(schema: &'s Value, section: &str) -> Option<&'s serde_json::Map<String, Value>> {
    let top = schema.get("properties")?;
    let table = if section.is_empty() { schema } else { resolved(schema, top.get(section)?) };
    table.get("properties")?.as_object().filter(|_| !top.is_null())
}

fn property<'s>(schema: &'s Value, section: &str, key: &str) -> Option<&'s Value> {
    properties(schema, section)?.get(key)
}

/// What a reference refers to.
fn resolved<'s>(schema: &'s Value, part: &'s Value) -> &'s Value {
    let name = part.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next());
    name.and_then(|name| schema.get("$defs")?.get(name)).unwrap_or(part)
}

fn description(property: &Value) -> Option<String> {
    Some(property.get("description")?.as_str()?.replace('\n', " "))
}

/// A text in lines of comments; lines after the first are indented as far as the text of the first.
fn wrapped(text: &str, begin: &str) -> Vec<String> {
    let mut lines = vec![begin.to_owned()];
    for word in text.split_whitespace() {
        let line = lines
            .last_mut()
            .filter(|line| line.len() == begin.len() || line.len() + 1 + word.len() <= COLUMNS);
        match line {
            Some(line) if line.len() == begin.len() => line.push_str(word),
            Some(line) => *line += &format!(" {word}"),
            None => lines.push(format!("{begin}{word}")),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::Space;

    #[test]
    fn the_smallest_file_of_every_kind_is_a_space() {
        for kind in kinds() {
            let space = Space::from_text(smallest(kind).unwrap(), kind).unwrap();
            assert_eq!(space.topology(), kind);
            assert!(space.count() > 1, "{kind} decides nothing");
            assert!(schema_of(kind).is_some());
        }
        assert_eq!(kinds().count(), super::super::TOPOLOGIES.len());
        assert_eq!(smallest("no-such-kind"), None);
    }

    #[test]
    fn comments_and_another_name_change_nothing_else() {
        for id in Space::builtin_ids() {
            let text = Space::builtin_text(id).unwrap();
            let own = commented(&renamed(text));
            let values = |text: &str| SpaceDocument::parse(text).unwrap().value;
            let (mut given, mut found) = (values(text), values(&own));
            assert_eq!(found["id"], format!("my-{id}"));
            assert!(found["title"].as_str().unwrap().starts_with("My "));
            for value in [&mut given, &mut found] {
                value["id"] = Value::Null;
                value["title"] = Value::Null;
            }
            assert_eq!(given, found, "{id}");
            let lines = text.lines().filter(|line| !begins_with(line, "id"));
            for line in lines.filter(|line| !begins_with(line, "title")) {
                assert!(own.contains(line), "{id}: {line} is lost");
            }
            assert!(own.contains("\n# These keys may be given as well:\n"), "{id}");
            assert!(own.lines().count() > text.lines().count() + 5, "{id}");
        }
    }

    #[test]
    fn every_key_without_a_comment_has_one() {
        let own = commented(Space::builtin_text("nas-bench-macro").unwrap());
        for part in [
            "# How an architecture is written.\nnotation = \"digits\"",
            "# The stages, in order.\nstages = [\n    { width = 64",
            "# Layers before the first stage.\nstem = ",
            "#   limits: How often candidates may occur in a network.\n",
            "#   gates: Whether activations inside gates count.\n\n[topology]",
        ] {
            assert!(own.contains(part), "no {part} in {own}");
        }
        assert!(own.lines().all(|line| !line.starts_with('#') || line.len() <= 110));
    }
}
