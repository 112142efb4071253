//! Layer-wise spaces: sizes of their networks, counts, equal networks, notations, and messages.

mod counts;
mod equal;
mod gates;
mod messages;
mod published;
mod rows;
mod sampling;

use untrained::graph::cost::Cost;
use untrained::space::{Architecture, Space, SpaceOverride};

/// The space with these overrides.
fn with(id: &str, settings: &[&str]) -> Space {
    let settings: Vec<SpaceOverride> = settings.iter().map(|text| text.parse().unwrap()).collect();
    Space::open_with(id, &settings).unwrap()
}

fn cost(architecture: &Architecture) -> Cost {
    Cost::of(&architecture.build().unwrap())
}
