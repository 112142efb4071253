// Enlargement by whole factors, every pixel repeated: one output vec4 per invocation.

struct Record {
    // output vec4s of all images
    quads: u32,
    source: u32,
    target_offset: u32,
    input_height: u32,
    input_width: u32,
    output_height: u32,
    output_width: u32,
    factor_y: u32,
    factor_x: u32,
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
    let line = quad / record.output_width;
    let column = (quad % record.output_width) / record.factor_x;
    let row = (line % record.output_height) / record.factor_y;
    let plane = (line / record.output_height) * record.input_height;
    let index = (plane + row) * record.input_width + column;
    arena[record.target_offset + quad] = arena[record.source + index];
}
