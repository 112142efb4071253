//! The notation `ds=1,3,2,1;ws=16,24,32,64;ss=1,1,2,2;bot_muls=0,1,0.5,1`: lists of depths, widths,
//! strides and, for a parameter `x`, `xs`. Entry 0 is the stem, and the others are the stages. The stem
//! has depth 1 and no parameters, which is written as 0. The `net` objects of the NDS records, which
//! contain the same lists, are accepted too.

use serde_json::Value;

use super::{ParameterValue, StageDecisions, StageStem, Stages, StagesDecisions};
use crate::nearest;
use crate::space::error::ArchitectureError;
use crate::space::{MAX_CELLS, MAX_CLASSES};

/// The largest stride that is read.
const MAX_STRIDE: usize = 8;

pub(super) fn format(stages: &Stages, decisions: &StagesDecisions) -> String {
    let list = |name: &str, stem: String, value: &dyn Fn(&StageDecisions) -> String| {
        let values: Vec<String> = decisions.stages.iter().map(value).collect();
        format!("{name}={stem},{}", values.join(","))
    };
    let StageStem { width, stride } = decisions.stem;
    let mut lists = vec![
        list("ds", "1".to_owned(), &|stage| stage.depth.to_string()),
        list("ws", width.to_string(), &|stage| stage.width.to_string()),
        list("ss", stride.to_string(), &|stage| stage.stride.to_string()),
    ];
    for (position, parameter) in stages.parameters.iter().enumerate() {
        let value = |stage: &StageDecisions| stage.parameters[position].to_string();
        lists.push(list(&format!("{}s", parameter.name), "0".to_owned(), &value));
    }
    lists.join(";")
}

/// The lists of one text, taken out as they are understood.
struct StageLists<'t> {
    text: &'t str,
    lists: Vec<(String, Vec<String>)>,
}

impl StageLists<'_> {
    fn wrong(&self, token: &str, reason: String) -> ArchitectureError {
        wrong(self.text, token, reason)
    }

    /// The list of that name: one entry for the stem, one for every stage.
    fn take(&mut self, name: &str, entries: usize) -> Result<Vec<String>, ArchitectureError> {
        let position = self.lists.iter().position(|(known, _)| known == name);
        let Some(position) = position else {
            let reason = format!("the list `{name}` of {entries} entries is missing");
            return Err(self.wrong(self.text, reason));
        };
        let (_, list) = self.lists.remove(position);
        if list.len() != entries {
            let (found, token) = (list.len(), format!("{name}={}", list.join(",")));
            let reason =
                format!("has {found} entries; this space needs {entries}, with the stem first");
            return Err(self.wrong(&token, reason));
        }
        Ok(list)
    }

    fn whole(
        &mut self,
        name: &str,
        entries: usize,
        most: usize,
    ) -> Result<Vec<usize>, ArchitectureError> {
        let list = self.take(name, entries)?;
        let number = |entry: &String| {
            entry.trim().parse().ok().filter(|number| (1..=most).contains(number)).ok_or_else(
                || {
                    let reason = format!("in `{name}` is not an integer from 1 to {most}");
                    self.wrong(entry, reason)
                },
            )
        };
        list.iter().map(number).collect()
    }

    fn numbers(
        &mut self,
        name: &str,
        entries: usize,
    ) -> Result<Vec<ParameterValue>, ArchitectureError> {
        let list = self.take(name, entries)?;
        // What stands for the stem means nothing.
        let number = |entry: &String| {
            ParameterValue::parse(entry).ok_or_else(|| {
                let reason = format!(
                    "in `{name}` is not a number from 0 to 65536 with at most three decimals"
                );
                self.wrong(entry, reason)
            })
        };
        list.iter().skip(1).map(number).collect()
    }
}

fn wrong(text: &str, token: &str, reason: String) -> ArchitectureError {
    ArchitectureError::new(nearest::excerpt(text), nearest::excerpt(token), reason)
}

pub(super) fn parse(stages: &Stages, text: &str) -> Result<StagesDecisions, ArchitectureError> {
    let text = text.trim();
    let lists = if text.starts_with('{') { of_json(stages, text)? } else { of_text(text)? };
    let mut lists = StageLists { text, lists };
    let entries = stages.strides.len() + 1;
    let depths = lists.whole("ds", entries, MAX_CELLS)?;
    let widths = lists.whole("ws", entries, MAX_CLASSES)?;
    let strides = lists.whole("ss", entries, MAX_STRIDE)?;
    let mut parameters = Vec::new();
    for parameter in &stages.parameters {
        parameters.push(lists.numbers(&format!("{}s", parameter.name), entries)?);
    }
    if let Some((name, _)) = lists.lists.first() {
        let mut known = vec!["ds".to_owned(), "ws".to_owned(), "ss".to_owned()];
        known.extend(stages.parameters.iter().map(|parameter| format!("{}s", parameter.name)));
        let hint = nearest::hint(name, known.iter().map(String::as_str));
        return Err(
            lists.wrong(name, format!("is not a list of this space, or is repeated; {hint}"))
        );
    }
    if depths[0] != 1 {
        return Err(lists.wrong(&format!("ds={}", depths[0]), "the stem's depth is 1".to_owned()));
    }
    let stage = |stage: usize| StageDecisions {
        depth: depths[stage],
        width: widths[stage],
        stride: strides[stage],
        parameters: parameters.iter().map(|values| values[stage - 1]).collect(),
    };
    let decisions = StagesDecisions {
        stem: StageStem { width: widths[0], stride: strides[0] },
        stages: (1..entries).map(stage).collect(),
    };
    super::network::assemble(stages, &decisions)
        .map_err(|error| wrong(text, &error.label, format!("{}: {}", error.op, error.reason)))?;
    Ok(decisions)
}

fn of_text(text: &str) -> Result<Vec<(String, Vec<String>)>, ArchitectureError> {
    let list = |part: &str| {
        let (name, values) = part.split_once('=').ok_or_else(|| {
            wrong(text, part, "a list is written name=number,number,..".to_owned())
        })?;
        let values = values.split(',').map(|value| value.trim().to_owned()).collect();
        Ok((name.trim().to_owned(), values))
    };
    text.split(';').map(list).collect()
}

/// An NDS record or its `net`.
fn of_json(stages: &Stages, text: &str) -> Result<Vec<(String, Vec<String>)>, ArchitectureError> {
    let value: Value =
        serde_json::from_str(text).map_err(|error| wrong(text, text, error.to_string()))?;
    let net = value.get("net").unwrap_or(&value);
    let mut lists = Vec::new();
    for (name, value) in net.as_object().into_iter().flatten() {
        match value {
            Value::String(block) if name == "block_type" => {
                if *block != stages.name {
                    let reason = format!("the blocks of this space are `{}`", stages.name);
                    return Err(wrong(text, block, reason));
                }
            }
            Value::Array(list) => {
                lists.push((name.clone(), list.iter().map(Value::to_string).collect()));
            }
            _ => {
                let reason = "is neither `block_type` nor a list of numbers".to_owned();
                return Err(wrong(text, name, reason));
            }
        }
    }
    Ok(lists)
}
