// The fused node kernel: sums up to four normalised terms, stores the sum and a function of it, and
// packs the binary code. Word w of an image's code holds the vec4s w, w + stride, w + 2 * stride, ...
// of the tensor, 4 bits each: neighbouring invocations read neighbouring vec4s.

struct Term {
    source: u32,
    // scale of all blocks, then shift of all blocks; or NONE
    norm: u32,
    factor: f32,
}

struct Record {
    images: u32,
    // vec4s per image, and how many make a row or column of the code: ceil(quads / 8)
    quads: u32,
    stride: u32,
    // words of the code per image, with those that only pad
    words: u32,
    image_workgroups: u32,
    plane: u32,
    blocks: u32,
    channels: u32,
    // where the sum, the function of it and the code go, or NONE
    value: u32,
    activated: u32,
    code: u32,
    // words from one image's codes to the next
    code_row: u32,
    term_count: u32,
    // the function and its parameters
    kind: u32,
    parameter: f32,
    offset: f32,
    unused: array<u32, 4>,
    terms: array<Term, 4>,
}

fn sum_terms(record: u32, index: u32, block: u32) -> vec4<f32> {
    var sum = vec4<f32>();
    for (var i = 0u; i < records[record].term_count; i++) {
        let source = records[record].terms[i].source;
        let norm = records[record].terms[i].norm;
        var value = arena[source + index];
        if norm != NONE {
            let shift = statistics[norm + records[record].blocks + block];
            value = fma(value, statistics[norm + block], shift);
        }
        sum += value * records[record].terms[i].factor;
    }
    return sum;
}

// Whether the four channels of a block exist.
fn present(record: u32, block: u32) -> vec4<bool> {
    return vec4<u32>(0u, 1u, 2u, 3u) + block * 4u < vec4<u32>(records[record].channels);
}

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let record = record_index(group);
    let workgroup = workgroup_index(group, grid);
    let image = workgroup / records[record].image_workgroups;
    let word = (workgroup % records[record].image_workgroups) * 64u + lane;
    if beyond_launch(workgroup) || image >= records[record].images || word >= records[record].words {
        return;
    }
    let quads = records[record].quads;
    let stride = records[record].stride;
    var bits = 0u;
    if word < stride {
        for (var part = 0u; part < 8u; part++) {
            let quad = part * stride + word;
            if quad >= quads {
                break;
            }
            let block = quad / records[record].plane;
            let index = image * quads + quad;
            let channels = present(record, block);
            let sum = select(vec4<f32>(), sum_terms(record, index, block), channels);
            if records[record].value != NONE {
                arena[records[record].value + index] = sum;
            }
            if records[record].activated != NONE {
                let parameter = records[record].parameter;
                let value = activate(records[record].kind, parameter, records[record].offset, sum);
                arena[records[record].activated + index] = select(vec4<f32>(), value, channels);
            }
            let on = select(vec4<u32>(), vec4<u32>(1u, 2u, 4u, 8u), sum > vec4<f32>());
            bits |= (on.x | on.y | on.z | on.w) << (part * 4u);
        }
    }
    if records[record].code != NONE {
        codes[records[record].code + image * records[record].code_row + word] = bits;
    }
}
