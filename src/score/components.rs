//! Scores computed from the moments of activations.

use super::moments::{ChannelScaling, ChannelSpectrum, TensorMoments, spectra};
use super::registry::ScoreSet;
use crate::graph::{Graph, adds_normalised_branches};

/// The scores computed from the activations of a network beyond their signs; `None` if not requested, not
/// available for the network, or if its activations are not finite.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MomentScores {
    /// Sum of the entropies of the eigenvalues of correlations, over activation sites.
    pub expressivity: Option<f64>,
    /// Sum of the least eigenvalues of correlations, over activation sites.
    pub independence: Option<f64>,
    /// ln det of the correlation of the last representation, per channel.
    pub decorrelation: Option<f64>,
    /// ln det of the covariance of the last representation, per channel.
    pub volume: Option<f64>,
    /// ln of the mean square of the last representation.
    pub growth: Option<f64>,
    /// How evenly a disturbance grows; see [`super::trainability()`]. It takes a second pass.
    pub trainability: Option<f64>,
}

impl MomentScores {
    /// The wanted scores, from the moments at activation sites and of the last representation; all but
    /// `trainability`, which needs a second pass.
    pub fn new(
        graph: &Graph,
        sites: &[TensorMoments],
        last: Option<&TensorMoments>,
        wanted: ScoreSet,
    ) -> Self {
        let [expressivity, independence] =
            ["expressivity", "independence"].map(|name| wanted.names(name));
        let sites = if expressivity || independence { sites } else { &[] };
        let mut asked: Vec<(&TensorMoments, ChannelScaling)> =
            sites.iter().map(|site| (site, ChannelScaling::Deviations)).collect();
        let mut ask_of_last = |name: &str, scaling: ChannelScaling| {
            let place = asked.len();
            let moments = last.filter(|_| wanted.names(name))?;
            asked.push((moments, scaling));
            Some(place)
        };
        let decorrelation = ask_of_last("decorrelation", ChannelScaling::Deviations);
        let volume = ask_of_last("volume", ChannelScaling::None);
        let spectra = spectra(&asked);
        let mean_log = |place: Option<usize>| finite(spectra[place?].mean_log());
        let of_sites = |wanted: bool, of: fn(&ChannelSpectrum) -> f64| {
            let sites = spectra.iter().take(sites.len());
            finite((wanted && sites.len() > 0).then(|| sites.map(of).sum()))
        };
        let mut scores = Self {
            expressivity: of_sites(expressivity, ChannelSpectrum::entropy),
            independence: of_sites(independence, ChannelSpectrum::least),
            decorrelation: mean_log(decorrelation),
            volume: mean_log(volume),
            ..Self::default()
        };
        if let Some(last) = last
            && wanted.names("growth")
            && adds_normalised_branches(graph, last.node)
        {
            scores.growth = finite(Some(last.mean_square().ln()));
        }
        scores
    }

    /// The means over repeats; `None` for values that one of them lacks.
    pub fn mean(repeats: &[Self]) -> Self {
        let mean = |value: fn(&Self) -> Option<f64>| {
            let sum: Option<f64> = repeats.iter().map(value).sum();
            sum.filter(|_| !repeats.is_empty()).map(|sum| sum / repeats.len() as f64)
        };
        Self {
            expressivity: mean(|scores| scores.expressivity),
            independence: mean(|scores| scores.independence),
            decorrelation: mean(|scores| scores.decorrelation),
            volume: mean(|scores| scores.volume),
            growth: mean(|scores| scores.growth),
            trainability: mean(|scores| scores.trainability),
        }
    }
}

fn finite(score: Option<f64>) -> Option<f64> {
    score.filter(|score| score.is_finite())
}
