// What every kernel sees. Tensors are [image][channel / 4][row][column] of vec4, channels past the
// last one are zero.

// One launch: the records of a launch are consecutive, workgroup_id.z tells which one; a launch may
// cover only a part of a record's workgroups.
struct Launch {
    first_record: u32,
    first_workgroup: u32,
    end_workgroup: u32,
    unused: u32,
}

// Stands for "there is none" where an offset is expected.
const NONE: u32 = 0xffffffffu;

@group(0) @binding(0) var<uniform> launch: Launch;
// All tensors.
@group(0) @binding(1) var<storage, read_write> arena: array<vec4<f32>>;
// Convolution weights and biases, batch-norm weights and biases.
@group(0) @binding(2) var<storage, read> weights: array<vec4<f32>>;
// Partial statistics, and scale and shift per channel.
@group(0) @binding(3) var<storage, read_write> statistics: array<vec4<f32>>;
// Binary codes: a row of words per image.
@group(0) @binding(4) var<storage, read_write> codes: array<u32>;
// Summed Hamming distances [image][image].
@group(0) @binding(5) var<storage, read_write> distances: array<atomic<u32>>;
// Parameters: each kernel declares its own Record of 128 bytes.
@group(0) @binding(6) var<storage, read> records: array<Record>;

fn record_index(group: vec3<u32>) -> u32 {
    return launch.first_record + group.z;
}

// Position of a workgroup among those of its record, whatever the grid's extents.
fn workgroup_index(group: vec3<u32>, grid: vec3<u32>) -> u32 {
    return launch.first_workgroup + group.y * grid.x + group.x;
}

// Whether a workgroup only fills up the grid.
fn beyond_launch(workgroup: u32) -> bool {
    return workgroup >= launch.end_workgroup;
}
