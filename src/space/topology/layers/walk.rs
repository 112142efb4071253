//! Which architectures there are: the digits that may follow each other, and how many ways lead on.
//!
//! Digits are taken one after another. What is allowed depends on the digits before only through a
//! small state, so that the ways on are counted by state: exactly, without listing architectures.

use std::collections::HashMap;

use super::slots::SlotKind;
use super::{LayerLimit, Layers};

/// What the digits so far leave open.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct WalkState {
    /// The number of positions of the stage that are used.
    used: usize,
    /// The option of the position.
    option: usize,
    /// By limit, how many of its candidates there were.
    tallies: Vec<usize>,
}

/// The number of ways on, by slot and state; `u128::MAX` if there are more.
#[derive(Debug, Default)]
pub(super) struct WalkCounts {
    ways: HashMap<(usize, WalkState), u128>,
    total: u128,
}

impl WalkCounts {
    /// The number of architectures.
    pub(super) fn total(&self) -> u128 {
        self.total
    }
}

impl LayerLimit {
    /// A tally as far as it matters.
    fn clipped(&self, tally: usize) -> usize {
        if self.max == usize::MAX { tally.min(self.min) } else { tally }
    }
}

impl Layers {
    pub(super) fn counts(&self) -> &WalkCounts {
        self.counts.get_or_init(|| {
            let mut counts = WalkCounts::default();
            counts.total = self.count_from(0, self.start(), &mut counts);
            counts
        })
    }

    fn start(&self) -> WalkState {
        let state = WalkState { tallies: vec![0; self.limits.len()], ..WalkState::default() };
        self.enter(0, state)
    }

    fn stage_of(&self, slot: usize) -> Option<usize> {
        Some(match self.slots.get(slot)?.kind {
            SlotKind::Width { stage } | SlotKind::Depth { stage } => stage,
            SlotKind::Operation { position } | SlotKind::Parameter { position, .. } => {
                self.positions[position].stage
            }
        })
    }

    /// The state at a slot, without what no longer matters.
    fn enter(&self, slot: usize, mut state: WalkState) -> WalkState {
        let Some(stage) = self.stage_of(slot) else {
            return WalkState { used: 0, option: 0, ..state };
        };
        if slot == 0 || self.stage_of(slot - 1) != Some(stage) {
            let this = &self.stages[stage];
            state.used = if this.depths.len() == 1 { this.depths[0].1 } else { this.slots };
        }
        if !matches!(self.slots[slot].kind, SlotKind::Parameter { .. }) {
            state.option = 0;
        }
        state
    }

    /// Whether the network depends on the digit at a slot.
    fn is_live(&self, slot: usize, state: &WalkState) -> bool {
        match self.slots[slot].kind {
            SlotKind::Width { .. } | SlotKind::Depth { .. } => true,
            SlotKind::Operation { position } => self.positions[position].slot < state.used,
            SlotKind::Parameter { position, parameter } => {
                let place = &self.positions[position];
                let option = match place.operation {
                    Some(_) => state.option,
                    None => place.options.first().copied().unwrap_or(0),
                };
                let option = self.stages[place.stage].options.get(option);
                place.slot < state.used
                    && option.is_some_and(|option| option.parameters.contains(&parameter))
            }
        }
    }

    /// The digits that are allowed at a slot.
    fn choices(&self, slot: usize, state: &WalkState) -> Vec<u16> {
        let this = &self.slots[slot];
        if !self.is_live(slot, state) {
            return vec![self.unused_value(this.kind)];
        }
        match this.kind {
            SlotKind::Parameter { .. } if !this.is_free => vec![self.unused_value(this.kind)],
            SlotKind::Operation { position } => {
                let place = &self.positions[position];
                let is_within = |&&option: &&usize| {
                    self.limits.iter().zip(&state.tallies).all(|(limit, &tally)| {
                        tally < limit.max || !self.counts_in(limit, place.stage, option)
                    })
                };
                let options = place.options.iter().filter(is_within).map(|&option| option as u16);
                options.chain(place.may_end.then(|| self.none(position))).collect()
            }
            _ => (0..this.values as u16).collect(),
        }
    }

