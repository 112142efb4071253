//! The space file: format `untrained-space/1`, TOML or JSON.
//!
//! `document` reads the text and remembers lines. `check` compares it with the JSON Schema of the types
//! here and in the topologies, so that an editor and this program reject the same files.
//! [`Topology::new`] and [`Topology::check_shapes`] check what a schema cannot express. Every step adds
//! to one list of problems.

mod check;
mod document;
pub(super) mod starting;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::error::SpaceError;
use super::operations::{OperationDefinitions, OperationLibrary};
use super::problem::{ProblemList, SpaceOverride, SpaceProblem};
use super::topology::{AnyTopology, TOPOLOGIES, Topology, TopologyContext};
use super::{MAX_CLASSES, MAX_EXTENT};
use crate::graph::Shape;
use crate::nearest;
use crate::weights::Initialisation;
use check::SpaceChecker;
use document::SpaceDocument;

/// The format this program reads.
const FORMAT: &str = "untrained-space/1";

/// The version of the format.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Format")]
enum FormatVersion {
    #[serde(rename = "untrained-space/1")]
    One,
}

/// A search space: which architectures there are and how they become networks.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SpaceFile<T, S> {
    #[serde(rename = "format")]
    _format: FormatVersion,
    /// The short name under which the space is opened.
    #[schemars(length(min = 1))]
    id: String,
    /// The title for display.
    #[schemars(length(min = 1))]
    title: String,
    /// The publication it comes from.
    #[serde(default)]
    reference: String,
    /// The shape of one image.
    input: InputFile,
    /// The number of classes.
    #[schemars(range(min = 1, max = MAX_CLASSES))]
    classes: usize,
    /// How weights are drawn: pytorch-default, kaiming-fan-out, kaiming-normal, xavier-normal,
    /// orthogonal, uniform:A or normal:S.
    #[serde(default)]
    initialisation: Option<String>,
    /// Whether activations inside gates count.
    #[serde(default)]
    gates: GateCount,
    /// The decisions of an architecture.
    topology: T,
    /// How cells or stages become a network.
    skeleton: S,
    /// Additional operations, by name; they override built-in ones.
    #[serde(default)]
    operations: OperationDefinitions,
}

/// Whether activations inside gates, which act on a pooled vector, count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Gates")]
pub(super) enum GateCount {
    /// As all others.
    #[default]
    Counted,
    /// Not at all.
    Uncounted,
}

/// The shape of one image.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct InputFile {
    #[schemars(range(min = 1, max = MAX_EXTENT))]
    channels: usize,
    #[schemars(range(min = 1, max = MAX_EXTENT))]
    height: usize,
    #[schemars(range(min = 1, max = MAX_EXTENT))]
    width: usize,
}

/// What a space file says, checked.
pub(super) struct ParsedSpace {
    pub id: String,
    pub title: String,
    pub reference: String,
    pub input: Shape,
    pub classes: usize,
    pub initialisation: Initialisation,
    pub gates: GateCount,
    pub topology: AnyTopology,
    /// All values, those that replaced the file's included.
    pub value: Value,
}

/// A kind of topology: its name, the schema of its files, and how they are read.
pub(super) struct TopologyKind {
    name: &'static str,
    schema: fn(&mut SchemaGenerator) -> Schema,
    read: fn(&Value, &mut ProblemList) -> Option<ParsedSpace>,
}

impl TopologyKind {
    /// The kind of a topology.
    pub(super) const fn of<T: Topology>() -> Self
    where
        AnyTopology: From<T>,
    {
        Self { name: T::KIND, schema: kind_schema::<T>, read: read::<T> }
    }
}

fn kind_schema<T: Topology>(generator: &mut SchemaGenerator) -> Schema {
    <SpaceFile<T::TopologyTable, T::SkeletonTable>>::json_schema(generator)
}

/// Reads the text of a space file; `origin` names it in messages.
pub(super) fn parse(
    text: &str,
    origin: &str,
    settings: &[SpaceOverride],
) -> Result<ParsedSpace, SpaceError> {
    let invalid = |problems| SpaceError::Invalid { origin: origin.to_owned(), problems };
    let mut document = SpaceDocument::parse(text).map_err(|problem| invalid(vec![problem]))?;
    let mut problems = ProblemList::default();
    for setting in settings {
        if let Err(problem) = document.set(setting) {
            problems.0.push(problem);
        }
    }
    let parsed = check_format(&document.value, &mut problems)
        .and_then(|()| check_values(&document.value, &mut problems));
    match parsed {
        Some(parsed) if problems.is_empty() => Ok(parsed),
        _ => Err(invalid(with_lines(problems, &document, settings))),
    }
}

