// Products of two activations, row by row: out[n][h][m] = sum_k a[k][h][m] * b[n][h][k]. A workgroup
// takes 64 columns and 32 channels of one row; an invocation 4 columns, 16 apart, and 8 channels.
//
// The sums are variables of their own, written out: compilers keep an array that a loop indexes in
// memory instead of registers.

struct Record {
    // where a [k][h][m], b [n][h][k] and the product [n][h][m] lie
    left: u32,
    right: u32,
    target_offset: u32,
    images: u32,
    rows: u32,
    columns: u32,
    // terms of a sum, and their vec4 blocks
    inner: u32,
    inner_blocks: u32,
    // vec4 blocks of output channels
    blocks: u32,
    // workgroups for the columns and for the channels of a row
    column_tiles: u32,
    block_tiles: u32,
    unused: array<u32, 21>,
}

const COLUMN_INVOCATIONS: u32 = 16u;
const TILE_COLUMNS: u32 = 64u;
const TILE_BLOCKS: u32 = 8u;

// Row k of the right factor at one block of channels; zero past the last term.
fn right_at(record: Record, start: u32, k: u32) -> vec4<f32> {
    return select(vec4<f32>(), arena[start + min(k, record.inner - 1u)], k < record.inner);
}

fn add_products(
    sum: vec4<f32>,
    x: vec4<f32>,
    w0: vec4<f32>,
    w1: vec4<f32>,
    w2: vec4<f32>,
    w3: vec4<f32>,
) -> vec4<f32> {
    return fma(w3, x.wwww, fma(w2, x.zzzz, fma(w1, x.yyyy, fma(w0, x.xxxx, sum))));
}

fn store(record: Record, line: u32, column: u32, more: bool, low: vec4<f32>, high: vec4<f32>) {
    if column >= record.columns {
        return;
    }
    let index = record.target_offset + line * record.columns + column;
    arena[index] = low;
    if more {
        arena[index + record.rows * record.columns] = high;
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
    let block = (workgroup % record.block_tiles) * TILE_BLOCKS + (lane / COLUMN_INVOCATIONS) * 2u;
    let tile = workgroup / record.block_tiles;
    let column = (tile % record.column_tiles) * TILE_COLUMNS + lane % COLUMN_INVOCATIONS;
    let row = (tile / record.column_tiles) % record.rows;
    let image = tile / record.column_tiles / record.rows;
    if beyond_launch(workgroup) || image >= record.images || block >= record.blocks {
        return;
    }
    let more = block + 1u < record.blocks;
    let line = (image * record.blocks + block) * record.rows + row;
    let low_right = record.right + line * record.inner;
    // Where there is no second block, the first one is computed twice and stored once.
    let high_right = low_right + u32(more) * record.rows * record.inner;
    let last = record.columns - 1u;
    let left = record.left + (image * record.inner_blocks * record.rows + row) * record.columns;
    let left_0 = left + min(column, last);
    let left_1 = left + min(column + COLUMN_INVOCATIONS, last);
    let left_2 = left + min(column + 2u * COLUMN_INVOCATIONS, last);
    let left_3 = left + min(column + 3u * COLUMN_INVOCATIONS, last);
    var low_0 = vec4<f32>();
    var high_0 = vec4<f32>();
    var low_1 = vec4<f32>();
    var high_1 = vec4<f32>();
    var low_2 = vec4<f32>();
    var high_2 = vec4<f32>();
    var low_3 = vec4<f32>();
    var high_3 = vec4<f32>();
    for (var inner_block = 0u; inner_block < record.inner_blocks; inner_block++) {
        let skip = inner_block * record.rows * record.columns;
        let k = inner_block * 4u;
        let low_w0 = right_at(record, low_right, k);
        let low_w1 = right_at(record, low_right, k + 1u);
        let low_w2 = right_at(record, low_right, k + 2u);
        let low_w3 = right_at(record, low_right, k + 3u);
        let high_w0 = right_at(record, high_right, k);
        let high_w1 = right_at(record, high_right, k + 1u);
        let high_w2 = right_at(record, high_right, k + 2u);
        let high_w3 = right_at(record, high_right, k + 3u);
        let x_0 = arena[left_0 + skip];
        low_0 = add_products(low_0, x_0, low_w0, low_w1, low_w2, low_w3);
        high_0 = add_products(high_0, x_0, high_w0, high_w1, high_w2, high_w3);
        let x_1 = arena[left_1 + skip];
        low_1 = add_products(low_1, x_1, low_w0, low_w1, low_w2, low_w3);
        high_1 = add_products(high_1, x_1, high_w0, high_w1, high_w2, high_w3);
        let x_2 = arena[left_2 + skip];
        low_2 = add_products(low_2, x_2, low_w0, low_w1, low_w2, low_w3);
        high_2 = add_products(high_2, x_2, high_w0, high_w1, high_w2, high_w3);
        let x_3 = arena[left_3 + skip];
        low_3 = add_products(low_3, x_3, low_w0, low_w1, low_w2, low_w3);
        high_3 = add_products(high_3, x_3, high_w0, high_w1, high_w2, high_w3);
    }
    store(record, line, column, more, low_0, high_0);
    store(record, line, column + COLUMN_INVOCATIONS, more, low_1, high_1);
    store(record, line, column + 2u * COLUMN_INVOCATIONS, more, low_2, high_2);
    store(record, line, column + 3u * COLUMN_INVOCATIONS, more, low_3, high_3);
}
