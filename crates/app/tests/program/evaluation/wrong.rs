//! Wrong input: exact words and exit code 2.

use crate::evaluation::support::{Folder, compared, fixture, not_parsed, refused, untrained};

#[test]
fn metrics_and_spaces_that_do_not_fit() {
    let (table, scores) = (fixture("table.csv"), fixture("scores.csv"));
    for verb in ["correlate", "protocol"] {
        let run = untrained(&[verb, "--table", &table, "--metric", "top1", "--scores", &scores]);
        refused(run, &format!("{table} has no metric `top1`: it has accuracy"));
    }
    let wrong = compared("protocol", &["--scores", &scores, "--validation", "top1"]);
    refused(wrong, &format!("{table} has no metric `top1`: it has accuracy"));
    let (code, _, error) = compared("correlate", &["--scores", &scores, "--space", "nats-size"]);
    let begin = format!("untrained: {table} is not a table of the space nats-size: none of its");
    assert!(code == 2 && error.starts_with(&begin), "{error}");
    assert!(error.trim_end().ends_with("it may be one of nas-bench-201"), "{error}");
}

#[test]
fn files_of_scores_that_are_none() {
    let folder = Folder::new();
    let run = |path: &str| compared("correlate", &["--scores", path]);
    let message = "it has cell, score; name the architectures architecture, arch, arch_str, index or \
                   hash";
    let path = folder.file("a.csv", "cell,score\nx,1\n");
    refused(run(&path), &format!("{path} has no column `architecture`: {message}"));
    let path = folder.file("b.jsonl", "{\"cell\":\"x\",\"score\":1}\n");
    refused(run(&path), &format!("{path} has no column `architecture`: {message}"));
    let path = folder.file("c.csv", "architecture,naswot\nx,1\n");
    let message = "it has architecture, naswot; choose the column that holds the score";
    refused(run(&path), &format!("{path} has no column `score`: {message}"));
    let path = folder.file("d.csv", "architecture,score\nx,high\n");
    let message = "`high` is not a number: correct it, or leave the cell empty if there is none";
    refused(run(&path), &format!("{path}, line 2: column `score`: {message}"));
    let path = folder.file("e.csv", "architecture,score\nx\n");
    let message = "has 1 cell, but the header has 2: correct the row, which begins with `x`";
    refused(run(&path), &format!("{path}, line 2: {message}"));
    let path = folder.file("f.csv", "architecture,score,status\nx,1,good\n");
    let message = "`good` in column `status` is unknown; valid: ok, singular, disconnected, failed";
    refused(run(&path), &format!("{path}, line 2: {message}"));
    let path = folder.file("g.jsonl", "\n{\"architecture\"");
    let (code, _, error) = run(&path);
    assert!(code == 2 && error.contains("g.jsonl, line 2: the file ends in the middle"), "{error}");
    let path = folder.path("j.csv");
    std::fs::write(&path, b"architecture,score\nx,1\n\xff\xfe,2\n").unwrap();
    refused(
        run(&path),
        &format!("{path}, line 3: is not UTF-8 text: save the table in that encoding"),
    );
    let path = folder.file("h.txt", "");
    let message =
        "it is empty, but a table of scores was expected: save it again, or download it again";
    refused(run(&path), &format!("cannot read {path}: {message}"));
    let (code, _, error) = run(&folder.path("missing.csv"));
    let begin = format!("untrained: cannot read {}", folder.path("missing.csv"));
    assert!(code == 2 && error.starts_with(&begin), "{error}");
    let path = folder.file("i.csv", "architecture,score\n8:8:8:8:8,1\n");
    let (code, _, error) = run(&path);
    let begin =
        "untrained: none of the 1 scored architectures, such as `8:8:8:8:8`, belongs to the space";
    assert!(code == 2 && error.starts_with(begin), "{error}");
}

#[test]
fn fewer_than_two_common_architectures() {
    let folder = Folder::new();
    let one = "|avg_pool_3x3~0|+|avg_pool_3x3~0|none~1|+|none~0|nor_conv_1x1~1|avg_pool_3x3~2|";
    let end = "`accuracy`, at least 2 are needed: give more scores, or a table of the same space";
    let known = std::fs::read_to_string(fixture("table.csv")).unwrap();
    let first = known.lines().nth(1).unwrap().rsplit_once(',').unwrap().0;
    let unknown = "|none~0|+|none~0|none~1|+|none~0|none~1|skip_connect~2|";
    assert!(known.contains(first) && !known.contains(unknown), "{one}");
    for verb in ["correlate", "protocol"] {
        let path = folder.file("one.csv", &format!("architecture,score\n{first},1\n{unknown},2\n"));
        let message = format!("1 of 2 scored architectures has both a score and {end}");
        refused(compared(verb, &["--scores", &path]), &message);
        let path = folder.file("none.csv", "architecture,score\n");
        let message = format!("0 of 0 scored architectures have both a score and {end}");
        refused(compared(verb, &["--scores", &path]), &message);
    }
}

#[test]
fn studies_that_are_not_there() {
    let folder = Folder::new();
    let store = folder.path("studies.db");
    let run = || compared("correlate", &["--study", "3fa9", "--store", &store]);
    let message = "choose another database (--store)";
    refused(run(), &format!("{store} does not exist; {message}"));
    untrained::store::Store::open(std::path::Path::new(&store)).unwrap();
    refused(run(), &format!("no study `3fa9` in {store}: it holds none"));
}

#[test]
fn options_that_would_be_ignored() {
    let scores = fixture("scores.csv");
    let with_scores =
        |more: &[&str]| compared("correlate", &[&["--scores", &scores], more].concat());
    not_parsed(
        with_scores(&["--study", "3fa9"]),
        "the argument '--scores <FILE>' cannot be used with '--study <ID>'",
    );
    for (option, value, name) in [
        ("--samples", "10", "--samples <N>"),
        ("--batch-size", "10", "--batch-size <N>"),
        ("--device", "cpu", "--device <auto|cpu|gpu|NAME>"),
        ("--score", "params", "--score <NAME>"),
        ("--out", "a.csv", "--out <FILE>"),
    ] {
        let message = format!("the argument '--scores <FILE>' cannot be used with '{name}'");
        not_parsed(with_scores(&[option, value]), &message);
    }
    not_parsed(
        compared("correlate", &["--study", "3fa9", "--space", "nats-size"]),
        "the argument '--study <ID>' cannot be used with '--space <ID|FILE>'",
    );
    let message = "--overwrite needs --out or --plot";
    refused(with_scores(&["--overwrite"]), message);
    refused(
        compared("correlate", &["--samples", "1"]),
        "--samples must be at least 2, because pairs are compared",
    );
    let (code, _, error) = compared("correlate", &["--score", "best"]);
    let begin = "untrained: --score `best` is unknown; valid: naswot";
    assert!(code == 2 && error.starts_with(begin), "{error}");
}

#[test]
fn plots_are_refused_before_anything_is_read() {
    let folder = Folder::new();
    let plot = folder.path("plot.tiff");
    let run = compared("correlate", &["--scores", "missing.csv", "--plot", &plot]);
    let message = "give a name that ends in .png, .svg or .pdf";
    refused(run, &format!("cannot tell the format of {plot}: {message}"));
}
