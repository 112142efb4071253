//! The digits of an architecture: what each of them decides, and which are used.

use rand::{Rng, RngExt};

use super::{Decision, Layers, StageOption};

/// One digit of an architecture.
#[derive(Clone, Debug)]
pub(super) struct LayerSlot {
    pub kind: SlotKind,
    /// How many values it has.
    pub values: usize,
    /// It is a decision; else an architecture's text may say it, and samples have the default.
    pub is_free: bool,
}

/// What a digit decides.
#[derive(Clone, Copy, Debug)]
pub(super) enum SlotKind {
    Width {
        stage: usize,
    },
    Depth {
        stage: usize,
    },
    /// The option of the position; the value behind the last one is none.
    Operation {
        position: usize,
    },
    Parameter {
        position: usize,
        parameter: usize,
    },
}

/// A position.
#[derive(Clone, Debug)]
pub(super) struct LayerPosition {
    pub stage: usize,
    /// Within the stage.
    pub slot: usize,
    /// The options of the stage that may stand here, by index.
    pub options: Vec<usize>,
    /// The digits that decide on it.
    pub operation: Option<usize>,
    /// By parameter.
    pub parameters: Vec<Option<usize>>,
    /// The digits of its stage.
    pub depth: Option<usize>,
    /// Whether it may be missing without a digit that says the depth.
    pub may_end: bool,
}

/// The digits of a topology without any.
pub(super) fn list_slots(layers: &Layers) -> (Vec<LayerPosition>, Vec<LayerSlot>) {
    let (mut positions, mut slots) = (Vec::new(), Vec::new());
    let mut add = |kind, values, is_free| {
        slots.push(LayerSlot { kind, values, is_free });
        slots.len() - 1
    };
    for (stage, this) in layers.stages.iter().enumerate() {
        if this.widths.len() > 1 {
            add(SlotKind::Width { stage }, this.widths.len(), true);
        }
        let has_digit = layers.is_lists() && this.depths.len() > 1;
        let depth = has_digit.then(|| add(SlotKind::Depth { stage }, this.depths.len(), true));
        for slot in 0..this.slots {
            let position = positions.len();
            let changes = slot == 0 && layers.changes_at(stage);
            let is_allowed = |(_, option): &(usize, &StageOption)| {
                let only = |candidate: usize| layers.candidates[candidate].unchanged_only;
                !(changes && option.candidate.is_some_and(only))
            };
            let options = this.options.iter().enumerate().filter(is_allowed);
            let options: Vec<usize> = options.map(|(index, _)| index).collect();
            let may_end = !layers.is_lists() && slot >= this.least() && this.depths.len() > 1;
            let is_free = options.len() > 1 || may_end;
            let kind = SlotKind::Operation { position };
            let operation = this.is_decided.then(|| add(kind, this.options.len() + 1, is_free));
            let parameter = |parameter: usize| {
                let uses = |&option: &usize| this.options[option].parameters.contains(&parameter);
                let LayerParameterFacts { values, is_free } = layers.parameter_facts(parameter);
                (this.is_decided && options.iter().any(uses))
                    .then(|| add(SlotKind::Parameter { position, parameter }, values, is_free))
            };
            let parameters = (0..layers.parameters.len()).map(parameter).collect();
            positions.push(LayerPosition {
                stage,
                slot,
                options,
                operation,
                parameters,
                depth,
                may_end,
            });
        }
    }
    (positions, slots)
}

struct LayerParameterFacts {
    values: usize,
    is_free: bool,
}

impl Layers {
    fn parameter_facts(&self, parameter: usize) -> LayerParameterFacts {
        let this = &self.parameters[parameter];
        LayerParameterFacts { values: this.values.len(), is_free: this.default.is_none() }
    }

    /// Whether stride or width change at the first position of a stage, as the file says; where the
    /// width depends on decisions, they do.
    fn changes_at(&self, stage: usize) -> bool {
        let this = &self.stages[stage];
        if this.stride > 1 {
            return true;
        }
        let before = self.stages[..stage].iter().rev().find(|stage| !stage.widths.is_empty());
        let entering = match before {
            Some(before) => before.widths.as_slice(),
            // The last width of the stem is what the stem gives.
            None => {
                self.stem_widths.last().map_or(&[][..], |last| std::slice::from_ref(&last.width))
            }
        };
        match this.widths.as_slice() {
            [] => false,
            widths => widths.len() > 1 || widths != entering,
        }
    }

    /// The value of a digit that means nothing.
    pub(super) fn unused_value(&self, kind: SlotKind) -> u16 {
        match kind {
            SlotKind::Operation { position } if self.is_lists() => {
                self.positions[position].options.first().copied().unwrap_or(0) as u16
            }
            SlotKind::Operation { position } => self.none(position),
            SlotKind::Parameter { parameter, .. } => {
                self.parameters[parameter].default.unwrap_or(0) as u16
            }
            SlotKind::Width { .. } | SlotKind::Depth { .. } => 0,
        }
    }

