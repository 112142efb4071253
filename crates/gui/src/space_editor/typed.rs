//! What is typed in a field, and the value of the file that it is.

use toml_edit::{Array, Item, Value};

use super::fields::FieldKind;

/// A value of a file as it stands in its field.
pub fn shown(item: &Item, kind: &FieldKind) -> String {
    match (item, kind) {
        (Item::Value(Value::String(text)), _) => text.value().clone(),
        (Item::Value(Value::Array(array)), kind) if is_plain(array, kind) => {
            let parts = array.iter().map(|value| match value {
                Value::String(text) => text.value().clone(),
                other => written(other),
            });
            parts.collect::<Vec<_>>().join(", ")
        }
        (Item::Value(Value::InlineTable(_)), FieldKind::Pairs) => {
            let text = item.as_value().map(written).unwrap_or_default();
            let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
            inner.unwrap_or(&text).trim().to_owned()
        }
        (Item::Value(value), _) => written(value),
        (Item::Table(table), kind) => {
            let inline = Item::Value(table.clone().into_inline_table().into());
            shown(&inline, kind)
        }
        _ => String::new(),
    }
}

/// Whether a list can stand without its brackets.
fn is_plain(array: &Array, kind: &FieldKind) -> bool {
    let is_scalar = |value: &Value| match value {
        Value::String(text) => {
            matches!(kind, FieldKind::Words | FieldKind::Names) && !text.value().contains(',')
        }
        Value::Integer(_) | Value::Float(_) => true,
        _ => false,
    };
    !array.is_empty() && array.iter().all(is_scalar)
}

/// A value in one line, without comments around it.
fn written(value: &Value) -> String {
    let mut value = value.clone();
    value.decor_mut().clear();
    value.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The value that typed text is; `None` where nothing is typed. Text that is not of the kind becomes a
/// text, so that it stays in the field and the check of the file says what is wrong with it.
pub fn parsed(text: &str, kind: &FieldKind) -> Option<Value> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let literal = || text.parse::<Value>().ok();
    let list = || format!("[{text}]").parse::<Value>().ok().filter(|_| !text.starts_with('['));
    let value = match kind {
        FieldKind::Numbers => list().or_else(literal),
        FieldKind::OneOrMore => literal().or_else(list),
        FieldKind::Words | FieldKind::Names => {
            let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
            Some(words.collect::<Array>().into())
        }
        FieldKind::Pairs => format!("{{ {text} }}").parse::<Value>().ok(),
        FieldKind::Number | FieldKind::Flag => literal(),
        FieldKind::Literal => literal().or_else(list),
        _ => None,
    };
    let mut value = value.unwrap_or_else(|| text.into());
    tidy(&mut value);
    Some(value)
}

/// Spaces as a person writes them.
fn tidy(value: &mut Value) {
    value.decor_mut().clear();
    match value {
        Value::Array(array) => {
            array.iter_mut().for_each(tidy);
            array.fmt();
        }
        Value::InlineTable(table) => {
            table.iter_mut().for_each(|(_, value)| tidy(value));
            table.fmt();
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str, kind: &FieldKind) -> String {
        parsed(text, kind).map(|value| value.to_string()).unwrap_or_default()
    }

    #[test]
    fn typed_text_becomes_the_value_that_is_meant() {
        assert_eq!(value("64", &FieldKind::OneOrMore), "64");
        assert_eq!(value("16, 24", &FieldKind::OneOrMore), "[16, 24]");
        assert_eq!(value("16", &FieldKind::Numbers), "[16]");
        assert_eq!(value(" 1,2.50 ", &FieldKind::Numbers), "[1, 2.50]");
        assert_eq!(value("cell, reduction", &FieldKind::Words), "[\"cell\", \"reduction\"]");
        assert_eq!(value("k=3,act = \"relu\"", &FieldKind::Pairs), "{ k = 3, act = \"relu\" }");
        assert_eq!(value("[[1], [2]]", &FieldKind::Literal), "[[1], [2]]");
        assert_eq!(value("2, 3", &FieldKind::Literal), "[2, 3]");
        assert_eq!(value("12", &FieldKind::Text), "\"12\"");
        // What is none of the kind stays as it is typed.
        assert_eq!(value("wide", &FieldKind::Number), "\"wide\"");
        assert_eq!(value("1.", &FieldKind::Number), "\"1.\"");
        assert_eq!(value("k =", &FieldKind::Pairs), "\"k =\"");
        assert!(parsed("  ", &FieldKind::Number).is_none());
    }

    #[test]
    fn what_is_shown_is_read_back() {
        for (text, kind) in [
            ("64", FieldKind::OneOrMore),
            ("16, 24", FieldKind::OneOrMore),
            ("16, 0.10", FieldKind::Numbers),
            ("cell, reduction", FieldKind::Words),
            ("k = 3, act = \"relu\"", FieldKind::Pairs),
            ("[[1], [2]]", FieldKind::Literal),
            ("{ \"0\" = 2 }", FieldKind::Literal),
            ("wide", FieldKind::Number),
            ("a, b", FieldKind::Text),
        ] {
            let item = Item::Value(parsed(text, &kind).unwrap());
            assert_eq!(shown(&item, &kind), text);
        }
    }
}
