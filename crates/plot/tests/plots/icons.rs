//! The checked-in icons are those of their source, and their files are well formed.

use std::path::PathBuf;
use std::sync::Arc;

use resvg::usvg::fontdb::Database;
use untrained_plot::svg_to_png;

/// Mean difference of channels, of 255, between a checked-in picture and a fresh one: versions of the
/// rasteriser differ a little at rounded corners.
const TOLERANCE: f64 = 0.5;

fn icon(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../assets/icon");
    std::fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn fresh(source: &str, side: u32) -> image::RgbaImage {
    let png = svg_to_png(source, &Arc::new(Database::new()), side as f32 / 256.0).unwrap();
    image::load_from_memory(&png).unwrap().to_rgba8()
}

fn difference(a: &image::RgbaImage, b: &image::RgbaImage) -> f64 {
    assert_eq!(a.dimensions(), b.dimensions());
    let pairs = a.as_raw().iter().zip(b.as_raw());
    let sum: f64 = pairs.map(|(&a, &b)| f64::from(a.abs_diff(b))).sum();
    sum / a.as_raw().len() as f64
}

#[test]
fn pictures_are_those_of_the_source() {
    let source = String::from_utf8(icon("untrained.svg")).unwrap();
    for side in [16, 32, 48, 64, 128, 256, 512] {
        let stored = icon(&format!("untrained-{side}.png"));
        let stored = image::load_from_memory(&stored).unwrap().to_rgba8();
        let different = difference(&stored, &fresh(&source, side));
        assert!(different < TOLERANCE, "{side}: {different}; run the example `icons`");
        // Another colour of the diagonal is seen.
        let changed = source.replace("#fde725", "#fd2525");
        assert!(difference(&stored, &fresh(&changed, side)) > 4.0 * TOLERANCE);
    }
}

#[test]
fn the_icon_of_windows_has_its_sizes() {
    let file = icon("untrained.ico");
    let word = |at: usize| u16::from_le_bytes(file[at..][..2].try_into().unwrap());
    let long = |at: usize| u32::from_le_bytes(file[at..][..4].try_into().unwrap()) as usize;
    assert_eq!([word(0), word(2)], [0, 1]);
    let mut sides = Vec::new();
    let mut end = 6 + 16 * usize::from(word(4));
    for entry in (0..usize::from(word(4))).map(|entry| 6 + 16 * entry) {
        let (side, length, begin) = (file[entry], long(entry + 8), long(entry + 12));
        sides.push(side);
        assert_eq!(begin, end);
        end = begin + length;
        let picture = &file[begin..end];
        match side {
            0 => {
                assert_eq!(image::load_from_memory(picture).unwrap().width(), 256);
            }
            side => {
                // Colours, and a mask with rows of whole words.
                let side = usize::from(side);
                assert_eq!(long(begin + 4), side);
                assert_eq!(length, 40 + 4 * side * side + 4 * side.div_ceil(32) * side);
            }
        }
    }
    assert_eq!(end, file.len());
    assert_eq!(sides, [16, 24, 32, 48, 64, 0]);
}

#[test]
fn the_icon_of_macos_has_its_sizes() {
    let file = icon("untrained.icns");
    let long = |at: usize| u32::from_be_bytes(file[at..][..4].try_into().unwrap()) as usize;
    assert_eq!((&file[..4], long(4)), (&b"icns"[..], file.len()));
    let mut widths = Vec::new();
    let mut at = 8;
    while at < file.len() {
        let picture = &file[at + 8..at + long(at + 4)];
        widths.push(image::load_from_memory(picture).unwrap().width());
        at += long(at + 4);
    }
    assert_eq!(widths, [16, 32, 128, 256, 512, 32, 64, 256, 512, 1024]);
}
