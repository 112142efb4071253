//! The package around the extension module: what Rust and Python must agree on. `tests/python/run` tries the module
//! in Python.

use std::path::Path;

/// A file of the package.
fn text(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_package_has_the_version_of_the_workspace_and_says_which_module_is_built() {
    let project: toml::Table = text("pyproject.toml").parse().unwrap();
    let package = project["project"].as_table().unwrap();
    // The version comes from the crate.
    assert!(
        package["dynamic"].as_array().unwrap().iter().any(|name| name.as_str() == Some("version"))
    );
    assert!(!package.contains_key("version"));
    let maturin = project["tool"]["maturin"].as_table().unwrap();
    assert_eq!(maturin["module-name"].as_str(), Some("untrained._untrained"));
    assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join("python/untrained/py.typed").is_file());
}

#[test]
fn every_class_and_function_of_the_module_has_a_stub() {
    let stub = text("python/untrained/_untrained.pyi");
    let module = text("src/lib.rs");
    let functions: Vec<&str> = module
        .lines()
        .filter_map(|line| line.trim().strip_prefix("module.add_function(wrap_pyfunction!("))
        .map(|rest| rest.split(',').next().unwrap().rsplit(':').next().unwrap())
        .collect();
    assert!(functions.len() > 5, "{functions:?}");
    for name in functions {
        assert!(stub.contains(&format!("def {name}(")), "{name} has no stub");
    }
}
