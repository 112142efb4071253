//! Converts pictures (bytes of brightness or colour) to network input.

use super::normalisation::{ChannelNormalisation, ColourStatistics, LUMINANCE};
use super::{Batch, DataError, ImageFacts, ImageRequest, resize};
use crate::graph::Shape;

/// A picture.
pub(super) struct DecodedImage<'p> {
    /// One or three channels.
    pub(super) channels: usize,
    /// Rows and columns.
    pub(super) size: [usize; 2],
    /// The value of a channel at a row and a column.
    pub(super) value: &'p dyn Fn(usize, usize, usize) -> u8,
}

/// Makes network input of pictures.
pub(super) struct ImagePreparation {
    shape: Shape,
    normalisation: ChannelNormalisation,
    /// Whether the network takes whole numbers.
    bytes: bool,
}

impl ImagePreparation {
    /// For the shape and the settings of a request, with the usual mean and deviation of its
    /// source.
    ///
    /// # Errors
    ///
    /// [`DataError::Shape`] if the network takes neither one channel nor three, and
    /// [`DataError::Channels`].
    pub(super) fn new(
        request: &ImageRequest<'_>,
        usual: &ColourStatistics,
    ) -> Result<Self, DataError> {
        let shape = request.shape;
        if ![1, 3].contains(&shape.channels) {
            return Err(DataError::Shape {
                origin: request.source.to_string(),
                found: "1 or 3 channels".to_owned(),
                needed: shape,
                advice: "images have 1 channel (grey) or 3 (colour); for other numbers, use npy:FILE or noise",
            });
        }
        let bytes = request.overrides.bytes;
        let normalisation = match bytes {
            true => ChannelNormalisation::none(shape.channels),
            false => {
                ChannelNormalisation::new(usual, shape.channels).replaced(request.overrides)?
            }
        };
        Ok(Self { shape, normalisation, bytes })
    }

    /// The facts that are known before anything is loaded.
    pub(super) fn facts(&self) -> ImageFacts {
        let (mean, std) = (self.normalisation.mean(), self.normalisation.deviation());
        ImageFacts { mean: Some(mean), std: Some(std), ..ImageFacts::default() }
    }

    /// The picture with the channels and the size of the network's input, normalised, `[c, h, w]`.
    /// Colours become brightness where one channel is needed, brightness is repeated where three
    /// are.
    pub(super) fn prepare(&self, picture: &DecodedImage<'_>) -> Vec<f32> {
        let Shape { channels, height, width } = self.shape;
        let [rows, columns] = picture.size;
        let mut values = Vec::with_capacity(self.shape.volume());
        for channel in 0..channels {
            let at = |row, column| {
                let value = |channel| f64::from((picture.value)(channel, row, column));
                match (picture.channels, channels) {
                    (3, 1) => (0..3).map(|colour| LUMINANCE[colour] * value(colour)).sum(),
                    (1, _) => value(0),
                    _ => value(channel),
                }
            };
            let plane = (0..rows * columns)
                .map(|place| {
                    self.normalisation.apply(channel, at(place / columns, place % columns))
                })
                .collect();
            values.extend(resize::resize(plane, [rows, columns], [height, width]));
        }
        if self.bytes {
            values.iter_mut().for_each(|value| *value = value.round().clamp(0.0, 255.0));
        }
        values
    }

    /// A batch of square colour pictures, each `[3, side, side]`.
    pub(super) fn batch<'i>(
        &self,
        side: usize,
        images: impl Iterator<Item = &'i [u8]>,
        indices: Vec<usize>,
    ) -> Batch {
        let mut values = Vec::with_capacity(indices.len() * self.shape.volume());
        for bytes in images {
            let value = |channel, row, column| bytes[(channel * side + row) * side + column];
            let picture = DecodedImage { channels: 3, size: [side, side], value: &value };
            values.extend(self.prepare(&picture));
        }
        Batch { images: indices.len(), shape: self.shape, values, indices }
    }
}
