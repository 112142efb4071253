//! The comparison with a benchmark table: scatter plot, statistics, coverage, and the top-scored
//! architecture.

use egui::{Color32, Grid, RichText, Ui, vec2};
use egui_plot::{PlotPoints, Points};

use super::plot_axis::{AxisScale, PlotAxis};
use super::widgets;
use crate::action::{BenchmarkAction, ResultsAction};
use crate::benchmark::outcome::{BenchmarkOutcome, BenchmarkPoint};
use crate::command::Command;
use crate::picture::exportable;
use crate::view::View;
use crate::views::context::ViewContext;
use crate::{explain, theme};
use untrained::evaluation::PaperChoice;
use untrained::format::thousands;
use untrained::format::{decimals, interval};
use untrained::score::find_score;
use untrained::statistics::{IntervalEstimate, PredictorReport};

/// Points that are drawn at most; of more, evenly chosen ones.
const DRAWN: usize = 8_000;
/// How near the pointer a point is chosen, in pixels.
const NEAR: f32 = 8.0;
/// From this width on, the scatter stands beside the text.
const WIDE: f32 = 720.0;

/// Shows all of it.
pub fn show(ui: &mut Ui, context: &mut ViewContext<'_>, sheet: u64, outcome: &BenchmarkOutcome) {
    if ui.available_width() >= WIDE {
        let width = ui.available_width();
        ui.horizontal_top(|ui| {
            ui.vertical(|ui| {
                ui.set_width(width * 0.56);
                scatter(ui, context, sheet, outcome);
            });
            ui.vertical(|ui| {
                ui.set_width(width * 0.42);
                chosen(ui, context, outcome);
                coverage(ui, outcome);
            });
        });
    } else {
        scatter(ui, context, sheet, outcome);
        chosen(ui, context, outcome);
        coverage(ui, outcome);
    }
    ui.separator();
    statistics(ui, outcome);
}

/// Score against accuracy.
fn scatter(ui: &mut Ui, context: &mut ViewContext<'_>, sheet: u64, outcome: &BenchmarkOutcome) {
    let default = context.benchmark.of(sheet).is_some_and(|attached| attached.is_logarithmic());
    let mut logarithmic = context.benchmark.logarithmic.unwrap_or(default);
    let drawn = drawn(&outcome.points, logarithmic);
    ui.horizontal(|ui| {
        ui.strong(format!("{} against {}", outcome.score, outcome.metric));
        if ui.toggle_value(&mut logarithmic, "log").on_hover_text("Logarithmic scores").changed() {
            context.change_benchmark(BenchmarkAction::SetLogarithmic(logarithmic));
        }
        let left_out = outcome.points.len() - drawn.all;
        if left_out > 0 {
            ui.weak(format!("{left_out} not drawn")).on_hover_text(
                "Their score is not finite, or not positive on a logarithmic axis. They are included in \
                 the statistics.",
            );
        }
    });
    let size = vec2(ui.available_width(), 320.0);
    let name = |title: &str| if logarithmic { format!("{title} (log)") } else { title.to_owned() };
    let axes = [
        PlotAxis::new(name(&outcome.score), AxisScale::new(logarithmic)),
        PlotAxis::linear(outcome.metric.clone()),
    ];
    let best =
        outcome.choice.as_ref().map(|choice| [scale(choice.score, logarithmic), choice.accuracy]);
    let dark = ui.visuals().dark_mode;
    let points: Vec<[f64; 2]> = drawn.points.iter().map(|(_, point)| *point).collect();
    let plot = widgets::plot(ui, "score against accuracy", size, &axes).label_formatter(|_| None);
    let response = exportable(ui, "score against accuracy", |ui| {
        plot.show(ui, |plot| {
            let blue = theme::accent(dark).gamma_multiply(0.7);
            let cloud = Points::new("architectures", PlotPoints::from(points)).color(blue);
            plot.points(cloud.radius(2.2).allow_hover(false));
            if let Some(best) = best.filter(|best| best[0].is_finite()) {
                let mark = if dark { Color32::WHITE } else { Color32::BLACK };
                let ring = Points::new("top-scored", vec![best]).color(mark);
                plot.points(ring.radius(6.0).filled(false));
            }
            let pointer = plot.response().hover_pos()?;
            let distance = |(_, point): &(usize, [f64; 2])| {
                plot.screen_from_plot((*point).into()).distance(pointer)
            };
            let near = drawn.points.iter().map(|point| (distance(point), point.0));
            let near = near.filter(|(distance, _)| *distance < NEAR);
            near.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, at)| at)
        })
    });
    let Some(point) = response.inner.map(|at| &outcome.points[at]) else { return };
    let clicked = response.response.clicked();
    response.response.on_hover_ui_at_pointer(|ui| {
        ui.label(&point.architecture);
        ui.monospace(format!("{} {:.4}", outcome.score, point.score));
        ui.monospace(format!("{} {:.4}", outcome.metric, point.accuracy));
        ui.weak("Click to choose");
    });
    if clicked {
        choose(context, &point.architecture);
    }
}

