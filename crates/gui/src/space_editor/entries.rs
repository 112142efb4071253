//! The entries of a list in TOML with their comments and line breaks, so that they can be added, moved and
//! removed as a person would do it.

use toml_edit::{Array, RawString, Value};

/// The widest line of a list that is written anew.
const COLUMNS: usize = 96;
/// How far an entry on a line of its own is indented.
const INDENT: &str = "    ";

/// An entry, what stands before it on its own lines, and what follows on its last line.
struct Entry {
    own: String,
    value: Value,
    after: String,
}

/// A list in parts.
struct Entries {
    /// What follows the opening bracket on its line.
    opening: String,
    list: Vec<Entry>,
    /// What stands before the closing bracket, from the first line break on.
    closing: String,
}

fn text(raw: Option<&RawString>) -> String {
    raw.and_then(RawString::as_str).unwrap_or_default().to_owned()
}

/// What belongs to the line before, and what to what follows.
fn cut(text: &str) -> (String, String) {
    match text.find('\n') {
        Some(end) => (text[..end].to_owned(), text[end..].to_owned()),
        None if text.contains('#') => (text.to_owned(), String::new()),
        None => (String::new(), text.to_owned()),
    }
}

impl Entries {
    fn of(array: &Array) -> Self {
        let mut entries = Self { opening: String::new(), list: Vec::new(), closing: String::new() };
        for value in array.iter() {
            let (before, own) = cut(&text(value.decor().prefix()));
            entries.end_line(before);
            let mut value = value.clone();
            let after = text(value.decor().suffix());
            value.decor_mut().clear();
            entries.list.push(Entry { own, value, after });
        }
        let trailing = array.trailing().as_str().unwrap_or_default();
        let (before, closing) = cut(trailing);
        entries.end_line(before);
        entries.closing = closing;
        entries
    }

    /// Notes what stands at the end of the line of the last entry.
    fn end_line(&mut self, text: String) {
        match self.list.last_mut() {
            Some(last) => last.after += &text,
            None => self.opening += &text,
        }
    }

    fn is_broken(&self) -> bool {
        self.opening.contains('#')
            || self.closing.contains('\n')
            || self.list.iter().any(|entry| entry.own.contains('\n') || entry.after.contains('#'))
    }

    /// What stands before a new entry.
    fn own_of_new(&self) -> String {
        let is_lined = self.list.iter().all(|entry| entry.own.contains('\n'));
        if !is_lined || !self.is_broken() {
            return " ".to_owned();
        }
        let own = self.list.first().map(|entry| entry.own.as_str());
        let indent = own.and_then(|own| own.rsplit('\n').next()).unwrap_or(INDENT);
        format!("\n{indent}")
    }

    /// Writes the list back.
    fn write(mut self, array: &mut Array) {
        let is_broken = self.is_broken();
        if self.list.is_empty() && !self.opening.contains('#') && !self.closing.contains('#') {
            self.closing.clear();
        }
        let mut before = self.opening;
        array.clear();
        let count = self.list.len();
        for (at, entry) in self.list.into_iter().enumerate() {
            let mut own = entry.own;
            let needs_line = before.contains('#') || is_broken && at == 0;
            if needs_line && !own.contains('\n') {
                own = format!("\n{INDENT}");
            } else if !is_broken {
                own = if at == 0 { String::new() } else { " ".to_owned() };
            } else if own.is_empty() {
                own = " ".to_owned();
            }
            let prefix = before + &own;
            array.push_formatted(entry.value.decorated(prefix, ""));
            before = entry.after;
        }
        if before.contains('#') && !self.closing.contains('\n') {
            self.closing = "\n".to_owned();
        }
        array.set_trailing_comma(is_broken && count > 0);
        array.set_trailing(if is_broken { before + &self.closing } else { String::new() });
    }
}

/// Puts a value into a list.
pub fn insert(array: &mut Array, at: usize, value: Value) {
    let mut entries = Entries::of(array);
    let own = entries.own_of_new();
    let at = at.min(entries.list.len());
    entries.list.insert(at, Entry { own, value, after: String::new() });
    entries.write(array);
    break_long(array);
}

