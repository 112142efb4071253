//! The commands `report` and `cite`.

use std::path::Path;

use super::program::{Folder, quick_search, refused, run, text};

/// A space file whose names try to leave their places in a page.
const HOSTILE: &str = r#"
format = "untrained-space/1"
id = "hostile"
title = "</title><script>alert('title')</script>"
reference = "\" onmouseover=\"alert(1)"
input = { channels = 3, height = 8, width = 8 }
classes = 2
[topology]
kind = "edge-cell"
nodes = 2
operations = ["none", "conv"]
[skeleton]
channels = 4
stages = 1
cells = 1
stem = ["conv 3x3", "bn"]
reduction = "resnet_reduction"
head = ["bn", "relu", "global_avg_pool", "linear"]
# <img src=x onerror=alert(2)>
[operations.conv]
layers = ["relu", "conv 3x3", "bn"]
"#;

/// Everything between `<` and `>` of a page, and between tags, by a reader that knows nothing of its writer.
fn tags(page: &str) -> Vec<&str> {
    page.split('<').skip(1).map(|rest| rest.split('>').next().unwrap()).collect()
}

/// What no page may have, wherever its texts came from.
fn assert_harmless(page: &str) {
    for tag in tags(page) {
        let name = tag.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
        let banned = ["script", "img", "iframe", "link", "object", "embed", "base", "form"];
        assert!(!banned.contains(&&*name), "<{tag}>");
        for attribute in tag.split_whitespace().skip(1) {
            assert!(!attribute.starts_with("on"), "<{tag}>");
        }
        let outside = ["http://", "https://", "javascript:", "file:"];
        let own = tag.replace("http://www.w3.org/2000/svg", "");
        assert!(!outside.iter().any(|address| own.contains(address)), "<{tag}>");
    }
    let style = page.split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
    assert!(!style.contains("url(") && !style.contains("@import"));
}

fn searched(folder: &Folder, more: &[&str]) -> String {
    let store = folder.text("studies.db");
    let common = ["--samples", "12", "--store", &store];
    let (code, _, error) = quick_search(&[&common, more].concat());
    assert_eq!(code, 0, "{error}");
    let (_, list, _) = run(&["studies", "--store", &store]);
    list.lines().last().unwrap().split_whitespace().next().unwrap().to_owned()
}

fn report(folder: &Folder, study: &str, more: &[&str]) -> String {
    let (store, out) = (folder.text("studies.db"), folder.text("report.html"));
    let common = ["report", study, "--store", &store, "--overwrite", "-o", &out];
    let (code, shown, error) = run(&[&common, more].concat());
    assert_eq!(code, 0, "{error}");
    assert!(shown.contains("report.html"), "{shown}");
    std::fs::read_to_string(out).unwrap()
}

#[test]
fn a_study_is_reported_on_one_page() {
    let folder = Folder::new();
    let study = searched(&folder, &[]);
    let page = report(&folder, &study[..5], &["--best", "3", "--latency"]);
    assert_harmless(&page);
    for words in [
        "Which of ",
        "NAS-Bench-201",
        "combined rank of ",
        "untrained --batch search",
        "[task.search]",
        "@inproceedings{dong2020nasbench201,",
        "@inproceedings{lee2024aznas,",
        "Pareto front",
        "latency (ms)",
    ] {
        assert!(page.contains(words), "{words}");
    }
    assert_eq!(page.matches("<div class=\"card\">").count(), 3);
    // A drawing for each of the best, and three figures.
    assert_eq!(page.matches("<svg ").count(), 6);
    assert!(page.matches("top ").count() + page.matches("bottom ").count() >= 3 * 6);
    let store = folder.text("studies.db");
    for (ending, rule) in [("tex", "\\bottomrule"), ("md", "| ---: |")] {
        let out = folder.text(&format!("best.{ending}"));
        let (code, _, error) = run(&["report", &study, "--store", &store, "-o", &out]);
        let tables = std::fs::read_to_string(&out).unwrap();
        assert!(code == 0 && tables.contains(rule), "{error}{tables}");
    }
    let (_, listed, _) = run(&["studies", "--store", &store, "--tables", "latex"]);
    assert!(listed.contains("\\toprule") && listed.contains("nas-bench-201"), "{listed}");
    let out = folder.text("report.html");
    refused(&["report", &study, "--store", &store, "-o", &out], &["exists", "--overwrite"]);
    refused(&["report", "zzz", "--store", &store, "-o", "x.html"], &["zzz", &study]);
    refused(&["report", &study, "--store", &store, "-o", "x.doc"], &["x.doc", ".html"]);
    refused(&["report", &study, "--store", &store, "-o", &store], &["format"]);
}

