//! Whole networks on the native backend: plan, weights, forward pass, kernel matrix, score.
//!
//! `cargo bench --bench networks` prints seconds per NAS-Bench-201 network, batch 128, and the
//! memory the process needed.

use std::time::Instant;

use untrained::backend::Cancel;
use untrained::job::{JobConfig, Options, Session, Task, candidate};
use untrained::seed;
use untrained::space::{Architecture, Space};

const BATCH: usize = 128;
const RANDOM: usize = 100;
const ROUNDS: usize = 9;
const HEAVIEST: &str = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|";

fn main() {
    let space = Space::builtin("nas-bench-201").unwrap();
    let options =
        Options { batch_size: Some(BATCH), device: "cpu".to_owned(), ..Options::default() };
    let cancel = Cancel::new();
    let config = JobConfig::new(options, Task::Score { architectures: Vec::new() });
    let session = Session::open(&config, &cancel, &mut |_| {}).unwrap();
    println!("{:?}, batch {BATCH}", session.device());
    let seconds = |architecture: &Architecture| {
        let begin = Instant::now();
        let scored = session.score(vec![candidate(architecture)], false, &cancel);
        assert!(scored[0].is_some());
        begin.elapsed().as_secs_f64()
    };
    let all: Vec<Architecture> = space.enumerate().step_by(16).collect();
    let begin = Instant::now();
    for architecture in &all {
        architecture.build().unwrap();
    }
    let build_us = begin.elapsed().as_secs_f64() * 1e6 / all.len() as f64;
    println!("building a graph: mean {build_us:.0} us of {}", all.len());
    let heaviest = space.parse(HEAVIEST).unwrap();
    let mut times: Vec<f64> = (0..ROUNDS).map(|_| seconds(&heaviest)).collect();
    times.sort_by(f64::total_cmp);
    println!(
        "heaviest cell: median {:.3} s, least {:.3} s, most {:.3} s of {ROUNDS}",
        times[ROUNDS / 2],
        times[0],
        times[ROUNDS - 1]
    );
    let mut rng = seed::stream(0, &["bench"]);
    let random: Vec<Architecture> = (0..RANDOM).map(|_| space.sample(&mut rng)).collect();
    let total: f64 = random.iter().map(seconds).sum();
    println!("{RANDOM} random cells: {total:.2} s, mean {:.4} s", total / RANDOM as f64);
    if let Some(peak) = peak_memory_kib() {
        println!("peak memory of the process: {} MiB", peak / 1024);
    }
}

/// The most memory this process has had, where the system tells.
fn peak_memory_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
