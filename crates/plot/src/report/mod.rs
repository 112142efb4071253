//! Reports of runs as one HTML page: no script, and nothing from elsewhere. The content comes from
//! [`untrained::report`].

mod figures;
mod html;

use untrained::format::{decimals, interval, score, thousands};
use untrained::report::{Report, ReportedArchitecture, ReportedCorrelation};
use untrained::score::standing;

use crate::drawing::drawings_svg;
use html::{copyable, escape, figure, table};

/// How pages look, on the screen and on paper.
static STYLE: &str = include_str!("style.css");

/// What a page may load: nothing.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// A report as an HTML page. Every text in it is escaped, wherever it came from.
pub fn report_html(report: &Report) -> String {
    let parts = [
        header(report),
        facts(report),
        best(report),
        front(report),
        drawn(report),
        spread(report),
        report.correlation.as_ref().map(correlation).unwrap_or_default(),
        failures(report),
        repeat(report),
        citations(report),
    ];
    let title = escape(&report.title);
    let version = env!("CARGO_PKG_VERSION");
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title} - Untrained</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n{}\
         <footer>Written by Untrained {version}.</footer>\n</body>\n</html>\n",
        parts.concat()
    )
}

fn header(report: &Report) -> String {
    let mut text = format!(
        "<header>\n<h1>{}</h1>\n<p class=\"question\">{}</p>\n</header>\n",
        escape(&report.title),
        escape(&report.question)
    );
    let [first, ..] = report.best.as_slice() else { return text };
    let numbers = [
        (score(first.record.value), format!("best {}", report.ranked_by)),
        (thousands(report.compared), "architectures ranked".to_owned()),
        (thousands(first.record.params), "parameters of the best".to_owned()),
        (thousands(first.record.macs), "multiply-adds of the best".to_owned()),
    ];
    text.push_str("<div class=\"numbers\">");
    for (number, what) in numbers {
        text.push_str(&format!(
            "<div><b>{}</b><span>{}</span></div>",
            escape(&number),
            escape(&what)
        ));
    }
    text.push_str("</div>\n");
    for notice in &report.notices {
        text.push_str(&format!("<p class=\"note\">Note: {}</p>\n", escape(notice)));
    }
    text
}

/// The figures of a report as SVG, by names for their files.
pub fn report_figures(report: &Report) -> Vec<(String, String)> {
    let mut found = Vec::new();
    if report.points.len() > 1 {
        found.push(("best-so-far".to_owned(), Some(figures::best_so_far(report))));
        found.push(("against-parameters".to_owned(), figures::value_against_params(report)));
        found.push(("distribution".to_owned(), Some(figures::distribution(report))));
    }
    for name in drawn_scores(report) {
        // A table may call its scores anything.
        let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '-' };
        let file_name: String = name.chars().map(plain).collect();
        found.push((format!("draws-{file_name}"), figures::spread(&report.best, name)));
    }
    if let Some(correlation) = &report.correlation {
        let ReportedCorrelation { pairs, score, metric, .. } = correlation;
        found
            .push(("against-accuracy".to_owned(), figures::against_accuracy(pairs, score, metric)));
    }
    for one in report.best.iter().filter(|one| !one.drawings.is_empty()) {
        let svg = drawings_svg("", &one.drawings, &report.operations);
        found.push((format!("network-{:02}", one.rank), Some(svg)));
    }
    found.into_iter().filter_map(|(name, svg)| Some((name, svg?))).collect()
}

