// Functions of the values of two tensors, the second of which may have one value per channel: one output
// vec4 per invocation. Kinds are numbered in backend/gpu/ops/map.rs.

struct Record {
    // output vec4s of all images
    quads: u32,
    first: u32,
    second: u32,
    target_offset: u32,
    plane: u32,
    // pixels that share a value of the second tensor: 1, or all of a channel
    shared_pixels: u32,
    blocks: u32,
    channels: u32,
    kind: u32,
    unused: array<u32, 23>,
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
    let block = (quad / record.plane) % record.blocks;
    let channels = vec4<u32>(0u, 1u, 2u, 3u) + block * 4u < vec4<u32>(record.channels);
    let a = arena[record.first + quad];
    let b = arena[record.second + quad / record.shared_pixels];
    var value = max(a, b);
    if record.kind == 1u {
        value = min(a, b);
    }
    if record.kind == 2u {
        value = a / b;
    }
    arena[record.target_offset + quad] = select(vec4<f32>(), value, channels);
}
