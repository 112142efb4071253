//! Kernel matrices as heat maps.

use super::axis::PlotAxis;
use super::canvas::{Canvas, TextAnchor, TextStyle};
use super::colours::{INK, viridis};
use super::file::{PictureFile, Plot, PlotError, write};
use super::scatter::grouped;
use untrained::score::KernelMatrix;

/// Most kernel matrices side by side.
pub const MOST_PANELS: usize = 4;
/// Most cells along a side; of larger matrices a cell shows the mean of a block.
const CELLS: usize = 256;
/// Side of a matrix in units, about.
const SIDE: f64 = 768.0;
/// Left of a matrix, above it, below it.
const LEFT: f64 = 100.0;
const TOP: f64 = 150.0;
const BELOW: f64 = 100.0;
/// The colour bar: the gap before it, its width, room for its numbers.
const GAP: f64 = 40.0;
const BAR: f64 = 36.0;
const NUMBERS: f64 = 120.0;
/// Steps of the colour bar.
const STEPS: u32 = 256;
/// Text sizes.
const TITLE: f64 = 34.0;
const NUMBER: f64 = 24.0;

/// A kernel matrix with its title.
#[derive(Clone, Copy, Debug)]
pub struct KernelPanel<'a> {
    /// The title: what was scored. A line with images, units and score follows below.
    pub title: &'a str,
    /// The matrix.
    pub matrix: &'a KernelMatrix,
}

/// Draws one to [`MOST_PANELS`] kernel matrices side by side, each divided by its units V, as Mellor et
/// al. 2021 show them (their figure 1), into a PNG, SVG or PDF file as the name's ending says. All share one
/// colour scale, from the smallest entry of any of them to 1. For matrices of more than 256 images,
/// every cell shows the mean of a square block.
///
/// # Errors
///
/// [`PlotError`] if there are no panels or too many, the ending is another one, the file exists and may
/// not be replaced, or it cannot be written.
pub fn kernels(panels: &[KernelPanel<'_>], file: &PictureFile) -> Result<(), PlotError> {
    if !(1..=MOST_PANELS).contains(&panels.len()) {
        return Err(PlotError::Panels(panels.len()));
    }
    let panels = panels.iter().copied().map(KernelHeatMap::new).collect();
    write(&KernelHeatMaps::new(panels), file)
}

/// One matrix, reduced to cells.
struct KernelHeatMap<'a> {
    panel: KernelPanel<'a>,
    /// Images along a side of a block.
    block: usize,
    /// `[cells, cells]` row-major, from 0 to 1.
    cells: Vec<f64>,
    /// Cells along a side.
    side: usize,
}

impl<'a> KernelHeatMap<'a> {
    fn new(panel: KernelPanel<'a>) -> Self {
        let images = panel.matrix.images();
        let block = images.div_ceil(CELLS).max(1);
        let side = images.div_ceil(block);
        let cells =
            (0..side * side).map(|cell| mean(panel.matrix, block, cell / side, cell % side));
        Self { panel, block, cells: cells.collect(), side }
    }

    /// Width of a cell in whole units, so that all are equal.
    fn cell(&self) -> f64 {
        (SIDE / self.side.max(1) as f64).floor()
    }

    /// The second line of its title.
    fn facts(&self) -> String {
        let matrix = self.panel.matrix;
        let score = format!("{:.2}", matrix.score()).replace("-inf", "−∞").replace('-', "−");
        let facts = format!(
            "{} images, {} units, ln |det K| = {score}",
            grouped(matrix.images()),
            grouped(usize::try_from(matrix.units()).unwrap_or(usize::MAX)),
        );
        match self.block {
            1 => facts,
            block => format!("{facts}; means of {block}×{block}"),
        }
    }

