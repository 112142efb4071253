// Reshape, transpose, slice, repetition: one output vec4 per invocation. A position along an axis of
// the output is a number in a mixed radix; each of its digits moves the input's position.

struct Digit {
    extent: u32,
    // 28 bits, and above them two each for its axis of the output and its axis of the input
    step: u32,
}

struct Record {
    // output vec4s of all images
    quads: u32,
    // with the row and the column of the first value
    source: u32,
    target_offset: u32,
    source_blocks: u32,
    source_height: u32,
    source_width: u32,
    target_channels: u32,
    target_blocks: u32,
    target_height: u32,
    target_width: u32,
    start_channel: u32,
    digit_count: u32,
    digits: array<Digit, 10>,
}

// How far a position along an axis of the output moves the input's (channel, row, column).
fn moved(record: u32, axis: u32, position: u32) -> vec3<u32> {
    var rest = position;
    var offset = vec3<u32>();
    for (var i = records[record].digit_count; i > 0u; i--) {
        let step = records[record].digits[i - 1u].step;
        if ((step >> 28u) & 3u) == axis {
            let extent = records[record].digits[i - 1u].extent;
            let amount = (rest % extent) * (step & 0xfffffffu);
            let along = vec3<u32>(0u, 1u, 2u) == vec3<u32>(step >> 30u);
            offset += select(vec3<u32>(), vec3<u32>(amount), along);
            rest /= extent;
        }
    }
    return offset;
}

// The value of one channel of an output pixel whose channel 0 lies at `pixel` of the input.
fn pick(record: u32, image: u32, channel: u32, pixel: vec3<u32>) -> f32 {
    if channel >= records[record].target_channels {
        return 0.0;
    }
    let at = pixel + moved(record, 0u, channel);
    let line = (image * records[record].source_blocks + at.x / 4u) * records[record].source_height + at.y;
    let index = records[record].source + line * records[record].source_width + at.z;
    return arena[index][at.x % 4u];
}

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let record = record_index(group);
    let workgroup = workgroup_index(group, grid);
    let quad = workgroup * 64u + lane;
    if beyond_launch(workgroup) || quad >= records[record].quads {
        return;
    }
    let column = quad % records[record].target_width;
    let line = quad / records[record].target_width;
    let row = line % records[record].target_height;
    let block = line / records[record].target_height;
    let channel = (block % records[record].target_blocks) * 4u;
    let image = block / records[record].target_blocks;
    let start = vec3<u32>(records[record].start_channel, 0u, 0u);
    let pixel = start + moved(record, 1u, row) + moved(record, 2u, column);
    arena[records[record].target_offset + quad] = vec4<f32>(
        pick(record, image, channel, pixel),
        pick(record, image, channel + 1u, pixel),
        pick(record, image, channel + 2u, pixel),
        pick(record, image, channel + 3u, pixel),
    );
}
