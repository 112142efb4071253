//! Bad input: texts, dictionaries and files that are wrong, and what is said of them.

use untrained::job::chain;
use untrained::space::{Space, SpaceOverride};

use super::with;

/// What is said of a text.
fn refused(id: &str, text: &str) -> String {
    let error = Space::builtin(id).unwrap().parse(text).unwrap_err();
    error.to_string()
}

/// What is said of a space with these overrides.
fn wrong(id: &str, settings: &[&str]) -> String {
    let settings: Vec<SpaceOverride> = settings.iter().map(|text| text.parse().unwrap()).collect();
    chain(&Space::open_with(id, &settings).unwrap_err())
}

#[test]
fn wrong_architectures_are_refused_with_the_part_that_is_wrong() {
    let twenty = vec!["3"; 20].join(",");
    for (id, text, parts) in [
        ("nas-bench-macro", "2221220", ["has 7 operations", "this space has 8"]),
        ("nas-bench-macro", "22212203x", ["has 9 operations", "22212203x"]),
        ("nas-bench-macro", "22212203", ["`3`", "is no operation of layer 8"]),
        ("transnas-macro", "64-111-basic", ["has 3 operations", "4 to 6"]),
        (
            "transnas-macro",
            "64-1111-basic",
            ["outside the limits", "1 to 4 layers are half or wide-half"],
        ),
        ("transnas-macro", "64-3434-plain", ["64-3434-plain", "`64-..-basic`"]),
        ("proxylessnas", "k5e4,skip", ["has 2 operations", "this space has 21"]),
        ("fbnet", "9380076737677777677773", ["`9`", "is no operation of layer 1"]),
        ("spos", "21012020202300003233/4444", ["has 4 digits for `mid`", "there are 20"]),
        (
            "spos",
            "21012020202300003233/8444444444444444444a",
            ["`8`", "from 0 for 0.2 to 7 for 1.6"],
        ),
        ("ofa-mobilenet-v3", "d=2,2,2,2,2;ks=3;e=3", ["has 1 entries", "20 are needed"]),
    ] {
        let error = refused(id, text);
        for part in parts {
            assert!(error.contains(part), "{id} {text}: no `{part}` in {error}");
        }
    }
    for (text, part) in [
        (format!("d=2,2,5,2,2;ks={twenty};e={twenty}"), "`5`".to_owned()),
        (format!("d=2,2,5,2,2;ks={twenty};e={twenty}"), "entry 3; allowed: 2, 3, 4".to_owned()),
        (format!("d=2,2,2,2,2;ks={twenty}"), "the list `e` of 20 entries is missing".to_owned()),
        (
            format!("d=2,2,2,2,2;ks={twenty};e={twenty};r=3"),
            "is not a list of this space".to_owned(),
        ),
        (format!("{{'d': [2,2,2,2,2], 'ks': [{twenty}]}}"), "the list `e` of 20".to_owned()),
        (format!("{{'d': 2, 'ks': [{twenty}]}}"), "of `d` is not a list".to_owned()),
        ("{'d': [2".to_owned(), "is not a dictionary".to_owned()),
    ] {
        let error = refused("ofa-mobilenet-v3", &text);
        assert!(error.contains(&part), "{text}: no `{part}` in {error}");
    }
    let first_skip = format!("skip{}", ",k3e3".repeat(20));
    let error = refused("proxylessnas", &first_skip);
    assert!(error.contains("`skip`") && error.contains("changes width or stride"), "{error}");
    for (prefix, part) in [
        ("w0:", "a factor from 0.1 to 10"),
        ("w1.23456:", "at most three decimals"),
        ("32,16,24:", "has 3 widths; this space has 9"),
        ("32,16,24,40,80,96,192,320,0:", "is not a width"),
    ] {
        let error = refused("proxylessnas", &format!("{prefix}{}", vec!["k3e3"; 21].join(",")));
        assert!(error.contains(part), "{prefix}: no `{part}` in {error}");
    }
}

#[test]
fn wrong_sequences_are_refused_with_the_block() {
    let net =
        "SuperConvK3BNRELU(3,16,2,1)SuperResIDWE1K7(16,40,2,40,1)SuperConvK1BNRELU(40,2048,1,1)";
    assert!(Space::builtin("zennas-mobilenet-v2").unwrap().parse(net).is_ok());
    for (from, to, part) in [
        ("(16,40,", "(24,40,", "takes 24 channels, but 16 enter"),
        ("E1K7", "E1K9", "did you mean `SuperResIDWE1K3`?"),
        ("2,40,1)", "2,1)", "needs the whole numbers in,out,stride,neck,repeats"),
        ("2,40,1)", "2,40,0)", "repeats is 0, not from 1 to 64"),
        ("(3,16,2,1)", "(3,16,2,1", "needs the whole numbers in,out,stride,repeats"),
        ("SuperConvK1BNRELU(40,2048,1,1)", "SuperConvK1BNRELU", "is written Name(in,out"),
    ] {
        let text = net.replacen(from, to, 1);
        assert_ne!(text, net);
        let error = refused("zennas-mobilenet-v2", &text);
        assert!(error.contains(part), "{text}: no `{part}` in {error}");
    }
}

