//! The figures of a report as SVG.

use untrained::report::{Report, ReportPoint, ReportedArchitecture};

use crate::axis::{PlotAxis, PlotScale};
use crate::canvas::{Canvas, Point, TextAnchor, TextStyle};
use crate::colours::{Colour, FAINT, GRID, INK, POINT, SERIES};

/// Width and height in units.
const SIZE: (u32, u32) = (640, 400);
/// Edges of the area of the points.
const LEFT: f64 = 84.0;
const RIGHT: f64 = 622.0;
const TOP: f64 = 16.0;
const BOTTOM: f64 = 336.0;
/// Text sizes.
const LABEL: f64 = 15.0;
const NUMBER: f64 = 13.0;
/// The most points of a figure.
pub(super) const MOST_POINTS: usize = 5000;
/// Bars of a distribution.
const BARS: usize = 40;
/// The height of a row of single draws.
const ROW: f64 = 26.0;

/// A figure with axes.
struct Figure {
    canvas: Canvas,
    x: PlotAxis,
    y: PlotAxis,
}

impl Figure {
    /// The axes with their numbers and titles.
    fn new((x, x_title): (PlotAxis, &str), (y, y_title): (PlotAxis, &str)) -> Self {
        let mut figure = Self { canvas: Canvas::new(SIZE), x, y };
        for (value, label) in x.ticks() {
            let at = figure.at(value, 0.0).0;
            figure.canvas.line(&[(at, TOP), (at, BOTTOM)], GRID, 1.0, false);
            let style = TextStyle::new(NUMBER, INK, TextAnchor::Middle);
            figure.canvas.text(&label, (at, BOTTOM + 16.0), f64::INFINITY, style);
        }
        for (value, label) in y.ticks() {
            let at = BOTTOM - y.place(value) * (BOTTOM - TOP);
            figure.canvas.line(&[(LEFT, at), (RIGHT, at)], GRID, 1.0, false);
            let style = TextStyle::new(NUMBER, INK, TextAnchor::End);
            figure.canvas.text(&label, (LEFT - 8.0, at), LEFT - 34.0, style);
        }
        figure.canvas.line(&[(LEFT, TOP), (LEFT, BOTTOM), (RIGHT, BOTTOM)], INK, 1.0, false);
        let style = TextStyle::new(LABEL, INK, TextAnchor::Middle);
        let middle = f64::midpoint(LEFT, RIGHT);
        figure.canvas.text(x_title, (middle, BOTTOM + 44.0), RIGHT - LEFT, style);
        let upright = TextStyle { is_upright: true, ..style };
        figure.canvas.text(y_title, (16.0, f64::midpoint(TOP, BOTTOM)), BOTTOM - TOP, upright);
        figure
    }

    fn at(&self, x: f64, y: f64) -> Point {
        let x = LEFT + self.x.place(x) * (RIGHT - LEFT);
        (x, BOTTOM - self.y.place(y) * (BOTTOM - TOP))
    }

    fn dots(&mut self, points: &[(f64, f64)], colour: Colour, radius: f64) {
        let opacity = (60.0 / (points.len() as f64).sqrt()).clamp(0.25, 0.9);
        for &(x, y) in points {
            let at = self.at(x, y);
            self.canvas.dot(at, radius, colour, opacity);
        }
    }
}

/// An even sample of points, at most [`MOST_POINTS`].
fn sample<T: Copy>(points: &[T]) -> Vec<T> {
    let step = points.len().div_ceil(MOST_POINTS).max(1);
    points.iter().copied().step_by(step).collect()
}

fn linear(values: impl Iterator<Item = f64>) -> PlotAxis {
    PlotAxis::around(values, PlotScale::Linear)
}

/// The best value after each result.
pub(super) fn best_so_far(report: &Report) -> String {
    let points = &report.points;
    let last = points.last().map_or(1, |point| point.position + 1);
    let y = linear(points.iter().map(|point| point.value));
    let x = PlotAxis::between(0.0, last.max(2) as f64);
    let mut figure = Figure::new((x, "architectures scored"), (y, report.ranked_by.as_str()));
    let all: Vec<(f64, f64)> =
        sample(points).iter().map(|point| (point.position as f64 + 1.0, point.value)).collect();
    figure.dots(&all, FAINT, 1.8);
    let mut line: Vec<Point> = Vec::new();
    let mut best = f64::NEG_INFINITY;
    for &ReportPoint { position, value, .. } in points {
        if value > best {
            let x = position as f64 + 1.0;
            line.extend((best > f64::NEG_INFINITY).then(|| figure.at(x, best)));
            line.push(figure.at(x, value));
            best = value;
        }
    }
    line.push(figure.at(last as f64, best));
    figure.canvas.line(&line, POINT, 2.0, false);
    figure.canvas.into_svg()
}

/// Value against parameters; the best stand out.
pub(super) fn value_against_params(report: &Report) -> Option<String> {
    let points: Vec<(f64, f64)> = report
        .points
        .iter()
        .filter(|point| point.params > 0.0)
        .map(|point| (point.params, point.value))
        .collect();
    if points.is_empty() {
        return None;
    }
    let x = PlotAxis::around(points.iter().map(|point| point.0), PlotScale::Logarithmic);
    let y = linear(points.iter().map(|point| point.1));
    let mut figure = Figure::new((x, "parameters"), (y, report.ranked_by.as_str()));
    figure.dots(&sample(&points), POINT, 2.6);
    let best: Vec<(f64, f64)> = report
        .best
        .iter()
        .filter(|one| one.record.params > 0)
        .map(|one| (one.record.params as f64, one.record.value))
        .collect();
    figure.dots(&best, Colour::of(SERIES[4]), 5.0);
    Some(figure.canvas.into_svg())
}

