// The values at some pixels of every image: [image][pixel][channel block], one vec4 per invocation.

struct Record {
    // output vec4s of all images
    quads: u32,
    source: u32,
    target_offset: u32,
    plane: u32,
    width: u32,
    blocks: u32,
    // pixels of an image, and where their rows and columns are, two pixels per vec4
    samples: u32,
    pixel_offset: u32,
    unused: array<u32, 24>,
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
    let block = quad % record.blocks;
    let position = quad / record.blocks;
    let sample = position % record.samples;
    let image = position / record.samples;
    let two = weights[record.pixel_offset + sample / 2u];
    let place = select(two.xy, two.zw, sample % 2u == 1u);
    let pixel = u32(place.x) * record.width + u32(place.y);
    let index = (image * record.blocks + block) * record.plane + pixel;
    statistics[record.target_offset + quad] = arena[record.source + index];
}
