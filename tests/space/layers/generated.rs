//! Temporary.
use untrained::space::Space;
#[test]
fn write_generated() {
    let root = env!("CARGO_MANIFEST_DIR");
    let text = serde_json::to_string_pretty(&Space::schema()).unwrap() + "\n";
    std::fs::write(format!("{root}/assets/untrained-space.schema.json"), text).unwrap();
    let mut drawn = String::new();
    for space in Space::builtins().unwrap() {
        let mut rng = untrained::seed::stream(42, &["golden", space.id()]);
        for _ in 0..2 {
            let architecture = space.sample(&mut rng);
            let changed = architecture.mutate(&mut rng);
            for one in [architecture, changed] {
                drawn.push_str(&format!("{}\t{}\n", space.id(), one));
            }
        }
    }
    std::fs::write(format!("{root}/tests/fixtures/samples.txt"), drawn).unwrap();
}
