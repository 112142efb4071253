// Convolution with sums in registers only: 8 pixels x 8 channels per invocation, neighbouring
// invocations on neighbouring pixels. For software adapters, where workgroup memory is no faster than
// any other. Weights: [output block][tap][input block of the group][input channel] of vec4.
//
// The sums are variables of their own, written out: compilers keep an array that a loop indexes in
// memory instead of registers.

const PIXELS: u32 = 8u;
const INVOCATIONS: u32 = 64u;

fn store(record: Record, pixel: u32, block: u32, more: bool, low: vec4<f32>, high: vec4<f32>) {
    if pixel >= record.pixels {
        return;
    }
    let index = target_index(record, pixel, block);
    arena[index] = low;
    if more {
        arena[index + record.output_height * record.output_width] = high;
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
    let channel_tile = tile % record.channel_tiles;
    let first_pixel = (tile / record.channel_tiles) * (PIXELS * INVOCATIONS) + lane;
    if beyond_launch(tile) || first_pixel >= record.pixels {
        return;
    }
    let channel_group = channel_tile / record.group_tiles;
    let block_in_group = (channel_tile % record.group_tiles) * 2u;
    let block = channel_group * record.group_output_blocks + block_in_group;
    let more = block_in_group + 1u < record.group_output_blocks;
    let first_input_block = channel_group * record.group_input_blocks;
    let plane = record.input_height * record.input_width;
    let taps = record.kernel_height * record.kernel_width;
    let low_bias = weights[record.bias_offset + block];
    let high_bias = weights[record.bias_offset + block + u32(more)];
    var low_weight = record.weight_offset + block * taps * record.group_input_blocks * 4u;
    // Where there is no second block, the first one is computed twice and stored once.
    var high_weight = low_weight + u32(more) * taps * record.group_input_blocks * 4u;

    let origin_0 = locate(record, first_pixel + 0u * INVOCATIONS, first_input_block);
    let origin_1 = locate(record, first_pixel + 1u * INVOCATIONS, first_input_block);
    let origin_2 = locate(record, first_pixel + 2u * INVOCATIONS, first_input_block);
    let origin_3 = locate(record, first_pixel + 3u * INVOCATIONS, first_input_block);
    let origin_4 = locate(record, first_pixel + 4u * INVOCATIONS, first_input_block);
    let origin_5 = locate(record, first_pixel + 5u * INVOCATIONS, first_input_block);
    let origin_6 = locate(record, first_pixel + 6u * INVOCATIONS, first_input_block);
    let origin_7 = locate(record, first_pixel + 7u * INVOCATIONS, first_input_block);
    var low_0 = low_bias;
    var high_0 = high_bias;
    var low_1 = low_bias;
    var high_1 = high_bias;
    var low_2 = low_bias;
    var high_2 = high_bias;
    var low_3 = low_bias;
    var high_3 = high_bias;
    var low_4 = low_bias;
    var high_4 = high_bias;
    var low_5 = low_bias;
    var high_5 = high_bias;
    var low_6 = low_bias;
    var high_6 = high_bias;
    var low_7 = low_bias;
    var high_7 = high_bias;
    for (var tap_row = 0u; tap_row < record.kernel_height; tap_row++) {
        let down = tap_row * record.dilation_y;
        for (var tap_column = 0u; tap_column < record.kernel_width; tap_column++) {
            let right = tap_column * record.dilation_x;
            let tap_0 = tap_index(record, origin_0, down, right);
            let tap_1 = tap_index(record, origin_1, down, right);
            let tap_2 = tap_index(record, origin_2, down, right);
            let tap_3 = tap_index(record, origin_3, down, right);
            let tap_4 = tap_index(record, origin_4, down, right);
            let tap_5 = tap_index(record, origin_5, down, right);
            let tap_6 = tap_index(record, origin_6, down, right);
            let tap_7 = tap_index(record, origin_7, down, right);
            for (var input_block = 0u; input_block < record.group_input_blocks; input_block++) {
                let skip = input_block * plane;
                let low_w0 = weights[low_weight + 0u];
                let low_w1 = weights[low_weight + 1u];
                let low_w2 = weights[low_weight + 2u];
                let low_w3 = weights[low_weight + 3u];
                let high_w0 = weights[high_weight + 0u];
                let high_w1 = weights[high_weight + 1u];
                let high_w2 = weights[high_weight + 2u];
                let high_w3 = weights[high_weight + 3u];
                let x_0 = read_input(tap_0, skip);
                low_0 = add_products(low_0, x_0, low_w0, low_w1, low_w2, low_w3);
                high_0 = add_products(high_0, x_0, high_w0, high_w1, high_w2, high_w3);
                let x_1 = read_input(tap_1, skip);
                low_1 = add_products(low_1, x_1, low_w0, low_w1, low_w2, low_w3);
                high_1 = add_products(high_1, x_1, high_w0, high_w1, high_w2, high_w3);
                let x_2 = read_input(tap_2, skip);
                low_2 = add_products(low_2, x_2, low_w0, low_w1, low_w2, low_w3);
                high_2 = add_products(high_2, x_2, high_w0, high_w1, high_w2, high_w3);
                let x_3 = read_input(tap_3, skip);
                low_3 = add_products(low_3, x_3, low_w0, low_w1, low_w2, low_w3);
                high_3 = add_products(high_3, x_3, high_w0, high_w1, high_w2, high_w3);
                let x_4 = read_input(tap_4, skip);
                low_4 = add_products(low_4, x_4, low_w0, low_w1, low_w2, low_w3);
                high_4 = add_products(high_4, x_4, high_w0, high_w1, high_w2, high_w3);
                let x_5 = read_input(tap_5, skip);
                low_5 = add_products(low_5, x_5, low_w0, low_w1, low_w2, low_w3);
                high_5 = add_products(high_5, x_5, high_w0, high_w1, high_w2, high_w3);
                let x_6 = read_input(tap_6, skip);
                low_6 = add_products(low_6, x_6, low_w0, low_w1, low_w2, low_w3);
                high_6 = add_products(high_6, x_6, high_w0, high_w1, high_w2, high_w3);
                let x_7 = read_input(tap_7, skip);
                low_7 = add_products(low_7, x_7, low_w0, low_w1, low_w2, low_w3);
                high_7 = add_products(high_7, x_7, high_w0, high_w1, high_w2, high_w3);
                low_weight += 4u;
                high_weight += 4u;
            }
        }
    }
    store(record, first_pixel + 0u * INVOCATIONS, block, more, low_0, high_0);
    store(record, first_pixel + 1u * INVOCATIONS, block, more, low_1, high_1);
    store(record, first_pixel + 2u * INVOCATIONS, block, more, low_2, high_2);
    store(record, first_pixel + 3u * INVOCATIONS, block, more, low_3, high_3);
    store(record, first_pixel + 4u * INVOCATIONS, block, more, low_4, high_4);
    store(record, first_pixel + 5u * INVOCATIONS, block, more, low_5, high_5);
    store(record, first_pixel + 6u * INVOCATIONS, block, more, low_6, high_6);
    store(record, first_pixel + 7u * INVOCATIONS, block, more, low_7, high_7);
}
