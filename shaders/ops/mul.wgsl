// Products of a tensor and one of the same shape or with one value per channel: one output vec4 per
// invocation.

struct Record {
    // output vec4s of all images
    quads: u32,
    first: u32,
    second: u32,
    target_offset: u32,
    // pixels that share a value of the second tensor: 1, or all of a channel
    plane: u32,
    unused: array<u32, 27>,
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
    let factor = arena[record.second + quad / record.plane];
    arena[record.target_offset + quad] = arena[record.first + quad] * factor;
}
