//! The built-in images: a sheet of 32x32 tiles, 16 per row.

use super::normalisation::CIFAR10;
use super::pictures::ImagePreparation;
use super::{DataError, ImageRequest, LoadedImages, draw};

static SHEET: &[u8] = include_bytes!("../../assets/images/natural32.png");

/// Tiles in one row of the sheet.
const COLUMNS: usize = 16;
/// Rows and columns of a tile.
const SIDE: usize = 32;
/// Values of a tile.
const VOLUME: usize = 3 * SIDE * SIDE;

pub(super) fn load(request: &ImageRequest<'_>) -> Result<LoadedImages, DataError> {
    let preparation = ImagePreparation::new(request, &CIFAR10)?;
    let sheet = decode(SHEET).map_err(DataError::Builtin)?;
    let origin = "the built-in sheet";
    let indices = draw::select(request, origin, sheet.tiles)?;
    let tiles: Vec<_> = indices.iter().map(|&index| sheet.tile(index)).collect();
    let batch = preparation.batch(SIDE, tiles.iter().map(|tile| &tile[..]), indices);
    Ok(LoadedImages { batch, facts: preparation.facts() })
}

/// Decoded rows of `[red, green, blue]` pixels.
struct ImageSheet {
    pixels: Vec<u8>,
    tiles: usize,
}

impl ImageSheet {
    /// One tile in `[3, 32, 32]` order.
    fn tile(&self, index: usize) -> [u8; VOLUME] {
        let (top, left) = (index / COLUMNS * SIDE, index % COLUMNS * SIDE);
        std::array::from_fn(|position| {
            let (channel, pixel) = (position / (SIDE * SIDE), position % (SIDE * SIDE));
            let (row, column) = (top + pixel / SIDE, left + pixel % SIDE);
            self.pixels[(row * COLUMNS * SIDE + column) * 3 + channel]
        })
    }
}

fn decode(bytes: &[u8]) -> Result<ImageSheet, String> {
    let sheet = image::load_from_memory_with_format(bytes, image::ImageFormat::Png);
    let sheet = match sheet.map_err(|error| error.to_string())? {
        image::DynamicImage::ImageRgb8(sheet) => sheet,
        other => return Err(format!("its pixels are {:?}, not 8-bit RGB", other.color())),
    };
    let (width, height) = (sheet.width() as usize, sheet.height() as usize);
    if width != COLUMNS * SIDE || height == 0 || !height.is_multiple_of(SIDE) {
        return Err(format!("the sheet is {width}x{height}, not {} wide", COLUMNS * SIDE));
    }
    Ok(ImageSheet { pixels: sheet.into_raw(), tiles: height / SIDE * COLUMNS })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sheet_has_pictures_enough_and_no_two_alike() {
        let sheet = decode(SHEET).unwrap();
        assert!(sheet.tiles >= 256, "{} tiles", sheet.tiles);
        let mut tiles: Vec<_> = (0..sheet.tiles).map(|index| sheet.tile(index)).collect();
        tiles.sort_unstable();
        assert!(tiles.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn a_damaged_sheet_is_an_error() {
        for end in [0, 10, 40, SHEET.len() / 2] {
            assert!(decode(&SHEET[..end]).is_err(), "{end} bytes");
        }
    }

    #[test]
    fn tiles_are_cut_out_by_row_and_column() {
        let pixels: Vec<u8> = (0..64 * 512 * 3)
            .map(|at| match at % 3 {
                0 => (at / 3 / 512) as u8,
                1 => (at / 3 % 512 / 2) as u8,
                _ => 7,
            })
            .collect();
        let tile = ImageSheet { pixels, tiles: 32 }.tile(17);
        assert_eq!(tile[0], 32, "row 32 on the red channel");
        assert_eq!(tile[33], 33);
        assert_eq!(tile[1024 + 2], 17, "column 34 on the green channel");
        assert_eq!(tile[2048], 7);
    }
}
