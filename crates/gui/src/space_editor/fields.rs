//! The fields of a space file, made from its schema: what each is called, what it means and how it is typed.

use super::path::{KeyPath, PathStep};
use serde_json::{Map, Value};
use untrained::space::Space;

/// Keys whose value is the name of an operation.
pub const OPERATION: [&str; 7] = [
    "operation",
    "block",
    "reduction",
    "first",
    "inner",
    "preprocessing",
    "preprocessing_after_reduction",
];
/// Keys whose value is a list of names of operations.
pub const OPERATIONS: &str = "operations";
/// Keys whose value is a list of candidates.
pub const CANDIDATES: &str = "candidates";

/// A key of a table.
#[derive(Clone, Debug)]
pub struct Field {
    /// The key.
    pub key: String,
    /// What it means.
    pub about: String,
    /// Whether the table must have it.
    pub is_required: bool,
    /// What it is where it is not given.
    pub default: String,
    /// How it is edited.
    pub kind: FieldKind,
}

/// How a value is edited.
#[derive(Clone, Debug)]
pub enum FieldKind {
    /// A text.
    Text,
    /// One of a few texts, each with what it means.
    Choice(Vec<(String, String)>),
    /// Yes or no.
    Flag,
    /// A number.
    Number,
    /// Numbers with commas between them.
    Numbers,
    /// A number, or several with commas between them.
    OneOrMore,
    /// Texts with commas between them.
    Words,
    /// The name of an operation.
    Name,
    /// Names to tick.
    Names,
    /// Values by name: `k = 3, e = 6`.
    Pairs,
    /// Any value as it is written in the file.
    Literal,
    /// A list of layers.
    Layers,
    /// A table of the same keys in every row.
    Rows(Vec<Field>),
    /// Rows by name.
    Named(Vec<Field>),
    /// A table.
    Record(Vec<Field>),
}

/// What can be edited of the files of a kind of topology.
#[derive(Clone, Debug)]
pub struct FileFields {
    /// The keys beside the tables.
    pub general: Vec<Field>,
    /// The decisions.
    pub topology: Vec<Field>,
    /// The network around them.
    pub skeleton: Vec<Field>,
    /// What the kind of topology is.
    pub about: String,
}

impl FileFields {
    /// Of a kind of topology, if there is such a one.
    pub fn of(kind: &str) -> Option<Self> {
        let schema = Space::schema_of(kind)?;
        let reader = SchemaReader { definitions: schema.get("$defs")?.as_object()? };
        let section = |name: &str| {
            let table = reader.resolved(schema.get("properties")?.get(name)?);
            Some((reader.fields(table, &["kind"]), about(table)))
        };
        let others = ["format", "topology", "skeleton", "operations"];
        let (topology, about) = section("topology")?;
        let (skeleton, _) = section("skeleton")?;
        Some(Self { general: reader.fields(&schema, &others), topology, skeleton, about })
    }
}

impl FileFields {
    /// The keys of the table of a place in the order of the schema.
    pub fn order(&self, path: &KeyPath) -> Vec<&str> {
        let Some((table, _)) = path.split() else { return Vec::new() };
        let mut steps = table.steps().iter();
        let (before, mut fields) = match steps.next() {
            None => ("format", &self.general),
            Some(PathStep::Key(key)) if key == "topology" => ("kind", &self.topology),
            Some(PathStep::Key(key)) if key == "skeleton" => ("", &self.skeleton),
            Some(PathStep::Key(key)) if key == "operations" => return vec!["layers", "reshape"],
            Some(_) => return Vec::new(),
        };
        let mut before = Some(before).filter(|before| !before.is_empty());
        while let Some(step) = steps.next() {
            let field = fields.iter().find(|field| *step == PathStep::Key(field.key.clone()));
            (fields, before) = match field.map(|field| &field.kind) {
                Some(FieldKind::Record(inner)) => (inner, None),
                // One step more: the row.
                Some(FieldKind::Rows(inner) | FieldKind::Named(inner)) => match steps.next() {
                    Some(_) => (inner, None),
                    None => return Vec::new(),
                },
                _ => return Vec::new(),
            };
        }
        before.into_iter().chain(fields.iter().map(|field| field.key.as_str())).collect()
    }
}

