//! Which files make a space of vertex cells.

use serde_json::json;
use untrained::space::SpaceOverride;

use crate::space::vertex_cells::cells::nas_bench_101;

fn problems(settings: &[SpaceOverride]) -> String {
    untrained::job::chain(&nas_bench_101().with(settings).unwrap_err())
}

#[test]
fn files_whose_layers_do_not_fit_together_are_refused_with_all_problems() {
    let operations = |names: serde_json::Value| SpaceOverride::new("topology.operations", names);
    let layers = |name: &str, layers: serde_json::Value| {
        SpaceOverride::new(format!("operations.{name}.layers"), layers)
    };
    let shrinking = [
        operations(json!(["shrink", "grouped", "wide", "maxpool3x3"])),
        layers("shrink", json!(["conv 3x3 stride=2", "bn", "relu"])),
        layers("grouped", json!(["conv 3x3 groups=2", "bn", "relu"])),
        layers("wide", json!(["conv 3x3 out=7"])),
    ];
    let message = problems(&shrinking);
    for part in [
        "operations.shrink: produces the wrong shape: ",
        // 16 channels over three vertices: 6, 5 and 5.
        "operations.grouped: cannot be built: conv: 2 groups do not divide 5 -> 5 (on 5x32x32",
        "operations.wide: produces the wrong shape: ",
    ] {
        assert!(message.contains(part), "{message}");
    }
    assert!(!message.contains("2 groups do not divide 6"), "{message}");
    assert!(!message.contains("maxpool3x3:"), "{message}");
    let message = problems(&[SpaceOverride::new("topology.projection", json!(["bn", "relu"]))]);
    assert!(message.contains("topology.projection: produces the wrong shape: "), "{message}");
    // At most four vertices feed the output: each has an edge to it and one from elsewhere.
    let message = problems(&[SpaceOverride::new("skeleton.channels", 3)]);
    assert!(message.contains("skeleton.channels: is too small: 3 channels"), "{message}");
    assert!(message.contains("over the 4 vertices"), "{message}");
    assert!(nas_bench_101().with(&[SpaceOverride::new("skeleton.channels", 4)]).is_ok());
}

/// What the checks of a file promise: then every architecture builds. Widths at which nothing
/// divides evenly, and a stem of another width than the cells.
#[test]
fn every_architecture_of_an_accepted_file_builds() {
    for channels in [4, 5, 7, 19] {
        let settings = [
            SpaceOverride::new("topology.max_vertices", 5),
            SpaceOverride::new("skeleton.channels", channels),
            SpaceOverride::new("skeleton.cells", 2),
            SpaceOverride::new("skeleton.stem", json!(["conv 3x3 out=3", "bn", "relu"])),
        ];
        let space = nas_bench_101().with(&settings).unwrap();
        let mut built = 0;
        for architecture in space.enumerate().step_by(7) {
            let graph = architecture.build().unwrap();
            assert_eq!(graph.shape(graph.output().unwrap()).channels, 10);
            built += 1;
        }
        assert!(built > 300, "{built} built");
    }
}
