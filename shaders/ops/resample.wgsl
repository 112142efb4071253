// Weighted sums of positions along one axis: one output vec4 per invocation. The table has a position and
// a factor for each tap, two taps per vec4 of the weights; a factor of 0 reads nothing.

struct Record {
    // output vec4s of all images
    quads: u32,
    source: u32,
    target_offset: u32,
    source_blocks: u32,
    source_height: u32,
    source_width: u32,
    target_channels: u32,
    target_blocks: u32,
    target_height: u32,
    target_width: u32,
    // 0 channels, 1 rows, 2 columns
    axis: u32,
    taps: u32,
    table_offset: u32,
    unused: array<u32, 19>,
}

// Position and factor of one tap.
fn tap(record: Record, index: u32) -> vec2<f32> {
    let two = weights[record.table_offset + index / 2u];
    return select(two.xy, two.zw, index % 2u == 1u);
}

// The sum for one channel of an output pixel.
fn channel_sum(record: Record, image: u32, channel: u32, row: u32, column: u32) -> f32 {
    if channel >= record.target_channels {
        return 0.0;
    }
    var sum = 0.0;
    for (var i = 0u; i < record.taps; i++) {
        let one = tap(record, channel * record.taps + i);
        let source = u32(one.x);
        let line = (image * record.source_blocks + source / 4u) * record.source_height + row;
        let four = arena[record.source + line * record.source_width + column];
        sum += select(four[source % 4u] * one.y, 0.0, one.y == 0.0);
    }
    return sum;
}

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let record = records[record_index(group)];
    let workgroup = workgroup_index(group, grid);
    let quad = workgroup * 64u + lane;
    if beyond_launch(workgroup) || quad >= record.quads {
        return;
    }
    let column = quad % record.target_width;
    let line = quad / record.target_width;
    let row = line % record.target_height;
    let block = (line / record.target_height) % record.target_blocks;
    let image = line / record.target_height / record.target_blocks;
    var sum = vec4<f32>();
    if record.axis == 0u {
        sum = vec4<f32>(
            channel_sum(record, image, block * 4u, row, column),
            channel_sum(record, image, block * 4u + 1u, row, column),
            channel_sum(record, image, block * 4u + 2u, row, column),
            channel_sum(record, image, block * 4u + 3u, row, column),
        );
    } else {
        let plane = (image * record.source_blocks + block) * record.source_height;
        let position = select(column, row, record.axis == 1u);
        for (var i = 0u; i < record.taps; i++) {
            let one = tap(record, position * record.taps + i);
            let y = select(row, u32(one.x), record.axis == 1u);
            let x = select(u32(one.x), column, record.axis == 1u);
            let value = arena[record.source + (plane + y) * record.source_width + x];
            sum += select(value * one.y, vec4<f32>(), one.y == 0.0);
        }
    }
    arena[record.target_offset + quad] = sum;
}
