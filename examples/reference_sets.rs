//! Computes the reference sets of built-in spaces, `assets/reference/ID.csv`, or prints the one of
//! NAS-Bench-201 if no space is given. Spaces with large images take minutes each.
//!
//! `cargo run --release -p untrained --example reference_sets [ID..]`

use std::path::Path;
use std::time::Instant;

use untrained::backend::Cancel;
use untrained::evaluation::ReferenceSet;
use untrained::job::{self, Event, JobConfig};
use untrained::store::Record;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let named: Vec<String> = std::env::args().skip(1).collect();
    if named.is_empty() {
        print!("{}", table("nas-bench-201")?);
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/reference");
    for id in named {
        let begin = Instant::now();
        std::fs::write(folder.join(&id).with_extension("csv"), table(&id)?)?;
        println!("{id}: {:.1} s", begin.elapsed().as_secs_f64());
    }
    Ok(())
}

/// The reference set of a space, scored now.
fn table(id: &str) -> Result<String, Box<dyn std::error::Error>> {
    let components = records(&ReferenceSet::job(id))?;
    let naswot = match ReferenceSet::naswot_job(id) {
        Some(job) => records(&job)?,
        None => Vec::new(),
    };
    Ok(ReferenceSet::to_csv(&components, &naswot))
}

/// What a job computes.
fn records(job: &JobConfig) -> Result<Vec<Record>, Box<dyn std::error::Error>> {
    let mut records = Vec::new();
    job::run(job, &Cancel::new(), &mut |event| {
        if let Event::Scored { record, .. } = event {
            records.push((*record).clone());
        }
    })?;
    Ok(records)
}