/// The width of the page of a PDF file in millimetres.
fn pdf_width(path: &Path) -> f64 {
    let bytes = std::fs::read(path).unwrap();
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.starts_with("%PDF-"), "{}", path.display());
    let numbers = text.split("/MediaBox").nth(1).unwrap().split(['[', ']']).nth(1).unwrap();
    numbers.split_whitespace().nth(2).unwrap().parse::<f64>().unwrap() * 25.4 / 72.0
}

#[test]
fn figures_of_a_report_are_pdf_files_of_their_width() {
    let folder = Folder::new();
    let study = searched(&folder, &["--repeats", "2"]);
    let figures = folder.text("figures");
    let more = ["--best", "2", "--figures", &figures, "--width", "column"];
    let page = report(&folder, &study, &more);
    let mut names: Vec<String> = std::fs::read_dir(&figures)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names.len(), page.matches("<svg ").count(), "{names:?}");
    for name in ["best-so-far.pdf", "distribution.pdf", "network-01.pdf", "network-02.pdf"] {
        assert!(names.iter().any(|other| other == name), "{name}: {names:?}");
    }
    for name in &names {
        let width = pdf_width(&Path::new(&figures).join(name));
        assert!((width - 84.0).abs() < 0.05, "{name}: {width}");
    }
    // Nothing is replaced unasked, and no figure is written when one is there.
    let one = Path::new(&figures).join("distribution.pdf");
    std::fs::remove_file(&one).unwrap();
    let (store, out) = (folder.text("studies.db"), folder.text("second.html"));
    let call = ["report", &study, "--store", &store, "-o", &out, "--best", "2"];
    refused(&[&call[..], &["--figures", &figures]].concat(), &["best-so-far.pdf", "--overwrite"]);
    assert!(!one.exists() && !Path::new(&out).exists());
    refused(&[&call[..], &["--width", "84"]].concat(), &["--figures"]);
    let wrong = ["--figures", &figures, "--width", "84in"];
    refused(&[&call[..], &wrong].concat(), &["84in", "column (84 mm)"]);
}

#[test]
fn draws_of_repeats_are_drawn() {
    let folder = Folder::new();
    let study = searched(&folder, &["--score", "naswot", "--repeats", "4"]);
    let page = report(&folder, &study, &["--best", "2"]);
    assert!(page.contains("Spread over draws of weights") && page.contains("rank 2"), "no spread");
    let single = searched(&folder, &["--score", "naswot", "--seed", "1"]);
    assert!(!report(&folder, &single, &[]).contains("Spread over"), "negative control");
}

/// The report of a table is that of the study, but for where it comes from.
#[test]
fn a_table_is_reported_like_its_study() {
    let folder = Folder::new();
    for (at, ending) in ["csv", "jsonl"].iter().enumerate() {
        let table = folder.text(&format!("table.{ending}"));
        let seed = at.to_string();
        let study = searched(&folder, &["--out", &table, "--seed", &seed, "--also", "naswot"]);
        let best = |page: &str| {
            let part = page.split("<h2>The best").nth(1).unwrap();
            part.split("<h2>Figures").next().unwrap().to_owned()
        };
        let of_study = best(&report(&folder, &study, &["--best", "5"]));
        let of_table = best(&report(&folder, &table, &["--best", "5"]));
        assert_eq!(of_study, of_table, "{ending}");
        std::fs::remove_file(folder.path(&format!("table.{ending}.manifest.json"))).unwrap();
        refused(&["report", &table, "-o", &folder.text("x.html")], &["manifest"]);
    }
}

