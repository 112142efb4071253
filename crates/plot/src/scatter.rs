//! Score against accuracy, with one point for each architecture.

use std::path::Path;

use super::axis::{PlotAxis, PlotScale};
use super::canvas::{Canvas, TextAnchor, TextStyle};
use super::colours::{FAINT, GRID, INK, POINT};
use super::file::{Plot, PlotError, write};
use untrained::statistics::kendall_tau_b;

/// Width and height in units.
const SIZE: (u32, u32) = (1600, 1200);
/// Edges of the area of the points.
const LEFT: f64 = 190.0;
const RIGHT: f64 = 1550.0;
const TOP: f64 = 150.0;
const BOTTOM: f64 = 1020.0;
/// Width of lines.
const LINE: f64 = 2.0;
/// Text sizes.
const TITLE: f64 = 38.0;
const LABEL: f64 = 30.0;
const NUMBER: f64 = 26.0;
const CAPTION: f64 = 22.0;

/// The content of a scatter plot.
#[derive(Clone, Copy, Debug)]
pub struct ScatterData<'a> {
    /// The first line above the picture; the second one shows Kendall's tau-b and the number of pairs.
    pub title: &'a str,
    /// What the score is, below the picture.
    pub x_title: &'a str,
    /// The name of the accuracy and its unit, next to the picture.
    pub y_title: &'a str,
    /// Pairs `(score, accuracy)`. Those that are not finite are counted below the picture and take
    /// part in tau-b, except for NaN.
    pub points: &'a [(f64, f64)],
    /// Logarithmic scores; those that are not positive are counted, not drawn.
    pub log_x: bool,
}

/// Draws score against accuracy into a PNG or SVG file of 1600x1200, as the name's ending says.
///
/// # Errors
///
/// [`PlotError`] if the ending is another one, the file exists and may not be replaced, or it cannot be
/// written.
pub fn scatter(data: &ScatterData<'_>, path: &Path, overwrite: bool) -> Result<(), PlotError> {
    write(&ScatterPlot::new(data), path, overwrite)
}

/// The picture, ready to be drawn.
struct ScatterPlot<'a> {
    data: &'a ScatterData<'a>,
    /// What to draw.
    points: Vec<(f64, f64)>,
    x: PlotAxis,
    y: PlotAxis,
    /// The line below the title.
    summary: String,
    /// What is not drawn; empty where all is.
    caption: String,
}

impl<'a> ScatterPlot<'a> {
    fn new(data: &'a ScatterData<'a>) -> Self {
        let drawable = |(score, accuracy): &(f64, f64)| {
            score.is_finite() && accuracy.is_finite() && (!data.log_x || *score > 0.0)
        };
        let points: Vec<_> = data.points.iter().copied().filter(drawable).collect();
        let scale = if data.log_x { PlotScale::Logarithmic } else { PlotScale::Linear };
        Self {
            data,
            x: PlotAxis::around(points.iter().map(|point| point.0), scale),
            y: PlotAxis::around(points.iter().map(|point| point.1), PlotScale::Linear),
            points,
            summary: summary(data.points),
            caption: caption(data),
        }
    }

    fn grid(&self, canvas: &mut Canvas) {
        let half = LINE / 2.0;
        for (value, label) in self.x.ticks() {
            let x = x_of(self.x.place(value));
            canvas.fill((x - half, TOP), (x + half, BOTTOM), GRID);
            let style = TextStyle::new(NUMBER, INK, TextAnchor::Middle);
            canvas.text(&label, (x, BOTTOM + 32.0), f64::INFINITY, style);
        }
        for (value, label) in self.y.ticks() {
            let y = y_of(self.y.place(value));
            canvas.fill((LEFT, y - half), (RIGHT, y + half), GRID);
            let style = TextStyle::new(NUMBER, INK, TextAnchor::End);
            canvas.text(&label, (LEFT - 14.0, y), LEFT - 90.0, style);
        }
        canvas.fill((LEFT - LINE, BOTTOM), (RIGHT, BOTTOM + LINE), INK);
        canvas.fill((LEFT - LINE, TOP), (LEFT, BOTTOM), INK);
    }

