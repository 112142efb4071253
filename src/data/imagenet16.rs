//! ImageNet at 16x16 pixels (Chrabaszcz, Loshchilov, Hutter, "A Downsampled Variant of ImageNet",
//! 2017) as NAS-Bench-201 uses it: ten pickles with `data`, uint8 `[n, 768]`, and `labels` from 1 to
//! 1000, of which the first 120 are ImageNet16-120.

use std::path::{Path, PathBuf};

use super::normalisation::IMAGENET16;
use super::pictures::ImagePreparation;
use super::request::IMAGENET_CLASSES;
use super::rows::{self, RowFile};
use super::{DataError, ImageRequest, LoadedImages, draw, layout, pickle};

/// Rows and columns of a picture.
const SIDE: usize = 16;
/// Values of a picture.
const VOLUME: usize = 3 * SIDE * SIDE;
/// Classes of NAS-Bench-201's ImageNet16-120.
const USUAL_CLASSES: u32 = 120;

const ADVICE: &str = "give the folder with the training batches of Imagenet16";

/// Draws from the images of the first classes; images of all classes are numbered through the files.
pub(super) fn load(request: &ImageRequest<'_>, folder: &Path) -> Result<LoadedImages, DataError> {
    let preparation = ImagePreparation::new(request, &IMAGENET16)?;
    let classes = request.overrides.classes.unwrap_or(USUAL_CLASSES);
    let (mut files, mut eligible, mut before) = (Vec::new(), Vec::new(), 0);
    for path in paths(folder)? {
        request.check_cancelled()?;
        let (file, rows) = file(path, classes)?;
        eligible.extend(rows.into_iter().map(|row| (files.len(), row, before + row)));
        before += file.images;
        files.push(file);
    }
    let origin = format!("{}, counting the first {classes} classes,", folder.display());
    let drawn = draw::select(request, &origin, eligible.len())?;
    let chosen: Vec<_> =
        drawn.iter().map(|&place| (eligible[place].0, eligible[place].1)).collect();
    let indices = drawn.iter().map(|&place| eligible[place].2).collect();
    let images = rows::read(request, &files, &chosen, VOLUME)?;
    let batch = preparation.batch(SIDE, images.iter().map(Vec::as_slice), indices);
    let mut facts = preparation.facts();
    facts.classes = Some(classes);
    Ok(LoadedImages { batch, facts })
}

fn paths(given: &Path) -> Result<Vec<PathBuf>, DataError> {
    for folder in layout::folders(given, &["ImageNet16", "Imagenet16_train"], ADVICE)? {
        let paths = layout::numbered(&folder, "train_data_batch_", "")?;
        if !paths.is_empty() {
            return Ok(paths);
        }
    }
    let looked_for = "train_data_batch_1, train_data_batch_2, ..".to_owned();
    Err(DataError::Layout { path: given.to_owned(), looked_for, advice: ADVICE })
}

/// A file and its rows of the first classes. Its images stay on the disk.
fn file(path: PathBuf, classes: u32) -> Result<(RowFile, Vec<usize>), DataError> {
    let (file, fields) = RowFile::python(path, VOLUME)?;
    let labels = fields.get("labels").ok_or_else(|| file.wrong("has no `labels`"))?;
    let labels = pickle::integers(labels)
        .ok_or_else(|| file.wrong("its `labels` are not a list or array of integers"))?;
    if labels.len() != file.images {
        let reason = format!("has {} images but {} labels", file.images, labels.len());
        return Err(file.wrong(reason));
    }
    let known = 1..=i64::from(IMAGENET_CLASSES);
    if let Some(label) = labels.iter().find(|label| !known.contains(label)) {
        let reason = format!("has the label {label}, labels are from 1 to {IMAGENET_CLASSES}");
        return Err(file.wrong(reason));
    }
    let first = |label: i64| label <= i64::from(classes);
    let rows = labels.iter().enumerate().filter(|&(_, &label)| first(label));
    let rows = rows.map(|(row, _)| row).collect();
    Ok((file, rows))
}
