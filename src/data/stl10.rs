//! STL-10 as published (Coates, Lee, Ng, AISTATS 2011): rows of bytes `[3, columns, rows]`, column by
//! column.

use std::path::Path;

use super::normalisation::STL10;
use super::pictures::{DecodedImage, ImagePreparation};
use super::rows::{self, RowFile};
use super::{Batch, DataError, ImageRequest, LoadedImages, draw, layout};

/// Rows and columns of a picture.
const SIDE: usize = 96;
/// Values of a picture.
const VOLUME: usize = 3 * SIDE * SIDE;
/// The training images.
const FILE: &str = "train_X.bin";
const ADVICE: &str = "give the folder stl10_binary of STL-10";

/// Draws from the training images.
pub(super) fn load(request: &ImageRequest<'_>, given: &Path) -> Result<LoadedImages, DataError> {
    let preparation = ImagePreparation::new(request, &STL10)?;
    let folders = layout::folders(given, &["stl10_binary"], ADVICE)?;
    let found = folders.iter().flat_map(|folder| layout::named(folder, FILE)).next();
    let path = found.ok_or_else(|| DataError::Layout {
        path: given.to_owned(),
        looked_for: FILE.to_owned(),
        advice: ADVICE,
    })?;
    let file = RowFile::binary(path, 0, VOLUME)?;
    let indices = draw::select(request, &given.display().to_string(), file.images)?;
    let chosen: Vec<_> = indices.iter().map(|&row| (0, row)).collect();
    let mut values = Vec::with_capacity(indices.len() * request.shape.volume());
    for bytes in rows::read(request, &[file], &chosen, VOLUME)? {
        let value = |channel: usize, row: usize, column: usize| {
            bytes[(channel * SIDE + column) * SIDE + row]
        };
        let picture = DecodedImage { channels: 3, size: [SIDE, SIDE], value: &value };
        values.extend(preparation.prepare(&picture));
    }
    let batch = Batch { images: indices.len(), shape: request.shape, values, indices };
    Ok(LoadedImages { batch, facts: preparation.facts() })
}
