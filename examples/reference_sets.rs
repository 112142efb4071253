//! Makes the reference sets of the built-in spaces, `assets/reference/ID.csv`; of those that are named, or
//! of all.
//!
//! `cargo run --release -p untrained --example reference_sets [ID..]`

use std::path::Path;
use std::time::Instant;

use untrained::backend::Cancel;
use untrained::evaluation::ReferenceSet;
use untrained::job::{self, Event};
use untrained::space::Space;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let named: Vec<String> = std::env::args().skip(1).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/reference");
    for id in Space::builtin_ids().filter(|id| named.is_empty() || named.iter().any(|n| n == id)) {
        let mut records = Vec::new();
        let begin = Instant::now();
        job::run(&ReferenceSet::job(id), &Cancel::new(), &mut |event| {
            if let Event::Scored { record, .. } = event {
                records.push((*record).clone());
            }
        })?;
        std::fs::write(folder.join(id).with_extension("csv"), ReferenceSet::to_csv(&records))?;
        println!("{id}: {} architectures, {:.1} s", records.len(), begin.elapsed().as_secs_f64());
    }
    Ok(())
}
