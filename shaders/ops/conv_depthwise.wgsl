// Depthwise convolution: every channel with its own kernel; 4 pixels x 4 channels per invocation.
// Weights: [block][tap] of vec4.

const PIXELS: u32 = 4u;
const INVOCATIONS: u32 = 64u;

fn store(record: Record, pixel: u32, block: u32, value: vec4<f32>) {
    if pixel < record.pixels {
        arena[target_index(record, pixel, block)] = value;
    }
}

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let record = records[record_index(group)];
    let tile = workgroup_index(group, grid);
    let block = tile % record.channel_tiles;
    let pixel = (tile / record.channel_tiles) * (PIXELS * INVOCATIONS) + lane;
    if beyond_launch(tile) || pixel >= record.pixels {
        return;
    }
    let origin_0 = locate(record, pixel, block);
    let origin_1 = locate(record, pixel + INVOCATIONS, block);
    let origin_2 = locate(record, pixel + 2u * INVOCATIONS, block);
    let origin_3 = locate(record, pixel + 3u * INVOCATIONS, block);
    var weight = record.weight_offset + block * record.kernel_height * record.kernel_width;
    let bias = weights[record.bias_offset + block];
    var sum_0 = bias;
    var sum_1 = bias;
    var sum_2 = bias;
    var sum_3 = bias;
    for (var tap_row = 0u; tap_row < record.kernel_height; tap_row++) {
        let down = tap_row * record.dilation_y;
        for (var tap_column = 0u; tap_column < record.kernel_width; tap_column++) {
            let right = tap_column * record.dilation_x;
            let w = weights[weight];
            sum_0 = fma(w, read_input(tap_index(record, origin_0, down, right), 0u), sum_0);
            sum_1 = fma(w, read_input(tap_index(record, origin_1, down, right), 0u), sum_1);
            sum_2 = fma(w, read_input(tap_index(record, origin_2, down, right), 0u), sum_2);
            sum_3 = fma(w, read_input(tap_index(record, origin_3, down, right), 0u), sum_3);
            weight += 1u;
        }
    }
    store(record, pixel, block, sum_0);
    store(record, pixel + INVOCATIONS, block, sum_1);
    store(record, pixel + 2u * INVOCATIONS, block, sum_2);
    store(record, pixel + 3u * INVOCATIONS, block, sum_3);
}
