//! What is wrong with a model as a whole.

use std::path::Path;

use prost::Message;
use untrained::onnx::proto::{DimensionProto, ModelProto};
use untrained::onnx::{self, MAX_FILE_BYTES, OnnxProblem};

use super::model::{Builder, value};

fn relu(opset: i64) -> Builder {
    Builder::new(opset, [1, 1, 2, 2]).node("Relu", "x", "y", &[])
}

/// Changes a working model and returns why it does not work any more.
fn problem(change: impl FnOnce(&mut ModelProto)) -> String {
    let mut model = relu(13);
    assert!(model.read().is_ok());
    change(&mut model.0);
    model.problem().to_string()
}

#[test]
fn a_model_says_where_it_comes_from() {
    let mut builder = relu(20);
    builder.0.producer_version = "1.2\n".to_owned();
    let model = builder.read().unwrap();
    assert_eq!((model.producer.as_str(), model.opset, model.batch), ("hand 1.2", 20, Some(1)));
    assert_eq!(model.recovered_calls, 0);
}

#[test]
fn operator_sets_outside_the_supported_range() {
    for opset in [9, 13, 21, 23] {
        relu(opset).read().unwrap();
    }
    for opset in [-1, 0, 8, 24, i64::MAX] {
        assert!(
            matches!(relu(opset).problem(), OnnxProblem::Opset { found, .. } if found == opset)
        );
    }
    assert!(relu(24).problem().to_string().contains("9 to 23"));
    assert!(problem(|model| model.opset_import.clear()).contains("operator set"));
    let message = problem(|model| model.opset_import[0].domain = "com.example".to_owned());
    assert!(message.contains("no version of the standard operator set"), "{message}");
}

#[test]
fn unsupported_operators_name_the_node_and_what_is_supported() {
    let model = relu(13).node("LSTM", "y", "z", &[]);
    model.fails_at("z", "BatchNormalization");
    assert!(
        matches!(model.problem(), OnnxProblem::Operator { operator, .. } if operator == "LSTM")
    );
    let mut other = relu(13);
    other.graph().node[0].domain = "com.example".to_owned();
    other.fails_at("y", "com.example.Relu is not supported");
    let constant = Builder::new(13, [1, 1, 2, 2]).reals("c", &[1], &[1.0]);
    constant.clone().node("LRN", "c", "y", &[]).fails_at("y", "images first");
    constant.node("LSTM", "c", "y", &[]).fails_at("y", "is not supported");
}

#[test]
fn wiring_that_does_not_fit() {
    relu(13).node("Relu", "nothing", "z", &[]).fails_at("z", "`nothing`");
    relu(13).node("Relu", "x", "y", &[]).fails_at("y", "`y`, which already exists");
    relu(13).node("Relu", "_", "z", &[]).fails_at("z", "is missing");
    let message = problem(|model| model.graph.as_mut().unwrap().node[0].output.clear());
    assert!(message.contains("has no output"), "{message}");
    let message = problem(|model| model.graph.as_mut().unwrap().output.clear());
    assert!(message.contains("no output"), "{message}");
    let message = problem(|model| model.graph.as_mut().unwrap().output[0].name = "z".to_owned());
    assert!(message.contains("`z`, which no node computes"), "{message}");
    let constant = Builder::new(13, [1, 1, 2, 2]).reals("c", &[1], &[1.0]);
    let message = constant.node("Identity", "c", "y", &[]).problem().to_string();
    assert!(message.contains("does not depend on images"), "{message}");
    let twice = relu(13).reals("c", &[1], &[1.0]).reals("c", &[1], &[1.0]);
    assert!(twice.problem().to_string().contains("two initializers named `c`"));
    assert!(problem(|model| model.graph = None).contains("no graph"));
}

