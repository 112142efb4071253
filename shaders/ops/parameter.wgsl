// Values that are the same for every image: one output vec4 per invocation.

struct Record {
    // output vec4s of all images, and of one
    quads: u32,
    image_quads: u32,
    target_offset: u32,
    weight_offset: u32,
    unused: array<u32, 28>,
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
    arena[record.target_offset + quad] = weights[record.weight_offset + quad % record.image_quads];
}
