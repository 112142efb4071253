//! What can be asked of a space without building a network.
//!
//! `cargo bench --bench spaces` prints, on one core, how long NAS-Bench-101 takes to be counted and
//! enumerated, and how many architectures per second are drawn, put into canonical form and hashed.

use std::hint::black_box;
use std::time::Instant;

use untrained::seed;
use untrained::space::{Architecture, Space};

const SAMPLES: usize = 100_000;

fn main() {
    let space = Space::builtin("nas-bench-101").unwrap();
    let seconds = |work: &mut dyn FnMut()| {
        let begin = Instant::now();
        work();
        begin.elapsed().as_secs_f64()
    };
    let count = seconds(&mut || {
        black_box(space.count());
    });
    println!("counting {} graphs: {:.1} ms", space.count(), 1e3 * count);
    let all = seconds(&mut || {
        black_box(space.enumerate().count());
    });
    println!("enumerating them: {:.0} ms", 1e3 * all);
    let mut rng = seed::stream(0, &["bench"]);
    let mut samples: Vec<Architecture> = Vec::new();
    let drawing = seconds(&mut || samples = (0..SAMPLES).map(|_| space.sample(&mut rng)).collect());
    let rate = |name: &str, per_sample: &dyn Fn(&Architecture) -> String| {
        let begin = Instant::now();
        for sample in &samples {
            black_box(per_sample(sample));
        }
        let seconds = begin.elapsed().as_secs_f64();
        println!("{name}: {:.0} architectures per second", SAMPLES as f64 / seconds);
        seconds
    };
    let canonical = rate("canonical form", &|sample| space.canonical(sample));
    rate("graph hash", &|sample| space.benchmark_key(sample));
    let both = SAMPLES as f64 / (drawing + canonical);
    println!("drawing: {:.0} architectures per second", SAMPLES as f64 / drawing);
    println!("drawing and canonical form: {both:.0} architectures per second");
}
