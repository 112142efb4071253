//! Makes the program's icons from their source: `cargo run -p untrained-plot --example icons -- assets/icon` (without
//! a folder, into one for temporary files). Writes PNG files in the sizes of Linux desktops, `untrained.ico` for
//! Windows and `untrained.icns` for macOS.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use image::RgbaImage;
use resvg::usvg::fontdb::Database;
use untrained_plot::svg_to_png;

const SOURCE: &str = include_str!("../../../assets/icon/untrained.svg");
/// The width of the source, in its units.
const UNITS: f32 = 256.0;
/// Sides of the PNG files, in pixels.
const PNG: [u32; 7] = [16, 32, 48, 64, 128, 256, 512];
/// Sides in the `.ico` file.
const ICO: [u32; 6] = [16, 24, 32, 48, 64, 256];
/// Entries of the `.icns` file, all of them PNG files: type and side.
const ICNS: [(&[u8; 4], u32); 10] = [
    (b"icp4", 16),
    (b"icp5", 32),
    (b"ic07", 128),
    (b"ic08", 256),
    (b"ic09", 512),
    // The same for screens with twice the resolution.
    (b"ic11", 32),
    (b"ic12", 64),
    (b"ic13", 256),
    (b"ic14", 512),
    (b"ic10", 1024),
];

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let given = std::env::args_os().nth(1).map(PathBuf::from);
    let folder = given.unwrap_or_else(|| std::env::temp_dir().join("untrained-icons"));
    std::fs::create_dir_all(&folder)?;
    for side in PNG {
        save(&folder, &format!("untrained-{side}.png"), &png(side)?)?;
    }
    save(&folder, "untrained.ico", &ico()?)?;
    save(&folder, "untrained.icns", &icns()?)
}

fn save(folder: &Path, name: &str, bytes: &[u8]) -> Outcome<()> {
    std::fs::write(folder.join(name), bytes)?;
    println!("{}: {} bytes", folder.join(name).display(), bytes.len());
    Ok(())
}

fn png(side: u32) -> Outcome<Vec<u8>> {
    Ok(svg_to_png(SOURCE, &Arc::new(Database::new()), side as f32 / UNITS)?)
}

/// A header of 6 bytes, 16 bytes for each picture, and the pictures. Those below 256 pixels are bitmaps, which
/// every reader of such files knows.
fn ico() -> Outcome<Vec<u8>> {
    let mut pictures = Vec::new();
    for side in ICO {
        let png = png(side)?;
        pictures.push(match side {
            256 => png,
            _ => bitmap(&image::load_from_memory(&png)?.to_rgba8()),
        });
    }
    let mut file = Vec::new();
    for number in [0, 1, ICO.len() as u16] {
        file.extend(number.to_le_bytes());
    }
    let mut begin = file.len() + 16 * ICO.len();
    for (side, picture) in ICO.into_iter().zip(&pictures) {
        // 256 is written as 0; then no palette, one plane of 32 bits.
        file.extend([(side % 256) as u8, (side % 256) as u8, 0, 0, 1, 0, 32, 0]);
        file.extend(u32::try_from(picture.len())?.to_le_bytes());
        file.extend(u32::try_from(begin)?.to_le_bytes());
        begin += picture.len();
    }
    file.extend(pictures.concat());
    Ok(file)
}

/// A bitmap as icons contain it: no file header, twice the height, the lowest row first, blue before red, and
/// behind the colours one bit for each pixel that is all transparent, in rows of whole 32-bit words.
fn bitmap(picture: &RgbaImage) -> Vec<u8> {
    let (width, height) = picture.dimensions();
    let mut bytes = Vec::new();
    for number in [40, width, 2 * height] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend([1, 0, 32, 0]);
    bytes.extend([0; 24]);
    for row in (0..height).rev() {
        for column in 0..width {
            let [red, green, blue, alpha] = picture.get_pixel(column, row).0;
            bytes.extend([blue, green, red, alpha]);
        }
    }
    let is_clear =
        |column: u32, row: u32| column < width && picture.get_pixel(column, row).0[3] == 0;
    for row in (0..height).rev() {
        for word in 0..width.div_ceil(32) {
            let columns = 32 * word..32 * (word + 1);
            let bits =
                columns.fold(0_u32, |bits, column| bits << 1 | u32::from(is_clear(column, row)));
            bytes.extend(bits.to_be_bytes());
        }
    }
    bytes
}

/// `icns`, the length of the file, and for each picture its type, its length with these 8 bytes, and its bytes.
fn icns() -> Outcome<Vec<u8>> {
    let mut content = Vec::new();
    for (kind, side) in ICNS {
        let png = png(side)?;
        content.extend(kind);
        content.extend(u32::try_from(png.len() + 8)?.to_be_bytes());
        content.extend(png);
    }
    let mut file = b"icns".to_vec();
    file.extend(u32::try_from(content.len() + 8)?.to_be_bytes());
    file.extend(content);
    Ok(file)
}
