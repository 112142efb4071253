// The parameters of a convolution and how its kernels find and read input pixels.

struct Record {
    // images * output rows * output columns
    pixels: u32,
    source: u32,
    target_offset: u32,
    weight_offset: u32,
    bias_offset: u32,
    input_height: u32,
    input_width: u32,
    // vec4 blocks of channels: of the whole input and output, and of one group
    input_blocks: u32,
    output_height: u32,
    output_width: u32,
    output_blocks: u32,
    group_input_blocks: u32,
    group_output_blocks: u32,
    kernel_height: u32,
    kernel_width: u32,
    stride_y: u32,
    stride_x: u32,
    dilation_y: u32,
    dilation_x: u32,
    padding_top: u32,
    padding_left: u32,
    // tiles of output channels: in all groups, and in one
    channel_tiles: u32,
    group_tiles: u32,
    unused: array<u32, 9>,
}

// Where the window of one output pixel starts: row and column (negative in the padding), and the
// index of the image's first vec4 of the group's first channel block.
struct Origin {
    row: i32,
    column: i32,
    base: i32,
}

// The origin of an output pixel; one past the end lies so far outside that all it reads is zero.
fn locate(record: Record, pixel: u32, first_block: u32) -> Origin {
    if pixel >= record.pixels {
        return Origin(-0x40000000, 0, 0);
    }
    let column = pixel % record.output_width;
    let line = pixel / record.output_width;
    let row = line % record.output_height;
    let image = line / record.output_height;
    let plane = record.input_height * record.input_width;
    return Origin(
        i32(row * record.stride_y) - i32(record.padding_top),
        i32(column * record.stride_x) - i32(record.padding_left),
        i32(record.source + (image * record.input_blocks + first_block) * plane),
    );
}

// The index of the input vec4 that one tap of a window reads, -1 in the padding.
fn tap_index(record: Record, origin: Origin, down: u32, right: u32) -> i32 {
    let row = origin.row + i32(down);
    let column = origin.column + i32(right);
    let inside = u32(row) < record.input_height && u32(column) < record.input_width;
    return select(-1, origin.base + row * i32(record.input_width) + column, inside);
}

// The input at an index of tap_index, `skip` vec4s further on.
fn read_input(index: i32, skip: u32) -> vec4<f32> {
    return select(vec4<f32>(), arena[u32(max(index, 0)) + skip], index >= 0);
}

// sum + x[0] * w0 + x[1] * w1 + x[2] * w2 + x[3] * w3: four input to four output channels.
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

// Where output block `block` of an output pixel is stored.
fn target_index(record: Record, pixel: u32, block: u32) -> u32 {
    let plane = record.output_height * record.output_width;
    return record.target_offset + ((pixel / plane) * record.output_blocks + block) * plane + pixel % plane;
}
