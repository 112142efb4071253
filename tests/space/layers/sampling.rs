//! Samples are uniform: every decision, or the architectures where not all combinations are valid.

use std::collections::HashMap;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use untrained::space::Space;

use super::with;

/// The chi-square of counts against equal shares.
fn chi_square(counts: impl Iterator<Item = usize>, draws: usize, values: usize) -> f64 {
    let expected = draws as f64 / values as f64;
    let (mut sum, mut seen) = (0.0, 0);
    for count in counts {
        sum += (count as f64 - expected).powi(2) / expected;
        seen += 1;
    }
    sum + expected * (values - seen) as f64
}

/// A bound that chi-square exceeds about once in 100,000 times, by Wilson and Hilferty.
fn bound(degrees: usize) -> f64 {
    let degrees = degrees as f64;
    let part = 2.0 / (9.0 * degrees);
    degrees * (1.0 - part + 4.265 * part.sqrt()).powi(3)
}

#[test]
fn every_decision_is_uniform() {
    const DRAWS: usize = 100_000;
    for id in [
        "nas-bench-macro",
        "proxylessnas",
        "fbnet-cifar",
        "spos",
        "ofa-mobilenet-v3",
        "ofa-resnet50",
    ] {
        let space = Space::builtin(id).unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(17);
        // The decisions do not depend on each other, so that fewer draws would do for their names.
        let mut counts: Vec<HashMap<String, usize>> = Vec::new();
        for _ in 0..DRAWS {
            let decisions = space.sample(&mut rng).decisions();
            counts.resize(decisions.len(), HashMap::new());
            for (counts, decision) in counts.iter_mut().zip(decisions) {
                *counts.entry(decision.value).or_default() += 1;
            }
        }
        assert!(counts.len() >= 8, "{id}");
        for (decision, counts) in counts.iter().enumerate() {
            let values = counts.len();
            assert!(values > 1, "{id}: decision {decision} is none");
            let chi = chi_square(counts.values().copied(), DRAWS, values);
            assert!(chi < bound(values - 1), "{id}: decision {decision}: {chi} of {counts:?}");
        }
    }
}

/// Lengths and modules of the macro networks depend on each other: each of the 3,256 is as likely.
#[test]
fn limited_spaces_are_sampled_uniformly() {
    const DRAWS: usize = 100_000;
    let space = Space::builtin("transnas-macro").unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(18);
    let mut counts: HashMap<String, usize> = HashMap::new();
    for _ in 0..DRAWS {
        *counts.entry(space.sample(&mut rng).to_string()).or_default() += 1;
    }
    let chi = chi_square(counts.values().copied(), DRAWS, 3256);
    assert!(chi < bound(3255), "{chi} against {}", bound(3255));
    // The control: a length drawn before the modules would be far off.
    let short = counts.iter().filter(|(text, _)| text.len() == "64-1111-basic".len());
    let short: usize = short.map(|(_, count)| count).sum();
    assert!(short < DRAWS / 10, "{short} of {DRAWS} are short");
}

/// Middle widths are drawn only where they are decisions.
#[test]
fn what_has_a_default_is_not_drawn() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    assert!(!with("spos", &[]).sample(&mut rng).to_string().contains('/'));
    let both = with("spos", &["topology.parameters.mid.decided=true"]);
    let architecture = both.sample(&mut rng);
    let text = architecture.to_string();
    assert_eq!(text.len(), 41, "{text}");
    assert_eq!(architecture.decisions().len(), 40);
    assert_eq!(both.parse(&text).unwrap(), architecture);
}