/// A file of another format is wrong in that alone.
fn check_format(value: &Value, problems: &mut ProblemList) -> Option<()> {
    match value.get("format") {
        Some(Value::String(format)) if format == FORMAT => return Some(()),
        Some(other) => {
            problems.add("format", format!("is {other}, but this program reads `{FORMAT}`"))
        }
        None => {
            problems.add("", format!("is missing the key `format`; write format = \"{FORMAT}\""))
        }
    }
    None
}

fn check_values(value: &Value, problems: &mut ProblemList) -> Option<ParsedSpace> {
    let kind = kind(value, problems);
    let mut generator = SchemaGenerator::default();
    let schema = (kind.unwrap_or(&TOPOLOGIES[0]).schema)(&mut generator);
    let mut schema = Value::from(schema);
    if kind.is_none()
        && let Some(Value::Object(properties)) = schema.get_mut("properties")
    {
        // Without the kind of topology, nothing is known of what belongs to it.
        properties.insert("topology".to_owned(), json!({}));
        properties.insert("skeleton".to_owned(), json!({}));
    }
    SpaceChecker { definitions: generator.definitions() }.check(&schema, value, "", problems);
    if problems.is_empty() {
        return (kind?.read)(value, problems);
    }
    add_problems_of_the_rest(value, kind, problems);
    None
}

/// What else is wrong with a file some of whose values do not agree with the schema: the rest is read as if
/// these values were not there.
fn add_problems_of_the_rest(
    value: &Value,
    kind: Option<&'static TopologyKind>,
    problems: &mut ProblemList,
) {
    let mut rest = value.clone();
    // From the last entry of a list to the first, so that the others keep their places.
    for problem in problems.0.iter().rev() {
        remove(&mut rest, &problem.path);
    }
    let mut further = ProblemList::default();
    if let Some(kind) = kind {
        (kind.read)(&rest, &mut further);
    }
    let operations = rest.get("operations").cloned().unwrap_or_else(|| json!({}));
    let (mut defined, mut unknown) = (ProblemList::default(), ProblemList::default());
    if let Ok(definitions) = serde_json::from_value(operations) {
        let library = OperationLibrary::new(definitions, &mut defined);
        add_unknown_operations(value, &library, &mut unknown);
    }
    // Without a value that must be there, only the operations can be read.
    if kind.is_none() || further.0.iter().any(|problem| problem.path.is_empty()) {
        further = defined;
    }
    // What is missing now may be missing only because it was removed, and entries of a list have moved.
    let is_of_known = |path: &str| {
        problems.0.iter().any(|known| {
            let removed = known.path.split('[').next().unwrap_or_default();
            path.strip_prefix(removed)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        })
    };
    let further: Vec<SpaceProblem> =
        further.0.into_iter().filter(|problem| !is_of_known(&problem.path)).collect();
    problems.0.extend(further);
    // These were looked up in the file as it is, so that a mistake beside them does not hide them.
    for problem in unknown.0 {
        problems.add(problem.path, problem.message);
    }
}

/// The operations that a topology lists and nobody defines.
fn add_unknown_operations(value: &Value, library: &OperationLibrary, problems: &mut ProblemList) {
    let own = value.get("operations").and_then(Value::as_object);
    let listed = value.pointer("/topology/operations").and_then(Value::as_array);
    for (at, name) in listed.into_iter().flatten().enumerate() {
        if let Some(name) = name.as_str()
            && own.is_none_or(|own| !own.contains_key(name))
        {
            library.definition(name, &format!("topology.operations[{at}]"), problems);
        }
    }
}

/// Removes the value at a path such as `topology.operations[2]`.
fn remove(value: &mut Value, path: &str) {
    let steps: Vec<&str> = path.split(['.', '[']).map(|step| step.trim_end_matches(']')).collect();
    let Some((last, way)) = steps.split_last() else { return };
    let mut place = value;
    for step in way {
        let next = match place {
            Value::Object(map) => map.get_mut(*step),
            Value::Array(list) => step.parse::<usize>().ok().and_then(|at| list.get_mut(at)),
            _ => None,
        };
        let Some(next) = next else { return };
        place = next;
    }
    match place {
        Value::Object(map) => drop(map.remove(*last)),
        Value::Array(list) => {
            if let Some(at) = last.parse::<usize>().ok().filter(|&at| at < list.len()) {
                list.remove(at);
            }
        }
        _ => {}
    }
}

