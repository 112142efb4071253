//! Heat maps of kernel matrices.

use std::path::Path;

use untrained::score::KernelMatrix;
use untrained_plot::{KernelPanel, MOST_PANELS, PictureFile, PlotError, kernels};

use crate::look::{decoded, elements, ink, texts, values};

/// The ends of viridis as matplotlib gives them.
const DARKEST: &str = "#440154";
const BRIGHTEST: &str = "#FDE725";

/// Steps of the colour bar.
const BAR: usize = 256;

fn matrix(images: usize, units: u64, distance: impl Fn(usize, usize) -> u64) -> KernelMatrix {
    let places = (0..images * images).map(|place| (place / images, place % images));
    let distances: Vec<u64> =
        places.map(|(row, column)| if row == column { 0 } else { distance(row, column) }).collect();
    KernelMatrix::from_distances(images, units, &distances).unwrap()
}

fn panel<'a>(title: &'a str, matrix: &'a KernelMatrix) -> KernelPanel<'a> {
    KernelPanel { title, matrix }
}

fn svg(panels: &[KernelPanel<'_>]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kernel.svg");
    kernels(panels, &PictureFile::new(&path, false)).unwrap();
    std::fs::read_to_string(path).unwrap()
}

/// Colours of the first cells; the paper comes before them.
fn cells(svg: &str, count: usize) -> Vec<String> {
    values(svg, "rect", "fill")[1..=count].to_vec()
}

#[test]
fn cells_are_coloured_by_agreement() {
    let matrix = matrix(3, 100, |row, column| if row + column == 2 { 60 } else { 30 });
    let svg = svg(&[panel("cell <1>", &matrix)]);
    let cells = cells(&svg, 9);
    for (place, colour) in cells.iter().enumerate() {
        let (row, column) = (place / 3, place % 3);
        assert_eq!(colour == BRIGHTEST, row == column, "row {row}, column {column}: {colour}");
        let farthest = row != column && row + column == 2;
        assert_eq!(colour == DARKEST, farthest, "row {row}, column {column}: {colour}");
    }
    // det of [[1, .7, .4], [.7, 1, .7], [.4, .7, 1]] is 0.252, times 100 cubed; ln = 12.44.
    let texts = texts(&svg);
    for wanted in ["cell <1>", "3 images, 100 units, ln |det K| = 12.44", "K / V", "image", "1.0"] {
        assert!(texts.contains(&wanted.to_owned()), "{wanted} is not among {texts:?}");
    }
}

#[test]
fn two_matrices_share_their_colours() {
    let (near, far) = (matrix(2, 1000, |_, _| 300), matrix(2, 10, |_, _| 6));
    let both = svg(&[panel("near", &near), panel("far", &far)]);
    let alone = svg(&[panel("near", &near)]);
    assert_eq!(cells(&alone, 2)[1], DARKEST);
    assert_ne!(cells(&both, 2)[1], DARKEST, "0.7 is not the least entry of both");
    let texts = texts(&both);
    assert!(texts.contains(&"near".to_owned()) && texts.contains(&"far".to_owned()));
    assert!(both.contains("width=\"1932\"") && alone.contains("width=\"1064\""));
    assert!(elements(&both, "rect") > elements(&alone, "rect"));
}

#[test]
fn bitmaps_have_their_size_and_are_not_blank() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kernel.png");
    let matrix = matrix(128, 10_000, |row, column| 3000 + ((row * column) % 1500) as u64);
    let long = "a title that goes on ".repeat(20);
    kernels(&[panel(&long, &matrix); 2], &PictureFile::new(&path, false)).unwrap();
    let picture = decoded(&path);
    assert_eq!(picture.dimensions(), (1932, 1018));
    assert_eq!(ink(&picture, [100, 150, 768, 768]), 768 * 768, "the matrix has gaps");
    assert_eq!(ink(&picture, [968, 150, 768, 768]), 768 * 768, "the second matrix has gaps");
    assert!(ink(&picture, [100, 30, 768, 40]) > 500, "no title");
    for side in [[0, 0, 1932, 8], [0, 1010, 1932, 8], [0, 0, 8, 1018], [1924, 0, 8, 1018]] {
        assert_eq!(ink(&picture, side), 0, "something is cut off: ink in {side:?}");
    }
    // On the diagonal and beside it, in the middle of a cell of 6 pixels.
    assert_eq!(picture.get_pixel(103, 153).0, [0xfd, 0xe7, 0x25]);
    assert_ne!(picture.get_pixel(109, 153).0, [0xfd, 0xe7, 0x25]);
}