/// Reads fields from a schema.
struct SchemaReader<'s> {
    definitions: &'s Map<String, Value>,
}

fn about(schema: &Value) -> String {
    schema.get("description").and_then(Value::as_str).unwrap_or_default().replace('\n', " ")
}

fn is_type(schema: &Value, name: &str) -> bool {
    match schema.get("type") {
        Some(Value::String(one)) => one == name,
        Some(Value::Array(all)) => all.iter().any(|one| one == name),
        _ => false,
    }
}

impl<'s> SchemaReader<'s> {
    /// What a reference refers to; of a value that may be missing, what it is otherwise.
    fn resolved(&self, schema: &'s Value) -> &'s Value {
        let path = schema.get("$ref").and_then(Value::as_str);
        if let Some(name) = path.and_then(|path| path.rsplit('/').next()) {
            return self.definitions.get(name).map_or(schema, |found| self.resolved(found));
        }
        let options = schema.get("anyOf").and_then(Value::as_array);
        let real: Vec<&Value> =
            options.into_iter().flatten().filter(|one| !is_type(one, "null")).collect();
        match real[..] {
            [one] => self.resolved(one),
            _ => schema,
        }
    }

    fn fields(&self, table: &'s Value, without: &[&str]) -> Vec<Field> {
        let required = table.get("required").and_then(Value::as_array);
        let is_required = |key: &str| required.is_some_and(|all| all.iter().any(|one| one == key));
        let properties = table.get("properties").and_then(Value::as_object);
        let all =
            properties.into_iter().flatten().filter(|(key, _)| !without.contains(&key.as_str()));
        all.map(|(key, schema)| Field {
            key: key.clone(),
            about: match about(schema) {
                text if text.is_empty() => about(self.resolved(schema)),
                text => text,
            },
            is_required: is_required(key),
            default: match schema.get("default") {
                Some(Value::String(text)) => text.clone(),
                Some(Value::Null | Value::Array(_) | Value::Object(_)) | None => String::new(),
                Some(value) => value.to_string(),
            },
            kind: self.kind(key, schema),
        })
        .collect()
    }

    fn kind(&self, key: &str, schema: &'s Value) -> FieldKind {
        let schema = self.resolved(schema);
        if let Some(choice) = choices(schema) {
            return FieldKind::Choice(choice);
        }
        if let Some(options) = schema.get("anyOf").and_then(Value::as_array) {
            let is_number = |one: &Value| is_type(one, "integer") || is_type(one, "number");
            let all_numbers =
                options.iter().all(|one| is_number(one) || one.get("items").is_some_and(is_number));
            return if all_numbers { FieldKind::OneOrMore } else { FieldKind::Literal };
        }
        match () {
            () if is_type(schema, "boolean") => FieldKind::Flag,
            () if is_type(schema, "integer") || is_type(schema, "number") => FieldKind::Number,
            () if is_type(schema, "string") && OPERATION.contains(&key) => FieldKind::Name,
            () if is_type(schema, "string") => FieldKind::Text,
            () if is_type(schema, "array") => self.list(key, schema),
            () if schema.get("properties").is_some() => FieldKind::Record(self.fields(schema, &[])),
            () => self.map(schema),
        }
    }

    fn list(&self, key: &str, schema: &'s Value) -> FieldKind {
        let Some(items) = schema.get("items") else { return FieldKind::Literal };
        let refers = items.get("$ref").and_then(Value::as_str).unwrap_or_default();
        let items = self.resolved(items);
        match () {
            () if refers.ends_with("/LayerFile") => FieldKind::Layers,
            () if items.get("properties").is_some() => FieldKind::Rows(self.fields(items, &[])),
            () if is_type(items, "integer") || is_type(items, "number") => FieldKind::Numbers,
            () if is_type(items, "string") && [OPERATIONS, CANDIDATES].contains(&key) => {
                FieldKind::Names
            }
            () if is_type(items, "string") => FieldKind::Words,
            () => FieldKind::Literal,
        }
    }

    fn map(&self, schema: &'s Value) -> FieldKind {
        let Some(values) = schema.get("additionalProperties") else { return FieldKind::Literal };
        let values = self.resolved(values);
        match values.get("properties") {
            Some(_) => FieldKind::Named(self.fields(values, &[])),
            None => FieldKind::Pairs,
        }
    }
}

/// The texts of which a value is one.
fn choices(schema: &Value) -> Option<Vec<(String, String)>> {
    if let Some(all) = schema.get("enum").and_then(Value::as_array) {
        let text = |one: &Value| Some((one.as_str()?.to_owned(), String::new()));
        return all.iter().map(text).collect();
    }
    let all = schema.get("oneOf")?.as_array()?;
    all.iter().map(|one| Some((one.get("const")?.as_str()?.to_owned(), about(one)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds<'f>(fields: &'f [Field], key: &str) -> &'f FieldKind {
        &fields.iter().find(|field| field.key == key).unwrap().kind
    }

    // A key of a schema that had no field could not be edited.
    #[test]
    fn every_kind_of_topology_has_fields() {
        for kind in Space::topology_kinds() {
            let fields = FileFields::of(kind).unwrap();
            assert!(fields.general.iter().any(|field| field.key == "input"), "{kind}");
            assert!(!fields.about.is_empty() && !fields.topology.is_empty(), "{kind}");
            assert!(fields.topology.iter().all(|field| !field.about.is_empty()), "{kind}");
            assert!(!fields.skeleton.is_empty(), "{kind}");
        }
        assert!(FileFields::of("no-such-kind").is_none());
    }

    #[test]
    fn values_are_edited_as_what_they_are() {
        let layers = FileFields::of("layers").unwrap();
        let FieldKind::Rows(stage) = kinds(&layers.topology, "stages") else { panic!("no rows") };
        assert!(matches!(kinds(stage, "width"), FieldKind::OneOrMore));
        assert!(matches!(kinds(stage, "stride"), FieldKind::Number));
        assert!(matches!(kinds(stage, "depths"), FieldKind::Literal));
        assert!(matches!(kinds(stage, "candidates"), FieldKind::Names));
        assert!(matches!(kinds(stage, "block"), FieldKind::Name));
        assert!(matches!(kinds(stage, "values"), FieldKind::Pairs));
        let FieldKind::Choice(scaled) = kinds(stage, "scaled") else { panic!("no choice") };
        assert_eq!(scaled[1].0, "up");
        assert!(matches!(kinds(&layers.topology, "choices"), FieldKind::Named(_)));
        assert!(matches!(kinds(&layers.topology, "parameters"), FieldKind::Pairs));
        assert!(matches!(kinds(&layers.skeleton, "stem"), FieldKind::Layers));
        assert!(matches!(kinds(&layers.general, "input"), FieldKind::Record(_)));
        assert!(matches!(kinds(&layers.general, "gates"), FieldKind::Choice(_)));
        let widths = FileFields::of("widths").unwrap();
        assert!(matches!(kinds(&widths.skeleton, "sequence"), FieldKind::Words));
        assert!(matches!(kinds(&widths.topology, "widths"), FieldKind::Numbers));
        let pairs = FileFields::of("pair-cell").unwrap();
        assert!(matches!(kinds(&pairs.skeleton, "second_stem"), FieldKind::Layers));
        assert!(matches!(kinds(&pairs.topology, "distinct_inputs"), FieldKind::Flag));
    }
}
