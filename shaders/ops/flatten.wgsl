// [c, h, w] to [c * h * w, 1, 1] in that order: one output vec4 per invocation.

struct Record {
    // output vec4s of all images
    quads: u32,
    source: u32,
    target_offset: u32,
    plane: u32,
    source_blocks: u32,
    target_blocks: u32,
    // values per image
    volume: u32,
    unused: array<u32, 25>,
}

fn unit(record: Record, source: u32, index: u32) -> f32 {
    if index >= record.volume {
        return 0.0;
    }
    let channel = index / record.plane;
    return arena[source + (channel / 4u) * record.plane + index % record.plane][channel % 4u];
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
    let image = quad / record.target_blocks;
    let first = (quad % record.target_blocks) * 4u;
    let source = record.source + image * record.source_blocks * record.plane;
    arena[record.target_offset + quad] = vec4<f32>(
        unit(record, source, first),
        unit(record, source, first + 1u),
        unit(record, source, first + 2u),
        unit(record, source, first + 3u),
    );
}
