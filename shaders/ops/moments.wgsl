// Products of channels, summed over positions. A workgroup takes a part of all positions and a tile of
// pairs of channels on or below the diagonal, 8 * SIDE x 8 * SIDE; an invocation 8 x 8 channels, in
// blocks SIDE apart, at every SLICES-th position.
//
// What is multiplied are differences from a reference: the mean of some positions of the part. It is
// at most sqrt(part_pixels / 16) standard deviations off the part's mean, so nothing cancels that the
// host could not restore in double precision. Sums in registers run over a stretch of positions only.
//
// The sums are variables of their own, written out: compilers keep an array that a loop indexes in
// memory instead of registers.
//
// Output of a part: references of all blocks; sums of differences of all blocks; then for every pair of
// blocks, the column's not behind the row's, [channel of the row] of vec4 over channels of the column.

struct Record {
    source: u32,
    target_offset: u32,
    plane: u32,
    blocks: u32,
    // images * plane, how many of them make a part (a multiple of 64), and how many parts there are
    pixels: u32,
    part_pixels: u32,
    parts: u32,
    // tiles of channels on one side
    tiles: u32,
    unused: array<u32, 24>,
}

override SIDE: u32 = 8u;
// Blocks of a tile's side, and positions that are in workgroup memory at a time; one more keeps banks
// apart.
override BLOCKS: u32 = 2u * SIDE;
override STEP: u32 = 128u / SIDE;
override LINE: u32 = STEP + 1u;
override SLICES: u32 = 64u / (SIDE * SIDE);

// Positions that single precision sums well; a multiple of every STEP.
const STRETCH: u32 = 1024u;
// Positions whose mean is the reference.
const SAMPLES: u32 = 16u;

// Rows, then columns: BLOCKS * LINE each, at most 272.
var<workgroup> differences: array<vec4<f32>, 544>;
var<workgroup> references: array<vec4<f32>, 32>;

// Where block 0 of a position lies; block b is b * plane further on.
fn position_index(record: Record, pixel: u32) -> u32 {
    return record.source + (pixel / record.plane) * record.blocks * record.plane + pixel % record.plane;
}

fn reference_of(record: Record, block: u32, first: u32, end: u32) -> vec4<f32> {
    var sum = vec4<f32>();
    if block < record.blocks {
        for (var sample = 0u; sample < SAMPLES; sample++) {
            let pixel = first + sample * (end - first) / SAMPLES;
            sum += arena[position_index(record, pixel) + block * record.plane];
        }
    }
    return sum / f32(SAMPLES);
}

// The difference of a block from its reference, 0 where there is no such block or position.
fn difference(record: Record, index: u32, inside: bool, block: u32, slot: u32) -> vec4<f32> {
    if !inside || block >= record.blocks {
        return vec4<f32>();
    }
    return arena[index + block * record.plane] - references[slot];
}

