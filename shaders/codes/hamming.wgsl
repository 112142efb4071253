// Hamming distances between the codes of all pairs of images, weighted and summed exactly: a
// workgroup takes 32 x 32 pairs and a stretch of words, an invocation 4 x 4 pairs. Only tiles on and
// above the diagonal are computed.

struct Record {
    images: u32,
    // words from one image's codes to the next, first word, words (multiples of 4)
    row: u32,
    first_word: u32,
    words: u32,
    // words of one workgroup (a multiple of STEP), and how many stretches that makes
    stretch: u32,
    stretches: u32,
    weight: u32,
    // where the [image][image] sums are
    target_offset: u32,
    unused: array<u32, 24>,
}

const TILE: u32 = 32u;
// Words per image that are in workgroup memory at a time, in vec4s; one more keeps banks apart.
const STEP: u32 = 32u;
const LINE: u32 = 9u;

var<workgroup> left: array<vec4<u32>, 288>;
var<workgroup> right: array<vec4<u32>, 288>;

fn four_words(record: Record, image: u32, word: u32, end: u32) -> vec4<u32> {
    if image >= record.images || word >= end {
        return vec4<u32>();
    }
    let index = record.first_word + image * record.row + word;
    return vec4<u32>(codes[index], codes[index + 1u], codes[index + 2u], codes[index + 3u]);
}

fn differing(a: vec4<u32>, b: vec4<u32>) -> u32 {
    let counts = countOneBits(a ^ b);
    return counts.x + counts.y + counts.z + counts.w;
}

fn distances_to(a: vec4<u32>, b0: vec4<u32>, b1: vec4<u32>, b2: vec4<u32>, b3: vec4<u32>) -> vec4<u32> {
    return vec4<u32>(differing(a, b0), differing(a, b1), differing(a, b2), differing(a, b3));
}

fn add(record: Record, i: u32, j: u32, distance: u32) {
    if i < record.images && j < record.images && distance != 0u {
        atomicAdd(&distances[record.target_offset + i * record.images + j], distance * record.weight);
    }
}

fn add_row(record: Record, i: u32, j: u32, row: vec4<u32>) {
    add(record, i, j, row.x);
    add(record, i, j + 8u, row.y);
    add(record, i, j + 16u, row.z);
    add(record, i, j + 24u, row.w);
}

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let record = records[record_index(group)];
    let workgroup = workgroup_index(group, grid);
    let stretch = workgroup % record.stretches;
    let side = (record.images + TILE - 1u) / TILE;
    // Tiles are numbered row by row: `side` in the first row, one fewer in each one after.
    var tile_column = workgroup / record.stretches;
    var tile_row = 0u;
    while tile_row < side && tile_column >= side - tile_row {
        tile_column -= side - tile_row;
        tile_row += 1u;
    }
    tile_column += tile_row;
    if beyond_launch(workgroup) || tile_row >= side {
        return;
    }
    let start = stretch * record.stretch;
    let end = min(start + record.stretch, record.words);
    let y = lane / 8u;
    let x = lane % 8u;
    var row_0 = vec4<u32>();
    var row_1 = vec4<u32>();
    var row_2 = vec4<u32>();
    var row_3 = vec4<u32>();
    for (var word = start; word < end; word += STEP) {
        workgroupBarrier();
        for (var slot = lane; slot < TILE * STEP / 4u; slot += 64u) {
            let image = slot / (STEP / 4u);
            let part = slot % (STEP / 4u);
            left[image * LINE + part] = four_words(record, tile_row * TILE + image, word + part * 4u, end);
            right[image * LINE + part] = four_words(record, tile_column * TILE + image, word + part * 4u, end);
        }
        workgroupBarrier();
        for (var part = 0u; part < STEP / 4u; part++) {
            let b0 = right[x * LINE + part];
            let b1 = right[(x + 8u) * LINE + part];
            let b2 = right[(x + 16u) * LINE + part];
            let b3 = right[(x + 24u) * LINE + part];
            row_0 += distances_to(left[y * LINE + part], b0, b1, b2, b3);
            row_1 += distances_to(left[(y + 8u) * LINE + part], b0, b1, b2, b3);
            row_2 += distances_to(left[(y + 16u) * LINE + part], b0, b1, b2, b3);
            row_3 += distances_to(left[(y + 24u) * LINE + part], b0, b1, b2, b3);
        }
    }
    let i = tile_row * TILE + y;
    let j = tile_column * TILE + x;
    add_row(record, i, j, row_0);
    add_row(record, i + 8u, j, row_1);
    add_row(record, i + 16u, j, row_2);
    add_row(record, i + 24u, j, row_3);
}
