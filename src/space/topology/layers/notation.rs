//! Architectures as text: digits (`22212202`), names (`k5e3,skip,..`) or lists (`d=2,4;ks=3,5,..`).
//!
//! Before digits and names, a factor for the widths (`w1.35:`) or the widths themselves may stand.
//! Digits may also be a list of numbers, as in the published tuple `(2, 1, 0, ..)`.

use super::dictionary;
use super::file::NotationFile;
use super::slots::{LayerPosition, SlotKind};
use super::{LayerStage, Layers, LayersDecisions, WidthScale};
use crate::nearest;
use crate::space::MAX_CLASSES;
use crate::space::error::ArchitectureError;
use crate::space::topology::stages::ParameterValue;

/// The characters for the values of a parameter in an architecture of digits.
const DIGITS: &str = "0123456789abcdefghijklmnopqrstuvwxyz";

pub(super) fn format(layers: &Layers, decisions: &LayersDecisions) -> String {
    let digits = &decisions.digits;
    let body = match layers.notation {
        NotationFile::Digits => digits_text(layers, digits),
        NotationFile::Names => {
            let names = used_operations(layers, digits)
                .map(|(candidate, _)| layers.candidates[candidate].name.as_str());
            names.collect::<Vec<_>>().join(",")
        }
        NotationFile::Lists => lists_text(layers, digits),
    };
    let scale = match &decisions.scale {
        None => String::new(),
        Some(WidthScale::Multiplier(factor)) => format!("w{}:", *factor as f64 / 1000.0),
        Some(WidthScale::Widths(widths)) => {
            let widths: Vec<String> = widths.iter().map(usize::to_string).collect();
            format!("{}:", widths.join(","))
        }
    };
    format!("{scale}{}{body}{}", layers.prefix, layers.suffix)
}

/// Candidates of the decided positions that are used, with the position.
fn used_operations<'l>(
    layers: &'l Layers,
    digits: &'l [u16],
) -> impl Iterator<Item = (usize, usize)> + 'l {
    let used = layers.decided().filter(|&position| layers.is_used(digits, position));
    used.filter_map(|position| {
        let stage = &layers.stages[layers.positions[position].stage];
        let option = stage.options.get(layers.option(digits, position))?;
        Some((option.candidate?, position))
    })
}

fn digits_text(layers: &Layers, digits: &[u16]) -> String {
    let symbols = used_operations(layers, digits)
        .map(|(candidate, _)| layers.candidates[candidate].symbol.unwrap_or('?'));
    let mut text: String = symbols.collect();
    for parameter in 0..layers.parameters.len() {
        let said: Vec<(usize, u16)> = layers
            .decided()
            .filter(|&position| layers.is_used(digits, position))
            .filter_map(|position| layers.positions[position].parameters[parameter])
            .map(|slot| (slot, digits[slot]))
            .collect();
        let is_usual = |&(slot, digit): &(usize, u16)| {
            !layers.slots[slot].is_free && digit == layers.unused_value(layers.slots[slot].kind)
        };
        if !said.iter().all(is_usual) {
            text.push('/');
            text.extend(said.iter().filter_map(|&(_, digit)| DIGITS.chars().nth(digit.into())));
        }
    }
    text
}

fn lists_text(layers: &Layers, digits: &[u16]) -> String {
    let lists = layers.lists().into_iter().map(|list| {
        let values: Vec<String> = list
            .entries
            .iter()
            .map(|entry| match entry {
                ListEntry::Fixed(text) => text.clone(),
                ListEntry::Slot(slot) => list.kind.said(layers, *slot, digits[*slot]),
            })
            .collect();
        format!("{}={}", list.name, values.join(","))
    });
    lists.collect::<Vec<_>>().join(";")
}

/// A list of an architecture: its name and what its entries say.
pub(super) struct NamedList {
    pub name: String,
    pub entries: Vec<ListEntry>,
    kind: ListKind,
}

