// Layer normalisation: the channels of each pixel get mean 0 and (biased) variance 1, then a weight
// and a bias per channel.

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
    var sum = vec4<f32>();
    for (var block = first; block < record.blocks; block += SLICES) {
        sum += arena[source + block * record.plane];
    }
    let count = f32(record.channels);
    let mean = sum_slices(lane, sum_lanes(sum)) / count;
    var squares = vec4<f32>();
    for (var block = first; block < record.blocks; block += SLICES) {
        let difference = arena[source + block * record.plane] - mean;
        squares = select(squares, fma(difference, difference, squares), present(record, block));
    }
    let variance = sum_slices(lane, sum_lanes(squares)) / count;
    let scale = 1.0 / sqrt(variance + record.epsilon);
    if beyond_launch(workgroup) || pixel >= record.pixels {
        return;
    }
    for (var block = first; block < record.blocks; block += SLICES) {
        let normal = (arena[source + block * record.plane] - mean) * scale;
        let bias = weights[record.affine_offset + record.blocks + block];
        let value = fma(normal, weights[record.affine_offset + block], bias);
        let result = select(vec4<f32>(), value, present(record, block));
        arena[record.target_offset + index + block * record.plane] = result;
    }
}
