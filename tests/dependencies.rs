//! What the program is built from: one version of the graphics crates, licences that MIT code may
//! ship with, crates.io as the only source.

use std::collections::BTreeMap;

use serde_json::Value;

/// Crates whose types cross our interfaces: two versions in the tree would not fit together.
const SINGLE: [&str; 3] = ["wgpu", "naga", "egui"];

/// Licences that may be part of the program; a crate needs one of them on each side of every AND.
const LICENCES: [&str; 15] = [
    "MIT",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT-0",
    // Of the fonts that egui embeds.
    "OFL-1.1",
    "Ubuntu-font-1.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
    "bzip2-1.0.6",
];

fn packages() -> Vec<Value> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let metadata = std::process::Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked", "--all-features"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap().clone();
    assert!(packages.len() > 50, "only {} packages", packages.len());
    packages
}

/// Crates of front ends: the core is a library that a program without them can use.
const FRONT_END: [&str; 10] = [
    "clap",
    "indicatif",
    "ctrlc",
    "resvg",
    "egui",
    "eframe",
    "rfd",
    "ab_glyph",
    "plotters",
    "pyo3",
];

/// The names of the crates that a package of the workspace is built from.
fn built_from(package: &str) -> Vec<String> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let tree = std::process::Command::new(cargo)
        .args(["tree", "--locked", "--all-features", "--edges", "normal,build", "--prefix", "none"])
        .args(["--format", "{lib}", "--package", package])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let text = String::from_utf8(tree.stdout).unwrap();
    text.lines().map(|line| line.trim_end_matches(" (*)").to_owned()).collect()
}

#[test]
fn the_core_is_built_without_front_ends() {
    let core = built_from("untrained");
    assert!(core.iter().any(|name| name == "serde_json"), "{core:?}");
    let found: Vec<&str> =
        FRONT_END.into_iter().filter(|name| core.iter().any(|one| one == name)).collect();
    assert!(found.is_empty(), "the core brings {found:?}");
    // The program has them.
    let program = built_from("untrained-app");
    assert!(["clap", "egui"].iter().all(|name| program.iter().any(|one| one == name)));
}

/// Whether a licence expression can be met with the list. Handles `A OR B`, `A AND B`, the old `A/B`
/// and one level of brackets.
fn acceptable(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ");
    let parts = expression.split(" AND ").map(|part| part.trim_matches(['(', ')', ' ']));
    parts.into_iter().all(|part| {
        part.split(" OR ").any(|name| LICENCES.contains(&name.trim_matches(['(', ')', ' '])))
    })
}

#[test]
fn graphics_crates_have_one_version() {
    let mut versions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in packages() {
        let name = package["name"].as_str().unwrap().to_owned();
        versions.entry(name).or_default().push(package["version"].to_string());
    }
    assert!(versions.contains_key("wgpu") && versions.contains_key("naga"));
    for name in SINGLE {
        let found = versions.get(name).map_or(0, Vec::len);
        assert!(found <= 1, "{name}: {:?}", versions[name]);
    }
}

#[test]
fn licences_are_known_and_sources_are_registries() {
    for package in packages() {
        let name = package["name"].as_str().unwrap();
        let licence = package["license"].as_str().unwrap_or("none");
        assert!(acceptable(licence), "{name}: {licence}");
        let source = package["source"].as_str().unwrap_or("registry+ (this package)");
        assert!(
            source.starts_with("registry+") || source.starts_with("sparse+"),
            "{name}: {source}"
        );
    }
}

#[test]
fn an_unknown_licence_is_not_acceptable() {
    assert!(acceptable("MIT OR GPL-3.0"));
    assert!(acceptable("(MIT OR Apache-2.0) AND Unicode-3.0"));
    assert!(!acceptable("GPL-3.0"));
    assert!(!acceptable("MIT AND GPL-3.0-only"));
    assert!(!acceptable("none"));
}

/// The packages of the lock file that come from a registry and are not in the list of licences.
fn unlisted(lock: &str, list: &str) -> Vec<String> {
    let lock: toml::Table = lock.parse().unwrap();
    let packages = lock["package"].as_array().unwrap().iter();
    let foreign = packages.filter(|package| package.get("source").is_some());
    let text = |package: &toml::Value, key: &str| package[key].as_str().unwrap().to_owned();
    foreign
        .map(|package| format!("{} {}", text(package, "name"), text(package, "version")))
        .filter(|name| !list.lines().any(|line| line.starts_with(&format!("{name}: "))))
        .collect()
}

#[test]
fn every_package_is_in_the_list_of_licences() {
    let read = |path: &str| {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(root.join(path)).unwrap()
    };
    let (lock, list) = (read("Cargo.lock"), read("assets/THIRD-PARTY.txt"));
    assert_eq!(unlisted(&lock, &list), Vec::<String>::new(), "run packaging/licences");
    let serde = list.lines().find(|line| line.starts_with("serde 1")).unwrap();
    assert_eq!(unlisted(&lock, &list.replace(serde, "")).len(), 1);
    assert!(list.contains("Permission is hereby granted, free of charge"));
}