// Adds what the slices have of eight sums of each invocation: four rows of a block, times two blocks.
fn add_sums(record: Record, lane: u32, part: u32, first_row: u32, first_column: u32, is_new: bool) {
    let invocations = SIDE * SIDE;
    for (var item = lane; item < 8u * invocations; item += 64u) {
        let invocation = item % invocations;
        let number = item / invocations;
        let row = first_row + invocation / SIDE;
        let column = first_column + invocation % SIDE + (number / 4u) * SIDE;
        if row < record.blocks && column <= row {
            var sum = vec4<f32>();
            for (var slice = 0u; slice < SLICES; slice++) {
                sum += differences[number * 64u + slice * invocations + invocation];
            }
            let pair = row * (row + 1u) / 2u + column;
            let index = part + 2u * record.blocks + pair * 4u + number % 4u;
            if !is_new {
                sum += statistics[index];
            }
            statistics[index] = sum;
        }
    }
}

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let record = records[record_index(group)];
    let workgroup = workgroup_index(group, grid);
    let pairs = record.tiles * (record.tiles + 1u) / 2u;
    let part = workgroup / pairs;
    if beyond_launch(workgroup) || part >= record.parts {
        return;
    }
    // Tiles are numbered row by row: one in the first row, one more in each one after.
    var tile_column = workgroup % pairs;
    var tile_row = 0u;
    while tile_column > tile_row {
        tile_row += 1u;
        tile_column -= tile_row;
    }
    let is_diagonal = tile_row == tile_column;
    let first_row = tile_row * BLOCKS;
    let first_column = tile_column * BLOCKS;
    let first = part * record.part_pixels;
    let end = min(first + record.part_pixels, record.pixels);
    let part_target = record.target_offset + part * 2u * record.blocks * (record.blocks + 2u);
    if lane < 2u * BLOCKS {
        let block = select(first_column + lane - BLOCKS, first_row + lane, lane < BLOCKS);
        references[lane] = reference_of(record, block, first, end);
    }

    // What the invocation copies: one position of every 64 / STEP-th block.
    let position = lane % STEP;
    let copied_block = lane / STEP;
    let next_block = SIDE / 2u;
    // What it multiplies; the tile on the diagonal has its columns for rows.
    let slice = lane / (SIDE * SIDE);
    let row = ((lane / SIDE) % SIDE) * LINE;
    let column = (lane % SIDE) * LINE + select(BLOCKS * LINE, 0u, is_diagonal);
    var sum_0 = vec4<f32>();
    var sum_1 = vec4<f32>();
    var sum_2 = vec4<f32>();
    var sum_3 = vec4<f32>();
    for (var stretch = first; stretch < end; stretch += STRETCH) {
        var low_low_0 = vec4<f32>();
        var low_low_1 = vec4<f32>();
        var low_low_2 = vec4<f32>();
        var low_low_3 = vec4<f32>();
        var low_high_0 = vec4<f32>();
        var low_high_1 = vec4<f32>();
        var low_high_2 = vec4<f32>();
        var low_high_3 = vec4<f32>();
        var high_low_0 = vec4<f32>();
        var high_low_1 = vec4<f32>();
        var high_low_2 = vec4<f32>();
        var high_low_3 = vec4<f32>();
        var high_high_0 = vec4<f32>();
        var high_high_1 = vec4<f32>();
        var high_high_2 = vec4<f32>();
        var high_high_3 = vec4<f32>();
        let stretch_end = min(stretch + STRETCH, end);
        for (var step = stretch; step < stretch_end; step += STEP) {
            workgroupBarrier();
            let pixel = step + position;
            let inside = pixel < end;
            let index = position_index(record, min(pixel, end - 1u));
            let slot = copied_block * LINE + position;
            let block_0 = copied_block;
            let block_1 = copied_block + next_block;
            let block_2 = copied_block + 2u * next_block;
            let block_3 = copied_block + 3u * next_block;
            let row_0 = difference(record, index, inside, first_row + block_0, block_0);
            let row_1 = difference(record, index, inside, first_row + block_1, block_1);
            let row_2 = difference(record, index, inside, first_row + block_2, block_2);
            let row_3 = difference(record, index, inside, first_row + block_3, block_3);
            differences[slot] = row_0;
            differences[slot + next_block * LINE] = row_1;
            differences[slot + 2u * next_block * LINE] = row_2;
            differences[slot + 3u * next_block * LINE] = row_3;
            sum_0 += row_0;
            sum_1 += row_1;
            sum_2 += row_2;
            sum_3 += row_3;
            if !is_diagonal {
                let target_slot = BLOCKS * LINE + slot;
                differences[target_slot] =
                    difference(record, index, inside, first_column + block_0, BLOCKS + block_0);
                differences[target_slot + next_block * LINE] =
                    difference(record, index, inside, first_column + block_1, BLOCKS + block_1);
                differences[target_slot + 2u * next_block * LINE] =
                    difference(record, index, inside, first_column + block_2, BLOCKS + block_2);
                differences[target_slot + 3u * next_block * LINE] =
                    difference(record, index, inside, first_column + block_3, BLOCKS + block_3);
            }
            workgroupBarrier();
            for (var at = slice; at < STEP; at += SLICES) {
                let low = differences[row + at];
                let high = differences[row + SIDE * LINE + at];
                let left = differences[column + at];
                let right = differences[column + SIDE * LINE + at];
                low_low_0 = fma(low.xxxx, left, low_low_0);
                low_low_1 = fma(low.yyyy, left, low_low_1);
                low_low_2 = fma(low.zzzz, left, low_low_2);
                low_low_3 = fma(low.wwww, left, low_low_3);
                low_high_0 = fma(low.xxxx, right, low_high_0);
                low_high_1 = fma(low.yyyy, right, low_high_1);
                low_high_2 = fma(low.zzzz, right, low_high_2);
                low_high_3 = fma(low.wwww, right, low_high_3);
                high_low_0 = fma(high.xxxx, left, high_low_0);
                high_low_1 = fma(high.yyyy, left, high_low_1);
                high_low_2 = fma(high.zzzz, left, high_low_2);
                high_low_3 = fma(high.wwww, left, high_low_3);
                high_high_0 = fma(high.xxxx, right, high_high_0);
                high_high_1 = fma(high.yyyy, right, high_high_1);
                high_high_2 = fma(high.zzzz, right, high_high_2);
                high_high_3 = fma(high.wwww, right, high_high_3);
            }
        }
        workgroupBarrier();
        differences[lane] = low_low_0;
        differences[lane + 64u] = low_low_1;
        differences[lane + 128u] = low_low_2;
        differences[lane + 192u] = low_low_3;
        differences[lane + 256u] = low_high_0;
        differences[lane + 320u] = low_high_1;
        differences[lane + 384u] = low_high_2;
        differences[lane + 448u] = low_high_3;
        workgroupBarrier();
        add_sums(record, lane, part_target, first_row, first_column, stretch == first);
        workgroupBarrier();
        differences[lane] = high_low_0;
        differences[lane + 64u] = high_low_1;
        differences[lane + 128u] = high_low_2;
        differences[lane + 192u] = high_low_3;
        differences[lane + 256u] = high_high_0;
        differences[lane + 320u] = high_high_1;
        differences[lane + 384u] = high_high_2;
        differences[lane + 448u] = high_high_3;
        workgroupBarrier();
        add_sums(record, lane, part_target, first_row + SIDE, first_column, stretch == first);
    }
    if !is_diagonal {
        return;
    }
    workgroupBarrier();
    differences[lane] = sum_0;
    differences[lane + 64u] = sum_1;
    differences[lane + 128u] = sum_2;
    differences[lane + 192u] = sum_3;
    workgroupBarrier();
    let block = first_row + lane;
    if lane < BLOCKS && block < record.blocks {
        let start = (lane / next_block) * 64u + (lane % next_block) * STEP;
        var sum = vec4<f32>();
        for (var at = 0u; at < STEP; at++) {
            sum += differences[start + at];
        }
        statistics[part_target + block] = references[lane];
        statistics[part_target + record.blocks + block] = sum;
    }
}
