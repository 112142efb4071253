// Partial batch statistics of four channels over a part of all images: a workgroup per part and
// channel block. Output: [block][part] of (mean, sum of squared deviations).

struct Record {
    source: u32,
    target_offset: u32,
    plane: u32,
    blocks: u32,
    // images * plane, how many of them make a part, and how many parts there are
    pixels: u32,
    part_pixels: u32,
    parts: u32,
    unused: array<u32, 25>,
}

// Sums differences from the first value, so that what is squared and subtracted stays small.
fn moments_of(record: Record, block: u32, first: u32, end: u32) -> Moments {
    var count = 0.0;
    var reference = vec4<f32>();
    var sum = vec4<f32>();
    var squares = vec4<f32>();
    for (var pixel = first; pixel < end; pixel += INVOCATIONS) {
        let image = pixel / record.plane;
        let index = (image * record.blocks + block) * record.plane + pixel % record.plane;
        let value = arena[record.source + index];
        reference = select(reference, value, count == 0.0);
        let difference = value - reference;
        sum += difference;
        squares = fma(difference, difference, squares);
        count += 1.0;
    }
    let mean = sum / max(count, 1.0);
    return Moments(count, reference + mean, max(squares - sum * mean, vec4<f32>()));
}

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let record = records[record_index(group)];
    let index = workgroup_index(group, grid);
    let block = index % record.blocks;
    let part = index / record.blocks;
    if beyond_launch(index) || part >= record.parts {
        return;
    }
    let first = part * record.part_pixels;
    let end = min(first + record.part_pixels, record.pixels);
    let all = merge_workgroup(lane, moments_of(record, block, first + lane, end));
    if lane == 0u {
        let target_index = record.target_offset + (block * record.parts + part) * 2u;
        statistics[target_index] = all.mean;
        statistics[target_index + 1u] = all.deviation;
    }
}
