//! How evenly a small disturbance of the images grows from block to block.

use crate::data::Batch;
use crate::seed;

/// The standard deviation of the noise that disturbs the images.
const DISTURBANCE: f32 = 0.01;

/// The images with a little Gaussian noise, of standard deviation 0.01, added to every value; the same
/// noise for every network and every image, so that the order of images does not matter.
pub fn disturbed(batch: &Batch) -> Batch {
    let mut stream = seed::stream(0, &["disturbance"]);
    let noise = seed::normal(&mut stream, batch.shape.volume(), DISTURBANCE);
    let noise = noise.iter().cycle();
    let values = batch.values.iter().zip(noise).map(|(value, noise)| value + noise).collect();
    Batch { values, ..batch.clone() }
}

/// Minus the standard deviation of the steps of `r` from block to block, where `r` is the logarithm of the
/// mean square of what a disturbance of the images changes in a block's output, less that of the output's
/// variance; 0 where every block lets it grow by the same factor (after AZ-NAS, Lee and Ham, CVPR 2024,
/// which asks the same of gradients).
///
/// `outputs` are those of the blocks for the images, in order, `disturbed` those for the disturbed images.
/// `None` for fewer than three blocks, and where an output is constant or not disturbed at all.
pub fn trainability(outputs: &[&[f32]], disturbed: &[&[f32]]) -> Option<f64> {
    let growth: Vec<f64> = outputs
        .iter()
        .zip(disturbed)
        .map(|(output, disturbed)| relative_change(output, disturbed).ln())
        .collect();
    let steps: Vec<f64> = growth.windows(2).map(|pair| pair[1] - pair[0]).collect();
    if steps.len() < 2 {
        return None;
    }
    let mean = steps.iter().sum::<f64>() / steps.len() as f64;
    let squares = steps.iter().map(|step| (step - mean).powi(2));
    let deviation = (squares.sum::<f64>() / steps.len() as f64).sqrt();
    deviation.is_finite().then_some(-deviation)
}

/// The mean square of the change over the variance of the values.
fn relative_change(values: &[f32], changed: &[f32]) -> f64 {
    let count = values.len() as f64;
    let mean = values.iter().map(|&value| f64::from(value)).sum::<f64>() / count;
    let (mut variance, mut change) = (0.0, 0.0);
    for (&value, &changed) in values.iter().zip(changed) {
        variance += (f64::from(value) - mean).powi(2);
        change += (f64::from(changed) - f64::from(value)).powi(2);
    }
    change / variance
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Shape;

    /// The disturbance relative to the variance grows fourfold with each doubling.
    #[test]
    fn it_is_the_spread_of_the_steps() {
        let outputs: [&[f32]; 3] = [&[1.0, -1.0]; 3];
        let even: [&[f32]; 3] = [&[1.25, -0.75], &[1.5, -0.5], &[2.0, 0.0]];
        assert!(trainability(&outputs, &even).unwrap().abs() < 1e-12);
        let uneven: [&[f32]; 3] = [even[0], even[1], &[3.0, 1.0]];
        let found = trainability(&outputs, &uneven).unwrap();
        // Steps ln 4 and ln 16: each is half of ln 4 from their mean.
        assert!((found + 4.0_f64.ln() / 2.0).abs() < 1e-12, "{found}");
    }

    #[test]
    fn it_is_not_available_without_steps_variance_or_change() {
        let (output, other, constant): (&[f32], &[f32], &[f32]) =
            (&[1.0, -1.0], &[1.5, -1.0], &[2.0, 2.0]);
        assert_eq!(trainability(&[output; 2], &[other; 2]), None);
        assert_eq!(trainability(&[output, constant, output], &[other; 3]), None);
        assert_eq!(trainability(&[output; 3], &[other, output, other]), None);
        assert_eq!(trainability(&[], &[]), None);
    }

    #[test]
    fn every_image_is_disturbed_a_little() {
        let shape = Shape::new(3, 8, 8);
        let batch = Batch { images: 4, shape, values: vec![1.0; 768], indices: vec![0, 1, 2, 3] };
        let noise = disturbed(&batch).values.into_iter().map(|value| value - 1.0);
        let noise: Vec<f32> = noise.collect();
        let square = noise.iter().map(|value| value * value).sum::<f32>() / 768.0;
        assert!((0.8e-4..1.2e-4).contains(&square), "{square}");
    }
}
