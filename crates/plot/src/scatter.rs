//! Score against accuracy, with one point for each architecture.

use super::axis::{PlotAxis, PlotScale};
use super::canvas::{Canvas, TextAnchor, TextStyle};
use super::colours::{FAINT, GRID, INK, POINT};
use super::file::{FigureWidth, PictureFile, Plot, PlotError, write};
use super::font;
use untrained::statistics::kendall_tau_b;

/// Width and height in units.
const SIZE: (u32, u32) = (1600, 1200);
/// The smallest width that has room for the plot beside its letters.
const LEAST_WIDTH: f64 = 600.0;
/// Edges of the area of the points.
const LEFT: f64 = 190.0;
const BESIDE: f64 = 50.0;
const TOP: f64 = 150.0;
const BELOW: f64 = 180.0;
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

/// Draws score against accuracy into a PNG, SVG or PDF file, as the name's ending says: of 1600x1200
/// units, or of its width on paper, with letters of the same size (8 pt) at every width.
///
/// # Errors
///
/// [`PlotError`] if the ending is another one, the file exists and may not be replaced, or it cannot be
/// written.
pub fn scatter(data: &ScatterData<'_>, file: &PictureFile) -> Result<(), PlotError> {
    write(&ScatterPlot::new(data, size(file.width)), file)
}

/// The picture, ready to be drawn.
struct ScatterPlot<'a> {
    /// Width and height in units.
    size: (u32, u32),
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
    fn new(data: &'a ScatterData<'a>, size: (u32, u32)) -> Self {
        let drawable = |(score, accuracy): &(f64, f64)| {
            score.is_finite() && accuracy.is_finite() && (!data.log_x || *score > 0.0)
        };
        let points: Vec<_> = data.points.iter().copied().filter(drawable).collect();
        let scale = if data.log_x { PlotScale::Logarithmic } else { PlotScale::Linear };
        Self {
            size,
            data,
            x: PlotAxis::around(points.iter().map(|point| point.0), scale),
            y: PlotAxis::around(points.iter().map(|point| point.1), PlotScale::Linear),
            points,
            summary: summary(data.points),
            caption: caption(data),
        }
    }

    fn right(&self) -> f64 {
        f64::from(self.size.0) - BESIDE
    }

    fn bottom(&self) -> f64 {
        f64::from(self.size.1) - BELOW
    }

    fn x_of(&self, value: f64) -> f64 {
        LEFT + self.x.place(value) * (self.right() - LEFT)
    }

    fn y_of(&self, value: f64) -> f64 {
        self.bottom() - self.y.place(value) * (self.bottom() - TOP)
    }

    fn grid(&self, canvas: &mut Canvas) {
        let half = LINE / 2.0;
        let (right, bottom) = (self.right(), self.bottom());
        for (value, label) in thinned(self.x.ticks(), right - LEFT) {
            let x = self.x_of(value);
            canvas.fill((x - half, TOP), (x + half, bottom), GRID);
            let style = TextStyle::new(NUMBER, INK, TextAnchor::Middle);
            canvas.text(&label, (x, bottom + 32.0), f64::INFINITY, style);
        }
        for (value, label) in self.y.ticks() {
            let y = self.y_of(value);
            canvas.fill((LEFT, y - half), (right, y + half), GRID);
            let style = TextStyle::new(NUMBER, INK, TextAnchor::End);
            canvas.text(&label, (LEFT - 14.0, y), LEFT - 90.0, style);
        }
        canvas.fill((LEFT - LINE, bottom), (right, bottom + LINE), INK);
        canvas.fill((LEFT - LINE, TOP), (LEFT, bottom), INK);
    }

    fn letters(&self, canvas: &mut Canvas) {
        let (right, bottom) = (self.right(), self.bottom());
        let (middle, room) = (f64::midpoint(LEFT, right), f64::from(self.size.0) - 100.0);
        let line = |size, colour| TextStyle::new(size, colour, TextAnchor::Middle);
        canvas.text(self.data.title, (middle, 50.0), right - LEFT, line(TITLE, INK));
        canvas.text(&self.summary, (middle, 104.0), right - LEFT, line(LABEL, INK));
        let x_title = (middle, bottom + 90.0);
        canvas.text(self.data.x_title, x_title, right - LEFT, line(LABEL, INK));
        let upright = TextStyle { is_upright: true, ..line(LABEL, INK) };
        let y_title = (40.0, f64::midpoint(TOP, bottom));
        canvas.text(self.data.y_title, y_title, bottom - TOP, upright);
        let caption = (50.0, f64::from(self.size.1) - 32.0);
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
        self.size
    }

    fn draw(&self, canvas: &mut Canvas) {
        self.grid(canvas);
        let (radius, alpha) = look(self.points.len());
        for (score, accuracy) in &self.points {
            let at = (self.x_of(*score), self.y_of(*accuracy));
            canvas.dot(at, radius, POINT, alpha);
        }
        self.letters(canvas);
    }
}

/// Width and height in units: those of a page's width are 1600 and 1200, and letters keep their size on paper.
fn size(width: Option<FigureWidth>) -> (u32, u32) {
    let Some(width) = width else { return SIZE };
    let share = width.millimetres() / FigureWidth::PAGE.millimetres();
    let width = (f64::from(SIZE.0) * share).max(LEAST_WIDTH);
    let height = width * f64::from(SIZE.1) / f64::from(SIZE.0);
    (width.round() as u32, height.round() as u32)
}

/// As many of the ticks as have room for their labels in a length.
fn thinned(ticks: Vec<(f64, String)>, length: f64) -> Vec<(f64, String)> {
    let widest = ticks.iter().map(|(_, label)| font::width(label) * NUMBER).fold(0.0, f64::max);
    let fitting = (length / (widest * 1.3).max(1.0)).max(1.0) as usize;
    let step = ticks.len().div_ceil(fitting).max(1);
    ticks.into_iter().step_by(step).collect()
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
