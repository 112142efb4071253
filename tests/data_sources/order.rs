//! The order in which images are taken.

use untrained::data::{DataError, ImageOrder, ImageOverrides, ImageSource};
use untrained::graph::Shape;

use super::{open, source};

fn indices(
    source: &ImageSource,
    batch_size: usize,
    order: Option<ImageOrder>,
) -> Result<Vec<usize>, DataError> {
    let overrides = ImageOverrides { order, ..ImageOverrides::default() };
    let images = open(source, Shape::new(3, 2, 2), batch_size, 3, &overrides)?;
    Ok(images.batch.indices)
}

#[test]
fn every_source_can_be_taken_in_its_order() {
    let pictures = super::pictures::sources();
    let mut sources: Vec<&ImageSource> = pictures.sources.iter().collect();
    let builtin = source("builtin");
    sources.push(&builtin);
    assert!(sources.len() >= 6);
    for source in sources {
        let file = indices(source, 4, Some(ImageOrder::File)).unwrap();
        assert_eq!(file, [0, 1, 2, 3], "{source}");
        let random = indices(source, 4, Some(ImageOrder::Random)).unwrap();
        assert_ne!(random, file, "{source}");
        // Without an order, arrays come in theirs if all of them are used.
        let is_array = matches!(source, ImageSource::Npy(_) | ImageSource::Npz { .. });
        let count = super::pictures::COUNT;
        let all: Vec<usize> = (0..count).collect();
        if *source != builtin {
            assert_eq!(indices(source, count, None).unwrap() == all, is_array, "{source}");
        }
        assert_eq!(indices(source, 4, None).unwrap(), random, "{source}");
    }
    let error = indices(&source("noise"), 4, Some(ImageOrder::File)).unwrap_err();
    assert_eq!(error.option(), Some("image-order"), "{error}");
}