fn scale(value: f64, logarithmic: bool) -> f64 {
    if logarithmic { value.log10() } else { value }
}

/// What of the points is drawn.
struct DrawnPoints {
    /// Their places and where they are drawn.
    points: Vec<(usize, [f64; 2])>,
    /// Points that could be drawn.
    all: usize,
}

fn drawn(points: &[BenchmarkPoint], logarithmic: bool) -> DrawnPoints {
    let at = |(at, point): (usize, &BenchmarkPoint)| {
        (at, [scale(point.score, logarithmic), point.accuracy])
    };
    let is_finite = |(_, point): &(usize, [f64; 2])| point.iter().all(|value| value.is_finite());
    let finite: Vec<_> = points.iter().enumerate().map(at).filter(is_finite).collect();
    let step = finite.len().div_ceil(DRAWN).max(1);
    DrawnPoints { all: finite.len(), points: finite.into_iter().step_by(step).collect() }
}

/// Chooses the row of an architecture.
fn choose(context: &mut ViewContext<'_>, architecture: &str) {
    context.change_results(ResultsAction::ChooseArchitecture(architecture.to_owned()));
}

/// The top-scored architecture.
fn chosen(ui: &mut Ui, context: &mut ViewContext<'_>, outcome: &BenchmarkOutcome) {
    ui.strong("Top-scored architecture").on_hover_text(
        "The architecture with the highest score, which a search without training would return",
    );
    let Some(choice) = &outcome.choice else {
        ui.weak("No architecture has a finite score and an accuracy.");
        return;
    };
    let text = RichText::new(&choice.architecture).monospace();
    ui.add(egui::Label::new(text).truncate()).on_hover_text(&choice.architecture);
    let rank = format!("{} of {}", thousands(choice.rank as u64), thousands(choice.of as u64));
    let facts = [
        ("accuracy", format!("{:.3}", choice.accuracy), "From the table, in its unit"),
        (
            "best among scored",
            format!("{:.3}", choice.best_scored),
            "What a perfect score would select",
        ),
        (
            "best in the table",
            format!("{:.3}", choice.best_in_table),
            "Among all architectures with an accuracy",
        ),
        ("rank in the table", rank, "By accuracy, 1 is best"),
    ];
    Grid::new("choice").num_columns(2).spacing([14.0, 2.0]).show(ui, |ui| {
        for (name, value, about) in facts {
            ui.label(name).on_hover_text(about);
            ui.label(RichText::new(value).monospace().strong());
            ui.end_row();
        }
    });
    if ui.button("Show in Results").on_hover_text("Choose it and show it in Results").clicked() {
        choose(context, &choice.architecture);
        context.command(Command::Go(View::Results));
    }
    ui.add_space(6.0);
}

/// How many architectures have an accuracy, and why others have not.
fn coverage(ui: &mut Ui, outcome: &BenchmarkOutcome) {
    let coverage = &outcome.coverage;
    let (used, given) = (coverage.used as u64, coverage.given as u64);
    ui.strong("Coverage");
    ui.label(format!(
        "{} of {} scored architectures have {} in the table",
        thousands(used),
        thousands(given),
        outcome.metric
    ));
    for notice in &outcome.notices {
        ui.add(egui::Label::new(RichText::new(notice).small()).wrap());
    }
}

