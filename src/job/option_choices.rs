//! Ranges of the numbers that options accept, and the names of those with a choice of values.

use super::{ChoiceInfo, ImagesChanged, OnnxWeights, OptionType};
use crate::data::ImageOrder;
use crate::onnx::{MergedCalls, NormStatistics};
use crate::plan::Count;
use crate::score::{COMBINED, SCORES, Score};
use crate::search::StrategyKind;

pub(super) fn strategies() -> Vec<ChoiceInfo> {
    let choice = |kind: &StrategyKind| ChoiceInfo { name: kind.name(), about: kind.info().about };
    StrategyKind::ALL.iter().map(choice).collect()
}

pub(super) fn scores() -> Vec<ChoiceInfo> {
    let combined = ChoiceInfo { name: COMBINED, about: "several scores, combined by rank" };
    let one = |score: &Score| ChoiceInfo { name: score.name, about: score.about };
    std::iter::once(combined).chain(SCORES.iter().map(one)).collect()
}

pub(super) fn counts() -> Vec<ChoiceInfo> {
    Count::ALL.iter().map(|count| ChoiceInfo { name: count.name(), about: "" }).collect()
}

pub(super) fn onnx_weights() -> Vec<ChoiceInfo> {
    OnnxWeights::ALL.iter().map(|weights| ChoiceInfo { name: weights.name(), about: "" }).collect()
}

pub(super) fn merged_calls() -> Vec<ChoiceInfo> {
    let choice = |one: &MergedCalls| ChoiceInfo { name: one.name(), about: one.about() };
    MergedCalls::ALL.iter().map(choice).collect()
}

pub(super) fn norm_statistics() -> Vec<ChoiceInfo> {
    let choice = |one: &NormStatistics| ChoiceInfo { name: one.name(), about: one.about() };
    NormStatistics::ALL.iter().map(choice).collect()
}

pub(super) fn images_changed() -> Vec<ChoiceInfo> {
    let choice = |one: &ImagesChanged| ChoiceInfo { name: one.name(), about: one.about() };
    ImagesChanged::ALL.iter().map(choice).collect()
}

pub(super) fn image_orders() -> Vec<ChoiceInfo> {
    ImageOrder::ALL.iter().map(|order| ChoiceInfo { name: order.name(), about: "" }).collect()
}

/// How many of something: memory and time grow with it, so that every count has a limit.
pub(super) const fn count(least: u64, most: u64) -> OptionType {
    OptionType::Integer { least, most }
}

/// A time in seconds, up to about 30 years.
pub(super) const fn seconds() -> OptionType {
    OptionType::Number { most: 1e9 }
}

/// The seed of all parts of a job; longer ones than TOML's integers are texts in a job file.
pub(super) const fn seed() -> OptionType {
    OptionType::Integer { least: 0, most: u64::MAX }
}

/// A seed of one part of a job: one that fits an integer in a job file.
pub(super) const fn seed_alone() -> OptionType {
    OptionType::Integer { least: 0, most: i64::MAX as u64 }
}
