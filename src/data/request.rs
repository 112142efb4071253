//! What to load, and the result of loading it.

use serde::Serialize;

use super::{Batch, DataError, ImageSource};
use crate::graph::Shape;

/// Classes of ImageNet16.
pub(super) const IMAGENET_CLASSES: u32 = 1_000;

/// What replaces a source's usual settings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ImageOverrides {
    /// Mean per channel, of pixels from 0 to 1.
    pub mean: Option<Vec<f64>>,
    /// Standard deviation per channel, of pixels from 0 to 1.
    pub deviation: Option<Vec<f64>>,
    /// ImageNet16: images of this many classes are used, the first ones.
    pub classes: Option<u32>,
    /// The order in which images are taken. Without one, arrays with exactly as many images as the batch
    /// are taken in their order, and all other images at random.
    pub order: Option<ImageOrder>,
    /// The values of arrays are pixels from 0 to 255, to be scaled and normalised as pictures of a folder
    /// are.
    pub scale: bool,
    /// Arrays have the channels last, as the network declares its input.
    pub channels_last: bool,
    /// The network takes pixels from 0 to 255, whole numbers, and normalises them itself.
    pub bytes: bool,
}

/// The order in which images are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ImageOrder {
    /// The first ones, in the order of the source.
    File,
    /// Drawn at random, without replacement.
    Random,
}

impl ImageOrder {
    /// Both orders.
    pub const ALL: [Self; 2] = [Self::File, Self::Random];

    /// Its name in options and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Random => "random",
        }
    }
}

/// What to load.
pub struct ImageRequest<'r> {
    /// Where from.
    pub source: &'r ImageSource,
    /// Shape of one image.
    pub shape: Shape,
    /// How many images.
    pub batch_size: usize,
    /// The run's seed.
    pub seed: u64,
    /// What replaces the source's usual settings.
    pub overrides: &'r ImageOverrides,
    /// Called between files and images; once it returns `true`, loading ends with
    /// [`DataError::Cancelled`].
    pub cancelled: &'r (dyn Fn() -> bool + Sync),
}

/// The loaded batch.
#[derive(Clone, Debug)]
pub struct LoadedImages {
    /// The images, normalised.
    pub batch: Batch,
    /// How they came about.
    pub facts: ImageFacts,
}

/// How the images of a batch came about, for the manifest.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ImageFacts {
    /// The per-channel mean that was subtracted from pixel values between 0 and 1; `None` if values are
    /// used as they are.
    pub mean: Option<Vec<f64>>,
    /// The per-channel standard deviation that pixels were divided by; `None` if values are used as
    /// they are.
    pub std: Option<Vec<f64>>,
    /// Only images of this many first classes were drawn from.
    pub classes: Option<u32>,
    /// The number of files that were drawn but could not be read, and were replaced by others.
    pub skipped: usize,
    /// The first of them, each with its problem.
    pub skipped_files: Vec<String>,
    /// The files of the batch, in order, where every image is one.
    pub files: Vec<String>,
    /// What else the user should know.
    pub notices: Vec<String>,
}

impl ImageOverrides {
    /// Checks that the settings suit a source, as far as is possible without opening it.
    ///
    /// # Errors
    ///
    /// [`DataError::Unused`], [`DataError::Range`] or [`DataError::Classes`].
    pub fn check(&self, source: &ImageSource) -> Result<(), DataError> {
        if self.scale && !source.is_array() {
            let reason = "it scales the values of arrays (npy, npz); pictures are scaled anyway";
            return Err(DataError::Unused { option: "scale", name: source.name(), reason });
        }
        let given = [("mean", &self.mean), ("std", &self.deviation)];
        for (option, values) in given {
            let Some(values) = values else { continue };
            if !source.is_image_data() && !self.scale {
                let reason = "its values are used as they are; normalise the array itself, or use the \
                              option `scale` for pixels from 0 to 255";
                return Err(DataError::Unused { option, name: source.name(), reason });
            }
            let (fits, allowed): (fn(f64) -> bool, _) = match option {
                "mean" => (|value| (0.0..=1.0).contains(&value), "from 0 to 1"),
                _ => (|value| value > 0.0 && value <= 1.0, "above 0 and at most 1"),
            };
            if let Some(&value) = values.iter().find(|&&value| !fits(value)) {
                return Err(DataError::Range { option, value, allowed });
            }
        }
        if self.order.is_some() && matches!(source, ImageSource::Noise) {
            let reason = "it has no images in any order; choose another source";
            return Err(DataError::Unused { option: "image-order", name: source.name(), reason });
        }
        match self.classes {
            Some(_) if !matches!(source, ImageSource::ImageNet16(_)) => {
                let reason = "only imagenet16 has classes to choose from";
                Err(DataError::Unused { option: "image-classes", name: source.name(), reason })
            }
            Some(count) if !(1..=IMAGENET_CLASSES).contains(&count) => {
                Err(DataError::Classes(count))
            }
            _ => Ok(()),
        }
    }
}

impl ImageRequest<'_> {
    /// Refuses settings that would change the pixels of a network that takes them as they are.
    ///
    /// # Errors
    ///
    /// [`DataError::Unused`], and [`DataError::NotBytes`] for noise.
    pub(super) fn check_bytes(&self) -> Result<(), DataError> {
        let ImageOverrides { mean, deviation, scale, bytes, .. } = self.overrides;
        if !bytes {
            return Ok(());
        }
        if matches!(self.source, ImageSource::Noise) {
            let (origin, found) = ("noise".to_owned(), "normally distributed values".to_owned());
            return Err(DataError::NotBytes { origin, found });
        }
        let given = [("mean", mean.is_some()), ("std", deviation.is_some()), ("scale", *scale)];
        match given.into_iter().find(|(_, is_given)| *is_given) {
            None => Ok(()),
            Some((option, _)) => {
                let reason = "the network takes uint8 values and normalises them itself";
                Err(DataError::Unused { option, name: self.source.name(), reason })
            }
        }
    }

    /// Ends loading if it was cancelled.
    pub(super) fn check_cancelled(&self) -> Result<(), DataError> {
        if (self.cancelled)() { Err(DataError::Cancelled) } else { Ok(()) }
    }
}

impl From<Batch> for LoadedImages {
    fn from(batch: Batch) -> Self {
        Self { batch, facts: ImageFacts::default() }
    }
}
