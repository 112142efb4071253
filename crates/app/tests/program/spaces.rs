//! The command line with search spaces: own files, wrong files, replaced values, drawings.

use std::path::PathBuf;

use crate::program::{refused, run as untrained};

fn examples() -> Vec<PathBuf> {
    let folder = crate::data::repository().join("assets/examples");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.extension().is_some_and(|end| end == "toml")).collect()
}

#[test]
fn every_example_is_checked_searched_and_scored() {
    let mut run = 0;
    for path in examples() {
        let file = path.to_str().unwrap();
        let (code, shown, error) = untrained(&["spaces", "check", file]);
        assert!(code == 0 && shown.contains("architectures"), "{shown}{error}");
        let common = ["--space", file, "--device", "cpu", "--batch-size", "8"];
        let (code, shown, error) =
            untrained(&[&["search", "--samples", "3"], &common[..]].concat());
        assert_eq!(code, 0, "{file}: {shown}{error}");
        let best = shown.lines().nth(1).unwrap().split_whitespace().last().unwrap();
        let (code, shown, error) = untrained(&[&["score", best], &common[..]].concat());
        assert_eq!(code, 0, "{best}: {shown}{error}");
        let (code, dot, _) = untrained(&["describe", best, "--space", file, "--dot"]);
        assert!(code == 0 && dot.starts_with("digraph"), "{dot}");
        run += 1;
    }
    assert!(run >= 3, "only {run} examples");
}

#[test]
fn a_wrong_file_is_one_list_of_problems_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wrong.toml");
    let text = std::fs::read_to_string(&examples()[0]).unwrap();
    let wrong = text
        .replace("[skeleton]", "[skeleton]\ncolour = 1")
        .replace("format =", "foo = 1\nformat =");
    std::fs::write(&path, wrong).unwrap();
    let file = path.to_str().unwrap();
    for arguments in [
        vec!["spaces", "check", file],
        vec!["search", "--space", file],
        vec!["score", "x", "--space", file],
        vec!["describe", "x", "--space", file],
        vec!["spaces", "show", file],
    ] {
        let (code, shown, error) = untrained(&arguments);
        assert_eq!(code, 2, "{arguments:?}: {shown}");
        for part in [
            "wrong.toml",
            "foo: is not a valid key",
            "skeleton.colour: is not a valid key",
            "line ",
        ] {
            assert!(error.contains(part), "{arguments:?}: no {part} in {error}");
        }
    }
}

#[test]
fn every_builtin_space_is_shown_as_a_file_that_loads() {
    let folder = tempfile::tempdir().unwrap();
    let (code, list, _) = untrained(&["spaces"]);
    assert_eq!(code, 0);
    let ids: Vec<&str> =
        list.lines().skip(1).map(|line| line.split_whitespace().next().unwrap()).collect();
    assert!(ids.len() >= 22, "{list}");
    let mut files = Vec::new();
    for id in ids {
        let (code, text, _) = untrained(&["spaces", "show", id]);
        assert_eq!(code, 0);
        let path = folder.path().join(format!("{id}.toml"));
        std::fs::write(&path, text).unwrap();
        files.push(path.to_str().unwrap().to_owned());
    }
    let arguments: Vec<&str> =
        ["spaces", "check"].into_iter().chain(files.iter().map(|f| &**f)).collect();
    let (code, shown, error) = untrained(&arguments);
    assert!(code == 0 && shown.lines().count() == files.len(), "{shown}{error}");
}

#[test]
fn values_of_the_space_can_be_replaced() {
    let architecture = "|nor_conv_3x3~0|+|none~0|nor_conv_3x3~1|+|none~0|none~1|nor_conv_3x3~2|";
    let units = |settings: &[&str]| {
        let (code, shown, error) =
            untrained(&[&["describe", architecture, "--json"], settings].concat());
        assert_eq!(code, 0, "{error}");
        serde_json::from_str::<serde_json::Value>(&shown).unwrap()["units"].as_u64().unwrap()
    };
    let small = ["--set", "skeleton.cells=1", "--set", "skeleton.channels=8"];
    assert!(units(&small) * 6 < units(&[]));
    let (code, _, error) = untrained(&["--set", "skeleton.cels=1"]);
    assert!(code == 2 && error.contains("did you mean `cells`?"), "{error}");
}

