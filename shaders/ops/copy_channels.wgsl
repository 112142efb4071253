// Copies consecutive channels between tensors of equal planes: one output vec4 per invocation.
// Channels of a shared vec4 that are not copied keep their values, those past the last one get zero.

struct Record {
    // images * blocks touched * plane
    quads: u32,
    source: u32,
    target_offset: u32,
    plane: u32,
    source_blocks: u32,
    target_blocks: u32,
    // channels of the whole output
    target_channels: u32,
    source_channel: u32,
    target_channel: u32,
    channels: u32,
    // first output block touched, and how many are
    first_block: u32,
    blocks: u32,
    unused: array<u32, 20>,
}

// Channel `channel` of the output: copied, kept or zero.
fn pick(record: Record, source: u32, channel: u32, kept: f32) -> f32 {
    if channel >= record.target_channels {
        return 0.0;
    }
    if channel < record.target_channel || channel >= record.target_channel + record.channels {
        return kept;
    }
    let origin = channel - record.target_channel + record.source_channel;
    return arena[source + (origin / 4u) * record.plane][origin % 4u];
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
    let pixel = quad % record.plane;
    let block = record.first_block + (quad / record.plane) % record.blocks;
    let image = quad / record.plane / record.blocks;
    let source = record.source + image * record.source_blocks * record.plane + pixel;
    let index = record.target_offset + (image * record.target_blocks + block) * record.plane + pixel;
    let kept = arena[index];
    let channel = block * 4u;
    arena[index] = vec4<f32>(
        pick(record, source, channel, kept.x),
        pick(record, source, channel + 1u, kept.y),
        pick(record, source, channel + 2u, kept.z),
        pick(record, source, channel + 3u, kept.w),
    );
}
