//! From the tables of a file to the topology, with everything that is wrong with them.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::file::{
    ChoiceFile, DepthsFile, LayersFile, LayersSkeletonFile, MAX_VALUES, NamedWidthFile,
    NotationFile, ScaledFile, StageFile, StageWidthFile, ValueFile,
};
use super::slots::list_slots;
use super::{Candidate, LayerLimit, LayerParameter, LayerStage, Layers, NamedWidth, StageOption};
use crate::nearest;
use crate::space::layers::{self, LayerFile, LayerParameters};
use crate::space::operations::{Operation, OperationDefinition};
use crate::space::problem::ProblemList;
use crate::space::topology::TopologyContext;
use crate::space::topology::stages::ParameterValue;

/// The most positions of a network.
const MAX_POSITIONS: usize = 256;
/// The most operations of a stage with all values of their parameters.
const MAX_VARIANTS: usize = 4096;

/// The text of a value in layers.
fn value_text(value: &ValueFile) -> Option<String> {
    match value {
        ValueFile::Number(number) => {
            Some(ParameterValue::from_json(&serde_json::Value::from(*number))?.to_string())
        }
        ValueFile::Text(text) => {
            let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
            (!text.is_empty() && text.chars().all(is_word)).then(|| text.clone())
        }
    }
}

/// What is wrong with a value that has no text.
const NOT_A_VALUE: &str =
    "is not a number from 0 to 65536 with at most three decimals, nor a word of letters and digits";

/// What is read of a file before its stages.
struct LayersReader<'f> {
    choices: &'f BTreeMap<String, ChoiceFile>,
    parameters: Vec<LayerParameter>,
    context: &'f TopologyContext<'f>,
    candidates: Vec<Candidate>,
}

pub(super) fn read(
    file: LayersFile,
    skeleton: LayersSkeletonFile,
    context: &TopologyContext<'_>,
    problems: &mut ProblemList,
) -> Option<Layers> {
    let parameters = read_parameters(&file.parameters, problems);
    let mut reader =
        LayersReader { choices: &file.choices, parameters, context, candidates: Vec::new() };
    let stages: Vec<Option<LayerStage>> =
        (0..file.stages.len()).map(|stage| reader.stage(&file, stage, problems)).collect();
    let stages: Option<Vec<LayerStage>> = stages.into_iter().collect();
    let multiplier = match file.multiplier {
        Some(factor) => problems.take("topology.multiplier", thousandths(factor)).map(Some),
        None => Some(None),
    };
    let stem_widths = reader.named_widths(&skeleton.stem, &skeleton, &[], problems);
    let head_widths = reader.named_widths(&skeleton.head, &skeleton, &stem_widths, problems);
    let used = || stem_widths.iter().chain(&head_widths);
    for name in skeleton.widths.keys().filter(|name| used().all(|used| used.name != **name)) {
        let message = format!("is not used: no layer of stem or head holds {{{name}}}");
        problems.add(format!("skeleton.widths.{name}"), message);
    }
    let limits = reader.limits(&file, problems);
    let mut layers = Layers {
        notation: file.notation,
        prefix: file.prefix,
        suffix: file.suffix,
        multiplier: multiplier?,
        candidates: reader.candidates,
        parameters: reader.parameters,
        stages: stages?,
        limits: limits?,
        positions: Vec::new(),
        slots: Vec::new(),
        stem: skeleton.stem,
        head: skeleton.head,
        stem_widths,
        head_widths,
        input: context.input,
        classes: context.classes,
        counts: OnceLock::new(),
    };
    (layers.positions, layers.slots) = list_slots(&layers);
    check(&layers, problems);
    Some(layers)
}

/// A factor in thousandths.
fn thousandths(factor: f64) -> Result<usize, String> {
    let thousandths = factor * 1000.0;
    if (thousandths - thousandths.round()).abs() < 1e-6 {
        Ok(thousandths.round() as usize)
    } else {
        Err(format!("is {factor}; a multiplier has at most three decimals"))
    }
}

