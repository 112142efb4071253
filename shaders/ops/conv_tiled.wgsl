// Convolution as an implicit matrix product with tiles in workgroup memory: 8 pixels x 8 channels per
// invocation, 8 * PIXEL_THREADS pixels x 8 * CHANNEL_THREADS channels per workgroup, 8 input channels
// of one tap per step. Weights: [output block][tap][input block of the group][input channel] of vec4.
//
// The sums are variables of their own, written out: compilers keep an array that a loop indexes in
// memory instead of registers.

override PIXEL_THREADS: u32 = 32u;
override CHANNEL_THREADS: u32 = 2u;

// Input blocks per step.
const STEP: u32 = 2u;

var<workgroup> origins: array<Origin, 8u * PIXEL_THREADS>;
var<workgroup> inputs: array<vec4<f32>, 8u * PIXEL_THREADS * STEP>;
var<workgroup> factors: array<vec4<f32>, 8u * CHANNEL_THREADS * STEP>;

fn store(record: Record, pixel: u32, block: u32, blocks: u32, low: vec4<f32>, high: vec4<f32>) {
    if pixel >= record.pixels || blocks == 0u {
        return;
    }
    let index = target_index(record, pixel, block);
    arena[index] = low;
    if blocks > 1u {
        arena[index + record.output_height * record.output_width] = high;
    }
}

// Copies the inputs of one step: STEP blocks from `first` on of all pixels of the tile.
fn fill_inputs(record: Record, lane: u32, down: u32, right: u32, first: u32) {
    let plane = record.input_height * record.input_width;
    let tile_pixels = 8u * PIXEL_THREADS;
    for (var slot = lane; slot < tile_pixels * STEP; slot += PIXEL_THREADS * CHANNEL_THREADS) {
        let block = first + slot / tile_pixels;
        let index = tap_index(record, origins[slot % tile_pixels], down, right);
        var value = vec4<f32>();
        if block < record.group_input_blocks {
            value = read_input(index, block * plane);
        }
        inputs[slot] = value;
    }
}

// Copies the weights of one step, [input channel][output block]; `offset` is that of the tap's first
// input block for the tile's first output block, `stride` the distance between output blocks.
fn fill_factors(record: Record, lane: u32, offset: u32, stride: u32, first: u32, blocks: u32) {
    let tile_blocks = 2u * CHANNEL_THREADS;
    for (var slot = lane; slot < tile_blocks * 4u * STEP; slot += PIXEL_THREADS * CHANNEL_THREADS) {
        let block = slot % tile_blocks;
        let channel = first * 4u + slot / tile_blocks;
        var value = vec4<f32>();
        if block < blocks && channel < record.group_input_blocks * 4u {
            value = weights[offset + block * stride + channel];
        }
        factors[slot] = value;
    }
}

