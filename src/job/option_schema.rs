//! The JSON Schema of job files, from the list of options.

use serde_json::{Map, Value, json};

use super::{JobConfig, JobOption, OptionType};

impl JobConfig {
    /// The JSON Schema of job files, for editors, as in `assets/untrained-job.schema.json`.
    pub fn schema() -> Value {
        let mut root = object("A job: what to score, how, and where to write results");
        for &option in JobOption::ALL {
            if !matches!(option, JobOption::Resume | JobOption::Join) {
                insert(&mut root, option);
            }
        }
        // A job has one task.
        let task = &mut root["properties"]["task"];
        (task["minProperties"], task["maxProperties"]) = (1.into(), 1.into());
        task["properties"]["score"]["properties"]["architectures"]["minItems"] = 1.into();
        for (task, required) in [("score", json!(["architectures"])), ("onnx", json!(["path"]))] {
            root["properties"]["task"]["properties"][task]["required"] = required;
        }
        let mut schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "Job",
        });
        if let (Value::Object(schema), Value::Object(root)) = (&mut schema, root) {
            schema.extend(root);
        }
        schema
    }
}

fn object(description: &str) -> Value {
    json!({
        "type": "object",
        "description": description,
        "properties": {},
        "additionalProperties": false,
    })
}

/// What an object of a job file is about.
fn description(name: &str) -> &'static str {
    match name {
        "options" => "How networks are scored",
        "task" => "What to score; a search by default",
        "search" => "A search, in which a strategy chooses the architectures",
        "score" => "A list of architectures",
        "onnx" => "An ONNX model",
        _ => "",
    }
}

fn insert(root: &mut Value, option: JobOption) {
    let mut parts: Vec<&str> = option.path().split('.').collect();
    let Some(name) = parts.pop() else { return };
    let mut members = root;
    for part in parts {
        let inner = &mut members["properties"];
        if inner.get(part).is_none() {
            inner[part] = object(description(part));
        }
        members = &mut inner[part];
    }
    members["properties"][name] = Value::Object(property(option));
}

fn property(option: JobOption) -> Map<String, Value> {
    let info = option.info();
    let mut property = Map::new();
    property.insert("description".to_owned(), info.help.into());
    let kind = match info.values {
        OptionType::Switch => json!({ "type": "boolean" }),
        // TOML's integers end at 63 bits; longer seeds are texts.
        OptionType::Integer { least, .. } if option == JobOption::Seed => {
            json!({ "type": ["integer", "string"], "minimum": least, "pattern": "^[0-9]+$" })
        }
        OptionType::Integer { least, most } => {
            json!({ "type": "integer", "minimum": least, "maximum": most })
        }
        OptionType::Number { most } => json!({ "type": "number", "maximum": most }),
        OptionType::Text => json!({ "type": "string" }),
        OptionType::Choice(choices) => {
            let names: Vec<&str> = choices().iter().map(|choice| choice.name).collect();
            json!({ "type": "string", "enum": names })
        }
        OptionType::Numbers => json!({ "type": "array", "items": { "type": "number" } }),
        OptionType::Texts | OptionType::Names => {
            json!({ "type": "array", "items": { "type": "string" } })
        }
    };
    if let Value::Object(kind) = kind {
        property.extend(kind);
    }
    if let Some(value) = JobConfig::default_value(option) {
        property.insert("default".to_owned(), value);
    }
    property
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::{ModelOptions, Options, StoreLocation, Task};

    /// Whether a value is what a schema asks for; of JSON Schema as much as ours uses.
    fn accepts(schema: &Value, value: &Value) -> bool {
        let kind = match value {
            Value::Null => return true,
            Value::Bool(_) => "boolean",
            Value::Number(number) if number.is_f64() => "number",
            Value::Number(_) => "integer",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        let is_kind = |name: &Value| name == kind || (name == "number" && kind == "integer");
        let kinds = &schema["type"];
        let is_type =
            kinds.as_array().map_or_else(|| is_kind(kinds), |list| list.iter().any(is_kind));
        let is_named = schema["enum"].as_array().is_none_or(|names| names.contains(value));
        let inner = match value {
            Value::Object(members) => members.iter().all(|(name, value)| {
                schema["properties"].get(name).is_some_and(|schema| accepts(schema, value))
            }),
            Value::Array(items) => items.iter().all(|item| accepts(&schema["items"], item)),
            _ => true,
        };
        is_type && is_named && inner
    }

    #[test]
    fn jobs_are_what_the_schema_asks_for() {
        let schema = JobConfig::schema();
        let score = Task::Score { architectures: vec!["a".to_owned()] };
        let onnx = Task::Onnx(ModelOptions::new("m.onnx"));
        for task in [Task::default(), score, onnx] {
            let mut job = JobConfig::new(Options::default(), task);
            job.store = Some(StoreLocation::Nowhere);
            job.options.seed = u64::MAX;
            job.options.mean = Some(vec![0.5]);
            let mut value = serde_json::to_value(&job).unwrap();
            assert!(accepts(&schema, &value), "{value}");
            // A key that is not known, and a value of another type, are seen.
            value["options"]["batch"] = 8.into();
            assert!(!accepts(&schema, &value));
            value["options"].as_object_mut().unwrap().remove("batch");
            value["options"]["count"] = "all".into();
            assert!(!accepts(&schema, &value));
        }
    }

    #[test]
    fn the_shipped_schema_is_that_of_the_options() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/untrained-job.schema.json");
        let shipped = std::fs::read_to_string(path).unwrap_or_default();
        let generated = serde_json::to_string_pretty(&JobConfig::schema()).unwrap() + "\n";
        let update = "untrained --batch run --schema > assets/untrained-job.schema.json";
        assert!(shipped == generated, "the schema is out of date: {update}");
    }
}
