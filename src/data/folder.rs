//! Folders and archives of pictures, flat or with one sub-folder per class.
//!
//! Files are numbered in the order of their paths within the folder. Only the files that are drawn are
//! opened. A file that cannot be read is counted and replaced by the next one drawn.

use std::io::SeekFrom;
use std::path::Path;

use image::{DynamicImage, ImageDecoder, ImageReader, Limits};
use rayon::prelude::*;

use super::draw::ImageDraw;
use super::normalisation::IMAGENET;
use super::picture_files::{PictureFiles, PictureRead};
use super::pictures::{DecodedImage, ImagePreparation};
use super::{Batch, DataError, ImageRequest, LoadedImages, jpeg};
use crate::graph::Shape;

/// The longest side of an image.
const MAX_SIDE: u32 = 1 << 15;
/// Memory for decoding one image.
const MAX_DECODED_BYTES: u64 = 1 << 29;
/// Damaged files that are named.
const SKIPPED_NAMED: usize = 20;

pub(super) fn load(request: &ImageRequest<'_>, folder: &Path) -> Result<LoadedImages, DataError> {
    let preparation = ImagePreparation::new(request, &IMAGENET)?;
    let files = PictureFiles::list(request, folder)?;
    let mut draw = ImageDraw::new(request, files.len());
    let mut found = ImageCollector::default();
    while found.indices.len() < request.batch_size {
        let missing = request.batch_size - found.indices.len();
        let drawn: Vec<usize> = draw.by_ref().take(missing).collect();
        if drawn.is_empty() {
            return Err(found.too_few(request, folder));
        }
        let prepare = |&index: &usize| {
            request.check_cancelled()?;
            Ok((index, prepare(&files, index, &preparation, request.shape)))
        };
        let prepared = drawn.par_iter().map(prepare).collect::<Result<Vec<_>, DataError>>()?;
        prepared.into_iter().for_each(|(index, image)| found.add(index, files.name(index), image));
    }
    let mut images = found.finish(request, folder, &preparation);
    images.facts.notices.extend(files.notices);
    Ok(images)
}

/// What the draw has brought so far.
#[derive(Default)]
struct ImageCollector {
    indices: Vec<usize>,
    files: Vec<String>,
    values: Vec<f32>,
    skipped: usize,
    skipped_files: Vec<String>,
}

impl ImageCollector {
    fn add(&mut self, index: usize, file: &Path, image: Result<Vec<f32>, String>) {
        match image {
            Ok(values) => {
                self.indices.push(index);
                self.files.push(slashes(file));
                self.values.extend(values);
            }
            Err(problem) => {
                self.skipped += 1;
                if self.skipped_files.len() < SKIPPED_NAMED {
                    self.skipped_files.push(format!("{}: {problem}", slashes(file)));
                }
            }
        }
    }

    fn too_few(self, request: &ImageRequest<'_>, folder: &Path) -> DataError {
        let (available, wanted) = (self.indices.len(), request.batch_size);
        match self.skipped_files.into_iter().next() {
            None => {
                let origin = folder.display().to_string();
                DataError::TooFew { origin, available, wanted }
            }
            Some(first) => {
                let (path, skipped) = (folder.to_owned(), self.skipped);
                DataError::Damaged { path, available, skipped, wanted, first }
            }
        }
    }

    fn finish(
        self,
        request: &ImageRequest<'_>,
        folder: &Path,
        preparation: &ImagePreparation,
    ) -> LoadedImages {
        let Self { indices, files, values, skipped, skipped_files } = self;
        let (images, shape) = (indices.len(), request.shape);
        let batch = Batch { images, shape, values, indices };
        let mut facts = preparation.facts();
        if let Some(first) = skipped_files.first() {
            let (files, skipping) = match skipped {
                1 => ("file", "was skipped, with another"),
                _ => ("files", "were skipped, with others"),
            };
            facts.notices.push(format!(
                "{skipped} {files} of {} cannot be read and {skipping} drawn instead; the first \
                 is {first}",
                folder.display()
            ));
        }
        (facts.files, facts.skipped, facts.skipped_files) = (files, skipped, skipped_files);
        LoadedImages { batch, facts }
    }
}

