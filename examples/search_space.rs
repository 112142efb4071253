//! Runs a small search through the same core that the command line calls.
//!
//! `cargo run --release --example search_space`

use untrained::backend::Cancel;
use untrained::job::{self, Event, JobConfig, Options, SearchOptions, Task};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let options = Options { device: "cpu".to_owned(), ..Options::default() };
    let config = JobConfig::new(
        options,
        Task::Search(Box::new(SearchOptions { samples: Some(8), ..SearchOptions::default() })),
    );
    let summary = job::run(&config, &Cancel::new(), &mut |event| {
        if let Event::Scored { record, .. } = event {
            println!(
                "path-norm {:>8.3}  {}",
                record.scores.get("path-norm").copied().unwrap_or(f64::NAN),
                record.architecture
            );
        }
    })?;
    let best = summary.best.first().ok_or("nothing was scored")?;
    println!("best: {}", best.architecture);
    Ok(())
}
