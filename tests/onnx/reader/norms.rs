//! Batch normalisation: what names tell about where it was folded, and the options about it.

use untrained::graph::{BatchNorm, Conv, Op, Statistics};
use untrained::onnx::proto::StringStringEntryProto;
use untrained::onnx::{Model, NormStatistics, ReadOptions};

use super::model::{Builder, float};

const RENORMALISE: ReadOptions = ReadOptions {
    renormalise: true,
    merged_calls: untrained::onnx::MergedCalls::Certain,
    statistics: NormStatistics::File,
    fresh_weights: false,
    input: None,
};

/// A convolution of constants with these names, `-` for no bias, and an activation.
fn convolution(weight: &str, bias: &str) -> Builder {
    let mut model = Builder::new(13, [1, 2, 4, 4]).counting(weight, &[2, 2, 1, 1]);
    if bias != "-" {
        model = model.counting(bias, &[2]);
    }
    let mut model = model.node("Conv", "", "c", &[]).node("Relu", "c", "y", &[]);
    let inputs = ["x", weight, bias].map(str::to_owned);
    model.graph().node[0].input = inputs.into_iter().filter(|name| name != "-").collect();
    model
}

fn found(model: &Builder) -> (usize, usize) {
    let Model { batch_norm, .. } = model.read().unwrap();
    (batch_norm.folded, batch_norm.maybe_folded)
}

#[test]
fn names_tell_where_batch_norm_was_folded() {
    for (weight, bias, expected) in [
        ("onnx::Conv_12", "onnx::Conv_13", (1, 0)),
        ("model/conv/merged_input:0", "model/batch_normalization_1/batchnorm/sub:0", (1, 0)),
        ("bn/FusedBatchNormV3_weights", "z", (1, 0)),
        ("features.0.weight", "features.0.bias", (0, 0)),
        ("features.0.weight", "-", (0, 0)),
        // A weight that was computed has a bias of its own.
        ("onnx::Conv_12", "features.0.bias", (0, 0)),
        ("model/conv/ReadVariableOp:0", "model/conv/BiasAdd/ReadVariableOp:0", (0, 0)),
        ("w", "const_fold_opt__43", (0, 1)),
    ] {
        assert_eq!(found(&convolution(weight, bias)), expected, "{weight} {bias}");
    }
    // The scopes of PyTorch's newer exporter, which leaves out a bias of zeros.
    let mut model = convolution("0.weight", "-");
    model.graph().node[0].metadata_props = vec![StringStringEntryProto {
        key: "pkg.torch.onnx.name_scopes".to_owned(),
        value: "['', '1', '_native_batch_norm_legit_no_training']".to_owned(),
    }];
    assert_eq!(found(&model), (1, 0));
}

#[test]
fn batch_norm_is_put_back_where_it_was_folded() {
    let folded = convolution("onnx::Conv_12", "onnx::Conv_13");
    let model = folded.read_with(&RENORMALISE).unwrap();
    let conv = Op::Conv(Conv { bias: false, ..Conv::square(2, 1, 1) });
    let norm = Op::BatchNorm(BatchNorm { eps: 1e-5, statistics: Statistics::Batch });
    let ops: Vec<Op> = model.graph.nodes().iter().map(|node| node.op).collect();
    assert_eq!(ops[1..3], [conv, norm]);
    assert_eq!((model.batch_norm.batch, model.batch_norm.restored), (1, 1));
    assert!(model.notices.len() == 1 && model.notices[0].contains("put back"));
    // Not behind the convolutions of a squeeze-and-excite block, whose biases are their own.
    let excite = convolution("onnx::Conv_12", "onnx::Conv_13")
        .counting("v", &[2, 2, 1, 1])
        .counting("const", &[2])
        .node("GlobalAveragePool", "y", "g", &[])
        .node("Conv", "g v const", "e", &[])
        .node("Sigmoid", "e", "s", &[])
        .node("Mul", "y s", "z", &[]);
    assert_eq!(excite.read_with(&RENORMALISE).unwrap().batch_norm.batch, 1);
}

#[test]
fn options_without_effect_are_refused() {
    let own = convolution("features.0.weight", "features.0.bias");
    let refused = |model: &Builder, options: &ReadOptions, part: &str| {
        let problem = model.read_with(options).unwrap_err().to_string();
        assert!(problem.contains(part), "{problem}");
    };
    refused(&own, &RENORMALISE, "no convolution");
    let batch = ReadOptions { statistics: NormStatistics::Batch, ..ReadOptions::default() };
    refused(&own, &batch, "it has no batch-norm");
    let folded = convolution("onnx::Conv_12", "onnx::Conv_13");
    refused(&folded, &batch, "`renormalise` puts it back");
    let both = ReadOptions { statistics: NormStatistics::Batch, ..RENORMALISE };
    assert!(folded.read_with(&both).is_ok());
}

#[test]
fn stored_statistics_give_way_to_those_of_the_batch() {
    let mut model = Builder::new(15, [2, 2, 2, 2]);
    for name in ["s", "b", "m", "v"] {
        model = model.counting(name, &[2]);
    }
    let model = model.node("BatchNormalization", "x s b m v", "n", &[float("epsilon", 0.5)]);
    let model = model.node("Relu", "n", "y", &[]);
    let statistics = |options: &ReadOptions| {
        let model = model.read_with(options).unwrap();
        let Op::BatchNorm(norm) = model.graph.nodes()[1].op else { panic!("no batch-norm") };
        (norm.statistics, model.batch_norm.to_string(), model.notices.len())
    };
    let stored = "1 layer with the running statistics of the file".to_owned();
    assert_eq!(statistics(&ReadOptions::default()), (Statistics::Running, stored, 1));
    let batch = "1 layer with the statistics of the mini-batch".to_owned();
    let chosen = ReadOptions { statistics: NormStatistics::Batch, ..ReadOptions::default() };
    assert_eq!(statistics(&chosen), (Statistics::Batch, batch.clone(), 0));
    // Those of the file belong to its weights.
    let fresh = ReadOptions { fresh_weights: true, ..ReadOptions::default() };
    assert_eq!(statistics(&fresh), (Statistics::Batch, batch, 1));
}