/// How values are distributed.
pub(super) fn distribution(report: &Report) -> String {
    let values: Vec<f64> = report.points.iter().map(|point| point.value).collect();
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let width = ((high - low) / BARS as f64).max(f64::MIN_POSITIVE);
    let mut counts = [0_u32; BARS];
    for value in &values {
        counts[(((value - low) / width) as usize).min(BARS - 1)] += 1;
    }
    let most = counts.iter().copied().max().unwrap_or(1);
    let y = PlotAxis::between(0.0, f64::from(most.max(2)) * 1.05);
    let x = linear([low, high].into_iter());
    let mut figure = Figure::new((x, report.ranked_by.as_str()), (y, "architectures"));
    for (bar, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let from = figure.at(low + bar as f64 * width, f64::from(*count));
        let to = figure.at(low + (bar + 1) as f64 * width, 0.0);
        figure.canvas.fill(from, (to.0.max(from.0 + 1.5), to.1), POINT);
    }
    figure.canvas.into_svg()
}

/// Score against accuracy.
pub(super) fn against_accuracy(pairs: &[(f64, f64)], score: &str, metric: &str) -> Option<String> {
    let is_log = untrained::score::has_log_axis(score);
    let is_drawn = |(x, y): &(f64, f64)| x.is_finite() && y.is_finite() && (!is_log || *x > 0.0);
    let points: Vec<(f64, f64)> = pairs.iter().copied().filter(is_drawn).collect();
    if points.is_empty() {
        return None;
    }
    let scale = if is_log { PlotScale::Logarithmic } else { PlotScale::Linear };
    let x = PlotAxis::around(points.iter().map(|point| point.0), scale);
    let y = linear(points.iter().map(|point| point.1));
    let mut figure = Figure::new((x, score), (y, metric));
    figure.dots(&sample(&points), POINT, 2.6);
    Some(figure.canvas.into_svg())
}

/// Every draw of a score of the best architectures: a row for each, with a box from the first to the third
/// quartile and a line at the median. `None` where fewer than two draws of it are stored.
pub(super) fn spread(best: &[ReportedArchitecture], score: &str) -> Option<String> {
    let rows: Vec<(usize, Vec<f64>)> = best
        .iter()
        .filter_map(|one| {
            let draws = one.record.draws.0.get(score)?;
            let mut draws: Vec<f64> =
                draws.iter().copied().filter(|draw| draw.is_finite()).collect();
            draws.sort_by(f64::total_cmp);
            (draws.len() > 1).then_some((one.rank, draws))
        })
        .collect();
    if rows.is_empty() {
        return None;
    }
    let axis = linear(rows.iter().flat_map(|(_, draws)| draws.iter().copied()));
    let bottom = TOP + rows.len() as f64 * ROW;
    let mut canvas = Canvas::new((SIZE.0, (bottom + 64.0).ceil() as u32));
    let x_of = |value: f64| LEFT + axis.place(value) * (RIGHT - LEFT);
    for (value, label) in axis.ticks() {
        let x = x_of(value);
        canvas.line(&[(x, TOP), (x, bottom)], GRID, 1.0, false);
        let style = TextStyle::new(NUMBER, INK, TextAnchor::Middle);
        canvas.text(&label, (x, bottom + 16.0), f64::INFINITY, style);
    }
    for (row, (rank, draws)) in rows.iter().enumerate() {
        let y = TOP + (row as f64 + 0.5) * ROW;
        let style = TextStyle::new(NUMBER, INK, TextAnchor::End);
        canvas.text(&format!("rank {rank}"), (LEFT - 8.0, y), LEFT - 10.0, style);
        let [low, middle, high] = [0.25, 0.5, 0.75].map(|share| x_of(quantile(draws, share)));
        canvas.fill((low, y - 8.0), (high.max(low + 1.0), y + 8.0), Colour::of([198, 219, 239]));
        canvas.line(&[(middle, y - 8.0), (middle, y + 8.0)], INK, 1.5, false);
        draws.iter().for_each(|&draw| canvas.dot((x_of(draw), y), 3.0, POINT, 0.7));
    }
    canvas.line(&[(LEFT, TOP), (LEFT, bottom), (RIGHT, bottom)], INK, 1.0, false);
    let style = TextStyle::new(LABEL, INK, TextAnchor::Middle);
    canvas.text(score, (f64::midpoint(LEFT, RIGHT), bottom + 44.0), RIGHT - LEFT, style);
    Some(canvas.into_svg())
}

/// A quantile of sorted values, with linear interpolation.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let (below, part) = (place.floor() as usize, place.fract());
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + part * (sorted[above] - sorted[below])
}

#[cfg(test)]
mod tests {
    use super::quantile;

    /// As `numpy.quantile` computes them.
    #[test]
    fn quantiles_are_interpolated() {
        let values = [1.0, 2.0, 4.0, 8.0];
        assert_eq!(
            [0.0, 0.25, 0.5, 1.0].map(|share| quantile(&values, share)),
            [1.0, 1.75, 3.0, 8.0]
        );
    }
}
