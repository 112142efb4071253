//! The native kernels against the `gemm` crate, side by side in one process.
//!
//! As in the program, the input of a convolution lies in the thread's cache (the step before wrote it
//! there) and its output goes to memory. `cargo bench --bench kernels` prints, per case, the median over rounds of useful GFLOP/s and of the
//! ratio to a 1024^3 matrix product measured in the same round.

use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use untrained::backend::cpu::hamming;
use untrained::backend::cpu::layout::{BlockedLayout, BlockedView};
use untrained::backend::cpu::ops::conv::{BlockGroup, ConvTask, OutBlock, conv};
use untrained::backend::cpu::ops::depthwise::{DepthwiseTask, depthwise};
use untrained::backend::cpu::simd::{Isa, LANES};
use untrained::graph::{Conv, Shape};

const ROUNDS: usize = 15;
/// Passes over the batch in one measurement, so that starting threads does not count.
const PASSES: usize = 4;
const IMAGES: usize = 128;

fn main() {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    println!(
        "{threads} threads, {}, {IMAGES} images, median of {ROUNDS} rounds",
        Isa::detect().name()
    );
    println!("| case | GFLOP/s | of gemm 1024^3 |");
    println!("|---|---|---|");
    let mut gemm = Gemm::new(1024, threads);
    for (channels, extent) in [(16, 32), (32, 16), (64, 8)] {
        for kernel in [7, 3, 1] {
            for siblings in [1, 3] {
                let mut case = Case::new(channels, extent, kernel, siblings);
                let mut rates = Vec::new();
                let mut ratios = Vec::new();
                for _ in 0..ROUNDS {
                    let reference = gemm.rate();
                    let rate = case.rate();
                    rates.push(rate);
                    ratios.push(rate / reference);
                }
                println!(
                    "| {kernel}x{kernel}, {channels} channels, {extent}x{extent}, {siblings} at once | {:.0} | {:.0} % |",
                    median(&mut rates),
                    100.0 * median(&mut ratios)
                );
            }
        }
    }
    let mut rates: Vec<f64> = (0..ROUNDS).map(|_| gemm.rate()).collect();
    println!("| gemm 1024^3 | {:.0} | |", median(&mut rates));
    depthwise_table(&mut gemm);
    println!("\nHamming kernel, {IMAGES} images: {:.2} ms per million units", hamming_ms());
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

struct Gemm {
    size: usize,
    threads: usize,
    buffers: [Vec<f32>; 3],
}

impl Gemm {
    fn new(size: usize, threads: usize) -> Self {
        Self { size, threads, buffers: [1.0, 1.0, 0.0].map(|value| vec![value; size * size]) }
    }

    fn rate(&mut self) -> f64 {
        let [left, right, result] = &mut self.buffers;
        let (n, row) = (self.size, self.size as isize);
        let begin = Instant::now();
        // SAFETY: three n x n matrices with unit column stride.
        unsafe {
            gemm::gemm(
                n,
                n,
                n,
                result.as_mut_ptr(),
                1,
                row,
                false,
                left.as_ptr(),
                1,
                row,
                right.as_ptr(),
                1,
                row,
                0.0,
                1.0,
                false,
                false,
                false,
                gemm::Parallelism::Rayon(self.threads),
            );
        }
        2.0 * (n as f64).powi(3) / begin.elapsed().as_secs_f64() / 1e9
    }
}

/// A line of floats, so that buffers are aligned as the backend's are.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([f32; LANES]);

struct Case {
    channels: usize,
    extent: usize,
    kernel: usize,
    outputs: usize,
    source: Vec<Line>,
    target: Vec<Line>,
    weights: Vec<f32>,
    sums: Vec<f64>,
    groups: Vec<BlockGroup>,
}

/// Pointers that threads share; each image touches its own part.
struct Shared<T>(T);
// SAFETY: the parts are disjoint by image.
unsafe impl<T> Sync for Shared<T> {}

impl Case {
    fn new(channels: usize, extent: usize, kernel: usize, siblings: usize) -> Self {
        let outputs = channels * siblings;
        let blocks = outputs / LANES;
        let padded = extent + kernel / 2 * 2;
        let size = channels * kernel * kernel * LANES;
        let widest = Isa::detect().widest_tile();
        let mut groups = Vec::new();
        let mut first = 0;
        while first < blocks {
            let count =
                if blocks - first == 4 { widest.min(2) } else { widest.min(blocks - first) };
            groups.push(BlockGroup {
                first,
                count,
                channels: (0, channels),
                weights: first * size,
            });
            first += count;
        }
        Self {
            channels,
            extent,
            kernel,
            outputs,
            source: vec![
                Line([0.5; LANES]);
                channels / LANES * padded * padded * rayon::current_num_threads()
            ],
            target: vec![Line([0.0; LANES]); IMAGES * blocks * extent * extent],
            weights: vec![0.01; blocks * size],
            sums: vec![0.0; IMAGES * blocks * 2 * LANES],
            groups,
        }
    }

    fn rate(&mut self) -> f64 {
        let (blocks, plane) = (self.outputs / LANES, self.extent * self.extent * LANES);
        let padded = self.extent + self.kernel / 2 * 2;
        let (row, block) = (padded * LANES, padded * padded * LANES);
        let source = Shared(self.source.as_ptr().cast::<f32>());
        let target = Shared(self.target.as_mut_ptr().cast::<f32>());
        let sums = Shared(self.sums.as_mut_ptr());
        let next = AtomicUsize::new(0);
        let begin = Instant::now();
        rayon::broadcast(|thread| {
            let (source, target, sums) = (&source, &target, &sums);
            let mut outputs = Vec::with_capacity(blocks);
            loop {
                let turn = next.fetch_add(1, Ordering::Relaxed);
                if turn >= PASSES * IMAGES {
                    break;
                }
                let image = turn % IMAGES;
                outputs.clear();
                outputs.extend((0..blocks).map(|b| OutBlock {
                    dst: target.0.wrapping_add((image * blocks + b) * plane),
                    row: self.extent * LANES,
                    sums: sums.0.wrapping_add((image * blocks + b) * 2 * LANES),
                    bias: std::ptr::null(),
                    stream: true,
                }));
                let task = ConvTask {
                    src: source.0.wrapping_add(thread.index() * self.channels / LANES * block),
                    src_row: row,
                    src_block: block,
                    kernel: [self.kernel; 2],
                    stride: [1, 1],
                    dilation: [1, 1],
                    out: [self.extent; 2],
                    weights: &self.weights,
                    groups: &self.groups,
                    blocks: &outputs,
                };
                // SAFETY: all pointers are inside the case's buffers.
                unsafe { conv(Isa::detect(), &task) };
            }
        });
        untrained::backend::cpu::simd::fence();
        let taps = self.channels * self.kernel * self.kernel;
        let flops = 2 * PASSES * IMAGES * self.extent * self.extent * taps * self.outputs;
        flops as f64 / begin.elapsed().as_secs_f64() / 1e9
    }
}

/// Depthwise convolutions against both of their bounds.
fn depthwise_table(gemm: &mut Gemm) {
    println!("\n| depthwise case | GFLOP/s | of gemm 1024^3 | GB/s | of streaming writes |");
    println!("|---|---|---|---|---|");
    for (channels, extent) in [(16, 32), (64, 32), (32, 16), (64, 8)] {
        for kernel in [3, 5, 7] {
            let mut case = Depthwise::new(channels, extent, kernel);
            let (mut rates, mut ratios) = (Vec::new(), Vec::new());
            let (mut bytes, mut shares) = (Vec::new(), Vec::new());
            for _ in 0..ROUNDS {
                let (reference, writes) = (gemm.rate(), case.write_rate());
                let seconds = case.seconds();
                let pixels = (PASSES * IMAGES * channels * extent * extent) as f64;
                let rate = 2.0 * pixels * (kernel * kernel) as f64 / seconds / 1e9;
                let written = 4.0 * pixels / seconds / 1e9;
                rates.push(rate);
                ratios.push(rate / reference);
                bytes.push(written);
                shares.push(written / writes);
            }
            println!(
                "| {kernel}x{kernel}, {channels} channels, {extent}x{extent} | {:.0} | {:.0} % | {:.0} | {:.0} % |",
                median(&mut rates),
                100.0 * median(&mut ratios),
                median(&mut bytes),
                100.0 * median(&mut shares)
            );
        }
    }
}

struct Depthwise {
    conv: Conv,
    layouts: [BlockedLayout; 2],
    source: Vec<Line>,
    target: Vec<Line>,
    weights: Vec<f32>,
    sums: Vec<f64>,
}

impl Depthwise {
    fn new(channels: usize, extent: usize, kernel: usize) -> Self {
        let conv = Conv { groups: channels, ..Conv::square(channels, kernel, 1) };
        let shape = Shape::new(channels, extent, extent);
        let layouts = [kernel / 2, 0].map(|border| BlockedLayout { shape, border });
        let [source, target] = layouts.map(|layout| layout.image() / LANES);
        Self {
            conv,
            layouts,
            source: vec![Line([0.5; LANES]); source * rayon::current_num_threads()],
            target: vec![Line([0.0; LANES]); target * IMAGES],
            weights: vec![0.01; channels * kernel * kernel],
            sums: vec![0.0; IMAGES * 2 * channels],
        }
    }

    fn seconds(&mut self) -> f64 {
        let [from, to] = self.layouts;
        let source = Shared(self.source.as_mut_ptr().cast::<f32>());
        let target = Shared(self.target.as_mut_ptr().cast::<f32>());
        let sums = Shared(self.sums.as_mut_ptr());
        let next = AtomicUsize::new(0);
        let begin = Instant::now();
        rayon::broadcast(|thread| {
            let (source, target, sums) = (&source, &target, &sums);
            loop {
                let turn = next.fetch_add(1, Ordering::Relaxed);
                if turn >= PASSES * IMAGES {
                    break;
                }
                let image = turn % IMAGES;
                let start = thread.index() * from.image() + from.origin();
                let task = DepthwiseTask {
                    src: BlockedView { ptr: source.0.wrapping_add(start), layout: from },
                    dst: BlockedView { ptr: target.0.wrapping_add(image * to.image()), layout: to },
                    conv: &self.conv,
                    weights: &self.weights,
                    bias: std::ptr::null(),
                    sums: sums.0.wrapping_add(image * 2 * self.conv.out_channels),
                };
                // SAFETY: all pointers are inside the case's buffers.
                unsafe { depthwise(Isa::detect(), &task) };
            }
        });
        begin.elapsed().as_secs_f64()
    }

    /// GB/s of filling the target from all threads.
    fn write_rate(&mut self) -> f64 {
        use rayon::prelude::*;
        let begin = Instant::now();
        for pass in 0..PASSES {
            self.target
                .par_chunks_mut(1 << 12)
                .for_each(|part| part.fill(Line([pass as f32; LANES])));
            black_box(&mut self.target);
        }
        (PASSES * self.target.len() * 64) as f64 / begin.elapsed().as_secs_f64() / 1e9
    }
}

/// Milliseconds per million units.
fn hamming_ms() -> f64 {
    let words = 1 << 13;
    let codes: Vec<u64> =
        (0..IMAGES * words).map(|i| (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect();
    let mut times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let begin = Instant::now();
            black_box(hamming::distances(&codes, IMAGES, words, &[(0, words, 1)]));
            begin.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    median(&mut times) / (words as f64 * 64.0 / 1e6)
}