#[test]
fn a_text_of_another_space_is_called_so() {
    for (id, text, other) in [
        ("nas-bench-macro", "64-1234-basic", "transnas-macro"),
        ("fbnet", "22212202", "nas-bench-macro"),
        ("proxylessnas", "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|", "nas-bench-201"),
        ("nas-bench-201", "21012020202300003233", "spos"),
    ] {
        let error = refused(id, text);
        assert!(error.contains(&format!("`{other}`")), "{error}");
    }
    let error = refused("nas-bench-macro", "xyz");
    assert!(!error.contains("an architecture of the space"), "{error}");
}

#[test]
fn wrong_files_are_refused_with_the_place() {
    for (id, settings, parts) in [
        (
            "fbnet-cifar",
            &["topology.choices.k3e1g2.values.g=3"][..],
            ["operations.shuffled_residual", "3 groups do not divide"],
        ),
        (
            "spos",
            &["topology.stages.0.width=65"],
            ["cannot be built", "65 channels have no even and odd half"],
        ),
        (
            "ofa-mobilenet-v3",
            &["topology.stages.1.depths=[2, 5]"],
            ["topology.stages[1].depths", "has 5, but the stage has 4 slots"],
        ),
        (
            "transnas-macro",
            &["topology.limits.0.min=7", "topology.limits.0.max=9"],
            ["topology.limits", "no architecture meets them"],
        ),
        (
            "transnas-macro",
            &["topology.limits.0.min=5"],
            ["topology.limits[0]", "min is 5, above max, which is 4"],
        ),
        (
            "transnas-macro",
            &["topology.limits.0.candidates=[\"halve\"]"],
            ["topology.limits[0].candidates[0]", "did you mean `half`?"],
        ),
        (
            "proxylessnas",
            &["input.height=16", "input.width=16"],
            [
                "input: 1x1 pixels are left for a stride of 2 in stage 6",
                "16x16 pixels are too small",
            ],
        ),
        (
            "nas-bench-macro",
            &["topology.choices.k3e3.symbol=\"0\""],
            ["symbol", "which another candidate has"],
        ),
        (
            "nas-bench-macro",
            &["topology.choices.k3e3.symbol=\"12\""],
            ["symbol", "one letter or digit"],
        ),
        ("nas-bench-macro", &["topology.choices.k3e3.values.e3=3"], ["values.e3", "is not used"]),
        (
            "nas-bench-macro",
            &["topology.choices.k3e3.values={ k = 3 }"],
            ["topology.choices.k3e3.operation", "needs a value for {e}"],
        ),
        (
            "nas-bench-macro",
            &["topology.candidates.0=skipp"],
            ["topology.candidates[0]", "unknown operation `skipp`"],
        ),
        (
            "nas-bench-macro",
            &["topology.candidates=[]"],
            ["topology.stages[0]", "has no candidates"],
        ),
        (
            "nas-bench-macro",
            &["topology.stages.0.block=skip", "topology.stages.0.candidates=[\"skip\"]"],
            ["topology.stages[0]", "has both"],
        ),
        ("nas-bench-macro", &["skeleton.widths.tial=8"], ["skeleton.widths.tial", "is not used"]),
        (
            "proxylessnas",
            &["topology.multiplier=1.23456"],
            ["topology.multiplier", "at most three decimals"],
        ),
        (
            "spos",
            &["topology.parameters.mid.default=1.1"],
            ["topology.parameters.mid.default", "is not one of the values"],
        ),
        (
            "ofa-mobilenet-v3",
            &["topology.parameters.ks=[3, 3]"],
            ["topology.parameters.ks", "repeats 3"],
        ),
        (
            "zennas-mobilenet-v2",
            &["topology.max_repeats=3"],
            ["topology.max_repeats", "the 4 blocks of the example have more repeats at least"],
        ),
        (
            "zennas-mobilenet-v2",
            &["input.height=8"],
            ["topology.example", "the images are too small"],
        ),
        (
            "ofa-mobilenet-v3",
            &["topology.parameters.ks=[4]"],
            ["gated_residual", "the wrong shape"],
        ),
    ] {
        let error = wrong(id, settings);
        for part in parts {
            assert!(error.contains(part), "{id} {settings:?}: no `{part}` in {error}");
        }
    }
}

/// Sizes that are no multiple of the strides are fine.
#[test]
fn odd_sizes_are_built() {
    for id in ["ofa-resnet50", "ofa-mobilenet-v3", "spos", "fbnet", "proxylessnas"] {
        let space = with(id, &["input.height=75", "input.width=100"]);
        let architecture = space.sample(&mut untrained::seed::stream(2, &["odd sizes"]));
        let graph = architecture.build().unwrap();
        assert_eq!(graph.shape(graph.body().unwrap()).height, 3, "{id}");
    }
}
