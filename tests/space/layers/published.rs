//! Numbers of parameters and multiply-adds that the authors of the spaces published.

use super::{cost, with};

/// Parameters and, where they are known exactly, multiply-adds.
fn check(id: &str, settings: &[&str], cases: &[(&str, u64, Option<u64>)]) {
    let space = with(id, settings);
    for &(text, params, macs) in cases {
        let cost = cost(&space.parse(text).unwrap());
        assert_eq!(cost.params, params, "{id} {text}");
        assert_eq!(cost.macs, macs.unwrap_or(cost.macs), "{id} {text}");
    }
}

#[test]
fn nas_bench_macro() {
    check(
        "nas-bench-macro",
        &[],
        &[("00000000", 387_882, Some(7_713_280)), ("22212202", 1_985_514, Some(85_164_544))],
    );
}

#[test]
fn transnas_macro() {
    check("transnas-macro", &[], &[("64-1234-basic", 3_412_303, Some(3_998_756_608))]);
}

/// The nets of the paper, and the MobileNetV2 that the same skeleton gives.
#[test]
fn proxylessnas() {
    let gpu = "w1.35:k5e3,skip,skip,skip,k7e3,skip,skip,k3e3,k7e6,skip,skip,k5e3,k5e6,skip,k3e3,k5e3,\
               k7e6,k7e6,k7e6,k5e6,k7e6";
    let mobile = "k5e3,k3e3,skip,skip,k7e3,k3e3,k5e3,k5e3,k7e6,k5e3,k5e3,k5e3,k5e6,k5e3,k5e3,k5e3,k7e6,\
                  k7e6,k7e3,k7e3,k7e6";
    let mobile_v2 = "32,16,24,32,64,96,160,320,1280:k3e6,k3e6,skip,skip,k3e6,k3e6,k3e6,skip,k3e6,k3e6,\
                     k3e6,k3e6,k3e6,k3e6,k3e6,skip,k3e6,k3e6,k3e6,skip,k3e6";
    check(
        "proxylessnas",
        &[],
        &[
            (gpu, 7_119_848, None),
            (&format!("32,16,32,40,80,96,192,320,1280:{mobile}"), 4_080_512, None),
            (&format!("48,24,40,56,112,136,256,448,1792:{mobile}"), 6_857_568, None),
            (mobile_v2, 3_504_872, None),
        ],
    );
    let macs = cost(&with("proxylessnas", &[]).parse(gpu).unwrap()).macs;
    assert_eq!((macs as f64 / 1e4).round(), 46526.0, "465.26 M");
}

#[test]
fn fbnet() {
    check(
        "fbnet",
        &[],
        &[("0380076737677777677773", 5_572_200, None), ("0340076377786704674773", 4_863_288, None)],
    );
    check(
        "fbnet",
        &["skeleton.widths.tail=1504"],
        &[("8208872427657356177677", 4_321_464, None), ("0340076377786704674773", 4_213_368, None)],
    );
    let a = with("fbnet", &["skeleton.widths.tail=1504"]).parse("8208872427657356177677").unwrap();
    assert_eq!((cost(&a).macs as f64 / 1e5).round(), 2499.0, "249.9 M");
}

#[test]
fn single_path_one_shot() {
    check(
        "spos",
        &[],
        &[
            ("21012020202300003233", 3_558_464, Some(322_918_720)),
            ("(2, 1, 0, 1, 2, 0, 2, 0, 2, 0, 2, 3, 0, 0, 0, 0, 3, 2, 3, 3)", 3_558_464, None),
            ("00000000000000000000", 3_154_880, None),
            ("00000000000000000000/44444444444444444444", 3_154_880, None),
            ("33333333333333333333", 3_870_816, None),
        ],
    );
}

fn lists(depth: &str, values: &[(&str, &str, usize)]) -> String {
    let list = |&(name, value, count): &(&str, &str, usize)| {
        format!("{name}={}", vec![value; count].join(","))
    };
    let lists: Vec<String> = values.iter().map(list).collect();
    format!("d={depth};{}", lists.join(";"))
}

#[test]
fn once_for_all() {
    let smallest = lists("2,2,2,2,2", &[("ks", "3", 20), ("e", "3", 20)]);
    let largest = lists("4,4,4,4,4", &[("ks", "7", 20), ("e", "6", 20)]);
    check(
        "ofa-mobilenet-v3",
        &[],
        &[
            (&smallest, 3_410_792, None),
            (&largest, 7_664_760, Some(566_170_656)),
            (&format!("w1.2:{largest}"), 10_701_632, None),
        ],
    );
    check("ofa-mobilenet-v3", &["topology.multiplier=1.2"], &[(&largest, 10_701_632, None)]);
    let largest = lists("4,4,4,4,4", &[("ks", "7", 21), ("e", "6", 21)]);
    check("ofa-proxyless", &[], &[(&largest, 7_942_056, None)]);
    check(
        "ofa-resnet50",
        &[],
        &[
            (&lists("2,1,2,2,1", &[("e", "0.25", 18), ("w", "2", 6)]), 25_576_264, None),
            (&lists("2,2,2,2,2", &[("e", "0.35", 18), ("w", "2", 6)]), 48_105_992, None),
        ],
    );
}

/// The dictionary of the published code says the same as the lists.
#[test]
fn dictionaries_of_the_published_code_are_read() {
    let space = with("ofa-mobilenet-v3", &[]);
    let lists = lists("2,3,4,2,4", &[("ks", "5", 20), ("e", "4", 20)]);
    let fives = vec!["5"; 20].join(", ");
    let fours = vec!["4"; 20].join(", ");
    let python = format!(
        "{{'wid': None, 'ks': [{fives}], 'e': [{fours}], 'd': [2, 3, 4, 2, 4], 'r': [224]}}"
    );
    let json = format!("{{\"ks\": [{fives}], \"e\": [{fours}], \"d\": [2, 3, 4, 2, 4]}}");
    let expected = space.parse(&lists).unwrap();
    assert_eq!(space.parse(&python).unwrap(), expected);
    assert_eq!(space.parse(&json).unwrap(), expected);
    let other = space.parse(&python.replace("[224]", "[192]")).unwrap_err().to_string();
    assert!(other.contains("is the size of images, which here are 224x224"), "{other}");
}

/// The nets of the README: their parameters are those without gates.
#[test]
fn zennas() {
    let net = "SuperConvK3BNRELU(3,16,2,1)SuperResIDWE1K7(16,40,2,40,1)SuperResIDWE1K7(40,64,2,64,1)\
               SuperResIDWE4K7(64,96,2,96,5)SuperResIDWE2K7(96,224,2,224,5)SuperConvK1BNRELU(224,2048,1,1)";
    check("zennas-mobilenet-v2", &[], &[(net, 5_698_208, None)]);
    let macs = cost(&with("zennas-mobilenet-v2", &[]).parse(net).unwrap()).macs;
    assert_eq!((macs as f64 / 1e5).round(), 4002.0, "400.2 M");
    let gated = ["topology.first=gated_first", "topology.inner=gated"];
    check("zennas-mobilenet-v2", &gated, &[(net, 7_466_024, None)]);
    let plain = with("zennas-mobilenet-v2", &["topology.first=plain", "topology.inner=plain"]);
    let graph = plain.parse(net).unwrap().build().unwrap();
    let is_sum = |node: &untrained::graph::Node| matches!(node.op, untrained::graph::Op::Add);
    assert!(!graph.nodes().iter().any(is_sum), "it has no shortcuts");
}