    /// Draws it with its left edge at `left`.
    fn draw(&self, canvas: &mut Canvas, left: f64, colours: PlotAxis) {
        let cell = self.cell();
        let end = self.side as f64 * cell;
        for (place, value) in self.cells.iter().enumerate() {
            let x = (place % self.side) as f64 * cell;
            let y = (place / self.side) as f64 * cell;
            // The next cells cover what is too much; viewers of SVG files would show gaps otherwise.
            let corner = (left + end.min(x + cell + 1.0), TOP + end.min(y + cell + 1.0));
            canvas.fill((left + x, TOP + y), corner, viridis(colours.place(*value)));
        }
        let line = |size, anchor| TextStyle::new(size, INK, anchor);
        let middle = left + SIDE / 2.0;
        canvas.text(self.panel.title, (middle, 50.0), SIDE, line(TITLE, TextAnchor::Middle));
        canvas.text(&self.facts(), (middle, 102.0), SIDE, line(NUMBER, TextAnchor::Middle));
        let images = grouped(self.panel.matrix.images());
        for (label, place) in [("1", cell / 2.0), (images.as_str(), end - cell / 2.0)] {
            let side = line(NUMBER, TextAnchor::End);
            canvas.text(label, (left - 10.0, TOP + place), LEFT - 20.0, side);
            let below = line(NUMBER, TextAnchor::Middle);
            canvas.text(label, (left + place, TOP + end + 24.0), LEFT, below);
        }
        let name = (left + end / 2.0, TOP + end + 60.0);
        canvas.text("image", name, SIDE, line(NUMBER, TextAnchor::Middle));
    }
}

/// Mean of a block of K / V.
fn mean(matrix: &KernelMatrix, block: usize, row: usize, column: usize) -> f64 {
    let images = matrix.images();
    let rows = row * block..images.min((row + 1) * block);
    let columns = column * block..images.min((column + 1) * block);
    let count = (rows.len() * columns.len()) as f64;
    let entries = rows.map(|row| &matrix.entries()[row * images..][columns.clone()]);
    let sum: f64 = entries.flatten().map(|&entry| entry as f64).sum();
    sum / count / (matrix.units() as f64).max(1.0)
}

/// The matrices and the colour bar.
struct KernelHeatMaps<'a> {
    maps: Vec<KernelHeatMap<'a>>,
    colours: PlotAxis,
}

impl<'a> KernelHeatMaps<'a> {
    fn new(maps: Vec<KernelHeatMap<'a>>) -> Self {
        let least = maps.iter().flat_map(|map| &map.cells).copied().fold(1.0, f64::min);
        let least = if least < 1.0 { least } else { 0.0 };
        Self { maps, colours: PlotAxis::between(least, 1.0) }
    }

    /// Left edge of the colour bar.
    fn bar(&self) -> f64 {
        (LEFT + SIDE) * self.maps.len() as f64 + GAP
    }

    fn draw_bar(&self, canvas: &mut Canvas) {
        let (left, right, step) = (self.bar(), self.bar() + BAR, SIDE / f64::from(STEPS));
        for place in 0..STEPS {
            let bottom = TOP + SIDE - f64::from(place) * step;
            let colour = viridis(f64::from(place) / f64::from(STEPS - 1));
            let top = TOP.max(bottom - step - 1.0);
            canvas.fill((left, top), (right, bottom), colour);
        }
        for (value, label) in self.colours.ticks() {
            let y = TOP + SIDE * (1.0 - self.colours.place(value));
            canvas.fill((right, y - 1.0), (right + 8.0, y + 1.0), INK);
            let style = TextStyle::new(NUMBER, INK, TextAnchor::Start);
            canvas.text(&label, (right + 16.0, y), NUMBERS - 24.0, style);
        }
        let title = (f64::midpoint(left, right), TOP - 28.0);
        canvas.text("K / V", title, NUMBERS, TextStyle::new(NUMBER, INK, TextAnchor::Middle));
    }
}

impl Plot for KernelHeatMaps<'_> {
    fn size(&self) -> (u32, u32) {
        let width = self.bar() + BAR + NUMBERS;
        (width as u32, (TOP + SIDE + BELOW) as u32)
    }

    fn draw(&self, canvas: &mut Canvas) {
        for (place, map) in self.maps.iter().enumerate() {
            let left = LEFT + (LEFT + SIDE) * place as f64;
            map.draw(canvas, left, self.colours);
        }
        self.draw_bar(canvas);
    }
}
