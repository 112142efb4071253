// Average and maximum pooling: one output vec4 per invocation.

struct Record {
    // output vec4s of all images
    quads: u32,
    source: u32,
    target_offset: u32,
    input_height: u32,
    input_width: u32,
    output_height: u32,
    output_width: u32,
    kernel_height: u32,
    kernel_width: u32,
    stride_y: u32,
    stride_x: u32,
    padding_top: u32,
    padding_left: u32,
    kind: u32,
    unused: array<u32, 18>,
}

const AVERAGE_WITHOUT_PADDING: u32 = 0u;
const AVERAGE_WITH_PADDING: u32 = 1u;
const MAXIMUM: u32 = 2u;
const LOWEST: f32 = -3.4028234663852886e38;

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
    let column = quad % record.output_width;
    let line = quad / record.output_width;
    let row = line % record.output_height;
    let top = i32(row * record.stride_y) - i32(record.padding_top);
    let left = i32(column * record.stride_x) - i32(record.padding_left);
    let first_row = max(top, 0);
    let first_column = max(left, 0);
    let end_row = min(top + i32(record.kernel_height), i32(record.input_height));
    let end_column = min(left + i32(record.kernel_width), i32(record.input_width));
    let maximum = record.kind == MAXIMUM;
    let plane = (line / record.output_height) * record.input_height;
    var result = select(vec4<f32>(), vec4<f32>(LOWEST), maximum);
    for (var y = first_row; y < end_row; y++) {
        let start = record.source + (plane + u32(y)) * record.input_width;
        for (var x = first_column; x < end_column; x++) {
            let value = arena[start + u32(x)];
            result = select(result + value, max(result, value), maximum);
        }
    }
    if !maximum {
        let inside = u32((end_row - first_row) * (end_column - first_column));
        let whole = record.kernel_height * record.kernel_width;
        result /= f32(select(inside, whole, record.kind == AVERAGE_WITH_PADDING));
    }
    arena[record.target_offset + quad] = result;
}