    fn counts_in(&self, limit: &LayerLimit, stage: usize, option: usize) -> bool {
        let option = self.stages[stage].options.get(option).and_then(|option| option.candidate);
        option.is_some_and(|candidate| limit.candidates.contains(&candidate))
    }

    /// The state behind a digit.
    fn step(&self, slot: usize, state: &WalkState, digit: u16) -> WalkState {
        let mut next = state.clone();
        match self.slots[slot].kind {
            SlotKind::Depth { stage } => {
                next.used = self.stages[stage].depths[usize::from(digit)].1;
            }
            SlotKind::Operation { position } => {
                let place = &self.positions[position];
                if digit == self.none(position) {
                    next.used = next.used.min(place.slot);
                } else if place.slot < state.used {
                    next.option = usize::from(digit);
                    for (limit, tally) in self.limits.iter().zip(&mut next.tallies) {
                        let counts = self.counts_in(limit, place.stage, next.option);
                        *tally = limit.clipped(*tally + usize::from(counts));
                    }
                }
            }
            SlotKind::Width { .. } | SlotKind::Parameter { .. } => {}
        }
        self.enter(slot + 1, next)
    }

    /// Whether the limits are met at the end.
    fn is_complete(&self, state: &WalkState) -> bool {
        let mut met = self.limits.iter().zip(&state.tallies);
        met.all(|(limit, &tally)| (limit.clipped(limit.min)..=limit.max).contains(&tally))
    }

    fn count_from(&self, slot: usize, state: WalkState, counts: &mut WalkCounts) -> u128 {
        if slot == self.slots.len() {
            return u128::from(self.is_complete(&state));
        }
        if let Some(&known) = counts.ways.get(&(slot, state.clone())) {
            return known;
        }
        let ways = self.choices(slot, &state).into_iter().fold(0_u128, |sum, digit| {
            sum.saturating_add(self.count_from(slot + 1, self.step(slot, &state, digit), counts))
        });
        counts.ways.insert((slot, state), ways);
        ways
    }

    fn ways(&self, slot: usize, state: &WalkState) -> u128 {
        if slot == self.slots.len() {
            return u128::from(self.is_complete(state));
        }
        self.counts().ways.get(&(slot, state.clone())).copied().unwrap_or(0)
    }

    /// The digits of an architecture by its number, the last digit fastest.
    pub(super) fn unrank(&self, mut rank: u128) -> Option<Vec<u16>> {
        if rank >= self.counts().total() {
            return None;
        }
        let mut state = self.start();
        let mut digits = Vec::with_capacity(self.slots.len());
        for slot in 0..self.slots.len() {
            let next = self.choices(slot, &state).into_iter().find_map(|digit| {
                let next = self.step(slot, &state, digit);
                let ways = self.ways(slot + 1, &next);
                if rank < ways {
                    return Some((digit, next));
                }
                rank -= ways;
                None
            });
            let (digit, next) = next?;
            digits.push(digit);
            state = next;
        }
        Some(digits)
    }

    /// The number of an architecture; `None` if it is not one of those that are counted.
    pub(super) fn rank(&self, digits: &[u16]) -> Option<u128> {
        let mut state = self.start();
        let mut rank = 0_u128;
        for (slot, &digit) in digits.iter().enumerate() {
            let choices = self.choices(slot, &state);
            let position = choices.iter().position(|choice| *choice == digit)?;
            for &before in &choices[..position] {
                let ways = self.ways(slot + 1, &self.step(slot, &state, before));
                rank = rank.checked_add(ways)?;
            }
            state = self.step(slot, &state, digit);
        }
        self.is_complete(&state).then_some(rank)
    }

    /// Whether digits are an architecture, whatever stands in those that mean nothing.
    pub(super) fn is_allowed(&self, digits: &[u16]) -> bool {
        let mut state = self.start();
        for (slot, &digit) in digits.iter().enumerate() {
            let this = &self.slots[slot];
            let is_said = usize::from(digit) < this.values;
            let taken = match this.kind {
                _ if self.choices(slot, &state).contains(&digit) => digit,
                _ if !is_said => return false,
                _ if !self.is_live(slot, &state) && self.is_lists() => self.unused_value(this.kind),
                SlotKind::Parameter { .. } if !this.is_free => digit,
                _ => return false,
            };
            state = self.step(slot, &state, taken);
        }
        self.is_complete(&state)
    }
}
