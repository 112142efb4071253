//! `studies`: lists stored studies, and shows, exports, completes, merges and deletes them.

use std::path::Path;

use anyhow::Context;
use serde_json::Value;

use super::args::{Studies, StudiesAction};
use super::benchmark::progress_bar;
use super::{Exit, log_line, progress, show, text_table};
use untrained::format;
use untrained::job::{BEST, CompletedStudy, Event, JobConfig, Leaderboard, complete_study};
use untrained::output::check_separate;
use untrained::score::{Components, Ranking};
use untrained::store::{
    ExportRows, Record, Status, Store, StoreAccess, StoreError, StudyInfo, export,
};

/// Runs the verb.
pub fn run(arguments: &Studies) -> anyhow::Result<Exit> {
    let path = &arguments.store;
    let text = match &arguments.action {
        Some(StudiesAction::List) | None => list(&Store::read(path)?)?,
        Some(StudiesAction::Show { id, job: true, .. }) => job_file(&Store::read(path)?, id)?,
        Some(StudiesAction::Show { id, space: true, .. }) => space_file(&Store::read(path)?, id)?,
        Some(StudiesAction::Show { id, .. }) => describe(&Store::read(path)?, id)?,
        Some(StudiesAction::Export { id, out, overwrite }) => {
            check_separate(&[(out, "the export")], &[(path, "the study database")])?;
            let store = Store::read(path)?;
            let study = store.find(id)?;
            let rows = export(&store, &study, ExportRows::All, out, *overwrite)?;
            let rows = format::thousands(rows);
            format!("{rows} results of study {} are in {}\n", study.id, out.display())
        }
        Some(StudiesAction::Complete { id, scores }) => return complete(path, id, scores),
        Some(StudiesAction::Delete { id, yes }) => delete(path, id, *yes)?,
        Some(StudiesAction::Merge { other }) => merge(path, other)?,
    };
    show(&text)?;
    Ok(Exit::Done)
}

/// Computes what a study lacks.
fn complete(path: &Path, id: &str, scores: &[String]) -> anyhow::Result<Exit> {
    let components = match scores {
        [] => Components::default(),
        names => Components::from_names(names.iter().map(String::as_str))
            .map_err(|why| anyhow::anyhow!("--scores: {why}"))?,
    };
    if let Some(score) = components.iter().find(|score| score.is_recorded()) {
        anyhow::bail!(
            "--scores: {} has its own column and cannot be added to a finished result: resume the study, \
             or search again",
            score.name
        );
    }
    let cancel = progress::cancelled_by_ctrl_c();
    let bar = progress_bar();
    let mut warn = |event| {
        if let Event::Warning(warning) = event {
            bar.suspend(|| log_line(&warning));
        }
    };
    let mut going_on = |done: u64, total: u64| {
        bar.set_length(total);
        bar.set_position(done);
    };
    let result = complete_study(path, id, &components, cancel, &mut warn, &mut going_on);
    bar.finish_and_clear();
    let CompletedStudy { completed, complete, failed, interrupted } = result?;
    let names = components.names().collect::<Vec<_>>().join(", ");
    show(&format!(
        "{} results completed with {names}; {} were complete already, {} could not be scored\n",
        format::thousands(completed),
        format::thousands(complete),
        format::thousands(failed)
    ))?;
    if interrupted {
        log_line("interrupted: run the command again to continue");
    }
    Ok(match () {
        () if interrupted => Exit::Interrupted,
        () if failed > 0 => Exit::Partial,
        () => Exit::Done,
    })
}

fn list(store: &Store) -> Result<String, StoreError> {
    let header = ["id", "created", "state", "results", "ranked by", "best", "space", "task"];
    let header = header.map(str::to_owned);
    let mut rows = vec![header.to_vec()];
    for study in store.list()? {
        rows.push(vec![
            study.id.clone(),
            format::time(study.created_ms),
            study.standing().to_owned(),
            format::thousands(study.counts.total()),
            ranked_by(&study),
            best_value(store, &study)?.map_or_else(|| "-".to_owned(), format::score),
            study.setup.space.as_ref().map_or("-", |space| &space.id).to_owned(),
            task(&study.setup.job),
        ]);
    }
    if rows.len() == 1 {
        return Ok(format!("{} holds no studies\n", store.path().display()));
    }
    Ok(text_table::table(&rows))
}

/// The name of a job's task: a search's strategy.
fn task(job: &Value) -> String {
    match &job["task"] {
        Value::Object(task) => {
            match &task.get("search").and_then(|search| search.get("strategy")) {
                Some(Value::String(strategy)) => strategy.clone(),
                _ => task.keys().next().cloned().unwrap_or_default(),
            }
        }
        Value::String(task) => task.clone(),
        _ => "-".to_owned(),
    }
}

fn describe(store: &Store, id: &str) -> Result<String, StoreError> {
    let study = store.find(id)?;
    let mut text = facts(&study);
    text.push_str("options\n");
    for (name, value) in options(&study.setup.job) {
        text.push_str(&format!("  {name:<22} {value}\n"));
    }
    text.push_str("events\n");
    for event in store.events(&study)? {
        let (time, kind) = (format::time(event.time_ms), event.kind.name());
        text.push_str(&format!("  {time}  {kind:<8} {}\n", event.text));
    }
    // Evolution comes back to architectures: more rows than different ones.
    let best = leaderboard(store, &study, BEST * 20)?.best();
    if !best.is_empty() {
        text.push_str(&text_table::ranking(&best, &ranked_by(&study)));
    }
    Ok(text)
}

