//! Folders of image files: decoding, cropping, draws, damaged files.

use std::path::{Path, PathBuf};

use serde_json::Value as Json;
use untrained::data::{DataError, ImageOverrides, ImageSource, LoadedImages, load};
use untrained::graph::Shape;

use super::{bytes_over_255, chain, fixture, open};

fn expected(name: &str) -> Json {
    let text = std::fs::read_to_string(fixture("images").join(name)).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn numbers(value: &Json) -> Vec<f64> {
    match value {
        Json::Array(items) => items.iter().flat_map(numbers).collect(),
        number => vec![number.as_f64().unwrap()],
    }
}

/// How far a decoder may be from Pillow's, in steps of 1/255: lossy formats leave rounding open.
fn tolerance(name: &str) -> f64 {
    match name {
        "halved.jpg" | "lossy.webp" => 6.0,
        "cmyk.jpg" => 4.0,
        _ if name.ends_with(".jpg") => 2.0,
        _ => 0.01,
    }
}

/// A folder that holds one file of the fixtures twice.
fn twice(name: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for copy in ["a", "b"] {
        std::fs::copy(fixture("images").join(name), folder.path().join(format!("{copy}-{name}")))
            .unwrap();
    }
    folder
}

fn open_folder(
    folder: &Path,
    shape: Shape,
    overrides: &ImageOverrides,
) -> Result<LoadedImages, DataError> {
    open(&ImageSource::Folder(folder.to_owned()), shape, 2, 1, overrides)
}

#[test]
fn every_encoding_is_decoded_as_pillow_does() {
    let pictures = expected("pixels.json");
    let pictures = pictures.as_object().unwrap();
    assert!(pictures.len() >= 15);
    for (name, picture) in pictures {
        let size = numbers(&picture["size"]);
        let shape = Shape::new(3, size[0] as usize, size[1] as usize);
        let images = open_folder(twice(name).path(), shape, &bytes_over_255(3)).unwrap();
        assert_eq!(images.facts.skipped, 0, "{name}");
        let pixels = numbers(&picture["pixels"]);
        let area = shape.height * shape.width;
        let found = images.batch.image(0);
        let worst = (0..3 * area)
            .map(|place| {
                let value = f64::from(found[place % 3 * area + place / 3]) * 255.0;
                (value - pixels[place]).abs()
            })
            .fold(0.0, f64::max);
        assert!(worst <= tolerance(name), "{name}: off by {worst}");
    }
}

#[test]
fn pictures_are_cropped_resized_and_normalised_as_with_pillow() {
    let (folder, photo) = (twice("photo.png"), expected("photo.json"));
    let colour = numbers(&photo["colour"]);
    let images =
        open_folder(folder.path(), Shape::new(3, 10, 10), &ImageOverrides::default()).unwrap();
    assert_eq!(images.batch.image(0).len(), colour.len());
    for (found, expected) in images.batch.image(0).iter().zip(&colour) {
        assert!((f64::from(*found) - expected).abs() < 1e-5, "{found}, {expected}");
    }
    // Without the crop the numbers are others.
    let other =
        open_folder(folder.path(), Shape::new(3, 10, 15), &ImageOverrides::default()).unwrap();
    assert!((f64::from(other.batch.image(0)[0]) - colour[0]).abs() > 0.01);
    // Pillow rounds brightness to whole numbers.
    let grey = open_folder(folder.path(), Shape::new(1, 20, 20), &bytes_over_255(1)).unwrap();
    for (found, expected) in grey.batch.image(0).iter().zip(numbers(&photo["grey"])) {
        assert!((f64::from(*found) * 255.0 - expected).abs() <= 0.51, "{found}, {expected}");
    }
}

#[test]
fn grey_files_fill_three_channels_and_stay_one() {
    let folder = twice("grey.png");
    let [one, three] = [1, 3].map(|channels| {
        let shape = Shape::new(channels, 8, 12);
        open_folder(folder.path(), shape, &bytes_over_255(channels)).unwrap().batch
    });
    for channel in 0..3 {
        assert_eq!(three.image(0)[channel * 96..][..96], *one.image(0));
    }
    assert_ne!(one.image(0)[0], one.image(0)[95]);
    let error = open_folder(folder.path(), Shape::new(4, 8, 12), &ImageOverrides::default());
    let error = error.unwrap_err().to_string();
    assert!(error.contains("1 or 3 channels") && error.contains("use npy:FILE"), "{error}");
}

/// A folder of one-pixel pictures in classes; file `index` of the sorted list is as bright.
fn classes() -> (tempfile::TempDir, Vec<PathBuf>) {
    let folder = tempfile::tempdir().unwrap();
    let names = (0..30).map(|index| match index / 10 {
        0 => format!("apple/{}.png", index % 10),
        1 => format!("pear/deep/{}.jpg", index % 10),
        _ => format!("z{}.webp", index % 10),
    });
    let paths: Vec<PathBuf> = names.map(|name| folder.path().join(name)).collect();
    // Created in another order than they are sorted.
    for index in (0..30).map(|place| place * 7 % 30) {
        std::fs::create_dir_all(paths[index].parent().unwrap()).unwrap();
        let pixels = image::RgbImage::from_pixel(2, 2, image::Rgb([8 * index as u8; 3]));
        pixels.save_with_format(&paths[index], image::ImageFormat::Png).unwrap();
    }
    std::fs::write(folder.path().join("notes.txt"), "no image").unwrap();
    std::fs::write(folder.path().join("apple/.hidden.png"), "no image").unwrap();
    std::fs::create_dir(folder.path().join(".cache")).unwrap();
    std::fs::write(folder.path().join(".cache/x.png"), "no image").unwrap();
    std::fs::create_dir(folder.path().join("folder.png")).unwrap();
    (folder, paths)
}

fn draw(folder: &Path, size: usize, seed: u64) -> Result<LoadedImages, DataError> {
    let source = ImageSource::Folder(folder.to_owned());
    open(&source, Shape::new(3, 2, 2), size, seed, &bytes_over_255(3))
}

#[test]
fn files_are_drawn_from_the_sorted_list() {
    let (folder, paths) = classes();
    let images = draw(folder.path(), 30, 4).unwrap();
    let mut sorted = images.batch.indices.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, (0..30).collect::<Vec<_>>());
    for (place, &index) in images.batch.indices.iter().enumerate() {
        let brightness = images.batch.image(place)[0] * 255.0;
        assert!((brightness - 8.0 * index as f32).abs() < 0.01, "file {index}: {brightness}");
        let path = paths[index].strip_prefix(folder.path()).unwrap();
        assert_eq!(Path::new(&images.facts.files[place]), path);
    }
    let fewer = draw(folder.path(), 12, 4).unwrap();
    assert_eq!(fewer.batch.indices, images.batch.indices[..12]);
    assert_ne!(draw(folder.path(), 12, 5).unwrap().batch.indices, fewer.batch.indices);
    assert!((fewer.facts.skipped, fewer.facts.notices.len()) == (0, 0));
}

