//! The reports of `correlate` and `protocol` as text.

use super::super::text_table;
use untrained::evaluation::{Comparison, Correlation};
use untrained::format::{decimals, interval, thousands};
use untrained::statistics::{
    IntervalEstimate, MeanSd, PredictorReport, ProtocolReport, ProtocolRow, RankAgreement,
};

/// What the columns of a correlation are.
const LEGEND: &str = "\
tau-b (Kendall) and rho (Spearman) with 95 % bootstrap intervals
regret @k: the best accuracy minus the best among the top k by score
precision @x%: share of the top x % by score that is in the top x % by accuracy
nDCG @k: of the top k by score, with accuracies scaled to 0 for the worst and 1 for the best
";

/// The tables of `correlate`.
pub(super) fn correlation(compared: &Comparison, correlation: &Correlation) -> String {
    let mut text = heading(compared);
    let mut section = |title: &str,
                       predictors: &[PredictorReport],
                       of: fn(&PredictorReport) -> &RankAgreement| {
        text.push_str(&format!("\n{title}\n{}", agreements(predictors, of)));
    };
    section("all", &correlation.predictors, |report| &report.all);
    section("best 10 % by accuracy", &correlation.predictors, |report| &report.best_tenth);
    if let Some(paper) = &correlation.paper {
        let title = format!(
            "the subset used in the paper: accuracy above {} and a finite score, {} drawn without replacement \
             ({} not accurate enough, {} without a finite score, {} not drawn)",
            paper.accuracy_above,
            thousands(paper.kept),
            paper.inaccurate,
            paper.not_finite,
            paper.not_drawn,
        );
        section(&title, &paper.predictors, |report| &report.all);
        section("best 10 % of these by accuracy", &paper.predictors, |report| &report.best_tenth);
    }
    text.push('\n');
    if !correlation.unknown.is_empty() {
        text.push_str(&format!("not available: {}\n", correlation.unknown.join(", ")));
    }
    text + LEGEND
}

/// What the columns of all scores are.
const ALL_LEGEND: &str = "\
tau-b (Kendall), with 95 % bootstrap intervals, on all architectures and on the best by accuracy
rho (Spearman)
regret @k: the best accuracy minus the best among the top k by score
search of N: mean accuracy of the architecture that a search of N random ones chooses, 500 searches
";

/// The table of `correlate --all`.
pub(super) fn every_score(compared: &Comparison, correlation: &Correlation) -> String {
    let columns =
        ["n", "tau-b", "interval", "rho", "best 10 %", "interval", "best 20 %", "interval"];
    let mut rows = vec![all_header(&columns, correlation)];
    for (report, searches) in correlation.predictors.iter().zip(&correlation.searches) {
        let mut row = vec![thousands(report.all.n)];
        row.extend([value(&report.all.tau_b), interval(&report.all.tau_b)]);
        row.push(value(&report.all.rho));
        for part in [&report.best_tenth, &report.best_fifth] {
            row.extend([value(&part.tau_b), interval(&part.tau_b)]);
        }
        row.extend(report.all.regret.iter().map(|at| decimals(at.value)));
        row.extend(searches.iter().map(|search| decimals(Some(search.by_score.mean))));
        row.push(report.predictor.clone());
        rows.push(row);
    }
    let mut text = heading(compared) + "\n" + &text_table::table(&rows) + "\n";
    if !correlation.unknown.is_empty() {
        text.push_str(&format!("not available: {}\n", correlation.unknown.join(", ")));
    }
    text + ALL_LEGEND
}

/// The header of a table of all scores: some columns, then regrets, searches and the score.
fn all_header(columns: &[&str], correlation: &Correlation) -> Vec<String> {
    let regrets = ["regret @1", "@10", "@100"];
    let sizes = correlation.searches.first().into_iter().flatten().map(|row| row.size as usize);
    let searches = sizes.map(|size| format!("search of {}", thousands(size)));
    let first = columns.iter().chain(&regrets).map(|&name| name.to_owned());
    first.chain(searches).chain(["score".to_owned()]).collect()
}

