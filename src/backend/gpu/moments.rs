//! Splits the moments of a tensor into parts, and combines the sums of the parts on the host.

use rayon::prelude::*;

use super::layout::{NetworkPlacement, take};
use super::pack::{self, LANES};
use crate::graph::{NodeId, Shape};
use crate::plan::Plan;
use crate::score::{MomentsForm, PositionSample, TensorMoments};

/// Workgroups that fill a large GPU; more parts than that need only cost memory.
const WORKGROUPS: u64 = 512;
/// Pixels of a part at least, so that its sums are worth writing.
const PART_PIXELS: u64 = 256;
/// Parts are whole steps of every tile.
const STEP_PIXELS: u64 = 64;

/// The channels that a workgroup multiplies with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MomentsTile {
    /// 16 by 16.
    Channels16,
    /// 32 by 32.
    Channels32,
    /// 64 by 64.
    Channels64,
}

impl MomentsTile {
    /// The tile that takes the least time: small ones multiply fewer pairs twice, large ones read less.
    fn choose(blocks: usize) -> Self {
        let cost = |tile: &Self| {
            let (side, tiles) = (tile.blocks() * LANES, blocks.div_ceil(tile.blocks()));
            // A value from the caches takes about as long as eight multiply-adds.
            tiles * (tiles + 1) / 2 * side * side + 8 * tiles * tiles * side
        };
        let all = [Self::Channels64, Self::Channels32, Self::Channels16];
        all.into_iter().min_by_key(cost).unwrap_or(Self::Channels16)
    }

    /// Channel blocks of a side.
    pub const fn blocks(self) -> usize {
        match self {
            Self::Channels16 => 4,
            Self::Channels32 => 8,
            Self::Channels64 => 16,
        }
    }
}

/// How a tensor is cut into workgroups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MomentsParts {
    /// Images * plane.
    pub pixels: u64,
    /// Pixels of one part.
    pub part_pixels: u64,
    /// Number of parts.
    pub parts: u64,
    /// Channels of a workgroup.
    pub tile: MomentsTile,
    /// Tiles on one side.
    pub tiles: u64,
}

impl MomentsParts {
    /// The parts of a tensor of that shape for one image.
    pub fn new(shape: Shape, images: usize) -> Self {
        let blocks = pack::blocks(shape.channels);
        let tile = MomentsTile::choose(blocks);
        let tiles = blocks.div_ceil(tile.blocks()) as u64;
        let pixels = (images * shape.plane()) as u64;
        let wanted = WORKGROUPS.div_ceil(tiles * (tiles + 1) / 2);
        let part_pixels = pixels.div_ceil(wanted).max(PART_PIXELS).next_multiple_of(STEP_PIXELS);
        Self { pixels, part_pixels, parts: pixels.div_ceil(part_pixels), tile, tiles }
    }

    /// Tiles on and below the diagonal: workgroups of a part.
    pub const fn pairs(&self) -> u64 {
        self.tiles * (self.tiles + 1) / 2
    }

    /// Pixels of a part.
    fn pixels_of(&self, part: usize) -> u64 {
        self.part_pixels.min(self.pixels - part as u64 * self.part_pixels)
    }
}

/// `vec4`s of what is summed of a part: references, sums, products.
const fn part_quads(blocks: usize) -> usize {
    2 * blocks + 2 * blocks * (blocks + 1)
}

/// In which form a tensor is measured on the device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlacedForm {
    /// Sums over parts of all positions.
    Parts(MomentsParts),
    /// Values at some pixels.
    Rows(PositionSample),
}

/// Where and how a tensor is measured.
#[derive(Clone, Debug)]
pub struct MomentsPlace {
    /// Offset in the network's stretch of moments, in `vec4`s.
    pub offset: u64,
    /// In which form.
    pub form: PlacedForm,
}

/// Places the moments of all measured tensors of a plan.
pub fn place(plan: &Plan, images: usize, total: &mut u64) -> Vec<MomentsPlace> {
    let one = |measured: &crate::plan::MeasuredTensor| {
        let blocks = pack::blocks(measured.shape.channels);
        let (form, quads) = match MomentsForm::new(measured.shape, images) {
            MomentsForm::Covariance => {
                let parts = MomentsParts::new(measured.shape, images);
                (PlacedForm::Parts(parts), parts.parts * part_quads(blocks) as u64)
            }
            MomentsForm::Rows(sample) => {
                let quads = (sample.len() * blocks) as u64;
                (PlacedForm::Rows(sample), quads)
            }
        };
        MomentsPlace { offset: take(total, quads), form }
    };
    plan.measured.iter().map(one).collect()
}

/// The moments of all measured tensors, from the network's stretch of what the device gave.
pub fn sites(plan: &Plan, placement: &NetworkPlacement, values: &[f32]) -> Vec<TensorMoments> {
    let places = plan.measured.par_iter().zip(&placement.moments);
    places
        .map(|(measured, place)| {
            let channels = measured.shape.channels;
            let values = &values[place.offset as usize * LANES..];
            match &place.form {
                PlacedForm::Parts(parts) => merged(measured.node, channels, parts, values),
                PlacedForm::Rows(sample) => {
                    let padded = pack::blocks(channels) * LANES;
                    let rows = values[..sample.len() * padded].chunks_exact(padded.max(1));
                    let rows = rows.flat_map(|row| &row[..channels]).copied().collect();
                    TensorMoments::from_rows(measured.node, channels, rows)
                }
            }
        })
        .collect()
}

