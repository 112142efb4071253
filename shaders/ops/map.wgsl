// Functions of every value: one output vec4 per invocation. Kinds are numbered in backend/gpu/ops/map.rs.

struct Record {
    // output vec4s of all images
    quads: u32,
    source: u32,
    target_offset: u32,
    plane: u32,
    blocks: u32,
    channels: u32,
    kind: u32,
    // parameters of the function
    first: f32,
    second: f32,
    unused: array<u32, 23>,
}

// Small whole powers are products; a negative x has only whole powers.
fn power(x: vec4<f32>, exponent: f32) -> vec4<f32> {
    if exponent == 1.0 {
        return x;
    }
    if exponent == 2.0 {
        return x * x;
    }
    if exponent == 3.0 {
        return x * x * x;
    }
    if exponent == 0.5 {
        return sqrt(x);
    }
    let size = pow(abs(x), vec4<f32>(exponent));
    let odd = abs(exponent) % 2.0 == 1.0;
    return select(size, -size, (x < vec4<f32>()) & vec4<bool>(odd));
}

fn error_function(x: vec4<f32>) -> vec4<f32> {
    return sign(x) * (1.0 - 2.0 * normal_tail(1.4142135 * abs(x)));
}

fn apply(record: Record, x: vec4<f32>) -> vec4<f32> {
    let first = vec4<f32>(record.first);
    switch record.kind {
        case 0u: { return abs(x); }
        case 1u: { return exp(x); }
        case 2u: { return log(x); }
        case 3u: { return sqrt(x); }
        case 4u: { return 1.0 / x; }
        case 5u: { return sin(x); }
        case 6u: { return cos(x); }
        case 7u: { return sign(x); }
        case 8u: { return floor(x); }
        case 9u: { return ceil(x); }
        case 10u: { return round(x); }
        case 11u: { return error_function(x); }
        case 12u: { return power(x, record.first); }
        case 13u: { return min(max(x, first), vec4<f32>(record.second)); }
        case 14u: { return select(vec4<f32>(), vec4<f32>(1.0), x > first); }
        case 15u: { return select(vec4<f32>(), vec4<f32>(1.0), x >= first); }
        default: { return select(vec4<f32>(), vec4<f32>(1.0), x == first); }
    }
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
    let value = apply(record, arena[record.source + quad]);
    arena[record.target_offset + quad] = select(vec4<f32>(), value, channels);
}