    fn letters(&self, canvas: &mut Canvas) {
        let (middle, room) = (f64::midpoint(LEFT, RIGHT), f64::from(SIZE.0) - 100.0);
        let line = |size, colour| TextStyle::new(size, colour, TextAnchor::Middle);
        canvas.text(self.data.title, (middle, 50.0), RIGHT - LEFT, line(TITLE, INK));
        canvas.text(&self.summary, (middle, 104.0), RIGHT - LEFT, line(LABEL, INK));
        let x_title = (middle, BOTTOM + 90.0);
        canvas.text(self.data.x_title, x_title, RIGHT - LEFT, line(LABEL, INK));
        let upright = TextStyle { is_upright: true, ..line(LABEL, INK) };
        let y_title = (40.0, f64::midpoint(TOP, BOTTOM));
        canvas.text(self.data.y_title, y_title, BOTTOM - TOP, upright);
        let caption = (50.0, f64::from(SIZE.1) - 32.0);
        canvas.text(
            &self.caption,
            caption,
            room,
            TextStyle::new(CAPTION, FAINT, TextAnchor::Start),
        );
    }
}

impl Plot for ScatterPlot<'_> {
    fn size(&self) -> (u32, u32) {
        SIZE
    }

    fn draw(&self, canvas: &mut Canvas) {
        self.grid(canvas);
        let (radius, alpha) = look(self.points.len());
        for (score, accuracy) in &self.points {
            let at = (x_of(self.x.place(*score)), y_of(self.y.place(*accuracy)));
            canvas.dot(at, radius, POINT, alpha);
        }
        self.letters(canvas);
    }
}

fn x_of(place: f64) -> f64 {
    LEFT + place * (RIGHT - LEFT)
}

fn y_of(place: f64) -> f64 {
    BOTTOM - place * (BOTTOM - TOP)
}

/// Radius and opacity of points: the more there are the smaller and fainter, so that crowded places
/// are darker than others.
fn look(count: usize) -> (f64, f64) {
    let root = (count as f64).sqrt().max(1.0);
    ((200.0 / root).clamp(4.0, 8.0), (20.0 / root).clamp(0.2, 0.7))
}

fn summary(points: &[(f64, f64)]) -> String {
    let pairs = points.iter().filter(|point| !point.0.is_nan() && !point.1.is_nan()).count();
    match kendall_tau_b(points) {
        Some(tau) => {
            let tau = format!("{tau:.3}").replace('-', "−");
            format!("Kendall τ-b = {tau}, n = {}", grouped(pairs))
        }
        None => format!("n = {}", grouped(pairs)),
    }
}

fn caption(data: &ScatterData<'_>) -> String {
    let count = |which: &dyn Fn(f64) -> bool| {
        data.points.iter().filter(|point| point.1.is_finite() && which(point.0)).count()
    };
    let accuracies = data.points.iter().filter(|point| !point.1.is_finite()).count();
    let kinds = [
        (count(&|score| score == f64::NEG_INFINITY), "score −∞"),
        (count(&|score| score == f64::INFINITY), "score ∞"),
        (count(&f64::is_nan), "no score"),
        (count(&|score| data.log_x && score.is_finite() && score <= 0.0), "score not positive"),
        (accuracies, "no accuracy"),
    ];
    let kinds = kinds.iter().filter(|kind| kind.0 > 0);
    let parts: Vec<String> =
        kinds.map(|(count, kind)| format!("{} ({kind})", grouped(*count))).collect();
    if parts.is_empty() { String::new() } else { format!("Not drawn: {}", parts.join(", ")) }
}

/// A whole number in groups of three digits.
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