/// Scores of which the best have several draws.
fn drawn_scores(report: &Report) -> Vec<&str> {
    let mut names: Vec<&str> =
        report.best.iter().flat_map(|one| one.record.draws.0.keys().map(String::as_str)).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn facts(report: &Report) -> String {
    let mut text = "<h2>The run</h2>\n<div class=\"groups\">\n".to_owned();
    for group in &report.facts {
        text.push_str(&format!("<section><h3>{}</h3><dl>\n", escape(group.title)));
        for (name, value) in &group.facts {
            text.push_str(&format!("<dt>{}</dt><dd>{}</dd>\n", escape(name), escape(value)));
        }
        text.push_str("</dl></section>\n");
    }
    text + "</div>\n"
}

fn best(report: &Report) -> String {
    let (header, rows) = report.best_table();
    let mut text = format!(
        "<h2>The best {} of {}</h2>\n{}",
        report.best.len(),
        thousands(report.compared),
        table(&header, &rows)
    );
    text.push_str(&format!(
        "<h2>Each of the best</h2>\n<p class=\"note\">Bars show the rank in each score among the {} architectures of \
         the run: full for the best of all.</p>\n",
        thousands(report.compared)
    ));
    for one in &report.best {
        text.push_str(&card(report, one));
    }
    text
}

/// A value of a score; counts are whole numbers.
fn number(value: f64) -> String {
    if value.fract() == 0.0 && (1.0..1e15).contains(&value) {
        return thousands(value as u64);
    }
    format!("{value:.4}")
}

fn card(report: &Report, one: &ReportedArchitecture) -> String {
    let record = &one.record;
    let mut text = format!(
        "<div class=\"card\">\n<h3><b>{}</b><code>{}</code></h3>\n<p>{} {}, {} parameters, {} multiply-adds</p>\n",
        one.rank,
        escape(&record.architecture),
        escape(&report.ranked_by),
        score(record.value),
        thousands(record.params),
        thousands(record.macs),
    );
    // Among few, a place says nothing.
    if report.compared > 1 {
        text.push_str(&format!(
            "<p>{}</p>\n<div class=\"bars\">\n",
            escape(&one.placement.words())
        ));
        for placed in &one.placement.scores {
            let value = placed.value.map_or_else(|| "not available".to_owned(), number);
            let share = if placed.value.is_some() { placed.share } else { 0.0 };
            let words = placed.value.map(|_| standing(share)).unwrap_or_default();
            text.push_str(&format!(
                "<span>{}</span><span class=\"value\">{value}</span><span class=\"track\"><i style=\"width:{:.1}%\"></i>\
                 </span><span>{words}</span>\n",
                escape(placed.score.0.name),
                share.clamp(0.0, 1.0) * 100.0
            ));
        }
        text.push_str("</div>\n");
    }
    if !one.drawings.is_empty() {
        text.push_str(&drawings_svg("", &one.drawings, &report.operations));
    }
    text + "</div>\n"
}

fn front(report: &Report) -> String {
    let (header, rows) = report.front_table();
    let mut text = format!(
        "<h2>Pareto front</h2>\n<p class=\"note\">No other architecture has at least the same {} with at most as many \
         parameters and multiply-adds.",
        escape(&report.ranked_by)
    );
    if let Some(latency) = &report.latency_of {
        text.push_str(&format!(" Latency: {}.", escape(latency)));
    }
    if report.front_left_out > 0 {
        text.push_str(&format!(" {} more are not shown.", thousands(report.front_left_out)));
    }
    text + "</p>\n" + &table(&header, &rows)
}

fn drawn(report: &Report) -> String {
    // One value has no distribution.
    if report.points.len() < 2 {
        return String::new();
    }
    let count = report.points.len();
    let sampled = match count > figures::MOST_POINTS {
        true => format!(" An even sample of the {} points is drawn.", thousands(count)),
        false => String::new(),
    };
    let mut text = "<h2>Figures</h2>\n<div class=\"figures\">\n".to_owned();
    let caption = format!("The best so far (line) and every result (points).{sampled}");
    text.push_str(&figure(&figures::best_so_far(report), &caption));
    if let Some(svg) = figures::value_against_params(report) {
        let caption =
            format!("{} against parameters; the best are red.{sampled}", report.ranked_by);
        text.push_str(&figure(&svg, &caption));
    }
    text.push_str(&figure(&figures::distribution(report), "How the values are distributed."));
    text + "</div>\n"
}

fn spread(report: &Report) -> String {
    let drawn: String = drawn_scores(report)
        .into_iter()
        .filter_map(|name| {
            let svg = figures::spread(&report.best, name)?;
            let caption = format!(
                "{name}: every draw of weights, with the median and the box from the first to the third quartile."
            );
            Some(figure(&svg, &caption))
        })
        .collect();
    match drawn.is_empty() {
        true => drawn,
        false => format!(
            "<h2>Spread over draws of weights</h2>\n<div class=\"figures\">\n{drawn}</div>\n"
        ),
    }
}

fn correlation(found: &ReportedCorrelation) -> String {
    let header =
        ["n", "tau-b", "95 % interval", "rho", "95 % interval", "tau-b, best 10 %", "predictor"];
    let rows = found.predictors.iter().map(|report| {
        vec![
            thousands(report.all.n),
            decimals(report.all.tau_b.value),
            interval(&report.all.tau_b),
            decimals(report.all.rho.value),
            interval(&report.all.rho),
            decimals(report.best_tenth.tau_b.value),
            report.predictor.clone(),
        ]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    let mut text = format!(
        "<h2>Agreement with trained accuracy</h2>\n<p class=\"note\">{} against {} of {}. tau-b is Kendall's, rho \
         Spearman's; intervals are bootstrapped.</p>\n{}",
        escape(&found.score),
        escape(&found.metric),
        escape(&found.table),
        table(&header.map(str::to_owned), &rows)
    );
    if let Some(svg) = figures::against_accuracy(&found.pairs, &found.score, &found.metric) {
        let caption = format!("{} against {}.", found.score, found.metric);
        text.push_str(&format!("<div class=\"figures\">{}</div>\n", figure(&svg, &caption)));
    }
    text
}

fn failures(report: &Report) -> String {
    if report.failures.is_empty() {
        return String::new();
    }
    let rows: Vec<Vec<String>> = report
        .failures
        .iter()
        .map(|(reason, count)| vec![thousands(*count), reason.clone()])
        .collect();
    let header = ["architectures", "reason"].map(str::to_owned);
    format!("<h2>Not ranked</h2>\n{}", table(&header, &rows))
}

fn repeat(report: &Report) -> String {
    let mut text = "<h2>How to repeat the run</h2>\n".to_owned();
    if !report.command.is_empty() {
        text.push_str(&format!("<h3>Command line</h3>\n<pre>{}</pre>\n", escape(&report.command)));
    }
    text.push_str(&copyable("Job file", "job.toml", &report.job_file));
    if let Some(space) = &report.space_file {
        text.push_str(&copyable("Space file", "space.toml", space));
    }
    text
}

fn citations(report: &Report) -> String {
    let lines: String = report
        .citations
        .lines()
        .iter()
        .map(|line| format!("<li>{}</li>\n", escape(line)))
        .collect();
    let bibtex = copyable("BibTeX", "citations.bib", &report.citations.bibtex());
    format!("<h2>Citation</h2>\n<ul>\n{lines}</ul>\n{bibtex}")
}
