//! The mean and standard deviation of image sources, and their overrides.

use super::{DataError, ImageOverrides};

/// Weights of red, green and blue in the brightness of a pixel (ITU-R BT.601).
pub(super) const LUMINANCE: [f64; 3] = [0.299, 0.587, 0.114];

/// Per channel, of pixel values from 0 to 255: a value v becomes `(v - mean) / deviation`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ChannelNormalisation {
    mean: Vec<f64>,
    deviation: Vec<f64>,
}

/// Mean and standard deviation of red, green and blue, of values from 0 to 255.
pub(super) type ColourStatistics = [[f64; 3]; 2];

pub(super) const CIFAR10: ColourStatistics = [[125.3, 123.0, 113.9], [63.0, 62.1, 66.7]];
pub(super) const CIFAR100: ColourStatistics = [[129.3, 124.1, 112.4], [68.2, 65.4, 70.4]];
pub(super) const IMAGENET16: ColourStatistics = [[122.68, 116.66, 104.01], [63.22, 61.26, 65.09]];
pub(super) const MNIST: ColourStatistics = [[0.1307 * 255.0; 3], [0.3081 * 255.0; 3]];
pub(super) const STL10: ColourStatistics = [
    [0.4467 * 255.0, 0.4398 * 255.0, 0.4066 * 255.0],
    [0.2603 * 255.0, 0.2566 * 255.0, 0.2713 * 255.0],
];
pub(super) const SVHN: ColourStatistics = [
    [0.4377 * 255.0, 0.4438 * 255.0, 0.4728 * 255.0],
    [0.1980 * 255.0, 0.2010 * 255.0, 0.1970 * 255.0],
];
pub(super) const IMAGENET: ColourStatistics =
    [[0.485 * 255.0, 0.456 * 255.0, 0.406 * 255.0], [0.229 * 255.0, 0.224 * 255.0, 0.225 * 255.0]];

impl ChannelNormalisation {
    /// For three channels the colours'. One channel takes the brightness of the mean; its deviation
    /// is the same mix of the colours', which is exact for pictures in shades of grey.
    pub(super) fn new([mean, deviation]: &ColourStatistics, channels: usize) -> Self {
        let mix = |of: &[f64; 3]| match channels {
            1 => vec![of.iter().zip(LUMINANCE).map(|(value, weight)| value * weight).sum()],
            _ => of.to_vec(),
        };
        Self { mean: mix(mean), deviation: mix(deviation) }
    }

    /// Pixels as they are.
    pub(super) fn none(channels: usize) -> Self {
        Self { mean: vec![0.0; channels], deviation: vec![1.0; channels] }
    }

    /// Pixels divided by 255.
    pub(super) fn pixels(channels: usize) -> Self {
        Self { mean: vec![0.0; channels], deviation: vec![255.0; channels] }
    }

    /// With the given values in place of the usual ones.
    pub(super) fn replaced(mut self, overrides: &ImageOverrides) -> Result<Self, DataError> {
        for (option, given, target) in [
            ("mean", &overrides.mean, &mut self.mean),
            ("std", &overrides.deviation, &mut self.deviation),
        ] {
            let Some(values) = given else { continue };
            let (given, channels) = (values.len(), target.len());
            if given != channels {
                return Err(DataError::Channels { option, given, channels });
            }
            *target = values.iter().map(|value| value * 255.0).collect();
        }
        Ok(self)
    }

    /// A pixel value from 0 to 255 as the network sees it.
    pub(super) fn apply(&self, channel: usize, value: f64) -> f32 {
        ((value - self.mean[channel]) / self.deviation[channel]) as f32
    }

    /// The mean per channel, of pixels from 0 to 1.
    pub(super) fn mean(&self) -> Vec<f64> {
        self.mean.iter().map(|value| value / 255.0).collect()
    }

    /// The standard deviation per channel, of pixels from 0 to 1.
    pub(super) fn deviation(&self) -> Vec<f64> {
        self.deviation.iter().map(|value| value / 255.0).collect()
    }
}