#[test]
fn hostile_names_stay_texts() {
    let folder = Folder::new();
    let space = folder.path("</pre><script>x.toml");
    let space = match std::fs::write(&space, HOSTILE) {
        Ok(()) => space,
        Err(_) => {
            let plain = folder.path("x.toml");
            std::fs::write(&plain, HOSTILE).unwrap();
            plain
        }
    };
    let store = folder.text("studies.db");
    let arguments = [
        "search",
        "--space",
        text(&space),
        "--device",
        "cpu",
        "--batch-size",
        "4",
        "--store",
        &store,
    ];
    let (code, _, error) = run(&[&arguments[..], &["--score", "params"]].concat());
    assert!(code == 0, "{error}");
    let (_, list, _) = run(&["studies", "--store", &store]);
    let study = list.lines().last().unwrap().split_whitespace().next().unwrap().to_owned();
    let page = report(&folder, &study, &[]);
    assert_harmless(&page);
    assert!(page.contains("&lt;img src=x onerror=alert(2)&gt;"), "the file is not shown");
    assert!(page.contains("Space file") && !page.contains("onmouseover=\"alert"));
    // The reader sees what it must not find.
    assert!(std::panic::catch_unwind(|| assert_harmless("<p><script>")).is_err());
}

#[test]
fn rankings_are_compared_with_a_table() {
    let folder = Folder::new();
    let study = searched(&folder, &["--score", "params"]);
    let (_, shown, _) = run(&["studies", "show", &study, "--store", &folder.text("studies.db")]);
    let cells: Vec<&str> = shown
        .lines()
        .filter_map(|line| line.split_whitespace().last())
        .filter(|word| word.starts_with('|'))
        .collect();
    assert!(cells.len() >= 5, "{shown}");
    let rows: Vec<String> =
        cells.iter().zip(0..).map(|(cell, rank)| format!("{cell},{}", 90 - rank)).collect();
    let table = folder.path("accuracies.csv");
    std::fs::write(&table, format!("architecture,top1\n{}\n", rows.join("\n"))).unwrap();
    let page = report(&folder, &study, &["--table", text(&table), "--metric", "top1"]);
    assert!(page.contains("Agreement with trained accuracy") && page.contains("accuracies.csv"));
    refused(&["report", &study, "-o", "x.html", "--table", text(&table)], &["--metric"]);
    refused(
        &[
            "report",
            &study,
            "--store",
            &folder.text("studies.db"),
            "-o",
            &folder.text("y.html"),
            "--table",
            text(&table),
            "--metric",
            "top2",
        ],
        &["top2"],
    );
    assert!(!Path::new(&folder.text("y.html")).exists());
}

#[test]
fn what_was_used_is_cited() {
    let folder = Folder::new();
    let cited = |arguments: &[&str]| {
        let (code, shown, error) = run(&[&["cite"], arguments].concat());
        assert_eq!(code, 0, "{error}");
        (shown, error)
    };
    let (shown, _) = cited(&[]);
    for key in ["mellor2021naswot", "lee2024aznas", "neyshabur2015norm", "untrained"] {
        assert!(shown.contains(&format!("{{{key},")), "{key}: {shown}");
    }
    assert!(!shown.contains("radosavovic"), "{shown}");
    let (shown, _) = cited(&["--space", "nds-darts", "--space", "regnet-x"]);
    assert!(shown.contains("{liu2019darts,") && shown.contains("{radosavovic2020regnet,"));
    assert_eq!(shown.matches("{radosavovic2019nds,").count(), 1);
    let study = searched(&folder, &["--strategy", "evolution", "--score", "swap"]);
    let (shown, _) = cited(&["--study", &study, "--store", &folder.text("studies.db")]);
    for key in ["peng2024swap", "real2019evolution", "dong2020nasbench201"] {
        assert!(shown.contains(&format!("{{{key},")), "{key}: {shown}");
    }
    assert!(!shown.contains("{neyshabur2015norm,"), "{shown}");
    let own = folder.path("own.toml");
    std::fs::write(&own, HOSTILE).unwrap();
    let (_, error) = cited(&["--space", text(&own)]);
    assert!(error.contains("hostile") && error.contains("onmouseover"), "{error}");
    refused(&["cite", "--space", "nas-bench-21"], &["nas-bench-201"]);
}