#[test]
fn wrong_architectures_of_every_notation_are_refused_with_the_token() {
    let genotype = |input: &str| {
        let cell = |input| {
            let rest = r#"["skip_connect",1],["skip_connect",0],["skip_connect",1],["skip_connect",0],["skip_connect",1],["skip_connect",0],["skip_connect",1]"#;
            format!("[[\"sep_conv_3x3\",{input}],{rest}]")
        };
        format!(
            r#"{{"genotype":{{"normal":{},"normal_concat":[2,3,4,5],"reduce":{},"reduce_concat":[2,3,4,5]}},"width":16,"depth":8}}"#,
            cell(input),
            cell("0")
        )
    };
    for (space, text, part) in [
        ("nds-darts", genotype("7"), "7"),
        ("nds-darts", genotype("-1"), "-1"),
        ("nds-darts", genotype("1e30"), "1e30"),
        ("nds-darts", "{\"genotype\":".to_owned() + &"[".repeat(10_000), "genotype"),
        ("nds-resnet", "ds=1,2,3,4;ws=16,16,16,16;ss=1,1,2,99".to_owned(), "99"),
        ("nds-resnet", r#"{"ds":[1,2,2,-3],"ws":[16,16,16,16],"ss":[1,1,2,2]}"#.to_owned(), "-3"),
        (
            "nds-resnext-a",
            "ds=1,1,1,1;ws=16,16,16,16;ss=1,1,2,2;bot_muls=0,1,1,1;num_gs=0,3,1,1".to_owned(),
            "3 groups do not divide",
        ),
        ("nats-size", "8:8:8:8:9".to_owned(), "9"),
        (
            "nas-bench-101",
            r#"{"adjacency":[[0,1],[0,0]],"operations":["input","conv9x9","output"]}"#.to_owned(),
            "operations",
        ),
    ] {
        let (code, shown, error) = untrained(&["score", &text, "--space", space]);
        assert_eq!(code, 2, "{text}: {shown}");
        assert!(error.contains(part) && error.len() < 1_000, "{text}: {error}");
    }
}

#[test]
fn strategies_scores_and_constraints_are_chosen_by_flags() {
    let small = ["--batch-size", "8", "--device", "cpu", "--set", "skeleton.cells=1"];
    let run =
        |more: &[&str]| untrained(&[&["search", "--samples", "12"], &small[..], more].concat());
    for strategy in ["random", "evolution", "local"] {
        for score in ["naswot", "params", "macs", "layers", "relu-layers", "regions"] {
            let (code, shown, error) = run(&["--strategy", strategy, "--score", score]);
            assert_eq!(code, 0, "{strategy} {score}: {shown}{error}");
            assert!(error.contains("scored 12 architectures"), "{error}");
        }
    }
    let (code, _, error) = run(&["--constraint", "params=..150K"]);
    assert!(code == 0 && error.contains("rejected by constraints"), "{error}");
    let (code, _, error) = run(&["--constraint", "params=..5"]);
    assert!(code == 2 && error.contains("params ranged from"), "{error}");
    for (wrong, part) in [
        (["--strategy", "magic"], "`magic` is unknown; valid: "),
        (["--score", "magic"], "`magic` is unknown; valid: "),
        (["--constraint", "speed=..1"], "valid: params"),
        (["--constraint", "params"], "NAME=MIN..MAX"),
        (["--population", "0"], "--population is not used by the strategy random"),
    ] {
        let (code, _, error) = run(&wrong);
        assert!(code == 2 && error.contains(part), "{wrong:?}: {error}");
    }
}

/// Latency is measured on the device of the run; nothing takes a nanosecond, everything less than an
/// hour.
#[test]
fn latency_is_measured() {
    let run = |range: &str| {
        let mut flags = vec!["search", "--samples", "4", "--batch-size", "2", "--device", "cpu"];
        flags.extend(["--set", "skeleton.cells=1", "--set", "skeleton.channels=2"]);
        flags.extend(["--set", "input.height=8", "--set", "input.width=8"]);
        flags.extend(["--images", "noise", "--constraint", range]);
        untrained(&flags)
    };
    let (code, _, error) = run("latency=..3600s");
    assert!(code == 0 && error.contains("scored 4 architectures"), "{error}");
    let (code, _, error) = run("latency=..0.001us");
    assert!(code == 2 && error.contains("latency ranged from "), "{error}");
    assert!(error.contains("ms to "), "{error}");
    let (code, _, error) = run("latency=..5M");
    assert!(code == 2 && error.contains("latency <= 5ms"), "{error}");
}

/// Equal architectures get the result of one of them; scored alone they have the same.
#[test]
fn equal_architectures_share_a_result() {
    let folder = tempfile::tempdir().unwrap();
    let table = |name: &str, unique: bool| {
        let path = folder.path().join(name);
        let mut arguments =
            vec!["search", "--samples", "400", "--batch-size", "4", "--device", "cpu"];
        arguments.extend(["--set", "skeleton.cells=1", "--set", "skeleton.channels=4"]);
        arguments.extend(["--images", "noise", "--out", path.to_str().unwrap()]);
        if unique {
            arguments.push("--unique");
        }
        assert_eq!(untrained(&arguments).0, 0);
        let mut rows = csv::Reader::from_path(path).unwrap();
        let row =
            |row: csv::StringRecord| (row[0].to_owned(), row[1].to_owned(), row[3].to_owned());
        rows.records().map(|one| row(one.unwrap())).collect::<Vec<_>>()
    };
    assert_eq!(table("shared.csv", true), table("own.csv", false));
}

// An option that belongs to something else would be ignored, and its user would not know.
#[test]
fn options_without_what_they_belong_to_are_refused() {
    let cell = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|";
    let of_table = ["correlate", "--table", "none.csv", "--metric", "x"];
    for (arguments, words) in [
        (vec!["score", cell, "--weights", "fresh"], ["--weights needs", "--onnx"]),
        ([&of_table[..], &["--column", "x"]].concat(), ["--column needs", "--scores"]),
        (vec!["search", "--repeats", "5000000000"], ["--repeats", "at most 100000"]),
        (vec!["search", "--samples", "-1"], ["--samples", "must be a whole number"]),
        (vec!["search", "--mean", "inf"], ["--mean", "must be a finite number"]),
    ] {
        refused(&arguments, &words);
    }
}

#[test]
fn a_new_file_of_every_builtin_space_and_kind_is_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let (_, list, _) = untrained(&["spaces"]);
    let ids: Vec<&str> =
        list.lines().skip(1).map(|line| line.split_whitespace().next().unwrap()).collect();
    assert!(ids.len() >= 38, "{list}");
    let begins = ids.iter().map(|id| ["--from", id]);
    let kinds = untrained::Space::topology_kinds().map(|kind| ["--kind", kind]);
    let mut files = Vec::new();
    for [option, name] in begins.chain(kinds) {
        let path = folder.path().join(format!("{name}.toml"));
        let file = path.to_str().unwrap().to_owned();
        let (code, shown, error) = untrained(&["spaces", "new", option, name, "-o", &file]);
        assert!(code == 0 && shown.contains(&file), "{name}: {shown}{error}");
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with(&format!("# Begun with {name}.")), "{text}");
        files.push(file);
    }
    let arguments: Vec<&str> =
        ["spaces", "check"].into_iter().chain(files.iter().map(String::as_str)).collect();
    let (code, shown, error) = untrained(&arguments);
    assert_eq!((code, shown.lines().count()), (0, files.len()), "{shown}{error}");
    assert!(shown.contains("my-nas-bench-macro of 6,561 architectures"), "{shown}");
}

