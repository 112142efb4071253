//! The modules of the core use each other in one direction only, ARCHITECTURE.md lists them in that
//! order, and nothing but `backend/gpu` names wgpu.

mod names;
mod window;

use std::path::PathBuf;

use crate::support::data::repository;
use names::{Crate, Names, read_sources};

/// Every module of the crate, lowest first: a module may use those before it.
const ORDER: [&str; 28] = [
    "seed",
    "nearest",
    "input",
    "leftovers",
    "panics",
    "output",
    "statistics",
    "format",
    "typeset",
    "tabular",
    "graph",
    "weights",
    "onnx",
    "pytorch",
    "space",
    "data",
    "benchmark",
    "plan",
    "score",
    "backend",
    "trainer",
    "search",
    "store",
    "places",
    "job",
    "citation",
    "evaluation",
    "report",
];

fn core() -> Crate {
    let files = read_sources(&repository().join("src"));
    assert!(files.len() > 100, "only {} files found under src", files.len());
    Crate::parse(&files)
}

/// A module's place in the order.
fn rank(module: &str) -> Option<usize> {
    ORDER.iter().position(|&known| known == module)
}

/// Everything that is wrong with what the modules of a crate name.
fn violations(parsed: &Crate) -> Vec<String> {
    let mut wrong = Vec::new();
    for (module, content) in &parsed.modules {
        let in_gpu = content.file.starts_with("backend/gpu");
        let mut complain = |what: &str, written: &Names| {
            wrong.push(format!("{}: `{}` {what}", content.file.display(), written.join("::")));
        };
        for written in &content.mentions {
            if written[0] == "wgpu" && !in_gpu {
                complain("names wgpu", written);
            }
            let Some(own) = module.first() else { continue };
            let Some(path) = parsed.absolute(module, written) else { continue };
            match path.first().map(|first| (first, rank(first))) {
                None => complain("is the whole crate: name a module", written),
                Some((_, None)) => complain("is in no layer", written),
                Some((_, used)) if used > rank(own) => complain("is in a higher layer", written),
                Some(_) => {}
            }
        }
    }
    wrong
}

#[test]
fn every_module_has_a_layer() {
    let parsed = core();
    let mut declared: Vec<&str> =
        parsed.modules[&Names::new()].children.iter().map(String::as_str).collect();
    let mut ordered = ORDER.to_vec();
    declared.sort_unstable();
    ordered.sort_unstable();
    assert_eq!(declared, ordered, "ORDER and src/lib.rs");
}

#[test]
fn modules_use_lower_ones_only() {
    let parsed = core();
    let mentions: usize = parsed.modules.values().map(|module| module.mentions.len()).sum();
    assert!(mentions > 2000, "only {mentions} paths found");
    assert_eq!(violations(&parsed), Vec::<String>::new());
}

/// The violations of one file in a crate that has a few others.
fn wrong(path: &str, text: &str) -> Vec<String> {
    let root = "pub mod backend; pub mod data; pub mod graph; pub mod job; pub mod plan;";
    let files = [
        ("lib.rs", root),
        ("graph/mod.rs", "mod op; pub use op::Op;"),
        ("plan/mod.rs", "pub struct Plan;"),
        ("job/mod.rs", "pub fn run() {}"),
        (path, text),
    ];
    let files = files.map(|(path, text)| (PathBuf::from(path), text.to_owned()));
    violations(&Crate::parse(&files))
}