/// An entry of a list.
pub(super) enum ListEntry {
    /// Always this.
    Fixed(String),
    /// What a digit says.
    Slot(usize),
}

#[derive(Clone, Copy)]
enum ListKind {
    Depths,
    Operations,
    Parameter,
    Widths,
}

impl ListKind {
    /// What a list says of a digit.
    fn said(self, layers: &Layers, slot: usize, digit: u16) -> String {
        let this = &layers.slots[slot];
        let digit = usize::from(digit);
        match this.kind {
            SlotKind::Depth { stage } => layers.stages[stage].depths[digit].0.to_string(),
            SlotKind::Width { .. } => digit.to_string(),
            SlotKind::Operation { position } => {
                let stage = &layers.stages[layers.positions[position].stage];
                let candidate = stage.options.get(digit).and_then(|option| option.candidate);
                candidate.map_or("?", |one| &layers.candidates[one].name).to_owned()
            }
            SlotKind::Parameter { parameter, .. } => {
                layers.parameters[parameter].values[digit].clone()
            }
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Depths => "depth",
            Self::Operations => "operation",
            Self::Parameter => "value",
            Self::Widths => "width index",
        }
    }
}

impl Layers {
    /// The positions at which something is decided.
    fn decided(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.positions.len())
            .filter(|&position| self.stages[self.positions[position].stage].is_decided)
    }

    /// The lists of an architecture, in their order.
    pub(super) fn lists(&self) -> Vec<NamedList> {
        let mut lists = Vec::new();
        let mut add = |name: &str, kind: ListKind, entries: Vec<ListEntry>| {
            if entries.iter().any(|entry| matches!(entry, ListEntry::Slot(_))) {
                lists.push(NamedList { name: name.to_owned(), entries, kind });
            }
        };
        let slot_of = |wanted: &dyn Fn(SlotKind) -> bool| {
            self.slots.iter().position(|slot| wanted(slot.kind))
        };
        let with_depths = self.stages.iter().enumerate().filter(|(_, stage)| stage.has_depths);
        let depth = |(index, stage): (usize, &LayerStage)| {
            let is_own = |kind| matches!(kind, SlotKind::Depth { stage } if stage == index);
            let fixed = || ListEntry::Fixed(stage.depths[0].0.to_string());
            slot_of(&is_own).map_or_else(fixed, ListEntry::Slot)
        };
        add("d", ListKind::Depths, with_depths.map(depth).collect());
        let decided: Vec<&LayerPosition> = self.decided().map(|one| &self.positions[one]).collect();
        let are_several = decided.iter().any(|position| position.options.len() > 1);
        if are_several {
            let operations = decided.iter().filter_map(|position| position.operation);
            add("op", ListKind::Operations, operations.map(ListEntry::Slot).collect());
        }
        for (index, parameter) in self.parameters.iter().enumerate() {
            let slots = decided.iter().filter_map(|position| position.parameters[index]);
            add(&parameter.name, ListKind::Parameter, slots.map(ListEntry::Slot).collect());
        }
        let is_width =
            |(_, slot): &(usize, &super::LayerSlot)| matches!(slot.kind, SlotKind::Width { .. });
        let widths = self.slots.iter().enumerate().filter(is_width);
        add("w", ListKind::Widths, widths.map(|(slot, _)| ListEntry::Slot(slot)).collect());
        lists
    }
}

/// The text of an architecture while it is read.
struct ArchitectureText<'t> {
    layers: &'t Layers,
    text: &'t str,
}

