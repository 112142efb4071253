//! `report`: a study or a table of results as one page.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;

use super::job_args::count_up_to;
use super::{Exit, command_line, log_line, progress, show};
use untrained::output::{check_output, check_separate, write_output};
use untrained::report::{
    DEFAULT_SHOWN, MOST_SHOWN, Report, ReportError, ReportOptions, ReportedRun,
};
use untrained::store::{DEFAULT_FILE, Store, StoreError, StudyInfo};
use untrained::typeset::TableFormat;
use untrained_plot::{FigureWidth, PictureFile, report_figures, report_html};

/// `report`.
#[derive(Args, Debug)]
pub struct ReportArguments {
    /// A stored study, by its ID, the first digits, or its name; or a table that a run wrote with --out, which
    /// needs its manifest next to it
    #[arg(value_name = "STUDY|FILE")]
    pub study: String,
    /// The page, FILE.html, which holds everything it shows; FILE.tex (LaTeX) or FILE.md (Markdown) has only the
    /// tables of the best architectures and of the Pareto front
    #[arg(short, long, value_name = "FILE")]
    pub out: PathBuf,
    /// The study database: a file, or a PostgreSQL server (postgres://USER@HOST/DATABASE)
    #[arg(long, value_name = "FILE", default_value = DEFAULT_FILE)]
    pub store: PathBuf,
    /// How many of the best architectures to show, at most 100
    #[arg(long, value_name = "K", default_value_t = DEFAULT_SHOWN, value_parser = count_up_to::<usize>(MOST_SHOWN as u64))]
    pub best: usize,
    /// A benchmark table of trained accuracies with which the ranking is compared
    #[arg(long, value_name = "FILE", requires = "metric")]
    pub table: Option<PathBuf>,
    /// The metric of the table (see `benchmark info`)
    #[arg(long, value_name = "NAME", requires = "table")]
    pub metric: Option<String>,
    /// Measure the latency of the architectures shown, on the device of the run
    #[arg(long)]
    pub latency: bool,
    /// Also write each figure of the page as a PDF file into this folder, which is made if need be
    #[arg(long, value_name = "FOLDER")]
    pub figures: Option<PathBuf>,
    /// With --figures: their width on paper, in millimetres, or column (84 mm) or page (174 mm)
    #[arg(long, value_name = "MM|column|page", requires = "figures")]
    pub width: Option<FigureWidth>,
    /// Replace existing files
    #[arg(long)]
    pub overwrite: bool,
}

/// What is written.
enum ReportFormat {
    /// The page.
    Html,
    /// Its tables of the best and of the Pareto front.
    Tables(TableFormat),
}

impl ReportFormat {
    fn from_name(path: &Path) -> anyhow::Result<Self> {
        let ending = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        match TableFormat::by_ending(&ending) {
            Some(format) => Ok(Self::Tables(format)),
            None if ending == "html" || ending == "htm" => Ok(Self::Html),
            None => anyhow::bail!(
                "cannot tell the format of {}: give a name that ends in .html, or in .tex or .md for the tables alone",
                path.display()
            ),
        }
    }

    fn text(&self, report: &Report) -> String {
        let Self::Tables(format) = self else { return report_html(report) };
        let tables = [report.best_table(), report.front_table()];
        tables.map(|(header, rows)| format.table(&header, &rows)).join("\n")
    }
}

/// Runs the verb.
pub fn run(arguments: &ReportArguments) -> anyhow::Result<Exit> {
    let out = arguments.out.as_path();
    let format = ReportFormat::from_name(out)?;
    anyhow::ensure!(arguments.best > 0, "--best must be at least 1");
    let table = arguments.table.as_deref();
    let inputs = [
        (Path::new(&arguments.study), "the table of results"),
        (arguments.store.as_path(), "the study database"),
    ];
    let inputs: Vec<_> =
        inputs.into_iter().chain(table.map(|path| (path, "the benchmark table"))).collect();
    check_separate(&[(out, "the report")], &inputs)?;
    check_output(out, arguments.overwrite)?;
    let run = reported_run(arguments)?;
    let command = match &run.command {
        Some(words) => {
            words.iter().map(|word| command_line::quoted(word)).collect::<Vec<_>>().join(" ")
        }
        None => command_line::job_command_line(&run.job),
    };
    let options = ReportOptions {
        best: arguments.best,
        table: arguments.table.clone().zip(arguments.metric.clone()),
        measures_latency: arguments.latency,
        command,
        ..ReportOptions::default()
    };
    let report = match Report::new(&run, options, progress::cancelled_by_ctrl_c()) {
        Err(ReportError::Cancelled) => {
            log_line("interrupted");
            return Ok(Exit::Interrupted);
        }
        result => result?,
    };
    if let Some(folder) = &arguments.figures {
        write_figures(&report, folder, arguments)?;
    }
    write_output(out, format.text(&report).as_bytes(), arguments.overwrite)?;
    show(&format!("{}: {}\n", out.display(), report.question))?;
    Ok(Exit::Done)
}

/// Writes the figures of a report, all or none of them if one exists.
fn write_figures(
    report: &Report,
    folder: &Path,
    arguments: &ReportArguments,
) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let files: Vec<_> = report_figures(report)
        .into_iter()
        .map(|(name, svg)| {
            let path = folder.join(format!("{name}.pdf"));
            let file = PictureFile {
                width: arguments.width,
                ..PictureFile::new(path, arguments.overwrite)
            };
            (file, svg)
        })
        .collect();
    files.iter().try_for_each(|(file, _)| file.check())?;
    for (file, svg) in &files {
        file.write(svg)?;
        show(&format!("{}\n", file.path.display()))?;
    }
    Ok(())
}

/// The table of that name, else the study.
fn reported_run(arguments: &ReportArguments) -> anyhow::Result<ReportedRun> {
    let path = Path::new(&arguments.study);
    if path.extension().is_some_and(|ending| ["csv", "jsonl"].iter().any(|known| ending == *known))
    {
        return Ok(ReportedRun::of_table(path)?);
    }
    let store = Store::read(&arguments.store)?;
    Ok(ReportedRun::of_study(&store, &find(&store, &arguments.study)?)?)
}

/// The study with that id, or the only one of that name.
fn find(store: &Store, text: &str) -> Result<StudyInfo, StoreError> {
    let mut named: Vec<StudyInfo> =
        store.list()?.into_iter().filter(|study| study.name == text && !text.is_empty()).collect();
    match (named.pop(), named.is_empty()) {
        (Some(study), true) => Ok(study),
        (Some(study), false) => {
            let found = named.into_iter().chain([study]).map(|study| study.id).collect();
            Err(StoreError::Ambiguous { id: text.to_owned(), found })
        }
        (None, _) => store.find(text),
    }
}
