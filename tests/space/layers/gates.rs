//! Squeeze-and-excite gates, and what their activations count.

use untrained::plan::{ActivationSites, Count};
use untrained::weights::Weights;

use super::with;

#[test]
fn activations_in_gates_count_unless_the_space_says_otherwise() {
    let text = |space: &untrained::space::Space| {
        let architecture = space.sample(&mut untrained::seed::stream(1, &["gates"]));
        let graph = architecture.build().unwrap();
        ActivationSites::new(&graph, &Weights::default(), Count::Paper)
    };
    let space = with("ofa-mobilenet-v3", &[]);
    let without = with("ofa-mobilenet-v3", &["gates=uncounted"]);
    let (all, outside) = (text(&space), text(&without));
    assert!(all.total() > outside.total(), "{all}, {outside}");
    // The hard sigmoids carry no code in either.
    assert!(!all.to_string().contains("Sigmoid"), "{all}");
    let note = all.note().unwrap();
    assert!(note.starts_with("HardSwish: a code bit is the sign of the input"), "{note}");
    let proxyless = text(&with("proxylessnas", &[])).note().unwrap();
    assert_eq!(proxyless, "ReLU6: counted at 0 only, not where it is clipped");
    assert_eq!(text(&with("fbnet", &[])).note(), None);
}