fn kind(value: &Value, problems: &mut ProblemList) -> Option<&'static TopologyKind> {
    let name = value.get("topology")?.get("kind");
    let Some(Value::String(name)) = name else {
        let kinds: Vec<&str> = TOPOLOGIES.iter().map(|kind| kind.name).collect();
        problems.add("topology", format!("is missing the key `kind`, one of {}", kinds.join(", ")));
        return None;
    };
    let found = TOPOLOGIES.iter().find(|kind| kind.name == name);
    if found.is_none() {
        let hint = nearest::hint(name, TOPOLOGIES.iter().map(|kind| kind.name));
        problems.add("topology.kind", format!("is `{}`; {hint}", nearest::excerpt(name)));
    }
    found
}

/// Reads values that agree with the schema.
fn read<T: Topology>(value: &Value, problems: &mut ProblemList) -> Option<ParsedSpace>
where
    AnyTopology: From<T>,
{
    let file: SpaceFile<T::TopologyTable, T::SkeletonTable> =
        problems.take("", serde_json::from_value(value.clone()).map_err(|e| e.to_string()))?;
    let InputFile { channels, height, width } = file.input;
    let input = Shape::new(channels, height, width);
    let initialisation = match file.initialisation {
        Some(law) => problems.take("initialisation", law.parse().map_err(|e| format!("{e}"))),
        None => Some(Initialisation::default()),
    };
    let operations = OperationLibrary::new(file.operations, problems);
    let context = TopologyContext { input, classes: file.classes, operations: &operations };
    let topology = T::new(file.topology, file.skeleton, &context, problems)?;
    if problems.is_empty() {
        topology.check_shapes(problems);
    }
    Some(ParsedSpace {
        id: file.id,
        title: file.title,
        reference: file.reference,
        input,
        classes: file.classes,
        initialisation: initialisation?,
        gates: file.gates,
        topology: topology.into(),
        value: value.clone(),
    })
}

/// The problems in the order of the file.
fn with_lines(
    problems: ProblemList,
    document: &SpaceDocument,
    settings: &[SpaceOverride],
) -> Vec<SpaceProblem> {
    let mut problems = problems.0;
    for problem in &mut problems {
        let set = settings.iter().any(|setting| setting.key == problem.path);
        problem.line = problem.line.or_else(|| document.line(&problem.path).filter(|_| !set));
    }
    problems.sort_by_key(|problem| problem.line);
    problems
}

/// The JSON Schema of space files, for editors.
pub(super) fn schema() -> Value {
    let mut generator = SchemaGenerator::default();
    let kinds: Vec<Value> =
        TOPOLOGIES.iter().map(|kind| Value::from((kind.schema)(&mut generator))).collect();
    let definitions: Map<String, Value> = generator.definitions().clone();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "untrained-space/1",
        "description": "A search space of Untrained, in TOML or JSON.",
        "anyOf": kinds,
        "$defs": definitions,
    })
}

/// The schema of the files of a kind of topology.
pub(super) fn schema_of(kind: &str) -> Option<Value> {
    let kind = TOPOLOGIES.iter().find(|known| known.name == kind)?;
    let mut generator = SchemaGenerator::default();
    let mut schema = Value::from((kind.schema)(&mut generator));
    schema.as_object_mut()?.insert("$defs".to_owned(), generator.definitions().clone().into());
    Some(schema)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::Space;

    // A person who corrects one mistake after the other should see all of them from the start.
    #[test]
    fn a_misspelt_operation_is_told_beside_other_mistakes() {
        let good = Space::builtin_text("nas-bench-201").unwrap();
        let problems = |text: &str| match parse(text, "own.toml", &[]) {
            Err(SpaceError::Invalid { problems, .. }) => problems,
            _ => Vec::new(),
        };
        let misspelt = good.replacen("nor_conv_3x3", "nor_conf_3x3", 1);
        let is_told = |problems: &[SpaceProblem]| {
            let told = |problem: &SpaceProblem| {
                problem.path.starts_with("topology.operations[")
                    && problem.message.contains("nor_conf_3x3")
            };
            problems.iter().filter(|problem| told(problem)).count()
        };
        assert_eq!(is_told(&problems(&misspelt)), 1, "{:?}", problems(&misspelt));
        for (from, to) in
            [("classes", "clases"), ("title", "tittle"), ("kind", "kin"), ("cells", "cell")]
        {
            let found = problems(&misspelt.replacen(from, to, 1));
            assert_eq!(is_told(&found), 1, "{from}: {found:?}");
            assert!(found.len() > 1, "{found:?}");
            assert_eq!(is_told(&problems(&good.replacen(from, to, 1))), 0);
        }
        // Another entry of the same list is wrong as well.
        let found = problems(&misspelt.replacen("\"none\"", "7", 1));
        assert_eq!((is_told(&found), found.len()), (1, 2), "{found:?}");
    }
}
