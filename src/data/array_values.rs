//! What is done with the values of an array before they are resized: channels that come last are brought
//! first, and pixels are scaled and normalised.

use super::normalisation::{ChannelNormalisation, IMAGENET};
use super::{DataError, ImageRequest};
use crate::graph::Shape;

/// The largest value of a pixel.
const MAX_PIXEL: f32 = 255.0;

/// Makes network input of the values of an array.
pub(super) struct ArrayValues {
    /// The shape of one image, channels first.
    pub(super) shape: Shape,
    channels_last: bool,
    normalisation: Option<ChannelNormalisation>,
    /// Whether the network takes whole numbers from 0 to 255.
    bytes: bool,
}

impl ArrayValues {
    /// For images of these three extents. A network whose input has the channels last takes arrays as it
    /// declares its input, and others only if their channels can only be first.
    ///
    /// # Errors
    ///
    /// [`DataError::Channels`] if there are values for too few or too many channels.
    pub(super) fn new(
        request: &ImageRequest<'_>,
        [a, b, c]: [usize; 3],
    ) -> Result<Self, DataError> {
        let (needed, overrides) = (request.shape.channels, request.overrides);
        let channels_last = overrides.channels_last && (c == needed || a != needed);
        let shape = if channels_last { Shape::new(c, a, b) } else { Shape::new(a, b, c) };
        let normalisation = match overrides.scale {
            true => Some(usual(shape.channels).replaced(overrides)?),
            false => None,
        };
        Ok(Self { shape, channels_last, normalisation, bytes: overrides.bytes })
    }

    /// The mean and the standard deviation per channel, where pixels are normalised.
    pub(super) fn normalisation(&self) -> Option<[Vec<f64>; 2]> {
        self.normalisation.as_ref().map(|one| [one.mean(), one.deviation()])
    }

    /// The values of one image `[c, h, w]` as the network takes them, from those of the array.
    ///
    /// # Errors
    ///
    /// What an image has that it cannot have, such as `2.5`.
    pub(super) fn prepare(&self, mut values: Vec<f32>) -> Result<Vec<f32>, String> {
        let Shape { channels, height, width } = self.shape;
        let plane = height * width;
        if self.channels_last {
            values = (0..channels * plane)
                .map(|at| values[at % plane * channels + at / plane])
                .collect();
        }
        let is_pixel = |value: &f32| (0.0..=MAX_PIXEL).contains(value);
        let fits = |value: &f32| match self.bytes {
            true => is_pixel(value) && value.fract() == 0.0,
            false => self.normalisation.is_none() || is_pixel(value),
        };
        if let Some(wrong) = values.iter().find(|value| !fits(value)) {
            return Err(wrong.to_string());
        }
        let is_scaled = |values: &[f32]| {
            values.iter().all(|&value| value <= 1.0)
                && values.iter().any(|value| value.fract() > 0.0)
        };
        if let Some(normalisation) = &self.normalisation {
            if is_scaled(&values) {
                return Err("no value above 1".to_owned());
            }
            for (at, value) in values.iter_mut().enumerate() {
                *value = normalisation.apply(at / plane, f64::from(*value));
            }
        }
        Ok(values)
    }

    /// Values that were resized.
    pub(super) fn finish(&self, mut values: Vec<f32>) -> Vec<f32> {
        if self.bytes {
            values.iter_mut().for_each(|value| *value = value.round().clamp(0.0, MAX_PIXEL));
        }
        values
    }
}

/// The normalisation of pictures of a folder; for other numbers of channels than 1 and 3, that must be
/// given.
fn usual(channels: usize) -> ChannelNormalisation {
    match channels {
        1 | 3 => ChannelNormalisation::new(&IMAGENET, channels),
        _ => ChannelNormalisation::pixels(channels),
    }
}
