//! Standard normal values instead of images.

use super::{Batch, ImageRequest, LoadedImages, draw};
use crate::seed;

pub(super) fn load(request: &ImageRequest<'_>) -> LoadedImages {
    let (shape, images) = (request.shape, request.batch_size);
    let mut rng = draw::stream(request.seed, "noise");
    let values = seed::normal(&mut rng, images * shape.volume(), 1.0);
    Batch { images, shape, values, indices: (0..images).collect() }.into()
}