    /// The digit of a position that has no operation.
    pub(super) fn none(&self, position: usize) -> u16 {
        self.stages[self.positions[position].stage].options.len() as u16
    }

    /// Whether a position is used.
    pub(super) fn is_used(&self, digits: &[u16], position: usize) -> bool {
        let this = &self.positions[position];
        let stage = &self.stages[this.stage];
        if let Some(depth) = this.depth {
            return this.slot < stage.depths[usize::from(digits[depth])].1;
        }
        if stage.depths.len() == 1 && this.slot >= stage.depths[0].1 {
            return false;
        }
        this.operation.is_none_or(|operation| digits[operation] != self.none(position))
    }

    /// The option of a position that is used, by its index in the stage.
    pub(super) fn option(&self, digits: &[u16], position: usize) -> usize {
        let this = &self.positions[position];
        this.operation.map_or_else(
            || this.options.first().copied().unwrap_or(0),
            |operation| usize::from(digits[operation]),
        )
    }

    /// By digit, whether the network depends on it.
    pub(super) fn used_slots(&self, digits: &[u16]) -> Vec<bool> {
        let is_used = |slot: &super::LayerSlot| match slot.kind {
            SlotKind::Width { .. } | SlotKind::Depth { .. } => true,
            SlotKind::Operation { position } => self.is_used(digits, position),
            SlotKind::Parameter { position, parameter } => {
                self.is_used(digits, position) && {
                    let stage = &self.stages[self.positions[position].stage];
                    let option = self.option(digits, position);
                    stage.options[option].parameters.contains(&parameter)
                }
            }
        };
        self.slots.iter().map(is_used).collect()
    }

    /// Gives every digit that means nothing its one value.
    pub(super) fn clear_unused(&self, digits: &mut [u16]) {
        let used = self.used_slots(digits);
        for ((digit, slot), used) in digits.iter_mut().zip(&self.slots).zip(used) {
            if !used {
                *digit = self.unused_value(slot.kind);
            }
        }
    }

    /// Whether a depth follows from where the operations end.
    pub(super) fn has_implied_depth(&self) -> bool {
        self.positions.iter().any(|position| position.may_end)
    }

    /// Every digit uniformly, those without meaning included where the notation writes them.
    pub(super) fn random_digits(&self, rng: &mut dyn Rng) -> Vec<u16> {
        let digit = |slot: &super::LayerSlot| {
            let mut among = |values: usize| rng.random_range(0..values as u32) as usize;
            match slot.kind {
                _ if !slot.is_free => self.unused_value(slot.kind),
                SlotKind::Operation { position } => {
                    let options = &self.positions[position].options;
                    options[among(options.len())] as u16
                }
                _ => among(slot.values) as u16,
            }
        };
        let mut digits: Vec<u16> = self.slots.iter().map(digit).collect();
        if !self.is_lists() {
            self.clear_unused(&mut digits);
        }
        digits
    }

    /// Every decision with its value.
    pub(super) fn named_decisions(&self, digits: &[u16]) -> Vec<Decision> {
        let used = self.used_slots(digits);
        let mut number = 0;
        let mut last = None;
        let mut decisions = Vec::new();
        for (index, (slot, &digit)) in self.slots.iter().zip(digits).enumerate() {
            let digit = usize::from(digit);
            if let SlotKind::Operation { position } | SlotKind::Parameter { position, .. } =
                slot.kind
                && last != Some(position)
            {
                last = Some(position);
                number += 1;
            }
            if !slot.is_free {
                continue;
            }
            let (name, value) = match slot.kind {
                SlotKind::Width { stage } => {
                    let widths = &self.stages[stage].widths;
                    let width = widths[digit];
                    let is_twice = widths.iter().filter(|other| **other == width).count() > 1;
                    let value =
                        if is_twice { format!("{width} ({digit})") } else { width.to_string() };
                    (format!("stage {} width", stage + 1), value)
                }
                SlotKind::Depth { stage } => (
                    format!("stage {} depth", stage + 1),
                    self.stages[stage].depths[digit].1.to_string(),
                ),
                SlotKind::Operation { position } => {
                    let stage = &self.stages[self.positions[position].stage];
                    let candidate = stage.options.get(digit).and_then(|option| option.candidate);
                    let name = candidate.map_or("-", |candidate| &self.candidates[candidate].name);
                    (format!("layer {number}"), name.to_owned())
                }
                SlotKind::Parameter { parameter, .. } => {
                    let this = &self.parameters[parameter];
                    let is_shown = used[index] || self.is_lists();
                    let value = if is_shown { this.values[digit].as_str() } else { "-" };
                    (format!("layer {number} {}", this.name), value.to_owned())
                }
            };
            decisions.push(Decision { name, value });
        }
        decisions
    }
}
