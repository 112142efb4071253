//! Random numbers for drawing a mini-batch.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::{DataError, ImageOrder, ImageRequest, ImageSource};
use crate::seed;

/// A stream of its own for every purpose.
pub(super) fn stream(seed: u64, name: &str) -> ChaCha8Rng {
    seed::stream(seed, &["images", name])
}

/// All numbers below a bound in random order, one after the other: a Fisher-Yates shuffle that goes
/// as far as it is asked.
pub(super) struct SeededShuffle {
    rng: ChaCha8Rng,
    order: Vec<usize>,
    place: usize,
}

impl SeededShuffle {
    pub(super) fn new(available: usize, seed: u64) -> Self {
        Self { rng: stream(seed, "selection"), order: (0..available).collect(), place: 0 }
    }
}

impl Iterator for SeededShuffle {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let (place, available) = (self.place, self.order.len());
        if place == available {
            return None;
        }
        let other = self.rng.random_range(place as u64..available as u64) as usize;
        self.order.swap(place, other);
        self.place += 1;
        Some(self.order[place])
    }
}

/// Numbers of images in the order in which they are taken.
pub(super) enum ImageDraw {
    /// At random.
    Random(Box<SeededShuffle>),
    /// From the first one on.
    File(std::ops::Range<usize>),
}

impl ImageDraw {
    /// The draw of a request from `available` images.
    pub(super) fn new(request: &ImageRequest<'_>, available: usize) -> Self {
        let is_array = matches!(request.source, ImageSource::Npy(_) | ImageSource::Npz { .. });
        let usual = match is_array && available == request.batch_size {
            true => ImageOrder::File,
            false => ImageOrder::Random,
        };
        match request.overrides.order.unwrap_or(usual) {
            ImageOrder::File => Self::File(0..available),
            ImageOrder::Random => {
                Self::Random(Box::new(SeededShuffle::new(available, request.seed)))
            }
        }
    }
}

impl Iterator for ImageDraw {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        match self {
            Self::Random(shuffle) => shuffle.next(),
            Self::File(numbers) => numbers.next(),
        }
    }
}

/// Different numbers below `available` for the images of a batch.
pub(super) fn select(
    request: &ImageRequest<'_>,
    origin: &str,
    available: usize,
) -> Result<Vec<usize>, DataError> {
    let wanted = request.batch_size;
    if available < wanted {
        return Err(DataError::TooFew { origin: origin.to_owned(), available, wanted });
    }
    Ok(ImageDraw::new(request, available).take(wanted).collect())
}
