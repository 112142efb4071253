//! Spaces at a small size, at which their networks run in tests.

use untrained::space::{Space, SpaceOverride};

/// A space by its id or file with images of 16x16 pixels, or of 64x64 where its own are larger, because its
/// networks halve them more often.
pub fn open(name: &str) -> Space {
    let size = if Space::open(name).unwrap().input().height > 64 { 64 } else { 16 };
    let settings = ["input.height", "input.width"].map(|key| SpaceOverride::new(key, size));
    Space::open_with(name, &settings).unwrap()
}
