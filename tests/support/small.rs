//! Spaces at a small size, at which their networks run in tests.

use untrained::space::{Space, SpaceOverride};

/// A space by its id or file with images of 16x16 pixels, or of 64x64 where its own are larger, because its
/// networks halve them more often.
pub fn open(name: &str) -> Space {
    let size = if Space::open(name).unwrap().input().height > 64 { 64 } else { 16 };
    let mut settings =
        ["input.height", "input.width"].map(|key| SpaceOverride::new(key, size)).to_vec();
    // Widths of thousands of channels take seconds at any size of the images.
    if Space::open(name).unwrap().topology() == "regnet" {
        let ranges = [
            "topology.w0={min=8,max=24,step=8}",
            "topology.wa={min=8,max=16,step=0.1}",
            "topology.depths=[12,13]",
            "topology.group_widths=[8,16]",
        ];
        settings.extend(ranges.map(|range| range.parse::<SpaceOverride>().unwrap()));
    }
    Space::open_with(name, &settings).unwrap()
}

/// A built-in space, at a small size if its own images are large.
pub fn builtin(id: &str) -> Space {
    let space = Space::builtin(id).unwrap();
    if space.input().height > 64 { open(id) } else { space }
}
