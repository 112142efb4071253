//! The order of the results of a run, and its Pareto front.

use std::collections::HashSet;

use super::run::ReportedRun;
use crate::score::{Components, PlacementSet, Ranking, ScoreId, find_score};
use crate::store::{Record, RecordRanks, Status};

/// The results of a run by rank.
pub(super) struct RankedRecords {
    /// Every architecture that may be chosen once, best first, with the value that ranks it.
    pub records: Vec<Record>,
    /// The value of every result in the order of proposals; negative infinity where it may not be chosen.
    pub values: Vec<f64>,
    /// The scores in which architectures are compared with each other.
    pub components: Components,
}

impl RankedRecords {
    pub fn new(run: &ReportedRun) -> Self {
        let ranking = run.ranking();
        let values: Vec<f64> = match &ranking {
            Some(Ranking::Combined(components)) if has_all(run, components) => {
                let ranks = RecordRanks::of(components.clone(), &run.records);
                run.records.iter().map(|record| ranks.combined(record)).collect()
            }
            _ => run.records.iter().map(Record::rank_score).collect(),
        };
        let mut order: Vec<usize> =
            (0..values.len()).filter(|&at| values[at] > f64::NEG_INFINITY).collect();
        order.sort_by(|&a, &b| values[b].total_cmp(&values[a]).then(a.cmp(&b)));
        let mut seen = HashSet::new();
        order.retain(|&at| seen.insert(run.records[at].architecture.as_str()));
        let ranked = |&at: &usize| Record { value: values[at], ..run.records[at].clone() };
        let records: Vec<Record> = order.iter().map(ranked).collect();
        let components = components(ranking.as_ref(), run, &records);
        Self { records, values, components }
    }

    /// The set in which architectures are placed.
    pub fn placements(&self) -> PlacementSet {
        let values: Vec<Vec<f64>> =
            self.records.iter().map(|record| record.component_values(&self.components)).collect();
        PlacementSet::new(self.components.clone(), &values)
    }

    /// The positions of the records that no other one beats: none has at least their value with at most their
    /// parameters and multiply-adds, and is better in one of the three.
    pub fn front(&self) -> Vec<usize> {
        let goals = |at: usize| {
            let record = &self.records[at];
            (record.value, record.params, record.macs)
        };
        let mut order: Vec<usize> = (0..self.records.len()).collect();
        order.sort_by_cached_key(|&at| (at_value(&self.records, at), goals(at).1, goals(at).2));
        let mut front: Vec<usize> = Vec::new();
        for at in order {
            let own = goals(at);
            // In this order, a record is only beaten by one before it.
            let beats = |&other: &usize| {
                let (_, params, macs) = goals(other);
                params <= own.1 && macs <= own.2 && goals(other) != own
            };
            if !front.iter().any(beats) {
                front.push(at);
            }
        }
        front
    }
}

/// The place of the first record with the same value: records are sorted by value.
fn at_value(records: &[Record], at: usize) -> usize {
    records.partition_point(|record| record.value > records[at].value)
}

fn has_all(run: &ReportedRun, components: &Components) -> bool {
    let mut ok = run.records.iter().filter(|record| record.status == Status::Ok);
    ok.all(|record| record.has(components.scores()))
}

/// The components of the combined rank; else the score that ranks, and every other that all results have.
fn components(ranking: Option<&Ranking>, run: &ReportedRun, records: &[Record]) -> Components {
    if let Some(Ranking::Combined(components)) = ranking {
        return components.clone();
    }
    let own = match ranking {
        Some(Ranking::Score(ScoreId(score))) => Some(score.name),
        _ => run.job.ranking().ok().and_then(|ranking| match ranking {
            Ranking::Score(ScoreId(score)) => Some(score.name),
            Ranking::Combined(_) => None,
        }),
    };
    let also = run.job.options.also().unwrap_or_default();
    let has = |name: &&str| {
        let score = find_score(name);
        score.is_some_and(|score| records.iter().any(|record| record.score_value(score).is_some()))
    };
    let mut names: Vec<&str> =
        own.into_iter().chain(also.iter().map(|score| score.name)).filter(has).collect();
    let mut seen = HashSet::new();
    names.retain(|name| seen.insert(*name));
    Components::from_names(names).unwrap_or_default()
}