/// Blocks of two images along the diagonal agree less than single ones: (1 + 0.7) / 2.
#[test]
fn large_matrices_are_averaged() {
    let matrix = matrix(300, 100, |_, _| 30);
    let svg = svg(&[panel("large", &matrix)]);
    let side = 150;
    let cells = cells(&svg, side * side);
    assert!(cells.iter().enumerate().all(|(at, colour)| {
        (colour == DARKEST) == (at / side != at % side) && colour != BRIGHTEST
    }));
    assert!(texts(&svg).iter().any(|text| text.ends_with("; means of 2×2")));
    assert!(elements(&svg, "rect") < side * side + BAR + 50);
}

#[test]
fn extreme_matrices_have_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let cases = [
        matrix(0, 0, |_, _| 0),
        matrix(1, 5, |_, _| 0),
        matrix(4, 0, |_, _| 0),
        matrix(4, 7, |_, _| 0),
        matrix(5, u64::MAX, |_, _| u64::MAX),
        matrix(257, 3, |row, column| ((row + column) % 3) as u64),
    ];
    for (number, matrix) in cases.iter().enumerate() {
        let path = folder.path().join(format!("{number}.png"));
        kernels(&[panel("", matrix); 2], &PictureFile::new(&path, false)).unwrap();
        let picture = decoded(&path);
        assert!(picture.pixels().any(|pixel| pixel.0 != [255; 3]), "case {number} is blank");
    }
    let equal = texts(&svg(&[panel("", &cases[3])]));
    assert!(equal.contains(&"4 images, 7 units, ln |det K| = −∞".to_owned()), "{equal:?}");
}

#[test]
fn names_and_existing_files_are_looked_at_first() {
    let folder = tempfile::tempdir().unwrap();
    let matrix = matrix(2, 10, |_, _| 6);
    let draw =
        |path: &Path, overwrite| kernels(&[panel("", &matrix)], &PictureFile::new(path, overwrite));
    let wrong = draw(&folder.path().join("kernel.npy"), true);
    assert!(matches!(wrong, Err(PlotError::Format(_))), "{wrong:?}");
    let path = folder.path().join("kernel.svg");
    draw(&path, false).unwrap();
    assert!(matches!(draw(&path, false), Err(PlotError::Output(_))));
    draw(&path, true).unwrap();
}

#[test]
fn panels_stand_side_by_side_up_to_four() {
    let folder = tempfile::tempdir().unwrap();
    let matrix = matrix(2, 10, |_, _| 6);
    let draw = |count: usize| {
        let path = folder.path().join(format!("{count}.png"));
        kernels(&vec![panel("one of them", &matrix); count], &PictureFile::new(&path, false))
            .map(|()| decoded(&path))
    };
    for count in 1..=MOST_PANELS {
        let picture = draw(count).unwrap();
        assert_eq!(picture.width(), 868 * count as u32 + 196);
        for place in 0..count as u32 {
            assert_eq!(ink(&picture, [100 + 868 * place, 150, 768, 768]), 768 * 768, "{place}");
        }
    }
    for count in [0, MOST_PANELS + 1] {
        let wrong = draw(count).unwrap_err();
        assert!(wrong.to_string().contains("1 to 4"), "{wrong}");
    }
}