/// The job of a study, if this version understands it.
fn job(study: &StudyInfo) -> Option<JobConfig> {
    serde_json::from_value(study.setup.job.clone()).ok()
}

/// The name of what ranks the results of a study.
fn ranked_by(study: &StudyInfo) -> String {
    job(study).map_or_else(|| "value".to_owned(), |job| job.ranked_by().to_owned())
}

/// The best results of a study, best first.
pub fn best_records(store: &Store, study: &StudyInfo) -> Result<Vec<Record>, StoreError> {
    Ok(leaderboard(store, study, BEST * 20)?.best())
}

/// The results of a study, ranked: all if they are compared with each other, else those of the `count` best
/// rows.
fn leaderboard(store: &Store, study: &StudyInfo, count: usize) -> Result<Leaderboard, StoreError> {
    let ranking = job(study).and_then(|job| job.ranked_without_training().ok().flatten());
    let mut leaderboard = Leaderboard::new(ranking.as_ref());
    if let Some(Ranking::Combined(_)) = ranking {
        for row in store.rows(study)? {
            leaderboard.add(&row?.record);
        }
    } else {
        for row in store.best(study, count)? {
            leaderboard.add(&row.record);
        }
    }
    Ok(leaderboard)
}

/// The value of the best result: that of the combined rank where it ranks, which no row holds.
fn best_value(store: &Store, study: &StudyInfo) -> Result<Option<f64>, StoreError> {
    if study.best.is_some() {
        return Ok(study.best);
    }
    Ok(leaderboard(store, study, 1)?.best().first().map(|record| record.value))
}

/// What a study is and how it stands.
fn facts(study: &StudyInfo) -> String {
    let setup = &study.setup;
    let mut text = format!("study {}\n", study.id);
    let mut line = |name: &str, value: &str| text.push_str(&format!("  {name:<22} {value}\n"));
    for (label, text) in [("name", &study.name), ("note", &study.note)] {
        if !text.is_empty() {
            line(label, text);
        }
    }
    line("state", study.standing());
    if !study.workers.is_empty() {
        line("written by", &study.workers.join(", "));
    }
    line("started", &format::time(study.created_ms));
    line("last written", &format::time(study.updated_ms));
    let counts =
        Status::ALL.map(|status| format!("{} {}", study.counts.get(status), status.name()));
    line("results", &format!("{}: {}", study.counts.total(), counts.join(", ")));
    if let Some(space) = &setup.space {
        line("space", &space.id);
        line("space fingerprint", &space.fingerprint);
    }
    line("images fingerprint", &setup.batch);
    line("seed", &setup.seed.to_string());
    let seeds: Vec<String> = setup.weight_seeds.iter().map(u64::to_string).collect();
    line("weight seeds", &seeds.join(", "));
    line("device", format!("{} {}", setup.device, setup.driver).trim());
    line("version", &setup.version);
    text
}

/// The options of a job by name, without those that were not given.
fn options(job: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let Value::Object(members) = job else { return found };
    for (name, value) in members {
        match value {
            Value::Null => {}
            Value::Array(list) if list.is_empty() => {}
            Value::Object(_) => found.extend(options(value)),
            Value::String(text) => found.push((name.clone(), text.clone())),
            other => found.push((name.clone(), other.to_string())),
        }
    }
    found
}

/// The job of a study as a job file.
fn job_file(store: &Store, id: &str) -> anyhow::Result<String> {
    let study = store.find(id)?;
    let job: JobConfig = serde_json::from_value(study.setup.job.clone()).with_context(|| {
        format!("the options of study {} cannot be read by this version", study.id)
    })?;
    Ok(job.to_text()?)
}

/// The space file of a study, as it was.
fn space_file(store: &Store, id: &str) -> anyhow::Result<String> {
    let study = store.find(id)?;
    let text = study.setup.space.and_then(|space| space.text);
    text.with_context(|| format!("study {} has no copy of its space file", study.id))
}

fn delete(path: &Path, id: &str, yes: bool) -> anyhow::Result<String> {
    let store = existing(path)?;
    let study = store.find(id)?;
    let results = format::thousands(study.counts.total());
    anyhow::ensure!(
        yes,
        "this deletes study {} and its {results} results: add --yes to confirm",
        study.id
    );
    store.delete(&study)?;
    Ok(format!("deleted study {} and its {results} results\n", study.id))
}

fn merge(path: &Path, other: &Path) -> anyhow::Result<String> {
    let from = Store::read(other)?;
    let merged = Store::open(path)?
        .merge(&from)
        .with_context(|| format!("nothing was copied from {}", other.display()))?;
    let mut text = String::new();
    for study in merged {
        let name = if study.from == study.to {
            study.to
        } else {
            format!("{} (was {}, but that ID exists here already)", study.to, study.from)
        };
        text.push_str(&format!("study {name}: {} results added\n", study.added));
    }
    if text.is_empty() {
        text = format!("{} holds no studies\n", other.display());
    }
    Ok(text)
}

/// A file to be changed, which must be there.
fn existing(path: &Path) -> Result<Store, StoreError> {
    Store::open_with(path, StoreAccess::Write, Store::BUSY_TIMEOUT)
}
