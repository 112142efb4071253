//! Scatter plots of score against accuracy.

use std::path::{Path, PathBuf};

use untrained_plot::{PictureFile, PlotError, ScatterData, scatter};

use crate::look::{decoded, elements, ink, numbers, texts};

/// Inside of the axes.
const AREA: [u32; 4] = [192, 150, 1350, 868];

fn data(points: &[(f64, f64)]) -> ScatterData<'_> {
    ScatterData {
        title: "NAS-Bench-201, \"CIFAR-10\" <test> & more",
        x_title: "score ln |det K|",
        y_title: "test accuracy (%)",
        points,
        log_x: false,
    }
}

fn svg(data: &ScatterData<'_>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plot.svg");
    scatter(data, &PictureFile::new(&path, false)).unwrap();
    std::fs::read_to_string(path).unwrap()
}

/// Ranks 1, 2, 3 and two of negative infinity against accuracies: 9 of 10 pairs are not tied, 7 of
/// them concordant and 2 discordant; by hand tau-b = 5 / sqrt(9 * 10) = 0.527.
const POINTS: [(f64, f64); 5] = [
    (10.0, 90.0),
    (20.0, 94.0),
    (30.0, 92.0),
    (f64::NEG_INFINITY, 10.0),
    (f64::NEG_INFINITY, 91.0),
];

#[test]
fn a_picture_says_what_it_shows() {
    let mut points = POINTS.to_vec();
    points.extend([(f64::NAN, 93.0), (5.0, f64::NAN)]);
    let svg = svg(&data(&points));
    let texts = texts(&svg);
    for wanted in [
        "NAS-Bench-201, \"CIFAR-10\" <test> & more",
        "score ln |det K|",
        "test accuracy (%)",
        "Kendall τ-b = 0.527, n = 5",
        "Not drawn: 2 (score −∞), 1 (no score), 1 (no accuracy)",
    ] {
        assert!(texts.iter().any(|text| text == wanted), "{wanted} is not among {texts:?}");
    }
    assert_eq!(elements(&svg, "circle"), 3);
    assert!(svg.trim_end().ends_with("</svg>"));
}

#[test]
fn a_negative_correlation_has_a_minus_and_full_pictures_no_caption() {
    let texts = texts(&svg(&data(&[(1.0, 3.0), (2.0, 2.0), (3.0, 1.0)])));
    assert!(texts.contains(&"Kendall τ-b = −1.000, n = 3".to_owned()), "{texts:?}");
    assert!(!texts.iter().any(|text| text.contains("Not drawn")), "{texts:?}");
    let texts = self::texts(&svg(&data(&[(1.0, 3.0), (1.0, 2.0)])));
    assert!(texts.contains(&"n = 2".to_owned()), "tau-b of a constant: {texts:?}");
}

#[test]
fn points_lie_where_their_values_are() {
    let svg = svg(&data(&POINTS));
    let (x, y) = (numbers(&svg, "circle", "cx"), numbers(&svg, "circle", "cy"));
    assert!(((x[1] - x[0]) - (x[2] - x[1])).abs() <= 2.0 && x[1] > x[0], "scores: {x:?}");
    assert!(((y[2] - y[1]) - (y[0] - y[2])).abs() <= 2.0 && y[0] > y[1], "accuracies: {y:?}");
}

#[test]
fn a_logarithmic_axis_shows_ratios() {
    let points = [(1.0, 1.0), (10.0, 2.0), (100.0, 3.0), (0.0, 1.0), (-3.0, 2.0)];
    let svg = svg(&ScatterData { log_x: true, ..data(&points) });
    let x = numbers(&svg, "circle", "cx");
    assert_eq!(x.len(), 3);
    assert!(((x[1] - x[0]) - (x[2] - x[1])).abs() <= 2.0, "{x:?}");
    let texts = texts(&svg);
    for wanted in ["1", "10", "100", "Not drawn: 2 (score not positive)"] {
        assert!(texts.contains(&wanted.to_owned()), "{wanted} is not among {texts:?}");
    }
}

