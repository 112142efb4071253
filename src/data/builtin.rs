//! The pictures that come with the program: a sheet of 32x32 tiles, 16 to a row.

use std::io::Cursor;

use super::pictures::{self, Collector, SIDE, VOLUME};
use super::{Batch, DataError, draw};
use crate::graph::Shape;

static SHEET: &[u8] = include_bytes!("../../assets/images/natural32.png");

/// Tiles in one row of the sheet.
const COLUMNS: usize = 16;

pub(super) fn load(shape: Shape, batch_size: usize, seed: u64) -> Result<Batch, DataError> {
    let origin = "the built-in sheet";
    pictures::check(origin, shape)?;
    let sheet = decode(SHEET).map_err(DataError::Builtin)?;
    let indices = draw::select(origin, sheet.tiles, batch_size, seed)?;
    let mut collector = Collector::new(shape, indices.clone());
    for index in indices {
        collector.push(&sheet.tile(index));
    }
    Ok(collector.finish())
}

/// Decoded rows of `[red, green, blue]` pixels.
struct Sheet {
    pixels: Vec<u8>,
    tiles: usize,
}

impl Sheet {
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

fn decode(bytes: &[u8]) -> Result<Sheet, String> {
    let mut decoder = png::Decoder::new(Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
    let mut reader = decoder.read_info().map_err(|error| error.to_string())?;
    let (width, height) = (reader.info().width as usize, reader.info().height as usize);
    if width != COLUMNS * SIDE || height == 0 || !height.is_multiple_of(SIDE) {
        return Err(format!("the sheet is {width}x{height}, not {} wide", COLUMNS * SIDE));
    }
    let colour = reader.output_color_type();
    if colour != (png::ColorType::Rgb, png::BitDepth::Eight) {
        return Err(format!("its pixels are {colour:?}, not 8-bit RGB"));
    }
    let mut pixels = vec![0; width * height * 3];
    reader.next_frame(&mut pixels).map_err(|error| error.to_string())?;
    Ok(Sheet { pixels, tiles: height / SIDE * COLUMNS })
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
        let tile = Sheet { pixels, tiles: 32 }.tile(17);
        assert_eq!(tile[0], 32, "row 32 on the red channel");
        assert_eq!(tile[33], 33);
        assert_eq!(tile[1024 + 2], 17, "column 34 on the green channel");
        assert_eq!(tile[2048], 7);
    }
}