/// A path as it is written on every system.
fn slashes(path: &Path) -> String {
    path.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// The network's input of a file, or what is wrong with the file.
fn prepare(
    files: &PictureFiles,
    index: usize,
    preparation: &ImagePreparation,
    shape: Shape,
) -> Result<Vec<f32>, String> {
    let file = files.open(index).map_err(|error| error.to_string())?;
    let picture = decode(file)?;
    let size = [picture.height() as usize, picture.width() as usize];
    let ([top, left], size) = centre(size, shape);
    Ok(match picture {
        DynamicImage::ImageLuma8(pixels) => {
            let value = |_, row, column| pixels[((left + column) as u32, (top + row) as u32)].0[0];
            preparation.prepare(&DecodedImage { channels: 1, size, value: &value })
        }
        other => {
            let pixels = other.into_rgb8();
            let value = |channel: usize, row, column| {
                pixels[((left + column) as u32, (top + row) as u32)].0[channel]
            };
            preparation.prepare(&DecodedImage { channels: 3, size, value: &value })
        }
    })
}

/// The pixels of a file, upright; grey ones as 8-bit brightness.
fn decode(mut file: Box<dyn PictureRead>) -> Result<DynamicImage, String> {
    let decode = move || -> image::ImageResult<DynamicImage> {
        if jpeg::is_jpeg(file.fill_buf()?) && !jpeg::is_complete(&mut file)? {
            return Err(std::io::Error::other("the file is truncated").into());
        }
        file.seek(SeekFrom::Start(0))?;
        let mut reader = ImageReader::new(file).with_guessed_format()?;
        let mut limits = Limits::default();
        limits.max_image_width = Some(MAX_SIDE);
        limits.max_image_height = Some(MAX_SIDE);
        limits.max_alloc = Some(MAX_DECODED_BYTES);
        reader.limits(limits.clone());
        let mut decoder = reader.into_decoder()?;
        limits.reserve(decoder.total_bytes())?;
        let orientation = decoder.orientation()?;
        let mut picture = DynamicImage::from_decoder(decoder)?;
        picture.apply_orientation(orientation);
        Ok(match picture {
            grey @ (DynamicImage::ImageLumaA8(_)
            | DynamicImage::ImageLuma16(_)
            | DynamicImage::ImageLumaA16(_)) => grey.into_luma8().into(),
            other => other,
        })
    };
    decode().map_err(|error| error.to_string())
}

/// The corner and the size of the largest part in the middle that has the aspect of `shape`.
fn centre([rows, columns]: [usize; 2], shape: Shape) -> ([usize; 2], [usize; 2]) {
    let rounded =
        |dividend: usize, divisor: usize| ((2 * dividend + divisor) / (2 * divisor)).max(1);
    let size = if columns * shape.height > rows * shape.width {
        [rows, rounded(rows * shape.width, shape.height)]
    } else {
        [rounded(columns * shape.height, shape.width), columns]
    };
    ([(rows - size[0]) / 2, (columns - size[1]) / 2], size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_every_size_has_the_aspect_of_the_input() {
        for (size, shape, expected) in [
            ([20, 30], Shape::new(3, 10, 10), ([0, 5], [20, 20])),
            ([30, 20], Shape::new(3, 10, 10), ([5, 0], [20, 20])),
            ([7, 7], Shape::new(3, 32, 32), ([0, 0], [7, 7])),
            ([10, 10], Shape::new(3, 4, 8), ([2, 0], [5, 10])),
            ([1, 1000], Shape::new(3, 1, 1), ([0, 499], [1, 1])),
            ([5, 1], Shape::new(1, 1, 40), ([2, 0], [1, 1])),
        ] {
            assert_eq!(centre(size, shape), expected, "{size:?} for {shape}");
        }
        for rows in 1..30 {
            for columns in 1..30 {
                let (corner, size) = centre([rows, columns], Shape::new(3, 7, 11));
                assert!(size[0] >= 1 && corner[0] + size[0] <= rows);
                assert!(size[1] >= 1 && corner[1] + size[1] <= columns);
            }
        }
    }
}
