//! How far the files of the window depend on each other in circles.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::names::{Crate, read_sources};
use crate::support::data::repository;

/// The most files that may depend on each other in one circle.
const LARGEST_CYCLE: usize = 46;

/// For each file the files it depends on: those that define what it names.
fn dependencies(parsed: &Crate) -> BTreeMap<PathBuf, Vec<PathBuf>> {
    let mut edges: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    for (module, content) in &parsed.modules {
        let uses = edges.entry(content.file.clone()).or_default();
        let paths = content.mentions.iter().filter_map(|path| parsed.absolute(module, path));
        uses.extend(paths.map(|path| parsed.modules[&parsed.definition(&path)].file.clone()));
        uses.retain(|file| *file != content.file);
        uses.sort();
        uses.dedup();
    }
    edges
}

/// Groups of files of which each depends on each, largest first.
fn cycles(edges: &BTreeMap<PathBuf, Vec<PathBuf>>) -> Vec<Vec<PathBuf>> {
    let reached = |from: &PathBuf| {
        let mut found = std::collections::BTreeSet::new();
        let mut waiting: Vec<&PathBuf> = edges[from].iter().collect();
        while let Some(file) = waiting.pop() {
            if found.insert(file) {
                waiting.extend(&edges[file]);
            }
        }
        found
    };
    let reached: BTreeMap<_, _> = edges.keys().map(|file| (file, reached(file))).collect();
    let mut groups: Vec<Vec<PathBuf>> = Vec::new();
    for (&file, others) in &reached {
        if groups.iter().flatten().any(|known| known == file) {
            continue;
        }
        let both = |other: &&&PathBuf| reached[**other].contains(file);
        let group: Vec<PathBuf> = others.iter().filter(both).map(|&file| file.clone()).collect();
        if !group.is_empty() {
            groups.push(group);
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    groups
}

#[test]
fn files_depend_on_each_other_in_small_circles() {
    let files = read_sources(&repository().join("crates/gui/src"));
    assert!(files.len() > 50, "only {} files found", files.len());
    let edges = dependencies(&Crate::parse(&files));
    let found = cycles(&edges);
    let largest = found.first().map_or(0, Vec::len);
    assert!(largest <= LARGEST_CYCLE, "{largest} files depend on each other: {:?}", found[0]);
}

#[test]
fn circles_are_found_through_imports_and_exports() {
    let files = [
        ("lib.rs", "mod a; mod b; mod c; mod d;"),
        ("a.rs", "use crate::b::deep::B; fn a() {}"),
        ("b/mod.rs", "mod deep; pub use deep::B; pub use crate::c::C;"),
        ("b/deep.rs", "pub struct B(super::C);"),
        ("c.rs", "use crate::a; pub struct C; fn c() { a::a(); }"),
        ("d.rs", "use crate::a::a; use crate::b::B;"),
    ];
    let files = files.map(|(path, text)| (PathBuf::from(path), text.to_owned()));
    let edges = dependencies(&Crate::parse(&files));
    let paths = |names: &[&str]| names.iter().map(PathBuf::from).collect::<Vec<_>>();
    assert_eq!(edges[&PathBuf::from("d.rs")], paths(&["a.rs", "b/deep.rs"]));
    assert_eq!(edges[&PathBuf::from("b/deep.rs")], paths(&["c.rs"]));
    assert_eq!(cycles(&edges), [paths(&["a.rs", "b/deep.rs", "c.rs"])]);
}
