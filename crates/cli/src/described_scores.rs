//! `describe --scores`: the components of the combined rank, compared with those of other
//! architectures.

use serde::Serialize;

use super::args::Describe;
use super::job_args::SpaceOptions;
use super::{log_line, progress};
use untrained::evaluation::ReferenceSet;
use untrained::job::{Event, JobConfig, MiniBatch, ModelOptions, OnnxWeights, Session, Task};
use untrained::score::{Components, Ranking, standing};
use untrained::space::Space;
use untrained::store::Status;

/// Characters of a bar.
const BAR: usize = 20;

/// The scores of one architecture.
#[derive(Serialize)]
pub(super) struct DescribedScores {
    /// What could not be scored, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    unscored: Option<String>,
    scores: Vec<DescribedScore>,
    /// The mini-batch.
    images: String,
    /// The set in which it is placed; none where there is no such set.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<ReferencePlace>,
}

#[derive(Serialize)]
struct DescribedScore {
    name: &'static str,
    /// None if it is not available.
    value: Option<f64>,
    /// Its rank in the reference set, as a share of it: 1 is the best.
    #[serde(skip_serializing_if = "Option::is_none")]
    share: Option<f64>,
}

#[derive(Serialize)]
struct ReferencePlace {
    space: String,
    architectures: usize,
    /// By the combined rank, as a share.
    combined: f64,
    words: String,
}

/// Scores architectures and places them.
pub(super) struct DescriptionScorer {
    session: Session,
    components: Components,
    /// The mini-batch.
    images: String,
    /// The space of the reference set, and the set.
    reference: Option<(String, ReferenceSet)>,
}

impl DescribedScores {
    /// Opens what scoring needs.
    pub(super) fn scorer(arguments: &Describe) -> anyhow::Result<DescriptionScorer> {
        let SpaceOptions(options) = arguments.space.0.clone();
        let among = match (&arguments.targets.onnx, &arguments.among) {
            (None, _) => Some(options.open_space()?),
            (Some(_), Some(id)) => Some(Space::builtin(id)?),
            (Some(_), None) => None,
        };
        let task = match &arguments.targets.onnx {
            Some(path) => {
                let model = arguments.model.0.0.at(path.clone());
                Task::Onnx(ModelOptions { weights: OnnxWeights::Fresh, ..model })
            }
            None => Task::Score { architectures: Vec::new() },
        };
        let components = Components::default();
        let mut config = JobConfig::new(options, task);
        config.listed_by = Some(Ranking::Combined(components.clone()));
        if let (Some(space), Task::Onnx(_)) = (&among, &config.task) {
            config.options.initialisation = Some(space.initialisation());
        }
        let cancel = progress::cancelled_by_ctrl_c();
        let mut warn = |event| {
            if let Event::Warning(warning) = event {
                log_line(&warning);
            }
        };
        let session = Session::open(&config, cancel, &mut warn)?;
        if let Some(space) = &among {
            let (own, other) = (session.networks().input(), space.input());
            anyhow::ensure!(
                own == other,
                "--among {}: its images are {other}, but those of the model are {own}; choose a space \
                 with images of that shape",
                space.id()
            );
        }
        let placed = |space: Space| Some((space.id().to_owned(), ReferenceSet::of_space(&space)?));
        let images = config.options.images_text(MiniBatch::of(components.scores()));
        Ok(DescriptionScorer { session, components, images, reference: among.and_then(placed) })
    }

    /// As lines of a description.
    pub(super) fn text(&self) -> String {
        let mut text = match &self.reference {
            Some(reference) => format!(
                "  scores among {} random architectures of {}, on {}\n",
                reference.architectures, reference.space, self.images
            ),
            None => "  scores (there is no reference set to compare them with)\n".to_owned(),
        };
        if let Some(reason) = &self.unscored {
            text.push_str(&format!("    not scored: {reason}\n"));
        }
        for score in &self.scores {
            let value = score.value.map_or_else(|| "not available".to_owned(), number);
            let placed = score.share.filter(|_| score.value.is_some()).map(bar).unwrap_or_default();
            text.push_str(format!("    {:<18} {value:>13}{placed}", score.name).trim_end());
            text.push('\n');
        }
        if let Some(reference) = &self.reference
            && self.unscored.is_none()
        {
            let placed = bar(reference.combined);
            text.push_str(&format!("    {:<18} {:>13}{placed}\n", "combined", ""));
            text.push_str(&format!("    {}\n", reference.words));
        }
        text
    }
}

/// Six digits, or all of a whole number.
fn number(value: f64) -> String {
    match value.fract() == 0.0 {
        true => untrained::format::thousands(value as u64),
        false => format!("{value:.4}"),
    }
}

/// A share as a bar, and in words.
fn bar(share: f64) -> String {
    let full = (share * BAR as f64).round() as usize;
    format!("  {}{}  {}", "█".repeat(full), "░".repeat(BAR - full.min(BAR)), standing(share))
}

impl DescriptionScorer {
    /// The scores of an architecture; none if scoring was cancelled.
    pub(super) fn of(&self, architecture: &str) -> anyhow::Result<Option<DescribedScores>> {
        let candidate = self.session.networks().candidate(architecture)?;
        let cancel = progress::cancelled_by_ctrl_c();
        let scored = self.session.score(vec![candidate], false, cancel).pop().flatten();
        let Some(record) = scored.map(|scored| scored.record) else { return Ok(None) };
        let placement = self.reference.as_ref().map(|(_, set)| set.place(&record));
        let described = |(at, score): (usize, &'static untrained::score::Score)| DescribedScore {
            name: score.name,
            value: record.score_value(score).filter(|value| value.is_finite()),
            share: placement.as_ref().and_then(|placed| Some(placed.scores.get(at)?.share)),
        };
        let unscored = (record.status != Status::Ok)
            .then(|| record.message.clone().unwrap_or_else(|| record.status.name().to_owned()));
        Ok(Some(DescribedScores {
            unscored,
            images: self.images.clone(),
            scores: self.components.iter().enumerate().map(described).collect(),
            reference: self.reference.as_ref().zip(placement.as_ref()).map(
                |((space, set), placed)| ReferencePlace {
                    space: space.clone(),
                    architectures: set.len(),
                    combined: placed.combined,
                    words: placed.words(),
                },
            ),
        }))
    }
}