/// A heading and what it means.
const COLUMNS: [(&str, &str); 8] = [
    ("predictor", "The score, alongside free baselines"),
    ("n", "Architectures that have both a value and an accuracy"),
    ("tau-b", explain::TAU),
    ("95 % interval", "Percentile bootstrap over architectures, 1,000 resamples (Efron, 1979)"),
    ("rho", "Spearman's rho: the correlation of the ranks (Spearman, 1904)"),
    ("95 % interval ", "The same bootstrap for rho"),
    ("tau-b, best 10 %", "Kendall's tau-b among the most accurate tenth, which is hardest to rank"),
    (
        "tau-b, paper's filter",
        "Kendall's tau-b as the paper computes it: accuracies above 15 %, finite scores, 1,000 \
         architectures at most (Mellor et al., ICML 2021)",
    ),
];

/// The score and the free baselines.
fn statistics(ui: &mut Ui, outcome: &BenchmarkOutcome) {
    ui.strong("Rank correlation with accuracy");
    Grid::new("statistics").striped(true).spacing([18.0, 3.0]).show(ui, |ui| {
        for (name, about) in COLUMNS {
            ui.strong(name).on_hover_text(about);
        }
        ui.end_row();
        let reports = &outcome.correlation.predictors;
        let best = reports.iter().filter_map(|report| report.all.tau_b.value).fold(-2.0, f64::max);
        for report in reports {
            let is_best = report.all.tau_b.value == Some(best);
            predictor(ui, outcome, report, is_best);
            ui.end_row();
        }
    });
    if !outcome.correlation.unknown.is_empty() {
        ui.weak(format!("not available: {}", outcome.correlation.unknown.join(", ")));
    }
    if let Some(paper) = &outcome.correlation.paper {
        ui.small(filter(paper));
    }
}

fn filter(paper: &PaperChoice) -> String {
    format!(
        "paper's filter: accuracy above {} and a finite score, {} drawn ({} not accurate enough, {} \
         without a finite score, {} not drawn)",
        paper.accuracy_above,
        thousands(paper.kept as u64),
        thousands(paper.inaccurate as u64),
        thousands(paper.not_finite as u64),
        thousands(paper.not_drawn as u64),
    )
}

fn predictor(ui: &mut Ui, outcome: &BenchmarkOutcome, report: &PredictorReport, is_best: bool) {
    let about = find_score(&report.predictor).map_or("a further score", |score| score.about);
    ui.label(&report.predictor).on_hover_text(about);
    let figure = |ui: &mut Ui, text: String| drop(ui.monospace(text));
    figure(ui, thousands(report.all.n as u64));
    let tau = RichText::new(decimals(report.all.tau_b.value)).monospace();
    ui.label(if is_best { tau.strong() } else { tau });
    let range = |estimate: &IntervalEstimate| {
        if outcome.has_intervals { interval(estimate) } else { "...".to_owned() }
    };
    figure(ui, range(&report.all.tau_b));
    figure(ui, decimals(report.all.rho.value));
    figure(ui, range(&report.all.rho));
    figure(ui, decimals(report.best_tenth.tau_b.value));
    let paper = outcome.correlation.paper.as_ref();
    let same = |other: &&PredictorReport| other.predictor == report.predictor;
    let filtered = paper.and_then(|paper| paper.predictors.iter().find(same));
    figure(ui, filtered.map_or("-".to_owned(), |report| decimals(report.all.tau_b.value)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_place_on_the_axis_is_not_drawn() {
        let point =
            |score: f64| BenchmarkPoint { architecture: String::new(), score, accuracy: 90.0 };
        let points = [point(f64::NEG_INFINITY), point(-5.0), point(100.0), point(f64::NAN)];
        assert_eq!(drawn(&points, false).points, [(1, [-5.0, 90.0]), (2, [100.0, 90.0])]);
        assert_eq!(drawn(&points, true).points, [(2, [2.0, 90.0])]);
        let many: Vec<BenchmarkPoint> = (0..20_000).map(|at| point(f64::from(at))).collect();
        assert!(drawn(&many, false).points.len() <= DRAWN);
        assert_eq!(drawn(&many, false).all, 20_000);
    }
}