/// Takes a value out of a list, with its comments.
pub fn remove(array: &mut Array, at: usize) {
    let mut entries = Entries::of(array);
    if at < entries.list.len() {
        entries.list.remove(at);
    }
    entries.write(array);
}

/// Moves a value to another place, with its comments.
pub fn shift(array: &mut Array, from: usize, to: usize) {
    let mut entries = Entries::of(array);
    if from < entries.list.len() && to < entries.list.len() {
        let entry = entries.list.remove(from);
        entries.list.insert(to, entry);
    }
    entries.write(array);
}

/// Gives every entry of a list on one long line a line of its own. Lists of tables always have lines.
pub fn break_long(array: &mut Array) {
    let mut entries = Entries::of(array);
    let is_long = array.to_string().trim().len() > COLUMNS;
    let has_tables = !array.is_empty() && array.iter().all(Value::is_inline_table);
    if entries.is_broken() || entries.list.is_empty() || !(is_long || has_tables) {
        return;
    }
    for entry in &mut entries.list {
        entry.own = format!("\n{INDENT}");
    }
    entries.closing = "\n".to_owned();
    entries.write(array);
}

#[cfg(test)]
mod tests {
    use super::*;
    use toml_edit::DocumentMut;

    fn changed(text: &str, change: impl FnOnce(&mut Array)) -> String {
        let mut document: DocumentMut = format!("a = {text}\n").parse().unwrap();
        change(document["a"].as_array_mut().unwrap());
        document.to_string().trim().strip_prefix("a = ").unwrap().to_owned()
    }

    #[test]
    fn lists_on_one_line_stay_so() {
        assert_eq!(changed("[1, 2]", |list| insert(list, 2, 3.into())), "[1, 2, 3]");
        assert_eq!(changed("[1, 2]", |list| insert(list, 0, 3.into())), "[3, 1, 2]");
        assert_eq!(changed("[]", |list| insert(list, 0, 3.into())), "[3]");
        assert_eq!(changed("[1, 2]", |list| shift(list, 1, 0)), "[2, 1]");
        assert_eq!(changed("[1, 2]", |list| remove(list, 0)), "[2]");
        assert_eq!(changed("[1]", |list| remove(list, 0)), "[]");
    }

    #[test]
    fn lines_and_comments_go_with_their_entries() {
        let text = "[\n    # one\n    1, # first\n    2,   # second\n    3,\n]";
        let moved = "[\n    2,   # second\n    # one\n    1, # first\n    3,\n]";
        assert_eq!(changed(text, |list| shift(list, 0, 1)), moved);
        let removed = "[\n    # one\n    1, # first\n    3,\n]";
        assert_eq!(changed(text, |list| remove(list, 1)), removed);
        let added = "[\n    # one\n    1, # first\n    2,   # second\n    4,\n    3,\n]";
        assert_eq!(changed(text, |list| insert(list, 2, 4.into())), added);
        let last = "[\n    # one\n    1, # first\n    2,   # second\n]";
        assert_eq!(changed(text, |list| remove(list, 2)), last);
    }

    #[test]
    fn several_on_a_line_stay_so() {
        let text = "[\n    1, 2,\n    3,\n]";
        assert_eq!(changed(text, |list| insert(list, 1, 4.into())), "[\n    1, 4, 2,\n    3,\n]");
        assert_eq!(changed(text, |list| remove(list, 0)), "[\n    2,\n    3,\n]");
    }

    #[test]
    fn long_lists_and_tables_are_broken_into_lines() {
        let long = "x".repeat(90);
        let found = changed("[\"relu\"]", |list| insert(list, 1, long.as_str().into()));
        assert_eq!(found, format!("[\n    \"relu\",\n    \"{long}\",\n]"));
        let table = |list: &mut Array| {
            let mut row = toml_edit::InlineTable::new();
            row.insert("width", 8.into());
            insert(list, 9, row.into());
        };
        assert_eq!(changed("[]", table), "[\n    { width = 8 },\n]");
    }
}