fn read_parameters(
    file: &serde_json::Map<String, serde_json::Value>,
    problems: &mut ProblemList,
) -> Vec<LayerParameter> {
    let mut parameters = Vec::new();
    for (name, given) in file {
        let path = format!("topology.parameters.{name}");
        let list = given.get("values").unwrap_or(given);
        let texts: Option<Vec<String>> = list
            .as_array()
            .filter(|list| !list.is_empty() && list.len() <= MAX_VALUES)
            .and_then(|list| list.iter().map(json_text).collect());
        let Some(values) = texts else {
            let message = format!(
                "is {given}, expected a list of 1 to {MAX_VALUES} numbers or words, or a table with \
                 such a list as `values` and a `default`"
            );
            problems.add(&path, message);
            continue;
        };
        for (position, value) in values.iter().enumerate() {
            if values[..position].contains(value) {
                problems.add(&path, format!("repeats {value}"));
            }
        }
        if let Some(key) = given.as_object().and_then(|table| {
            table.keys().find(|key| !["values", "default", "decided"].contains(&key.as_str()))
        }) {
            let hint = nearest::hint(key, ["values", "default", "decided"]);
            problems.add(format!("{path}.{key}"), format!("is not a valid key here; {hint}"));
        }
        let decided = given.get("decided").and_then(serde_json::Value::as_bool).unwrap_or(false);
        let default = given.get("default").filter(|_| !decided).map(|default| {
            let text = json_text(default);
            text.and_then(|text| values.iter().position(|value| *value == text))
        });
        if default == Some(None) {
            problems.add(format!("{path}.default"), "is not one of the values");
        }
        parameters.push(LayerParameter { name: name.clone(), values, default: default.flatten() });
    }
    parameters
}

fn json_text(value: &serde_json::Value) -> Option<String> {
    match value {
        serde_json::Value::String(text) => value_text(&ValueFile::Text(text.clone())),
        other => Some(ParameterValue::from_json(other)?.to_string()),
    }
}

/// What is said once of the whole.
fn check(layers: &Layers, problems: &mut ProblemList) {
    if layers.positions.len() > MAX_POSITIONS {
        let found = layers.positions.len();
        problems.add("topology.stages", format!("have {found} positions, at most {MAX_POSITIONS}"));
        return;
    }
    if !problems.is_empty() {
        return;
    }
    let is_variable = |stage: &&LayerStage| stage.depths.len() > 1;
    let variable = layers.stages.iter().filter(is_variable).count();
    if layers.notation != NotationFile::Lists && variable > 1 {
        let message = "in this notation only one stage may have several depths; use lists";
        problems.add("topology.stages", message);
    }
    if layers.notation == NotationFile::Names && !layers.parameters.is_empty() {
        problems.add("topology.parameters", "names do not say them; write notation = \"lists\"");
    }
    for (index, candidate) in layers.candidates.iter().enumerate() {
        let twin = |other: &&Candidate| other.symbol == candidate.symbol;
        let path = format!("topology.choices.{}.symbol", candidate.name);
        match candidate.symbol {
            None if layers.notation == NotationFile::Digits => {
                problems.add(path, "is missing: in digits every candidate needs one character");
            }
            Some(symbol) if layers.candidates[..index].iter().any(|other| twin(&other)) => {
                problems.add(path, format!("is `{symbol}`, which another candidate has"));
            }
            _ => {}
        }
    }
    if !problems.is_empty() {
        return;
    }
    match layers.counts().total() {
        0 => problems.add("topology.limits", "no architecture meets them"),
        u128::MAX if !layers.limits.is_empty() || layers.has_implied_depth() => {
            problems.add("topology", "has more than 2^128 architectures, too many to limit them");
        }
        _ => {}
    }
}

