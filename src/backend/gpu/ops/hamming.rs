//! Hamming distances between all pairs of images: `shaders/codes/hamming.wgsl`.

use crate::backend::gpu::kernels::GpuKernel;
use crate::backend::gpu::lower::NetworkLowering;
use crate::backend::gpu::records::HammingRecord;
use crate::backend::gpu::task::KernelTask;

/// Images on one side of a tile.
const TILE: u64 = 32;
/// Words of one workgroup: enough for the sums, few enough for many workgroups.
const STRETCH: u64 = 1024;

/// Lowers the comparison of all codes of the network.
pub fn lower(lowering: &mut NetworkLowering<'_>) {
    let images = lowering.images as u64;
    let side = images.div_ceil(TILE);
    let pairs = side * (side + 1) / 2;
    for run in &lowering.placement.runs {
        let stretches = run.words.div_ceil(STRETCH);
        let record = HammingRecord {
            images: images as u32,
            row: lowering.placement.code_row as u32,
            first_word: (lowering.base.codes + run.first_word) as u32,
            words: run.words as u32,
            stretch: STRETCH as u32,
            stretches: stretches as u32,
            weight: run.multiplicity,
            target_offset: (lowering.base.distances + run.matrix * images * images) as u32,
            unused: [0; 24],
        };
        lowering.tasks.push(KernelTask {
            kernel: GpuKernel::Hamming,
            record: record.raw(),
            workgroups: (pairs * stretches) as u32,
            work: (pairs * TILE * TILE * run.words) as f64 * 4.0,
            accesses: Vec::new(),
            last: true,
        });
    }
}
