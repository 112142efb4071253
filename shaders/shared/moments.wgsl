// Count, mean and sum of squared deviations of a set of values per channel, and their exact merge
// (Chan, Golub, LeVeque 1979): no difference of large numbers, whatever the mean.

struct Moments {
    count: f32,
    mean: vec4<f32>,
    deviation: vec4<f32>,
}

const INVOCATIONS: u32 = 64u;

var<workgroup> shared_moments: array<Moments, 64>;

fn merge(a: Moments, b: Moments) -> Moments {
    if b.count == 0.0 {
        return a;
    }
    let count = a.count + b.count;
    let part = b.count / count;
    let delta = b.mean - a.mean;
    return Moments(
        count,
        a.mean + delta * part,
        a.deviation + b.deviation + delta * delta * (a.count * part),
    );
}

// Merges the moments of all invocations as a tree; invocation 0 gets the result.
fn merge_workgroup(lane: u32, own: Moments) -> Moments {
    shared_moments[lane] = own;
    for (var half = INVOCATIONS / 2u; half > 0u; half /= 2u) {
        workgroupBarrier();
        if lane < half {
            shared_moments[lane] = merge(shared_moments[lane], shared_moments[lane + half]);
        }
    }
    return shared_moments[lane];
}
