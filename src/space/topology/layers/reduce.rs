//! Equal networks: one form for all architectures that differ only in how they are written.

use super::file::ScaledFile;
use super::{LayerStage, Layers, LayersDecisions, WidthScale, scaled};
use crate::space::operations::Operation;

/// An operation in the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PlacedBlock {
    pub position: usize,
    /// The option of the stage, and which of its variants.
    pub option: usize,
    pub variant: usize,
    /// Of the first repeat.
    pub stride: usize,
    /// Channels; `None` for those that enter, times `widen`.
    pub width: Option<usize>,
    pub widen: usize,
}

/// The widths of a network: of the stem, by stage, of the head.
pub(super) struct NetworkWidths {
    pub stem: Vec<usize>,
    pub stages: Vec<Option<usize>>,
    pub head: Vec<usize>,
}

impl Layers {
    /// The factor of an architecture in thousandths.
    fn factor(&self, decisions: &LayersDecisions) -> usize {
        match decisions.scale {
            Some(WidthScale::Multiplier(factor)) => factor,
            _ => self.multiplier.unwrap_or(1000),
        }
    }

    /// The widths that an architecture has.
    pub(super) fn widths(&self, decisions: &LayersDecisions) -> NetworkWidths {
        let factor = self.factor(decisions);
        let mut given = match &decisions.scale {
            Some(WidthScale::Widths(widths)) => widths.iter().copied(),
            _ => [].iter().copied(),
        };
        let mut next = |width: usize, by: ScaledFile| {
            given.next().unwrap_or_else(|| scaled(width, factor, by))
        };
        let stem = self.stem_widths.iter().map(|named| next(named.width, named.scaled)).collect();
        let digits = self.width_digits(decisions);
        let stage = |(stage, digit): (&LayerStage, usize)| {
            stage.widths.get(digit).map(|&width| next(width, stage.scaled))
        };
        let stages = self.stages.iter().zip(digits).map(stage).collect();
        let head = self.head_widths.iter().map(|named| next(named.width, named.scaled)).collect();
        NetworkWidths { stem, stages, head }
    }

    /// The chosen width of every stage, by its place in the list.
    fn width_digits(&self, decisions: &LayersDecisions) -> Vec<usize> {
        let mut digits = vec![0; self.stages.len()];
        for (slot, &digit) in self.slots.iter().zip(&decisions.digits) {
            if let super::slots::SlotKind::Width { stage } = slot.kind {
                digits[stage] = usize::from(digit);
            }
        }
        digits
    }

    /// The operations of a network in order.
    pub(super) fn blocks(&self, decisions: &LayersDecisions) -> Vec<PlacedBlock> {
        let widths = self.widths(decisions);
        let used = (0..self.positions.len()).filter(|&one| self.is_used(&decisions.digits, one));
        used.map(|position| self.block(&decisions.digits, position, &widths)).collect()
    }

    fn block(&self, digits: &[u16], position: usize, widths: &NetworkWidths) -> PlacedBlock {
        let place = &self.positions[position];
        let stage = &self.stages[place.stage];
        let option = self.option(digits, position);
        let this = &stage.options[option];
        let variant = this.parameters.iter().fold(0, |variant, &parameter| {
            let digit = place.parameters[parameter].map_or(0, |slot| usize::from(digits[slot]));
            variant * self.parameters[parameter].values.len() + digit
        });
        let candidate = this.candidate.map(|candidate| &self.candidates[candidate]);
        let of_stage = if place.slot == 0 { stage.stride } else { 1 };
        let widen = candidate.and_then(|candidate| candidate.widen);
        PlacedBlock {
            position,
            option,
            variant,
            stride: candidate.and_then(|candidate| candidate.stride).unwrap_or(of_stage),
            width: widths.stages[place.stage].filter(|_| widen.is_none()),
            widen: widen.unwrap_or(1),
        }
    }

    /// The operation of a block.
    pub(super) fn operation(&self, block: &PlacedBlock) -> &Operation {
        let stage = &self.stages[self.positions[block.position].stage];
        &stage.options[block.option].variants[block.variant]
    }

    /// Digits that mean nothing have one value, the first of equal widths is taken, and where
    /// neighbours can be exchanged, operations that do nothing come last.
    pub(super) fn reduce(&self, decisions: &LayersDecisions) -> LayersDecisions {
        let mut reduced = decisions.clone();
        self.clear_unused(&mut reduced.digits);
        self.merge_widths(&mut reduced);
        self.sort_identities(&mut reduced);
        reduced
    }

    fn merge_widths(&self, decisions: &mut LayersDecisions) {
        for (slot, digit) in self.slots.iter().zip(&mut decisions.digits) {
            if let super::slots::SlotKind::Width { stage } = slot.kind {
                let widths = &self.stages[stage].widths;
                let first = widths.iter().position(|width| *width == widths[usize::from(*digit)]);
                *digit = first.unwrap_or(0) as u16;
            }
        }
    }

    fn sort_identities(&self, decisions: &mut LayersDecisions) {
        let mut entering = None;
        let mut runs: Vec<Vec<PlacedBlock>> = Vec::new();
        for block in self.blocks(decisions) {
            let is_unchanged = block.stride == 1
                && block.widen == 1
                && (block.width.is_none() || block.width == entering);
            entering = block.width.or(entering.filter(|_| block.widen == 1));
            let joins = is_unchanged
                && runs
                    .last()
                    .and_then(|run| run.last())
                    .is_some_and(|last| self.are_exchangeable(last.position, block.position));
            match runs.last_mut() {
                Some(run) if joins => run.push(block),
                _ if is_unchanged => runs.push(vec![block]),
                _ => runs.push(Vec::new()),
            }
        }
        for run in runs.iter().filter(|run| run.len() > 1) {
            let (idle, busy): (Vec<PlacedBlock>, Vec<PlacedBlock>) =
                run.iter().partition(|block| self.operation(block).identity);
            let taken: Vec<Vec<u16>> =
                busy.iter().chain(&idle).map(|block| self.own_digits(decisions, block)).collect();
            for (block, digits) in run.iter().zip(taken) {
                for (slot, digit) in self.own_slots(block.position).zip(digits) {
                    decisions.digits[slot] = digit;
                }
            }
        }
    }

    fn own_slots(&self, position: usize) -> impl Iterator<Item = usize> + '_ {
        let place = &self.positions[position];
        place.operation.into_iter().chain(place.parameters.iter().flatten().copied())
    }

    fn own_digits(&self, decisions: &LayersDecisions, block: &PlacedBlock) -> Vec<u16> {
        self.own_slots(block.position).map(|slot| decisions.digits[slot]).collect()
    }

    /// Whether what stands at one of two positions may stand at the other.
    fn are_exchangeable(&self, one: usize, other: usize) -> bool {
        let [one, other] = [one, other].map(|position| &self.positions[position]);
        let is_decided = one.operation.is_some() && other.operation.is_some();
        is_decided && one.stage == other.stage && one.options == other.options
    }
}