#[test]
fn a_new_file_replaces_none_and_begins_with_something_known() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("own.toml");
    let file = path.to_str().unwrap();
    std::fs::write(&path, "mine").unwrap();
    let new = |rest: &[&str]| untrained(&[&["spaces", "new", "-o", file], rest].concat());
    let (code, _, error) = new(&["--from", "nas-bench-macro"]);
    assert!(code == 2 && error.contains("own.toml") && error.contains("--overwrite"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    let (code, _, error) = new(&["--from", "nas-bench-macro", "--overwrite"]);
    assert_eq!(code, 0, "{error}");
    assert!(std::fs::read_to_string(&path).unwrap().contains("my-nas-bench-macro"));
    let (code, _, error) = new(&["--from", "nas-bench-makro", "--overwrite"]);
    assert!(code == 2 && error.contains("did you mean `nas-bench-macro`?"), "{error}");
    let (code, _, error) = new(&["--kind", "layer", "--overwrite"]);
    assert!(code == 2 && error.contains("layers"), "{error}");
    for wrong in [&[][..], &["--from", "fbnet", "--kind", "layers"]] {
        let (code, _, error) = new(wrong);
        assert!(code == 2 && error.contains("--from"), "{error}");
    }
    let odd = folder.path().join("own.txt");
    let odd = odd.to_str().unwrap();
    let (code, _, error) = untrained(&["spaces", "new", "--from", "fbnet", "-o", odd]);
    assert!(code == 2 && error.contains(".toml"), "{error}");
}