#[test]
fn inputs_other_than_images() {
    let input = |change: &dyn Fn(&mut untrained::onnx::proto::GraphProto)| {
        problem(|model| change(model.graph.as_mut().unwrap()))
    };
    assert!(input(&|graph| graph.input.clear()).contains("0 inputs"));
    assert!(input(&|graph| graph.input.push(value("z", &[1]))).contains("2 inputs"));
    assert!(input(&|graph| graph.input[0] = value("x", &[1, 2, 3, 4, 5, 6])).contains("`x`"));
    for free in [0, -4] {
        let free = input(&|graph| graph.input[0] = value("x", &[1, 3, free, 4]));
        assert!(free.contains("3x?x4") && free.contains("such as 3x4x4"), "{free}");
    }
    let long = input(&|graph| graph.input[0] = value("x", &[1, 3, 1 << 40, 4]));
    assert!(long.contains("1099511627776"), "{long}");
    assert!(input(&|graph| graph.input[0] = value("x", &[])).contains("unknown"));
    assert!(input(&|graph| graph.input[0].r#type = None).contains("not a tensor"));
    let whole = input(&|graph| {
        let kind = graph.input[0].r#type.as_mut().unwrap();
        kind.tensor_type.as_mut().unwrap().elem_type = 7;
    });
    assert!(whole.contains("int64; supported: real numbers and uint8"), "{whole}");
    let large = input(&|graph| graph.input[0] = value("x", &[1, 1 << 20, 1 << 20, 1 << 20]));
    assert!(large.contains("too large"), "{large}");
}

#[test]
fn initializers_may_be_listed_as_inputs() {
    let mut model = Builder::new(9, [1, 1, 2, 2]).counting("w", &[1, 1, 1, 1]);
    model = model.node("Conv", "x w", "y", &[]);
    model.graph().input.insert(0, value("w", &[1, 1, 1, 1]));
    assert_eq!(model.ops().len(), 1);
}

#[test]
fn a_batch_size_may_be_free() {
    for batch in [DimensionProto::default(), DimensionProto { dim_value: Some(0), dim_param: None }]
    {
        let mut model = relu(13);
        let kind = model.graph().input[0].r#type.as_mut().unwrap();
        kind.tensor_type.as_mut().unwrap().shape.as_mut().unwrap().dim[0] = batch;
        assert_eq!(model.read().unwrap().batch, None);
    }
}

#[test]
fn paths_that_are_not_models() {
    let folder = tempfile::tempdir().unwrap();
    let error = onnx::read(folder.path()).unwrap_err();
    assert!(matches!(error.problem, OnnxProblem::Folder), "{error}");
    assert!(error.to_string().contains(&*folder.path().to_string_lossy()), "{error}");
    let missing = folder.path().join("missing.onnx");
    assert!(matches!(onnx::read(&missing).unwrap_err().problem, OnnxProblem::Io(_)));
    let large = folder.path().join("large.onnx");
    std::fs::File::create(&large).unwrap().set_len(MAX_FILE_BYTES + 1).unwrap();
    assert!(matches!(onnx::read(&large).unwrap_err().problem, OnnxProblem::TooLarge { .. }));
    let text = folder.path().join("text.onnx");
    std::fs::write(&text, "not a model").unwrap();
    assert!(matches!(onnx::read(&text).unwrap_err().problem, OnnxProblem::Decode(_)));
    let empty = folder.path().join("empty.onnx");
    std::fs::write(&empty, "").unwrap();
    assert!(
        onnx::read(&empty)
            .unwrap_err()
            .to_string()
            .ends_with("empty.onnx: is empty: export the model again, or download the file again")
    );
    #[cfg(unix)]
    assert!(matches!(
        onnx::read(Path::new("/dev/null")).unwrap_err().problem,
        OnnxProblem::NotAFile
    ));
    let good = folder.path().join("good.onnx");
    std::fs::write(&good, relu(13).0.encode_to_vec()).unwrap();
    onnx::read(&good).unwrap();
}

#[test]
fn random_numbers_are_refused_with_advice() {
    let model = Builder::new(15, [1, 2, 2, 2]).node("RandomUniformLike", "x", "r", &[]);
    model.node("Mul", "x r", "y", &[]).fails_at("r", "only its batch-norm layers in training mode");
}
