// Softmax over the channels of each pixel.

const LOWEST: f32 = -3.4028234663852886e38;

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let record = records[record_index(group)];
    let workgroup = workgroup_index(group, grid);
    let pixel = workgroup * PIXELS + lane % PIXELS;
    let first = lane / PIXELS;
    // Invocations without a pixel read the last one's and write nothing.
    let index = pixel_index(record, min(pixel, record.pixels - 1u));
    let source = record.source + index;
    var high = vec4<f32>(LOWEST);
    for (var block = first; block < record.blocks; block += SLICES) {
        high = select(high, max(high, arena[source + block * record.plane]), present(record, block));
    }
    let largest = largest_slice(lane, max(max(high.x, high.y), max(high.z, high.w)));
    var sum = vec4<f32>();
    for (var block = first; block < record.blocks; block += SLICES) {
        let value = exp(arena[source + block * record.plane] - largest);
        sum = select(sum, sum + value, present(record, block));
    }
    let total = sum_slices(lane, sum_lanes(sum));
    if beyond_launch(workgroup) || pixel >= record.pixels {
        return;
    }
    for (var block = first; block < record.blocks; block += SLICES) {
        let value = exp(arena[source + block * record.plane] - largest) / total;
        let result = select(vec4<f32>(), value, present(record, block));
        arena[record.target_offset + index + block * record.plane] = result;
    }
}
