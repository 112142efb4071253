//! What a report says of its run: the question, the space, the data and the device.

use super::run::ReportedRun;
use crate::format::{thousands, time};
use crate::job::{MiniBatch, Task};
use crate::score::{Ranking, ScoreId};
use crate::store::{Status, space_fingerprint};

/// Facts under a heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactGroup {
    /// The heading.
    pub title: &'static str,
    /// Names and values.
    pub facts: Vec<(&'static str, String)>,
}

/// The question in one sentence.
pub(super) fn question(run: &ReportedRun, ranked: usize) -> String {
    let ranked_by = run.job.ranked_by();
    let by = match ranked_by {
        "score" => "NASWOT".to_owned(),
        "combined" => "the combined rank".to_owned(),
        "accuracy" => "accuracy after training".to_owned(),
        name => name.to_owned(),
    };
    match &run.space {
        Some(space) => format!(
            "Which of {} architectures of {} rank highest by {by}?",
            thousands(ranked),
            space.title()
        ),
        None => format!("What does the model score by {by}?"),
    }
}

/// All facts.
pub(super) fn groups(run: &ReportedRun) -> Vec<FactGroup> {
    let mut groups = vec![ranking(run)];
    groups.extend(space(run));
    groups.extend([data(run), device(run)]);
    groups.iter_mut().for_each(|group| group.facts.retain(|(_, text)| !text.is_empty()));
    groups
}

fn ranking(run: &ReportedRun) -> FactGroup {
    let mut facts = Vec::new();
    match run.job.ranked_without_training() {
        Ok(Some(Ranking::Combined(components))) => {
            let names: Vec<&str> = components.names().collect();
            let text = format!(
                "combined rank of {}: the sum of the logarithms of relative ranks",
                names.join(", ")
            );
            facts.push(("ranked by", text));
        }
        Ok(Some(Ranking::Score(ScoreId(score)))) => {
            facts.push(("ranked by", format!("{}: {}", score.name, score.source)));
        }
        Ok(None) | Err(_) => facts.push(("ranked by", "accuracy after training".to_owned())),
    }
    match &run.job.task {
        Task::Search(search) => {
            let info = search.strategy.info();
            facts.push(("strategy", format!("{}: {}", info.name, info.about)));
            let constraints: Vec<String> =
                search.constraint.iter().map(ToString::to_string).collect();
            facts.push(("constraints", constraints.join(", ")));
        }
        Task::Score { .. } => facts.push(("strategy", "given architectures".to_owned())),
        Task::Onnx(model) => facts.push(("model", model.path.display().to_string())),
    }
    let count = |status| run.records.iter().filter(|record| record.status == status).count();
    let counts = Status::ALL.map(|status| (count(status), status.name()));
    let counts = counts.into_iter().filter(|(count, _)| *count > 0);
    let counts: Vec<String> =
        counts.map(|(count, name)| format!("{} {name}", thousands(count))).collect();
    facts.push(("results", format!("{}: {}", thousands(run.records.len()), counts.join(", "))));
    facts.push(("weight initialisations per network", run.job.options.repeats.to_string()));
    FactGroup { title: "Question", facts }
}

fn space(run: &ReportedRun) -> Option<FactGroup> {
    let space = run.space.as_ref()?;
    let options = &run.job.options;
    let set: Vec<String> = options.set.iter().map(ToString::to_string).collect();
    let initialisation = options.initialisation.unwrap_or(space.initialisation());
    let facts = vec![
        ("name", format!("{} ({})", space.title(), space.id())),
        ("publication", space.reference().to_owned()),
        ("topology", space.topology().to_owned()),
        ("architectures", thousands(space.count())),
        ("input", format!("{}, {} classes", space.input(), space.classes())),
        ("weights", initialisation.to_string()),
        ("overridden values", set.join(", ")),
        ("fingerprint", space_fingerprint(space)),
    ];
    Some(FactGroup { title: "Space", facts })
}

fn data(run: &ReportedRun) -> FactGroup {
    let options = &run.job.options;
    let ranking = run.job.ranking().map(|ranking| ranking.scores()).unwrap_or_default();
    let mut facts = vec![("mini-batch", options.images_text(MiniBatch::of(ranking)))];
    facts.push(("seed", options.seed.to_string()));
    let seeds: Vec<String> = run.weight_seeds.iter().map(u64::to_string).collect();
    facts.push(("weight seeds", seeds.join(", ")));
    facts.push(("fingerprint of the images", run.batch.clone()));
    FactGroup { title: "Data", facts }
}

fn device(run: &ReportedRun) -> FactGroup {
    let seconds: f64 = run.records.iter().map(|record| record.seconds).sum();
    let facts = vec![
        ("device", run.device.clone()),
        ("program", format!("Untrained {}", run.version)),
        ("started", run.started_ms.map(time).unwrap_or_default()),
        ("state", run.state.clone()),
        ("time spent on networks", format!("{seconds:.1} s")),
        ("study", run.study.clone().unwrap_or_default()),
        ("note", run.note.clone()),
    ];
    FactGroup { title: "Device", facts }
}