fn no_ink_at_the_edges(picture: &image::RgbImage) {
    let (width, height) = picture.dimensions();
    for side in
        [[0, 0, width, 8], [0, height - 8, width, 8], [0, 0, 8, height], [width - 8, 0, 8, height]]
    {
        assert_eq!(ink(picture, side), 0, "something is cut off: ink in {side:?}");
    }
}

/// Also fails if text is not drawn, or so long that it leaves the picture.
#[test]
fn bitmaps_have_their_size_letters_and_points() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plot.PNG");
    let long = "a title that goes on and on ".repeat(12);
    let mut points = POINTS.to_vec();
    points.extend([(40.0, 1e-7), (50.0, 94.123_456)]);
    let shown = ScatterData { title: &long, y_title: &long, x_title: &long, ..data(&points) };
    scatter(&shown, &PictureFile::new(&path, false)).unwrap();
    let picture = decoded(&path);
    assert_eq!(picture.dimensions(), (1600, 1200));
    no_ink_at_the_edges(&picture);
    for part in
        [[190, 30, 1360, 40], [190, 90, 1360, 30], [20, 150, 40, 868], [190, 1090, 1360, 40]]
    {
        assert!(ink(&picture, part) > 500, "no letters in {part:?}");
    }
    assert!(ink(&picture, [50, 1150, 400, 40]) > 300, "no caption");

    let blank = folder.path().join("blank.png");
    scatter(&data(&[]), &PictureFile::new(&blank, false)).unwrap();
    let (full, empty) = (ink(&picture, AREA), ink(&decoded(&blank), AREA));
    // Negative control: only the grid is in an empty one.
    assert!(empty > 0);
    assert!(full > empty / 2 && blue(&picture) > 500 && blue(&decoded(&blank)) == 0);
}

fn blue(picture: &image::RgbImage) -> usize {
    picture.pixels().filter(|pixel| pixel[2] > pixel[0].saturating_add(60)).count()
}

#[test]
fn extreme_inputs_have_pictures() {
    let many: Vec<_> = (0..15_625).map(|at| (f64::from(at % 125), f64::from(at / 125))).collect();
    let cases: [&[(f64, f64)]; 8] = [
        &[],
        &[(1.0, 90.0)],
        &[(1.0, 90.0); 50],
        &[(f64::NEG_INFINITY, 1.0), (f64::INFINITY, 2.0), (f64::NAN, f64::NAN)],
        &[(f64::MIN, f64::MAX), (f64::MAX, f64::MIN), (0.0, 0.0)],
        &[(1e16, 1e16), (1e16 + 2.0, 1e16 + 2.0)],
        &[(5e-324, 5e-324), (1e-323, 0.0), (-0.0, -0.0)],
        &many,
    ];
    let folder = tempfile::tempdir().unwrap();
    for (number, points) in cases.iter().enumerate() {
        for log_x in [false, true] {
            let shown = ScatterData { log_x, ..data(points) };
            let png = folder.path().join(format!("{number}-{log_x}.png"));
            scatter(&shown, &PictureFile::new(&png, false)).unwrap();
            no_ink_at_the_edges(&decoded(&png));
            let drawn = elements(&svg(&shown), "circle");
            let fit = points.iter().filter(|point| point.0.is_finite() && point.1.is_finite());
            assert_eq!(drawn, fit.filter(|point| !log_x || point.0 > 0.0).count(), "case {number}");
        }
    }
}

#[test]
fn other_endings_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["plot.jpg", "plot", "png", "plot.png.gz"] {
        let path = folder.path().join(name);
        let error = scatter(&data(&POINTS), &PictureFile::new(&path, true)).unwrap_err();
        assert!(matches!(error, PlotError::Format(_)), "{name}: {error}");
        let message = error.to_string();
        assert!(message.contains(".png, .svg or .pdf") && message.contains(name), "{message}");
        assert!(!path.exists());
    }
}

