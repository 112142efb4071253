// Reductions over the channels of a pixel: a workgroup takes 16 neighbouring pixels, four invocations
// share one and take every fourth block of its channels.

struct Record {
    // images * plane
    pixels: u32,
    source: u32,
    target_offset: u32,
    plane: u32,
    blocks: u32,
    channels: u32,
    // weight of all blocks, then bias of all blocks
    affine_offset: u32,
    epsilon: f32,
    unused: array<u32, 24>,
}

const PIXELS: u32 = 16u;
const SLICES: u32 = 4u;

var<workgroup> parts: array<f32, 64>;

// The sum of what the four invocations of a pixel have.
fn sum_slices(lane: u32, own: f32) -> f32 {
    workgroupBarrier();
    parts[lane] = own;
    workgroupBarrier();
    let first = lane % PIXELS;
    return parts[first] + parts[first + PIXELS] + parts[first + 2u * PIXELS] + parts[first + 3u * PIXELS];
}

// The largest of what the four invocations of a pixel have.
fn largest_slice(lane: u32, own: f32) -> f32 {
    workgroupBarrier();
    parts[lane] = own;
    workgroupBarrier();
    let first = lane % PIXELS;
    let low = max(parts[first], parts[first + PIXELS]);
    return max(low, max(parts[first + 2u * PIXELS], parts[first + 3u * PIXELS]));
}

// Where block 0 of a pixel lies behind the tensor's first vec4; block b is b * plane further on.
fn pixel_index(record: Record, pixel: u32) -> u32 {
    return (pixel / record.plane) * record.blocks * record.plane + pixel % record.plane;
}

// Which channels of a block exist.
fn present(record: Record, block: u32) -> vec4<bool> {
    return vec4<u32>(0u, 1u, 2u, 3u) + block * 4u < vec4<u32>(record.channels);
}

fn sum_lanes(value: vec4<f32>) -> f32 {
    return value.x + value.y + value.z + value.w;
}