@compute @workgroup_size(PIXEL_THREADS * CHANNEL_THREADS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let record = records[record_index(group)];
    let tile = workgroup_index(group, grid);
    let channel_tile = tile % record.channel_tiles;
    let tile_pixel = (tile / record.channel_tiles) * (8u * PIXEL_THREADS);
    if beyond_launch(tile) || tile_pixel >= record.pixels {
        return;
    }
    let channel_group = channel_tile / record.group_tiles;
    let tile_block = (channel_tile % record.group_tiles) * (2u * CHANNEL_THREADS);
    let tile_blocks = record.group_output_blocks - tile_block;
    let block = channel_group * record.group_output_blocks + tile_block;
    let taps = record.kernel_height * record.kernel_width;
    let stride = taps * record.group_input_blocks * 4u;
    for (var slot = lane; slot < 8u * PIXEL_THREADS; slot += PIXEL_THREADS * CHANNEL_THREADS) {
        origins[slot] = locate(record, tile_pixel + slot, channel_group * record.group_input_blocks);
    }

    let pixel_thread = lane % PIXEL_THREADS;
    let channel_thread = lane / PIXEL_THREADS;
    let own_block = block + channel_thread * 2u;
    let own_blocks = u32(max(i32(tile_blocks) - i32(channel_thread * 2u), 0));
    var low_bias = vec4<f32>();
    var high_bias = vec4<f32>();
    if own_blocks > 0u {
        low_bias = weights[record.bias_offset + own_block];
    }
    if own_blocks > 1u {
        high_bias = weights[record.bias_offset + own_block + 1u];
    }

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
    for (var tap = 0u; tap < taps; tap++) {
        let down = (tap / record.kernel_width) * record.dilation_y;
        let right = (tap % record.kernel_width) * record.dilation_x;
        let offset = record.weight_offset + block * stride + tap * record.group_input_blocks * 4u;
        for (var first = 0u; first < record.group_input_blocks; first += STEP) {
            workgroupBarrier();
            fill_inputs(record, lane, down, right, first);
            fill_factors(record, lane, offset, stride, first, tile_blocks);
            workgroupBarrier();
            for (var part = 0u; part < STEP; part++) {
                let row = part * 8u * CHANNEL_THREADS + channel_thread * 2u;
                let column = part * 8u * PIXEL_THREADS + pixel_thread;
                let low_w0 = factors[row + 0u * 2u * CHANNEL_THREADS];
                let high_w0 = factors[row + 0u * 2u * CHANNEL_THREADS + 1u];
                let low_w1 = factors[row + 1u * 2u * CHANNEL_THREADS];
                let high_w1 = factors[row + 1u * 2u * CHANNEL_THREADS + 1u];
                let low_w2 = factors[row + 2u * 2u * CHANNEL_THREADS];
                let high_w2 = factors[row + 2u * 2u * CHANNEL_THREADS + 1u];
                let low_w3 = factors[row + 3u * 2u * CHANNEL_THREADS];
                let high_w3 = factors[row + 3u * 2u * CHANNEL_THREADS + 1u];
                let x_0 = inputs[column + 0u * PIXEL_THREADS];
                low_0 = add_products(low_0, x_0, low_w0, low_w1, low_w2, low_w3);
                high_0 = add_products(high_0, x_0, high_w0, high_w1, high_w2, high_w3);
                let x_1 = inputs[column + 1u * PIXEL_THREADS];
                low_1 = add_products(low_1, x_1, low_w0, low_w1, low_w2, low_w3);
                high_1 = add_products(high_1, x_1, high_w0, high_w1, high_w2, high_w3);
                let x_2 = inputs[column + 2u * PIXEL_THREADS];
                low_2 = add_products(low_2, x_2, low_w0, low_w1, low_w2, low_w3);
                high_2 = add_products(high_2, x_2, high_w0, high_w1, high_w2, high_w3);
                let x_3 = inputs[column + 3u * PIXEL_THREADS];
                low_3 = add_products(low_3, x_3, low_w0, low_w1, low_w2, low_w3);
                high_3 = add_products(high_3, x_3, high_w0, high_w1, high_w2, high_w3);
                let x_4 = inputs[column + 4u * PIXEL_THREADS];
                low_4 = add_products(low_4, x_4, low_w0, low_w1, low_w2, low_w3);
                high_4 = add_products(high_4, x_4, high_w0, high_w1, high_w2, high_w3);
                let x_5 = inputs[column + 5u * PIXEL_THREADS];
                low_5 = add_products(low_5, x_5, low_w0, low_w1, low_w2, low_w3);
                high_5 = add_products(high_5, x_5, high_w0, high_w1, high_w2, high_w3);
                let x_6 = inputs[column + 6u * PIXEL_THREADS];
                low_6 = add_products(low_6, x_6, low_w0, low_w1, low_w2, low_w3);
                high_6 = add_products(high_6, x_6, high_w0, high_w1, high_w2, high_w3);
                let x_7 = inputs[column + 7u * PIXEL_THREADS];
                low_7 = add_products(low_7, x_7, low_w0, low_w1, low_w2, low_w3);
                high_7 = add_products(high_7, x_7, high_w0, high_w1, high_w2, high_w3);
            }
        }
    }
    let pixel = tile_pixel + pixel_thread;
    store(record, pixel + 0u * PIXEL_THREADS, own_block, own_blocks, low_0, high_0);
    store(record, pixel + 1u * PIXEL_THREADS, own_block, own_blocks, low_1, high_1);
    store(record, pixel + 2u * PIXEL_THREADS, own_block, own_blocks, low_2, high_2);
    store(record, pixel + 3u * PIXEL_THREADS, own_block, own_blocks, low_3, high_3);
    store(record, pixel + 4u * PIXEL_THREADS, own_block, own_blocks, low_4, high_4);
    store(record, pixel + 5u * PIXEL_THREADS, own_block, own_blocks, low_5, high_5);
    store(record, pixel + 6u * PIXEL_THREADS, own_block, own_blocks, low_6, high_6);
    store(record, pixel + 7u * PIXEL_THREADS, own_block, own_blocks, low_7, high_7);
}