#[test]
fn files_are_replaced_only_if_told() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["plot.png", "plot.svg"] {
        let path = folder.path().join(name);
        std::fs::write(&path, "mine").unwrap();
        let error = scatter(&data(&POINTS), &PictureFile::new(&path, false)).unwrap_err();
        assert!(matches!(error, PlotError::Output(_)), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), b"mine");
        scatter(&data(&POINTS), &PictureFile::new(&path, true)).unwrap();
        assert!(std::fs::read(&path).unwrap().len() > 1000);
    }
    let nowhere: PathBuf = folder.path().join("no such folder").join("plot.png");
    let error = scatter(&data(&POINTS), &PictureFile::new(&nowhere, false)).unwrap_err();
    assert!(matches!(error, PlotError::Output(_)), "{error}");
    let directory = folder.path().join("folder.svg");
    std::fs::create_dir(&directory).unwrap();
    let error = scatter(&data(&POINTS), &PictureFile::new(&directory, true)).unwrap_err();
    assert!(matches!(error, PlotError::Output(_)), "{error}");
}

/// A whole benchmark: all points are there, and crowded places are darker than single points.
#[test]
fn a_whole_benchmark_is_drawn() {
    let Some(path) = crate::data::shared("data/nb201_tss.csv.gz") else {
        return;
    };
    let points = pairs(&path);
    let shown = ScatterData { log_x: true, ..data(&points) };
    let svg = svg(&shown);
    assert_eq!(elements(&svg, "circle"), 15_625);
    // scipy.stats.kendalltau of the two columns: 0.57785.
    assert!(texts(&svg).contains(&"Kendall τ-b = 0.578, n = 15,625".to_owned()));

    let folder = tempfile::tempdir().unwrap();
    let png = folder.path().join("plot.png");
    scatter(&shown, &PictureFile::new(&png, false)).unwrap();
    let picture = decoded(&png);
    let darkness: Vec<u8> =
        picture.pixels().filter(|pixel| pixel[2] > pixel[0]).map(|pixel| pixel[0]).collect();
    assert!(darkness.iter().any(|red| *red < 20) && darkness.iter().any(|red| *red > 150));
}

fn pairs(path: &Path) -> Vec<(f64, f64)> {
    let table = flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap());
    let mut table = csv::Reader::from_reader(table);
    let headers = table.headers().unwrap().clone();
    let place = |name: &str| headers.iter().position(|header| header == name).unwrap();
    let (params, accuracy) = (place("params_M"), place("c10_test_200"));
    let rows = table.records().map(|row| row.unwrap());
    rows.map(|row| (row[params].parse().unwrap(), row[accuracy].parse().unwrap())).collect()
}

/// Letters have their size on paper, whatever the width of the plot.
#[test]
fn plots_have_their_width_on_paper() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plot.svg");
    let drawn = |width: Option<&str>| {
        let width = width.map(|text| text.parse().unwrap());
        let file = PictureFile { width, ..PictureFile::new(&path, true) };
        scatter(&data(&POINTS), &file).unwrap();
        std::fs::read_to_string(&path).unwrap()
    };
    let head = |svg: &str| svg.split('>').next().unwrap().to_owned();
    assert!(head(&drawn(None)).contains("width=\"1600\" height=\"1200\""));
    let page = head(&drawn(Some("page")));
    assert!(
        page.contains("width=\"174mm\" height=\"130.500mm\" viewBox=\"0 0 1600 1200\""),
        "{page}"
    );
    let column = drawn(Some("column"));
    assert!(head(&column).contains("width=\"84mm\""), "{}", head(&column));
    let units: f64 = head(&column)
        .split("viewBox=\"0 0 ")
        .nth(1)
        .unwrap()
        .split(' ')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    assert!((units / 84.0 - 1600.0 / 174.0).abs() < 0.01, "{units}");
    assert_eq!(column.matches("<circle").count(), drawn(None).matches("<circle").count());
}