#[test]
fn every_way_to_name_a_higher_module_is_found() {
    for text in [
        "use crate::plan::Plan;",
        "use crate::plan;",
        "use crate::{plan, data};",
        "use crate::{\n    data::Batch,\n    plan::{\n        Plan,\n    },\n};",
        "use {crate::plan::Plan, std::fs};",
        "use crate::plan as drawing;",
        "use crate::plan::Plan as Drawing;",
        "use crate::plan::*;",
        "pub use crate::plan::Plan;",
        "use super::super::plan::Plan;",
        "use super::super::{plan::Plan};",
        "use self::super::super::plan::Plan;",
        "use super::super::plan as x; fn f() { x::Plan; }",
        "use crate as root; fn f() { root::plan::Plan; }",
        "use crate::*;",
        "fn f() { use crate::plan::Plan; }",
        "fn f() { let plan = crate::plan::Plan; }",
        "fn f(plan: &crate::plan::Plan) {}",
        "fn f<T: Into<crate::plan::Plan>>() {}",
        "fn f() -> Vec<Option<super::super::plan::Plan>> { vec![] }",
        "impl From<crate::plan::Plan> for () {}",
        "impl crate::plan::Trait for () {}",
        "fn f() { <() as crate::plan::Trait>::g(); }",
        "fn f(x: u8) { match x { crate::plan::LIMIT => {} _ => {} } }",
        "fn f() { println!(\"{}\", crate::plan::LIMIT); }",
        "fn f() { vec![(1, [super::super::plan::LIMIT])]; }",
        "fn f() { crate::plan::call!(); }",
        "macro_rules! m { () => { $crate::plan::Plan } }",
        "macro_rules! m { () => { use crate::{data, plan::{Plan, Step}}; } }",
        "#[derive(crate::plan::Derive)] struct A;",
        "struct A { #[serde(with = \"crate::plan::hex\")] a: u8 }",
        "mod tests { use super::super::super::plan::Plan; }",
        "mod tests { mod deep { use crate::plan::Plan; } }",
        "use crate::unknown::Thing;",
    ] {
        assert!(!wrong("graph/op.rs", text).is_empty(), "not found: {text}");
    }
}

#[test]
fn names_of_lower_modules_and_other_crates_are_allowed() {
    for text in [
        "use crate::graph::Op;",
        "use super::super::graph::Op;",
        "use super::{Plan, graph};",
        "use std::{fs, io}; use plan::Plan; fn f() { job::run(); self::run(); }",
        "/// [`crate::job::run`]\npub(crate) fn f() {} // crate::job::run",
        "pub(in crate::plan) fn f() { let text = \"crate::job\"; }",
    ] {
        assert_eq!(wrong("plan/build.rs", text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn only_the_gpu_backend_names_wgpu() {
    for text in [
        "use wgpu::Device;",
        "use wgpu;",
        "use wgpu as graphics;",
        "use ::wgpu::{Device, Queue};",
        "fn f(device: &wgpu::Device) {}",
        "fn f() { vec![wgpu::Limits::default()]; }",
    ] {
        assert!(!wrong("data/file.rs", text).is_empty(), "{text}");
        assert!(wrong("backend/gpu/device.rs", text).is_empty(), "{text}");
    }
}

/// The core's modules in the order in which ARCHITECTURE.md's tables list them: the first name in a
/// row's first cell that lies in `src`.
fn documented(page: &str) -> Vec<String> {
    let rows = page.lines().filter_map(|line| line.trim().strip_prefix('|'));
    let cells = rows.filter_map(|row| row.split('|').next());
    let paths = cells.filter_map(|cell| cell.split('`').find_map(|part| part.strip_prefix("src/")));
    paths.map(|path| path.trim_end_matches('/').trim_end_matches(".rs").to_owned()).collect()
}

#[test]
fn architecture_lists_the_modules_in_their_order() {
    let page = std::fs::read_to_string(repository().join("ARCHITECTURE.md")).unwrap();
    assert_eq!(documented(&page), ORDER, "the table of folders in ARCHITECTURE.md, and ORDER");
}

#[test]
fn a_table_says_which_modules_it_lists() {
    let page = "| folder | what |\n|---|---|\n| `src/seed.rs` | `src/no` |\n| [`src/plan/`](x) | |\n\
                | `crates/cli/src` | |\n`src/text` |";
    assert_eq!(documented(page), ["seed", "plan"]);
}
