//! The folders of `src` import each other in one direction only, and nothing but `gui` names egui,
//! nothing but `backend/gpu` and `gui` names wgpu.

use std::path::{Path, PathBuf};

/// Every module of the crate, lowest first: a module may use those before it.
const ORDER: [&str; 19] = [
    "nearest",
    "seed",
    "output",
    "statistics",
    "format",
    "graph",
    "weights",
    "onnx",
    "space",
    "data",
    "benchmark",
    "plan",
    "score",
    "backend",
    "trainer",
    "search",
    "store",
    "job",
    "evaluation",
];

fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                files.push((path.strip_prefix(&root).unwrap().to_owned(), text));
            }
        }
    }
    assert!(files.len() > 20, "only {} files found under src", files.len());
    files
}

/// The crate's module a file belongs to: its first folder, or its own name.
fn module_of(path: &Path) -> String {
    let first = path.iter().next().unwrap().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

fn rank(module: &str) -> usize {
    ORDER.iter().position(|&known| known == module).unwrap_or_else(|| {
        panic!("{module} is not in the order of layers: put it where its imports point down")
    })
}

/// The modules of this crate a text names after `crate::`.
fn imports(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
        for part in line.split("crate::").skip(1) {
            let names = part.trim_start_matches('{');
            let name: String =
                names.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            found.push(name);
        }
    }
    found
}

fn violations(files: &[(PathBuf, String)]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (path, text) in files {
        let module = module_of(path);
        if module == "lib" {
            continue;
        }
        for import in imports(text) {
            if ORDER.contains(&import.as_str()) && rank(&import) > rank(&module) {
                wrong.push(format!("{} uses {import}", path.display()));
            }
        }
        let in_gpu = path.starts_with("backend/gpu");
        for (library, allowed) in [("wgpu::", in_gpu), ("egui::", false), ("eframe::", false)] {
            if !allowed && !path.starts_with("gui") && text.contains(library) {
                wrong.push(format!("{} names {library}", path.display()));
            }
        }
    }
    wrong
}

#[test]
fn imports_point_down() {
    let files = sources();
    for (path, _) in &files {
        if module_of(path) != "lib" {
            rank(&module_of(path));
        }
    }
    assert_eq!(violations(&files), Vec::<String>::new());
}

#[test]
fn an_import_against_the_order_is_found() {
    let wrong = |path: &str, text: &str| violations(&[(PathBuf::from(path), text.to_owned())]);
    assert_eq!(wrong("graph/op.rs", "use crate::plan::Plan;").len(), 1);
    assert_eq!(wrong("data/mod.rs", "let x = wgpu::Device::poll();").len(), 1);
    assert_eq!(wrong("job/mod.rs", "use crate::{evaluation, plan};").len(), 1);
    assert!(wrong("job/mod.rs", "use crate::plan::Plan; // crate::evaluation").len() <= 1);
    assert!(wrong("backend/gpu/mod.rs", "use wgpu::Device;").is_empty());
}
