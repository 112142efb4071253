//! Weights in files beside the model.

use std::path::Path;

use untrained::graph::NodeId;
use untrained::onnx::proto::{DataLocation, DataType, StringStringEntryProto, TensorProto};
use untrained::onnx::{self, OnnxProblem};

use super::model::Builder;

/// A model of one convolution with two weights in another file.
fn model(location: &str, offset: &str, length: &str) -> Builder {
    let entries = [("location", location), ("offset", offset), ("length", length)];
    let given = entries.into_iter().filter(|(_, value)| !value.is_empty());
    let entry = |(key, value): (&str, &str)| StringStringEntryProto {
        key: key.to_owned(),
        value: value.to_owned(),
    };
    let weight = TensorProto {
        name: "w".to_owned(),
        dims: vec![1, 2, 1, 1],
        data_type: DataType::Float as i32,
        external_data: given.map(entry).collect(),
        data_location: DataLocation::External as i32,
        ..TensorProto::default()
    };
    Builder::new(13, [1, 2, 1, 1]).tensor(weight).node("Conv", "x w", "y", &[])
}

/// A folder with `data.bin` of four numbers and `inner/data.bin` of two.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let bytes: Vec<u8> = [1.0_f32, 2.0, 3.0, 4.0].iter().flat_map(|v| v.to_le_bytes()).collect();
    std::fs::write(folder.path().join("data.bin"), &bytes).unwrap();
    std::fs::create_dir(folder.path().join("inner")).unwrap();
    std::fs::write(folder.path().join("inner/data.bin"), &bytes[8..]).unwrap();
    folder
}

fn weights(model: &Builder, folder: &Path) -> Result<Vec<f32>, OnnxProblem> {
    let path = folder.join("model.onnx");
    std::fs::write(&path, model.bytes()).unwrap();
    let model = onnx::read(&path).map_err(|error| error.problem)?;
    Ok(model.weights.get(NodeId(1)).unwrap().weight.clone())
}

#[test]
fn weights_beside_the_model() {
    let folder = folder();
    let weights = |location, offset, length| {
        weights(&model(location, offset, length), folder.path()).unwrap()
    };
    assert_eq!(weights("data.bin", "", "8"), [1.0, 2.0]);
    assert_eq!(weights("data.bin", "4", "8"), [2.0, 3.0]);
    assert_eq!(weights("data.bin", "8", ""), [3.0, 4.0]);
    assert_eq!(weights("./inner/data.bin", "", ""), [3.0, 4.0]);
}

#[test]
fn data_that_is_not_there_or_not_inside() {
    let folder = folder();
    let problem = |location: &str, offset, length| {
        let result = weights(&model(location, offset, length), &folder.path().join("inner"));
        match result.unwrap_err() {
            OnnxProblem::External { tensor, location: found, reason } => {
                assert_eq!((tensor.as_str(), found.as_str()), ("w", location));
                reason
            }
            other => panic!("{other}"),
        }
    };
    assert!(problem("data.bin", "", "16").contains("holds 8 bytes"));
    assert!(problem("data.bin", "4", "8").contains("holds 8 bytes"));
    assert!(problem("data.bin", "18446744073709551615", "8").contains("holds 8 bytes"));
    assert!(problem("data.bin", "", "4").contains("needs 8"));
    assert!(problem("data.bin", "-1", "8").contains("offset"));
    assert!(problem("data.bin", "", "eight").contains("length"));
    assert!(problem("missing.bin", "", "").contains("cannot be found"));
    assert!(problem("../data.bin", "", "8").contains("inside"));
    assert!(problem("", "", "").contains("inside"));
    assert!(problem(".", "", "").contains("not a regular file"));
    let absolute = folder.path().join("data.bin").to_string_lossy().into_owned();
    assert!(problem(&absolute, "", "8").contains("inside"));
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("../data.bin", folder.path().join("inner/link.bin")).unwrap();
        assert!(problem("link.bin", "", "8").contains("leaves"));
    }
}

#[test]
fn a_file_is_not_read_without_end() {
    let folder = folder();
    let mut model = model("data.bin", "", "8");
    for copy in 0..16 {
        let mut tensor = model.graph().initializer[0].clone();
        tensor.name = format!("w{copy}");
        model = model.tensor(tensor);
    }
    let problem = weights(&model, folder.path()).unwrap_err();
    assert!(problem.to_string().contains("8 times over"), "{problem}");
}
