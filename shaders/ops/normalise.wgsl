// From partial statistics to scale and shift per channel: scale = weight / sqrt(variance + eps),
// shift = bias - mean * scale, with the biased variance. A workgroup per channel block.

struct Record {
    source: u32,
    // scale of all blocks, then shift of all blocks
    target_offset: u32,
    blocks: u32,
    pixels: u32,
    part_pixels: u32,
    parts: u32,
    // weight of all blocks, then bias of all blocks
    affine_offset: u32,
    epsilon: f32,
    unused: array<u32, 24>,
}

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let record = records[record_index(group)];
    let block = workgroup_index(group, grid);
    if beyond_launch(block) || block >= record.blocks {
        return;
    }
    var own = Moments(0.0, vec4<f32>(), vec4<f32>());
    for (var part = lane; part < record.parts; part += INVOCATIONS) {
        let first = part * record.part_pixels;
        let count = f32(min(record.part_pixels, record.pixels - first));
        let index = record.source + (block * record.parts + part) * 2u;
        own = merge(own, Moments(count, statistics[index], statistics[index + 1u]));
    }
    let all = merge_workgroup(lane, own);
    if lane == 0u {
        let variance = all.deviation / all.count;
        let scale = weights[record.affine_offset + block] / sqrt(variance + record.epsilon);
        let bias = weights[record.affine_offset + record.blocks + block];
        statistics[record.target_offset + block] = scale;
        statistics[record.target_offset + record.blocks + block] = bias - all.mean * scale;
    }
}
