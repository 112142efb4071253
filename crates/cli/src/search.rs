//! `search`: runs a search and prints the best ten architectures.

use std::io::Write;
use std::path::Path;

use super::args::{Output, RunFile, Search, StudyArgs};
use super::{Exit, command_line, progress, score, show, study_args, text_table};
use untrained::evaluation::NaswotStanding;
use untrained::format;
use untrained::job::{JobConfig, JobError, JobOption, MiniBatch, Options, Task};
use untrained::score::{Components, Ranking, ScoreNeeds};

/// Runs the verb; `given` are the options that the command line gives.
pub fn run(arguments: Search, given: &[JobOption]) -> anyhow::Result<Exit> {
    let task = Task::Search(Box::new(arguments.search.0));
    let mut config = job(arguments.options.0, task, &arguments.output)?;
    let StudyArgs { allow_trainer: is_allowed, resume, join, .. } = &arguments.study;
    anyhow::ensure!(
        !is_allowed || resume.is_some() || join.is_some(),
        "--allow-trainer needs --resume or --join: it allows the command of a stored study"
    );
    let is_allowed = *is_allowed;
    study_args::choose(&mut config, arguments.study, None);
    let config = study_args::job_of_study(config, given)?;
    if !given.contains(&JobOption::Trainer) {
        study_args::check_trainer(&config, "the study", is_allowed)?;
    }
    if let Task::Search(search) = &config.task {
        search.check_given(given)?;
    }
    save(&config, &arguments.output, &[], &[])?;
    run_job(&config)
}

/// Runs a job file, or prints the schema of job files.
pub fn run_file(arguments: RunFile) -> anyhow::Result<Exit> {
    let Some(file) = arguments.file else {
        let schema = serde_json::to_string_pretty(&JobConfig::schema())?;
        show(&format!("{schema}\n"))?;
        return Ok(Exit::Done);
    };
    let mut config = JobConfig::load(&file)?;
    let output = arguments.output;
    config.out = output.out.clone().or(config.out);
    config.overwrite |= output.overwrite;
    choose_images_changed(&mut config, &output)?;
    config.command = command_line();
    let is_allowed = arguments.study.allow_trainer;
    study_args::check_trainer(&config, &file.display().to_string(), is_allowed)?;
    study_args::choose(&mut config, arguments.study, file.parent());
    save(&config, &output, &[], &[(&file, "the job file")])?;
    run_job(&config)
}

/// A job of the command line.
pub fn job(options: Options, task: Task, output: &Output) -> anyhow::Result<JobConfig> {
    let Output { out, overwrite, save_job, .. } = output;
    let idle = *overwrite && out.is_none() && save_job.is_none();
    anyhow::ensure!(!idle, "--overwrite needs --out or --save-job");
    let (out, overwrite, command) = (out.clone(), *overwrite, command_line());
    let mut config = JobConfig { out, overwrite, command, ..JobConfig::new(options, task) };
    choose_images_changed(&mut config, output)?;
    Ok(config)
}

fn choose_images_changed(config: &mut JobConfig, output: &Output) -> anyhow::Result<()> {
    if let Some(choice) = &output.images_changed {
        config.set_option(JobOption::ImagesChanged, &[choice.as_str()])?;
    }
    Ok(())
}

/// Writes the job to a file if that was asked for. A store that nobody chose is not part of it. Before
/// that, all files of the call are compared: `written` and `read` are those that the job does not know.
pub fn save(
    config: &JobConfig,
    output: &Output,
    written: &[(&Path, &'static str)],
    read: &[(&Path, &'static str)],
) -> anyhow::Result<()> {
    let job = output.save_job.as_deref().map(|path| (path, "the saved job"));
    let written: Vec<_> = written.iter().copied().chain(job).collect();
    config.check_files(&written, read)?;
    let Some(path) = &output.save_job else { return Ok(()) };
    let store = config.store.clone().filter(|_| !config.store_is_default);
    JobConfig { store, ..config.clone() }.save(path, output.overwrite)?;
    Ok(())
}

/// What the combined rank compared, and how to get the ranking of the paper.
fn ranked_text(config: &JobConfig, compared: u64, components: &Components) -> String {
    let images = config.options.images_text(MiniBatch::of(components.scores()));
    let names = components.names().collect::<Vec<_>>().join(", ");
    let compared = format::thousands(compared);
    format!(
        "combined: the sum of ln(rank / {compared}) over {names}, among the {compared} connected \
         architectures, on {images}; --score naswot ranks as in the paper\n"
    )
}

/// What the values of a score of kernel matrices compare with, and where the best of them stands.
pub fn compares_with(config: &JobConfig, name: &str, best: f64) -> String {
    let images = config.options.images_text(MiniBatch::Codes);
    let standing = match NaswotStanding::of_job(config, best) {
        Some(standing) => format!("{name} {}: {standing}\n", format::score(best)),
        None => String::new(),
    };
    format!(
        "{standing}{name}: on {images}; compare values only if they were computed on the same images (more \
         images give larger values)\n"
    )
}

fn run_job(config: &JobConfig) -> anyhow::Result<Exit> {
    if !matches!(config.task, Task::Search(_)) {
        return score::run_job(config, |_, _| {});
    }
    let (summary, result) = progress::run(config, |_, _| {});
    if !summary.best.is_empty() {
        let by = config.ranked_by();
        show(&text_table::ranking(&summary.best, by))?;
        if let (Some(compared), Ok(Ranking::Combined(components))) =
            (summary.compared, config.ranking())
        {
            show(&ranked_text(config, compared, &components))?;
        }
        if let Ok(Some(Ranking::Score(score))) = config.ranked_without_training()
            && score.0.needs == ScoreNeeds::KernelMatrix
        {
            let best = summary.best[0].value;
            show(&compares_with(config, score.0.name, best))?;
        }
    }
    if let Some(followed) = summary.followed {
        show(&format!("{} {followed}\n", config.ranked_by()))?;
    }
    if let Some((name, value)) = &summary.reported {
        show(&format!("{name} of the winner: {value:.4}\n"))?;
    }
    // What else went wrong would go wrong again.
    let unwritten = matches!(result, Err(JobError::Write { .. } | JobError::Store(_)));
    let unfinished = summary.interrupted || unwritten;
    if let (Some(id), true) = (&summary.study, unfinished && config.repeats_exactly()) {
        let _ = writeln!(std::io::stderr(), "{}", study_args::how_to_resume(config, id));
    }
    result?;
    Ok(progress::conclude(&summary))
}