pub(super) fn parse(layers: &Layers, text: &str) -> Result<LayersDecisions, ArchitectureError> {
    let text = text.trim();
    let reader = ArchitectureText { layers, text };
    let (scale, rest) = reader.scale()?;
    let digits = layers.slots.iter().map(|slot| layers.unused_value(slot.kind)).collect();
    let mut decisions = LayersDecisions { digits, scale };
    if layers.is_lists() {
        reader.lists(rest, &mut decisions.digits)?;
    } else {
        let body =
            rest.strip_prefix(&layers.prefix).and_then(|rest| rest.strip_suffix(&layers.suffix));
        let Some(body) = body else {
            let reason = format!("is not of the form `{}..{}`", layers.prefix, layers.suffix);
            return Err(reader.wrong(rest, reason));
        };
        match layers.notation {
            NotationFile::Digits => reader.digits(body, &mut decisions.digits)?,
            _ => reader.operations(&words(body), &mut decisions.digits)?,
        }
        layers.clear_unused(&mut decisions.digits);
    }
    if !layers.is_allowed(&decisions.digits) {
        return Err(reader.wrong(text, reader.limits()));
    }
    if decisions.scale.is_some() {
        super::network::assemble(layers, &decisions).map_err(|error| {
            let reason = format!("does not fit these widths: {}: {}", error.op, error.reason);
            reader.wrong(&error.label, reason)
        })?;
    }
    Ok(decisions)
}

fn words(text: &str) -> Vec<String> {
    text.split(',').map(|word| word.trim().to_owned()).collect()
}

