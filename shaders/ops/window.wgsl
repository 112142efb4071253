// Shift, pad, crop, strided slice: one output vec4 per invocation, zero outside the input.

struct Record {
    // output vec4s of all images
    quads: u32,
    source: u32,
    target_offset: u32,
    input_height: u32,
    input_width: u32,
    output_height: u32,
    output_width: u32,
    stride_y: u32,
    stride_x: u32,
    top: i32,
    left: i32,
    unused: array<u32, 21>,
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
    let column = record.left + i32((quad % record.output_width) * record.stride_x);
    let row = record.top + i32((line % record.output_height) * record.stride_y);
    var value = vec4<f32>();
    if u32(row) < record.input_height && u32(column) < record.input_width {
        let plane = (line / record.output_height) * record.input_height;
        value = arena[record.source + (plane + u32(row)) * record.input_width + u32(column)];
    }
    arena[record.target_offset + quad] = value;
}