/// The table of `correlate --all` over several seeds: means, and the range of tau-b.
pub(super) fn repeated(compared: &Comparison, title: &str, runs: &[&Correlation]) -> String {
    let Some(first) = runs.first() else { return String::new() };
    let columns = ["n", "tau-b", "lowest to highest", "rho", "best 10 %", "best 20 %"];
    let mut rows = vec![all_header(&columns, first)];
    for predictor in &first.predictors {
        // What is not available with one seed is not with another.
        let found: Vec<(&PredictorReport, &[ProtocolRow])> = (runs.iter())
            .filter_map(|run| {
                let is_same = |one: &PredictorReport| one.predictor == predictor.predictor;
                let at = run.predictors.iter().position(is_same)?;
                Some((&run.predictors[at], run.searches.get(at)?.as_slice()))
            })
            .collect();
        let mean = |value: &dyn Fn(&PredictorReport) -> Option<f64>| {
            let sum: Option<f64> = found.iter().map(|(report, _)| value(report)).sum();
            decimals(sum.map(|sum| sum / found.len() as f64))
        };
        let taus = || found.iter().filter_map(|(report, _)| report.all.tau_b.value);
        let (least, most) =
            (taus().fold(f64::INFINITY, f64::min), taus().fold(f64::NEG_INFINITY, f64::max));
        let mut row = vec![thousands(predictor.all.n)];
        row.push(mean(&|report| report.all.tau_b.value));
        row.push(format!("{least:.3} to {most:.3}"));
        row.push(mean(&|report| report.all.rho.value));
        row.push(mean(&|report| report.best_tenth.tau_b.value));
        row.push(mean(&|report| report.best_fifth.tau_b.value));
        for at in 0..predictor.all.regret.len() {
            row.push(mean(&|report| report.all.regret.get(at)?.value));
        }
        for at in 0..first.searches.first().map_or(0, Vec::len) {
            let chosen = found.iter().filter_map(|(_, rows)| Some(rows.get(at)?.by_score.mean));
            row.push(decimals(Some(chosen.sum::<f64>() / found.len().max(1) as f64)));
        }
        row.push(predictor.predictor.clone());
        rows.push(row);
    }
    let text = format!("{}{title}\n\n{}\n", heading(compared), text_table::table(&rows));
    let legend = ALL_LEGEND.replacen(
        "with 95 % bootstrap intervals",
        "mean, lowest and highest over the seeds",
        1,
    );
    text + &legend
}

/// What is compared, and what is left out.
fn heading(compared: &Comparison) -> String {
    let coverage = &compared.joined.coverage;
    let mut text = format!(
        "{} against {} on {}: {} of {} architectures\n",
        compared.score,
        compared.accuracy.metric(),
        compared.space.id(),
        thousands(coverage.used),
        thousands(coverage.given),
    );
    for notice in compared.notices() {
        text.push_str(&format!("  {notice}\n"));
    }
    text
}

/// A row for each predictor.
fn agreements(reports: &[PredictorReport], of: fn(&PredictorReport) -> &RankAgreement) -> String {
    let Some(first) = reports.first().map(of) else { return String::new() };
    let mut header = ["n", "tau-b", "interval", "rho", "interval"].map(str::to_owned).to_vec();
    let at = |(place, text): (usize, String), name: &str| match place {
        0 => format!("{name} @{text}"),
        _ => format!("@{text}"),
    };
    let regrets = first.regret.iter().map(|at| at.k.to_string()).enumerate();
    header.extend(regrets.map(|place| at(place, "regret")));
    let precisions = first.precision.iter().map(|at| format!("{}%", at.percent)).enumerate();
    header.extend(precisions.map(|place| at(place, "precision")));
    let gains = first.ndcg.iter().map(|at| at.k.to_string()).enumerate();
    header.extend(gains.map(|place| at(place, "nDCG")));
    header.push("predictor".to_owned());
    let mut rows = vec![header];
    for report in reports {
        let agreement = of(report);
        let mut row = vec![thousands(agreement.n)];
        row.extend([value(&agreement.tau_b), interval(&agreement.tau_b)]);
        row.extend([value(&agreement.rho), interval(&agreement.rho)]);
        row.extend(agreement.regret.iter().map(|at| decimals(at.value)));
        row.extend(agreement.precision.iter().map(|at| decimals(at.value)));
        row.extend(agreement.ndcg.iter().map(|at| decimals(at.value)));
        row.push(report.predictor.clone());
        rows.push(row);
    }
    text_table::table(&rows)
}

fn value(estimate: &IntervalEstimate) -> String {
    decimals(estimate.value)
}

/// The table of `protocol`.
pub(super) fn protocol(compared: &Comparison, protocol: &ProtocolReport) -> String {
    let mut text = heading(compared);
    text.push_str(&format!(
        "{} runs for each N, drawn with replacement; mean and sd of {} of the chosen architecture\n",
        thousands(protocol.runs as usize),
        compared.accuracy.metric(),
    ));
    if let Some(validation) = &compared.validation {
        text.push_str(&format!("the optimal choice maximises {}\n", validation.metric()));
    }
    let largest = protocol.rows.iter().map(|row| row.size as usize).max().unwrap_or(0);
    if largest > protocol.candidates {
        text.push_str(&format!(
            "the largest N exceeds the number of architectures ({}), so its runs see most of them\n",
            thousands(protocol.candidates)
        ));
    }
    let header = ["N", &compared.score, "random", "optimal", "seconds per run"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    for row in &protocol.rows {
        rows.push(vec![
            thousands(row.size as usize),
            mean_sd(row.by_score),
            mean_sd(row.random),
            mean_sd(row.optimal),
            row.seconds.map_or_else(|| "-".to_owned(), mean_sd),
        ]);
    }
    text + "\n" + &text_table::table(&rows)
}

fn mean_sd(MeanSd { mean, sd }: MeanSd) -> String {
    match sd {
        Some(sd) => format!("{mean:.3} ± {sd:.3}"),
        None => format!("{mean:.3}"),
    }
}
