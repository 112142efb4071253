//! The names that options with a choice of values accept.

use super::{ChoiceInfo, OnnxWeights};
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

pub(super) fn image_orders() -> Vec<ChoiceInfo> {
    ImageOrder::ALL.iter().map(|order| ChoiceInfo { name: order.name(), about: "" }).collect()
}