/// What a part tells of its channels.
struct PartMeans {
    /// Sums of differences from the references, divided by the root of the part's pixels.
    sums: Vec<f64>,
    /// The part's means less those of all parts, times the same root.
    deviations: Vec<f64>,
}

/// Adds the parts of a tensor. With `n` pixels, references `r` and sums `s` of differences `x - r`, the
/// products about the part's own mean are `sum (x - r)(y - r) - s s / n`; those about the mean of all
/// parts are greater by `n d d`, where `d` is the difference of the means.
fn merged(node: NodeId, channels: usize, parts: &MomentsParts, values: &[f32]) -> TensorMoments {
    let blocks = pack::blocks(channels);
    let padded = blocks * LANES;
    let part_values: Vec<&[f32]> =
        values.chunks_exact(part_quads(blocks) * LANES).take(parts.parts as usize).collect();
    let total = parts.pixels as f64;
    let mut means = vec![0.0; channels];
    for (part, values) in part_values.iter().enumerate() {
        let share = parts.pixels_of(part) as f64 / total;
        for (channel, mean) in means.iter_mut().enumerate() {
            *mean +=
                share * f64::from(values[channel]) + f64::from(values[padded + channel]) / total;
        }
    }
    let of_part = |(part, values): (usize, &&[f32])| {
        let pixels = parts.pixels_of(part) as f64;
        let root = pixels.sqrt();
        let sums: Vec<f64> =
            values[padded..][..channels].iter().map(|&sum| f64::from(sum) / root).collect();
        let own = values.iter().zip(&means).zip(&sums);
        let deviations =
            own.map(|((&reference, mean), sum)| (f64::from(reference) - mean) * root + sum);
        PartMeans { deviations: deviations.collect(), sums }
    };
    let part_means: Vec<PartMeans> = part_values.iter().enumerate().map(of_part).collect();
    let row = |row: usize| {
        let block = row / LANES;
        let first = 2 * padded + (block * (block + 1) / 2 * LANES + row % LANES) * LANES;
        let mut sums = vec![0.0; row + 1];
        for (values, part) in part_values.iter().zip(&part_means) {
            let (own_sum, own_deviation) = (part.sums[row], part.deviations[row]);
            for (column, sum) in sums.iter_mut().enumerate() {
                let product = values[first + column / LANES * LANES * LANES + column % LANES];
                *sum += f64::from(product) - own_sum * part.sums[column]
                    + own_deviation * part.deviations[column];
            }
        }
        sums.into_iter().map(|sum| (sum / total) as f32).collect::<Vec<f32>>()
    };
    let triangle = (0..channels).into_par_iter().flat_map_iter(row).collect();
    TensorMoments::from_covariance(node, parts.pixels as usize, means, triangle)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::gpu::layout::BufferSizes;
    use crate::graph::{Activation, Graph, Op};
    use crate::plan::{Count, PlanOutputs};
    use crate::weights::Weights;

    #[test]
    fn parts_cover_every_pixel_once() {
        for channels in [1, 16, 17, 33, 64, 130, 512] {
            for (side, images) in [(1, 1), (7, 5), (32, 128), (224, 256)] {
                let parts = MomentsParts::new(Shape::new(channels, side, side), images);
                let covered: u64 =
                    (0..parts.parts as usize).map(|part| parts.pixels_of(part)).sum();
                assert_eq!(covered, (images * side * side) as u64, "{parts:?}");
                assert!(parts.part_pixels.is_multiple_of(STEP_PIXELS), "{parts:?}");
                assert!(parts.parts * parts.pairs() < WORKGROUPS + parts.pairs(), "{parts:?}");
                assert!(parts.tiles as usize * parts.tile.blocks() * LANES >= channels);
            }
        }
    }

    #[test]
    fn wide_tensors_take_large_tiles() {
        let tile = |channels: usize| MomentsTile::choose(pack::blocks(channels)).blocks() * LANES;
        assert_eq!([16, 32, 512].map(tile), [16, 32, 64]);
    }

    /// What moments need counts against the limits of the device: 4 parts, each of references and sums
    /// of 3 blocks and of 6 pairs of blocks.
    #[test]
    fn memory_is_counted() {
        let mut graph = Graph::new();
        let image = graph.input(Shape::new(9, 16, 16));
        graph.add("relu", Op::Activation(Activation::RELU), &[image]).unwrap();
        let outputs = PlanOutputs { kernel: false, sites: true, last: false, keep: &[] };
        let plan = Plan::with_outputs(&graph, &Weights::default(), Count::Paper, outputs).unwrap();
        let mut quads = 0;
        place(&plan, 4, &mut quads);
        assert_eq!(quads, 4 * (3 + 3 + 6 * 4));
        let sizes = BufferSizes { moments: quads, ..BufferSizes::default() };
        assert!(sizes.bytes(0).iter().any(|&(_, bytes)| bytes == quads * 16));
        let placement = NetworkPlacement::new(&plan, 4, &[]);
        assert_eq!(placement.sizes.moments, quads);
    }
}