impl LayersReader<'_> {
    fn stage(
        &mut self,
        file: &LayersFile,
        index: usize,
        problems: &mut ProblemList,
    ) -> Option<LayerStage> {
        let stage = &file.stages[index];
        let path = format!("topology.stages[{index}]");
        let widths = match &stage.width {
            None => Vec::new(),
            Some(StageWidthFile::One(width)) => vec![*width],
            Some(StageWidthFile::Choices(widths)) => widths.clone(),
        };
        let depths = problems.take(&format!("{path}.depths"), depths(stage));
        let (names, is_decided) = match (&stage.block, &stage.candidates) {
            (Some(_), Some(_)) => {
                problems.add(&path, "has both `candidates` and a `block`; keep one of them");
                return None;
            }
            (Some(block), None) => (vec![block.clone()], false),
            (None, Some(candidates)) => (candidates.clone(), true),
            (None, None) => (file.candidates.clone(), true),
        };
        if names.is_empty() {
            let message = "has no candidates; name some here or as topology.candidates, or a block";
            problems.add(&path, message);
            return None;
        }
        let key = match (is_decided, &stage.candidates) {
            (false, _) => format!("{path}.block"),
            (true, Some(_)) => format!("{path}.candidates"),
            (true, None) => "topology.candidates".to_owned(),
        };
        let mut options = Vec::new();
        for (position, name) in names.iter().enumerate() {
            let key = if is_decided { format!("{key}[{position}]") } else { key.clone() };
            if names[..position].contains(name) {
                problems.add(&key, format!("names `{}` twice", nearest::excerpt(name)));
            }
            options.push(self.option(name, is_decided, (stage, &path), &key, problems));
        }
        let options: Vec<StageOption> = options.into_iter().collect::<Option<_>>()?;
        Some(LayerStage {
            widths,
            scaled: stage.scaled,
            stride: stage.stride,
            slots: stage.slots,
            depths: depths?,
            has_depths: stage.depths.is_some(),
            repeats: stage.repeats,
            options,
            is_decided,
        })
    }

    /// A candidate in a stage.
    fn option(
        &mut self,
        name: &str,
        is_decided: bool,
        (stage, stage_path): (&StageFile, &str),
        path: &str,
        problems: &mut ProblemList,
    ) -> Option<StageOption> {
        let choice = self.choices.get(name).filter(|_| is_decided);
        let operation = choice.map_or(name, |choice| choice.operation.as_str());
        let path = match choice {
            Some(_) => &format!("topology.choices.{name}.operation"),
            None => path,
        };
        let definition = self.context.operations.definition(operation, path, problems)?;
        let used = definition.parameters();
        let mut fixed: Vec<(&str, String)> = Vec::new();
        let of_choice = choice.iter().flat_map(|choice| &choice.values);
        let of_choice = of_choice.map(|one| (one, format!("topology.choices.{name}.values")));
        let of_stage = stage.values.iter().map(|one| (one, format!("{stage_path}.values")));
        for (((key, value), path), is_own) in
            of_choice.map(|one| (one, true)).chain(of_stage.map(|one| (one, false)))
        {
            let path = format!("{path}.{key}");
            if is_own && !used.contains(&key.as_str()) {
                let message = format!("is not used: no layer of `{operation}` holds {{{key}}}");
                problems.add(&path, message);
            }
            let text = problems.take(&path, value_text(value).ok_or(NOT_A_VALUE.to_owned()))?;
            if used.contains(&key.as_str()) && fixed.iter().all(|(known, _)| known != key) {
                fixed.push((key, text));
            }
        }
        let is_open = |name: &str| fixed.iter().all(|(known, _)| *known != name);
        let decided = self.parameters.iter().enumerate().filter(|_| is_decided);
        let known = decided.clone().map(|(_, parameter)| parameter.name.as_str());
        let missing = used
            .iter()
            .filter(|name| is_open(name))
            .find(|name| known.clone().all(|k| k != **name));
        if let Some(missing) = missing {
            let message = format!(
                "{stage_path}: `{operation}` needs a value for {{{missing}}}: give it in `values` or as \
                 topology.parameters.{missing}"
            );
            problems.add(path, message);
            return None;
        }
        let is_decided_here = |(_, parameter): &(usize, &LayerParameter)| {
            used.contains(&parameter.name.as_str()) && is_open(&parameter.name)
        };
        let parameters: Vec<usize> =
            decided.filter(is_decided_here).map(|(index, _)| index).collect();
        let variants = self.variants((operation, definition), &fixed, &parameters, problems)?;
        let candidate = is_decided.then(|| self.candidate(name, choice, problems));
        Some(StageOption { candidate, parameters, variants })
    }

    /// An operation with all values of its parameters.
    fn variants(
        &self,
        (name, definition): (&str, &OperationDefinition),
        fixed: &LayerParameters<'_>,
        parameters: &[usize],
        problems: &mut ProblemList,
    ) -> Option<Vec<Operation>> {
        let mut combinations = vec![fixed.to_vec()];
        for &parameter in parameters {
            let LayerParameter { name: key, values, .. } = &self.parameters[parameter];
            if combinations.len() * values.len() > MAX_VARIANTS {
                let message =
                    format!("`{name}` has more than {MAX_VARIANTS} combinations of values");
                problems.add("topology.parameters", message);
                return None;
            }
            let longer = |short: &Vec<(_, String)>| {
                let short = short.clone();
                let with = move |value: &String| {
                    let mut longer = short.clone();
                    longer.push((key.as_str(), value.clone()));
                    longer
                };
                values.iter().map(with).collect::<Vec<_>>()
            };
            combinations = combinations.iter().flat_map(longer).collect();
        }
        combinations.iter().map(|values| definition.read(name, values, problems)).collect()
    }

    /// The index of a candidate.
    fn candidate(
        &mut self,
        name: &str,
        choice: Option<&ChoiceFile>,
        problems: &mut ProblemList,
    ) -> usize {
        if let Some(known) = self.candidates.iter().position(|known| known.name == name) {
            return known;
        }
        let mut symbol = None;
        if let Some(text) = choice.and_then(|choice| choice.symbol.as_ref()) {
            let mut letters = text.chars();
            symbol = letters.next().filter(|letter| letter.is_ascii_alphanumeric());
            if symbol.is_none() || letters.next().is_some() {
                let message = "is not one letter or digit";
                problems.add(format!("topology.choices.{name}.symbol"), message);
            }
        }
        self.candidates.push(Candidate {
            name: name.to_owned(),
            symbol,
            unchanged_only: choice.is_some_and(|choice| choice.unchanged_only),
            stride: choice.and_then(|choice| choice.stride),
            widen: choice.and_then(|choice| choice.widen),
        });
        self.candidates.len() - 1
    }

    fn limits(&self, file: &LayersFile, problems: &mut ProblemList) -> Option<Vec<LayerLimit>> {
        let mut limits = Vec::new();
        for (index, limit) in file.limits.iter().enumerate() {
            let path = format!("topology.limits[{index}]");
            let find = |name: &String| self.candidates.iter().position(|one| one.name == *name);
            let mut candidates = Vec::new();
            for (position, name) in limit.candidates.iter().enumerate() {
                match find(name) {
                    Some(candidate) => candidates.push(candidate),
                    None => {
                        let names = self.candidates.iter().map(|one| one.name.as_str());
                        let hint = nearest::hint(name, names);
                        let path = format!("{path}.candidates[{position}]");
                        problems.add(path, format!("is no candidate of a stage; {hint}"));
                    }
                }
            }
            let max = limit.max.unwrap_or(usize::MAX);
            if limit.min > max {
                problems.add(&path, format!("min is {}, above max, which is {max}", limit.min));
            }
            limits.push(LayerLimit { candidates, min: limit.min, max });
        }
        Some(limits)
    }

    /// The named widths that layers use, in their order; checks the layers. `before` are those of the
    /// stem.
    fn named_widths(
        &self,
        files: &[LayerFile],
        skeleton: &LayersSkeletonFile,
        before: &[NamedWidth],
        problems: &mut ProblemList,
    ) -> Vec<NamedWidth> {
        let part = if std::ptr::eq(files, skeleton.stem.as_slice()) { "stem" } else { "head" };
        let values: Vec<(&str, String)> =
            skeleton.widths.keys().map(|name| (name.as_str(), "1".to_owned())).collect();
        layers::read(files, &values, &format!("skeleton.{part}"), problems);
        let mut found = Vec::new();
        for name in layers::parameters_in_order(files) {
            let Some(width) = skeleton.widths.get(name) else { continue };
            let (width, scaled) = match width {
                NamedWidthFile::One(width) => (*width, ScaledFile::Always),
                NamedWidthFile::Scaled(file) => (file.width, file.scaled),
            };
            if before.iter().any(|named| named.name == name) {
                let message = "is used by stem and head; a width has one of them";
                problems.add(format!("skeleton.widths.{name}"), message);
            }
            found.push(NamedWidth { name: name.to_owned(), width, scaled });
        }
        found
    }
}

/// What an architecture says, and the number of positions used.
fn depths(stage: &StageFile) -> Result<Vec<(usize, usize)>, String> {
    let depths = match &stage.depths {
        None => vec![(stage.slots, stage.slots)],
        Some(DepthsFile::Numbers(numbers)) => numbers.iter().map(|&one| (one, one)).collect(),
        Some(DepthsFile::Named(map)) => {
            let entry = |(key, value): (&String, &serde_json::Value)| {
                let key = key.parse().ok()?;
                Some((key, usize::try_from(value.as_u64()?).ok()?))
            };
            let entries = map.iter().map(entry).collect::<Option<Vec<_>>>();
            entries.filter(|list| !list.is_empty()).ok_or(
                "is a table of something else than numbers of positions, such as { \"0\" = 2 }",
            )?
        }
    };
    for (position, &(said, used)) in depths.iter().enumerate() {
        if used > stage.slots {
            return Err(format!("has {used}, but the stage has {} slots", stage.slots));
        }
        if depths[..position].iter().any(|&(other, same)| other == said || same == used) {
            return Err(format!("repeats {said}"));
        }
    }
    Ok(depths)
}