impl ArchitectureText<'_> {
    fn wrong(&self, token: &str, reason: String) -> ArchitectureError {
        ArchitectureError::new(nearest::excerpt(self.text), nearest::excerpt(token), reason)
    }

    /// The widths before the first `:`, and the rest of the text.
    fn scale(&self) -> Result<(Option<WidthScale>, &str), ArchitectureError> {
        let layers = self.layers;
        let Some((before, rest)) =
            self.text.split_once(':').filter(|_| layers.multiplier.is_some())
        else {
            return Ok((None, self.text));
        };
        if before.contains(['{', '=']) {
            return Ok((None, self.text));
        }
        if let Some(factor) = before.trim().strip_prefix('w') {
            let number = ParameterValue::parse(factor).map(|value| value.to_string());
            let factor = number.and_then(|number| number.parse::<f64>().ok());
            let factor =
                factor.filter(|factor| (0.1..=10.0).contains(factor)).ok_or_else(|| {
                    let reason = "is not w and a factor from 0.1 to 10, at most three decimals";
                    self.wrong(before, reason.to_owned())
                })?;
            return Ok((Some(WidthScale::Multiplier((factor * 1000.0).round() as usize)), rest));
        }
        let with_width = layers.stages.iter().filter(|stage| !stage.widths.is_empty()).count();
        let needed = layers.stem_widths.len() + with_width + layers.head_widths.len();
        let widths: Vec<&str> = before.split(',').map(str::trim).collect();
        if widths.len() != needed {
            let found = widths.len();
            let reason = format!(
                "has {found} widths; this space has {needed}: stem, stages and head, such as w1.2: for \
                 all of them"
            );
            return Err(self.wrong(before, reason));
        }
        let width = |text: &&str| {
            let width = text.parse().ok().filter(|width| (1..=MAX_CLASSES).contains(width));
            width.ok_or_else(|| {
                self.wrong(text, format!("is not a width, a whole number from 1 to {MAX_CLASSES}"))
            })
        };
        let widths = widths.iter().map(width).collect::<Result<_, _>>()?;
        Ok((Some(WidthScale::Widths(widths)), rest))
    }

    fn digits(&self, body: &str, digits: &mut [u16]) -> Result<(), ArchitectureError> {
        let layers = self.layers;
        let mut parts = body.split('/');
        let first = parts.next().unwrap_or_default().trim();
        let is_list = first.contains([',', '[', '(']);
        let bare = first.trim_matches(['[', ']', '(', ')']).trim_end_matches(',');
        let symbols = match is_list {
            true => words(bare),
            false => bare.chars().map(|symbol| symbol.to_string()).collect(),
        };
        self.operations(&symbols, digits)?;
        let used = |position: &usize| layers.is_used(digits, *position);
        let positions: Vec<usize> = layers.decided().filter(used).collect();
        for (parameter, this) in layers.parameters.iter().enumerate() {
            let slots: Vec<usize> = positions
                .iter()
                .filter_map(|&position| layers.positions[position].parameters[parameter])
                .collect();
            let Some(part) = parts.next() else {
                if slots.iter().all(|&slot| !layers.slots[slot].is_free) {
                    continue;
                }
                let reason = format!("lacks a `/` and {} digits for `{}`", slots.len(), this.name);
                return Err(self.wrong(body, reason));
            };
            if part.chars().count() != slots.len() {
                let (found, needed) = (part.chars().count(), slots.len());
                let reason = format!("has {found} digits for `{}`; there are {needed}", this.name);
                return Err(self.wrong(part, reason));
            }
            for (symbol, &slot) in part.chars().zip(&slots) {
                let value = DIGITS.chars().position(|digit| digit == symbol);
                let value = value.filter(|&value| value < this.values.len()).ok_or_else(|| {
                    let reason = format!(
                        "is not a digit of `{}`, from 0 for {} to {} for {}",
                        this.name,
                        this.values[0],
                        this.values.len() - 1,
                        this.values[this.values.len() - 1]
                    );
                    self.wrong(&symbol.to_string(), reason)
                })?;
                digits[slot] = value as u16;
            }
        }
        match parts.next() {
            None => Ok(()),
            Some(part) => Err(self.wrong(part, "is one part too many".to_owned())),
        }
    }

    /// One operation for every decided position; where a stage has several depths, as many as are
    /// there.
    fn operations(&self, words: &[String], digits: &mut [u16]) -> Result<(), ArchitectureError> {
        let layers = self.layers;
        let decided: Vec<usize> = layers.decided().collect();
        let may_end: Vec<usize> =
            decided.iter().copied().filter(|&one| layers.positions[one].may_end).collect();
        let (least, most) = (decided.len() - may_end.len(), decided.len());
        if !(least..=most).contains(&words.len()) {
            let found = words.len();
            let needed =
                if least == most { most.to_string() } else { format!("{least} to {most}") };
            let reason = format!("has {found} operations; this space has {needed}");
            return Err(self.wrong(self.text, reason));
        }
        let missing = &may_end[may_end.len() - (most - words.len())..];
        let used = decided.iter().filter(|position| !missing.contains(position));
        for (word, &position) in words.iter().zip(used) {
            let place = &layers.positions[position];
            let stage = &layers.stages[place.stage];
            let named = |&option: &usize| {
                stage.options[option].candidate.map(|one| (option, &layers.candidates[one]))
            };
            let is_digits = layers.notation == NotationFile::Digits;
            let said = |candidate: &super::Candidate| match is_digits {
                true => candidate.symbol.map(String::from).unwrap_or_default(),
                false => candidate.name.clone(),
            };
            let all: Vec<_> = place.options.iter().filter_map(named).collect();
            let found = all.iter().find(|(_, candidate)| said(candidate) == *word);
            let Some(&(option, _)) = found else {
                let number = 1 + decided.iter().position(|one| *one == position).unwrap_or(0);
                let elsewhere = layers.candidates.iter().any(|candidate| said(candidate) == *word);
                let names: Vec<String> = all.iter().map(|(_, one)| said(one)).collect();
                let reason = match elsewhere {
                    true => format!(
                        "cannot be layer {number}, which changes width or stride or has other \
                         candidates: {}",
                        names.join(", ")
                    ),
                    false => format!(
                        "is no operation of layer {number}; {}",
                        nearest::hint(word, names.iter().map(String::as_str))
                    ),
                };
                return Err(self.wrong(word, reason));
            };
            if let Some(slot) = place.operation {
                digits[slot] = option as u16;
            }
        }
        Ok(())
    }

    /// Lists as text or as the dictionary of the published code.
    fn lists(&self, text: &str, digits: &mut [u16]) -> Result<(), ArchitectureError> {
        let layers = self.layers;
        let mut given = if text.trim_start().starts_with('{') {
            dictionary::read(text, layers.input).map_err(|(token, why)| self.wrong(&token, why))?
        } else {
            self.written_lists(text)?
        };
        let lists = layers.lists();
        for list in &lists {
            let position = given.iter().position(|(name, _)| *name == list.name);
            let needed = list.entries.len();
            let Some(position) = position else {
                let reason = format!("the list `{}` of {needed} entries is missing", list.name);
                return Err(self.wrong(self.text, reason));
            };
            let (_, values) = given.remove(position);
            if values.len() != needed {
                let (found, token) = (values.len(), format!("{}={}", list.name, values.join(",")));
                return Err(self.wrong(&token, format!("has {found} entries; {needed} are needed")));
            }
            for (number, (value, entry)) in values.iter().zip(&list.entries).enumerate() {
                self.entry(list, number, (value, entry), digits)?;
            }
        }
        match given.first() {
            None => Ok(()),
            Some((name, _)) => {
                let hint = nearest::hint(name, lists.iter().map(|list| list.name.as_str()));
                let reason = format!("is not a list of this space, or is repeated; {hint}");
                Err(self.wrong(name, reason))
            }
        }
    }

    fn written_lists(&self, text: &str) -> Result<Vec<(String, Vec<String>)>, ArchitectureError> {
        let list = |part: &str| {
            let (name, values) = part.split_once('=').ok_or_else(|| {
                self.wrong(part, "a list is written name=value,value,..".to_owned())
            })?;
            Ok((name.trim().to_owned(), words(values)))
        };
        text.split(';').map(list).collect()
    }

    fn entry(
        &self,
        list: &NamedList,
        number: usize,
        (value, entry): (&str, &ListEntry),
        digits: &mut [u16],
    ) -> Result<(), ArchitectureError> {
        let layers = self.layers;
        // 3.0 is 3.
        let number_of = |text: &str| ParameterValue::parse(text);
        let is_same = |said: &str| {
            said == value || (number_of(said).is_some() && number_of(said) == number_of(value))
        };
        let allowed: Vec<(u16, String)> = match entry {
            ListEntry::Fixed(text) => vec![(0, text.clone())],
            ListEntry::Slot(slot) => {
                let values = match layers.slots[*slot].kind {
                    SlotKind::Operation { position } => {
                        let options = &layers.positions[position].options;
                        options.iter().map(|&option| option as u16).collect()
                    }
                    _ => (0..layers.slots[*slot].values as u16).collect::<Vec<u16>>(),
                };
                values
                    .into_iter()
                    .map(|digit| (digit, list.kind.said(layers, *slot, digit)))
                    .collect()
            }
        };
        match allowed.iter().find(|(_, said)| is_same(said)) {
            Some(&(digit, _)) => {
                if let ListEntry::Slot(slot) = entry {
                    digits[*slot] = digit;
                }
                Ok(())
            }
            None => {
                let said: Vec<&str> = allowed.iter().map(|(_, said)| said.as_str()).collect();
                let reason = format!(
                    "in `{}` is no {} of entry {}; allowed: {}",
                    list.name,
                    list.kind.word(),
                    number + 1,
                    said.join(", ")
                );
                Err(self.wrong(value, reason))
            }
        }
    }

    /// Why a text whose parts are all known is no architecture.
    fn limits(&self) -> String {
        let layers = self.layers;
        let limit = |limit: &super::LayerLimit| {
            let names: Vec<&str> =
                limit.candidates.iter().map(|&one| layers.candidates[one].name.as_str()).collect();
            let names = names.join(" or ");
            match limit.max {
                usize::MAX => format!("at least {} layers are {names}", limit.min),
                max => format!("{} to {max} layers are {names}", limit.min),
            }
        };
        let limits: Vec<String> = layers.limits.iter().map(limit).collect();
        format!("is outside the limits of this space: {}", limits.join("; "))
    }
}
