//! What can be asked of a space without building a network.
//!
//! `cargo bench --bench spaces` prints, on one core, how long NAS-Bench-101 takes to be counted and
//! enumerated, and for every built-in space how many architectures per second are drawn and put into
//! canonical form.

use std::hint::black_box;
use std::time::Instant;

use untrained::seed;
use untrained::space::{Architecture, Space};

const SAMPLES: usize = 50_000;

fn main() {
    let space = Space::builtin("nas-bench-101").unwrap();
    let count = seconds(|| space.count());
    println!("counting {} graphs: {:.1} ms", space.count(), 1e3 * count);
    let all = seconds(|| space.enumerate().count());
    println!("enumerating them: {:.0} ms", 1e3 * all);
    println!("| space | drawn and canonical, per second | benchmark's key, per second |");
    println!("|---|---|---|");
    for space in Space::builtins().unwrap() {
        let mut rng = seed::stream(0, &["bench"]);
        // The first canonical form may tabulate the whole space.
        let first = space.sample(&mut rng);
        black_box(first.canonical());
        let mut samples: Vec<Architecture> = Vec::new();
        let drawing = seconds(|| {
            samples = (0..SAMPLES).map(|_| space.sample(&mut rng)).collect();
        });
        let canonical = seconds(|| samples.iter().map(|one| one.canonical().len()).sum::<usize>());
        let key = seconds(|| samples.iter().map(|one| one.benchmark_key().len()).sum::<usize>());
        let rate = |seconds: f64| SAMPLES as f64 / seconds;
        println!("| {} | {:.0} | {:.0} |", space.id(), rate(drawing + canonical), rate(key));
    }
}

fn seconds<T>(work: impl FnOnce() -> T) -> f64 {
    let begin = Instant::now();
    black_box(work());
    begin.elapsed().as_secs_f64()
}