#[test]
fn damaged_files_are_replaced_and_counted() {
    let (folder, paths) = classes();
    let whole = draw(folder.path(), 30, 4).unwrap().batch.indices;
    let jpeg = std::fs::read(fixture("images/rgb.jpg")).unwrap();
    let damaged = [whole[0], whole[5], whole[6]];
    std::fs::write(&paths[damaged[0]], "no image at all").unwrap();
    std::fs::write(&paths[damaged[1]], &jpeg[..jpeg.len() - 60]).unwrap();
    std::fs::write(&paths[damaged[2]], []).unwrap();
    let images = draw(folder.path(), 20, 4).unwrap();
    // What is left of the draw, in its order.
    let expected: Vec<_> = whole.iter().filter(|index| !damaged.contains(index)).copied().collect();
    assert_eq!(images.batch.indices, expected[..20]);
    assert_eq!((images.facts.skipped, images.facts.skipped_files.len()), (3, 3));
    let notice = &images.facts.notices[0];
    assert!(notice.contains("3 files of") && notice.contains("were skipped"), "{notice}");
    let first = paths[damaged[0]].file_name().unwrap().to_string_lossy();
    assert!(notice.contains(&*first), "{notice}");

    let error = draw(folder.path(), 28, 4).unwrap_err().to_string();
    assert!(error.contains("has 27 images that can be read and 3 that cannot"), "{error}");
    assert!(error.contains("the batch needs 28") && error.contains(&*first), "{error}");
}

#[cfg(unix)]
#[test]
fn a_link_to_nowhere_is_a_damaged_file_and_a_link_to_a_folder_is_followed() {
    let (folder, paths) = classes();
    let outer = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(folder.path(), outer.path().join("inner")).unwrap();
    std::os::unix::fs::symlink("no/such.png", outer.path().join("a.png")).unwrap();
    std::os::unix::fs::symlink(outer.path(), outer.path().join("loop")).unwrap();
    let images = draw(outer.path(), paths.len(), 1).unwrap();
    assert_eq!(images.facts.skipped_files.len(), images.facts.skipped);
    assert!(images.facts.files.iter().all(|file| file.starts_with("inner/")));
    let notices = images.facts.notices.join("\n");
    assert!(notices.contains("has a link to pictures elsewhere"), "{notices}");
    assert!(draw(outer.path(), 31, 1).unwrap_err().to_string().contains("a.png"));
}

#[test]
fn folders_without_images_are_told_apart() {
    let error = |folder: &Path| chain(&draw(folder, 2, 1).unwrap_err());
    let missing = error(Path::new("no/such"));
    assert!(missing.contains("no/such") && missing.contains("give a folder of PNG"), "{missing}");
    let empty = tempfile::tempdir().unwrap();
    std::fs::write(empty.path().join("x.txt"), "no image").unwrap();
    let found = error(empty.path());
    assert!(found.contains("has no *.png, *.jpg, *.jpeg,"), "{found}");
    assert!(error(&empty.path().join("x.txt")).contains("is not a folder"));
    let (folder, _) = classes();
    let found = chain(&draw(folder.path(), 31, 1).unwrap_err());
    assert!(found.contains("has 30 images, but the batch needs 31"), "{found}");
}

/// A header that claims a picture of gigabytes is a damaged file, not memory.
#[test]
fn huge_claims_are_damaged_files() {
    let folder = tempfile::tempdir().unwrap();
    let mut png = std::fs::read(fixture("images/rgb.png")).unwrap();
    for name in ["a.png", "b.png"] {
        std::fs::write(folder.path().join(name), &png).unwrap();
    }
    // Width and height of the header, and its checksum (zlib's CRC-32 of the chunk).
    png[16..24].copy_from_slice(&[0, 0, 0x70, 0, 0, 0, 0x70, 0]);
    let mut crc = flate2::Crc::new();
    crc.update(&png[12..29]);
    png[29..33].copy_from_slice(&crc.sum().to_be_bytes());
    std::fs::write(folder.path().join("c.png"), &png).unwrap();
    let source = ImageSource::Folder(folder.path().to_owned());
    let error = load(&source, Shape::new(3, 2, 2), 3, 1).unwrap_err().to_string();
    assert!(error.contains("has 2 images that can be read and 1 that cannot"), "{error}");
    assert!(error.contains("c.png") && error.contains("imit"), "{error}");
}
