//! `score --heat-map`: up to four kernel matrices side by side.

use crate::evaluation::support::{Folder, refused, untrained};

const CELLS: [&str; 5] = [
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|",
    "|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|",
    "|nor_conv_1x1~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|",
    "|avg_pool_3x3~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|",
    "|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|",
];

fn score(more: &[&str]) -> (i32, String, String) {
    let common = ["score", "--device", "cpu", "--batch-size", "6", "--set", "skeleton.cells=1"];
    untrained(&[&common[..], more].concat())
}

#[test]
fn matrices_stand_side_by_side_with_their_architectures_and_scores() {
    let folder = Folder::new();
    for count in [1, 2, 4] {
        let path = folder.path(&format!("{count}.svg"));
        let (code, shown, error) = score(&[&CELLS[..count], &["--heat-map", &path]].concat());
        assert_eq!(code, 0, "{error}");
        let drawn = std::fs::read_to_string(&path).unwrap();
        assert_eq!(drawn.matches("ln |det K|").count(), count);
        for (line, cell) in shown.lines().skip(1).zip(&CELLS[..count]) {
            let score: f64 = line.split_whitespace().next().unwrap().parse().unwrap();
            assert!(drawn.contains(*cell) && drawn.contains(&format!("{score:.2}")), "{cell}");
        }
        // Cells, the bar of colours and the ticks: 36 squares for each matrix.
        assert!(drawn.matches("<rect").count() >= 36 * count + 256);
    }
    let path = folder.path("one.png");
    let (code, _, error) = score(&[CELLS[0], "--heat-map", &path]);
    assert_eq!(code, 0, "{error}");
    assert_eq!(image::open(&path).unwrap().width(), 1064);
}

#[test]
fn existing_files_are_kept_without_overwrite() {
    let folder = Folder::new();
    let path = folder.file("map.png", "precious");
    let message = format!("{path} exists: choose another name or allow overwriting (--overwrite)");
    refused(score(&[CELLS[1], "--heat-map", &path]), &message);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
    let (code, _, error) = score(&[CELLS[1], "--heat-map", &path, "--overwrite"]);
    assert_eq!(code, 0, "{error}");
    assert!(image::open(&path).is_ok());
}

#[test]
fn what_cannot_be_drawn_is_refused_before_anything_is_scored() {
    let folder = Folder::new();
    let path = folder.path("map.png");
    let five = [&CELLS[..], &["--heat-map", &path]].concat();
    refused(score(&five), "a heat map shows 1 to 4 kernel matrices, not 5");
    let bitmap = folder.path("map.jpg");
    let message =
        format!("cannot tell the format of {bitmap}: give a name that ends in .png, .svg or .pdf");
    refused(score(&[CELLS[1], "--heat-map", &bitmap]), &message);
    let repeats = [CELLS[1], "--heat-map", &path, "--repeats", "2"];
    refused(score(&repeats), "--heat-map needs --repeats 1");
    assert!(!std::path::Path::new(&path).exists());
}
