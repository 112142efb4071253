//! `benchmark`: tables of trained accuracies.

use std::io::BufWriter;
use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::args::{Benchmark, BenchmarkAction};
use super::{Exit, log_line, progress, show, text_table};
use untrained::benchmark::{
    self, ALL, BenchmarkError, BenchmarkFacts, BenchmarkRow, BenchmarkTable, ReadProgress,
};
use untrained::format;
use untrained::output::{OutputError, OutputFile, check_output, check_separate};

/// The formats that can be read, for help texts.
pub fn formats() -> String {
    let list = ALL.iter().map(|format| {
        format!("  {}: {}\n    metrics: {}\n", format.name, format.files, format.metrics)
    });
    format!("Benchmark tables that can be read:\n{}", list.collect::<String>())
}

/// Runs the verb.
pub fn run(arguments: &Benchmark) -> anyhow::Result<Exit> {
    let cancel = progress::cancelled_by_ctrl_c();
    let bar = progress_bar();
    let watch = |share: f64| {
        bar.set_position((share * BAR_STEPS) as u64);
        !cancel.is_cancelled()
    };
    let result = match &arguments.action {
        BenchmarkAction::Info { file, json } => facts(file, &watch).and_then(|facts| {
            bar.finish_and_clear();
            show(&if *json {
                serde_json::to_string_pretty(&facts)? + "\n"
            } else {
                described(file, &facts)
            })?;
            Ok(())
        }),
        BenchmarkAction::Convert { file, out, overwrite } => convert(file, out, *overwrite, &watch),
    };
    bar.finish_and_clear();
    match result {
        Ok(()) => Ok(Exit::Done),
        Err(error) if is_cancelled(&error) => {
            log_line("interrupted");
            Ok(Exit::Interrupted)
        }
        Err(error) => Err(error),
    }
}

/// Steps of the progress bar.
pub(super) const BAR_STEPS: f64 = 1000.0;

pub(super) fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::new(BAR_STEPS as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {percent} %  {elapsed}, {eta} left") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn is_cancelled(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(BenchmarkError::Cancelled))
}

fn facts(file: &Path, watch: ReadProgress<'_>) -> anyhow::Result<BenchmarkFacts> {
    Ok(benchmark::open(file)?.facts(watch)?)
}

/// Facts for people.
fn described(file: &Path, facts: &BenchmarkFacts) -> String {
    let list = |names: &[String]| match names {
        [] => "unknown".to_owned(),
        names => names.join(", "),
    };
    let mut rows = vec![["values", "missing", "min", "max", "metric"].map(str::to_owned).to_vec()];
    let number = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), rounded);
    for metric in &facts.metrics {
        rows.push(vec![
            format::thousands(metric.count),
            format::thousands(metric.missing),
            number(metric.min),
            number(metric.max),
            metric.name.clone(),
        ]);
    }
    let left_out: String =
        facts.left_out.iter().map(|column| format!("\nleft out: {column}")).collect();
    format!(
        "{}\nformat: {}\nspace: {}\nrows: {}\ndatasets: {}{left_out}\n\n{}",
        file.display(),
        facts.format,
        list(&facts.spaces),
        format::thousands(facts.rows),
        list(&facts.datasets),
        text_table::table(&rows)
    )
}

/// A number with up to four decimals, or in scientific notation where these would show nothing of it
/// or digits without end.
fn rounded(number: f64) -> String {
    const PLAIN: std::ops::Range<f64> = 1e-4..1e15;
    if number != 0.0 && !PLAIN.contains(&number.abs()) {
        let text = format!("{number:.4e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        return format!("{}e{exponent}", digits.trim_end_matches('0').trim_end_matches('.'));
    }
    let text = format!("{number:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Writes a table as CSV.
fn convert(
    file: &Path,
    out: &Path,
    overwrite: bool,
    watch: ReadProgress<'_>,
) -> anyhow::Result<()> {
    anyhow::ensure!(
        out.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv")),
        "cannot write {}: give a name that ends in .csv",
        out.display()
    );
    check_separate(&[(out, "the new table")], &[(file, "the table that is read")])?;
    check_output(out, overwrite)?;
    let table = benchmark::open(file)?;
    let layout = Layout::of(&table, &|share| watch(share / 2.0))?;
    let mut output = OutputFile::create(out, overwrite)?;
    let rows = write(&table, &layout, &mut output, &|share| watch(0.5 + share / 2.0))?;
    output.commit()?;
    let noun = if rows == 1 { "row" } else { "rows" };
    let (format, out) = (table.format().name, out.display());
    log_line(&format!("{} {noun} of {format} in {out}", format::thousands(rows)));
    Ok(())
}

/// The columns of a converted table.
struct Layout {
    has_index: bool,
    has_hash: bool,
    metrics: Vec<String>,
}

impl Layout {
    fn of(table: &BenchmarkTable, watch: ReadProgress<'_>) -> anyhow::Result<Self> {
        let mut rows = table.rows(watch)?;
        let (mut has_index, mut has_hash) = (false, false);
        while let Some(row) = rows.next().transpose()? {
            has_index |= row.index.is_some();
            has_hash |= row.hash.is_some();
        }
        Ok(Self { has_index, has_hash, metrics: rows.metrics().to_vec() })
    }

    fn header(&self) -> Vec<&str> {
        let keys = [(true, "architecture"), (self.has_index, "index"), (self.has_hash, "hash")];
        let keys = keys.into_iter().filter_map(|(there, name)| there.then_some(name));
        keys.chain(self.metrics.iter().map(String::as_str)).collect()
    }

    fn cells(&self, row: &BenchmarkRow) -> Vec<String> {
        let mut cells = vec![row.architecture.clone()];
        if self.has_index {
            cells.push(row.index.map(|index| index.to_string()).unwrap_or_default());
        }
        if self.has_hash {
            cells.push(row.hash.clone().unwrap_or_default());
        }
        let value = |metric| row.value(metric).map(|value| value.to_string()).unwrap_or_default();
        cells.extend((0..self.metrics.len()).map(value));
        cells
    }
}

/// Writes the rows; how many there are.
fn write(
    table: &BenchmarkTable,
    layout: &Layout,
    out: &mut OutputFile,
    watch: ReadProgress<'_>,
) -> anyhow::Result<u64> {
    let path = out.path().to_owned();
    let failed = |error: csv::Error| OutputError::new(&path, error.into());
    let mut writer = csv::Writer::from_writer(BufWriter::new(out));
    writer.write_record(layout.header()).map_err(failed)?;
    let mut count = 0;
    for row in table.rows(watch)? {
        writer.write_record(layout.cells(&row?)).map_err(failed)?;
        count += 1;
    }
    writer.flush().map_err(|error| OutputError::new(&path, error))?;
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn very_large_and_very_small_numbers_are_scientific() {
        let numbers = [0.0, 93.25, -7.0, 1_073_466.0, 1e30, -1.25e15, 3.5e-7, f64::MAX];
        let texts = ["0", "93.25", "-7", "1073466", "1e30", "-1.25e15", "3.5e-7", "1.7977e308"];
        assert_eq!(numbers.map(rounded), texts);
    }
}
