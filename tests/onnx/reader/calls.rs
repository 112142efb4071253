//! ReLU calls that exporting merged, recovered from module names.

use untrained::graph::Op;
use untrained::onnx::proto::AttributeProto;
use untrained::onnx::{MergedCalls, MergedUnits, ReadOptions};

use super::model::{Builder, int, ints};

/// A model whose nodes are named after their outputs.
struct Named(Builder);

impl Named {
    fn new() -> Self {
        let model = Builder::new(13, [1, 2, 4, 4]).counting("w", &[2, 2, 1, 1]);
        let model = model.wholes("pads", &[0, 0, 0, 0, 0, 0, 1, 1]).wholes("starts", &[1, 1]);
        Self(model.wholes("ends", &[9, 9]).wholes("axes", &[2, 3]))
    }

    fn node(self, operator: &str, inputs: &str, name: &str, attributes: &[AttributeProto]) -> Self {
        let mut model = self.0.node(operator, inputs, name, attributes);
        model.graph().node.last_mut().unwrap().name = name.to_owned();
        Self(model)
    }

    fn relu(self, name: &str) -> Self {
        self.node("Relu", "x", name, &[])
    }

    fn conv(self, input: &str, name: &str) -> Self {
        let inputs = format!("{input} w");
        self.node("Conv", &inputs, name, &[])
    }

    /// Both halves of a factorised reduction, in module `scope`; the shifted half uses `shifted`.
    fn reduction(self, relu: &str, shifted: &str, scope: &str) -> Self {
        let attributes = [ints("kernel_shape", &[1, 1]), ints("strides", &[2, 2])];
        let (first, second) = (format!("{scope}/c1/Conv"), format!("{scope}/c2/Conv"));
        let joined = format!("{first} {second}");
        self.node("Conv", &format!("{relu} w"), &first, &attributes)
            .node("Conv", &format!("{shifted} w"), &second, &attributes)
            .node("Concat", &joined, &format!("{scope}/Concat"), &[int("axis", 1)])
    }

    /// Padding and slice by which a factorised reduction shifts a value.
    fn shift(self, relu: &str, scope: &str) -> Self {
        let (pad, slice) = (format!("{scope}/Pad"), format!("{scope}/Slice"));
        self.node("Pad", &format!("{relu} pads"), &pad, &[]).node(
            "Slice",
            &format!("{pad} starts ends axes"),
            &slice,
            &[],
        )
    }

    /// The calls of every `Relu` node, after checking the model's total.
    fn calls(&self) -> Vec<u32> {
        let model = self.0.read().unwrap_or_else(|problem| panic!("{problem}"));
        let calls: Vec<u32> = model
            .graph
            .nodes()
            .iter()
            .filter_map(|node| match node.op {
                Op::Activation(relu) => {
                    assert_eq!(relu.calls, relu.published_calls);
                    Some(relu.calls)
                }
                _ => None,
            })
            .collect();
        assert_eq!(model.recovered_calls, calls.iter().sum::<u32>() - calls.len() as u32);
        calls
    }
}

impl Named {
    fn notices(&self) -> usize {
        self.0.read().unwrap().notices.len()
    }
}

#[test]
fn sequences_that_lost_their_relu() {
    let cell = Named::new().relu("/cells.0/ops.0/ops.0.0/Relu");
    let cell = cell.conv("/cells.0/ops.0/ops.0.0/Relu", "/cells.0/ops.0/ops.0.1/Conv");
    assert_eq!(cell.calls(), [1]);
    let cell = cell.conv("/cells.0/ops.0/ops.0.0/Relu", "/cells.0/ops.2/ops.2.1/Conv");
    let cell = cell.conv("/cells.0/ops.0/ops.0.0/Relu", "/cells.0/ops.10/ops.10.1/Conv");
    assert_eq!(cell.calls(), [3]);
    // The module before this one is there: its ReLU was not merged.
    let cell = cell.relu("/cells.0/ops.3/ops.3.0/Relu");
    let cell = cell.conv("/cells.0/ops.0/ops.0.0/Relu", "/cells.0/ops.3/ops.3.1/Conv");
    assert_eq!(cell.calls(), [3, 1]);
}

#[test]
fn names_that_say_nothing() {
    for name in [
        "/body.1/f/f.0/f.0.0/Conv",
        "/body.1/proj/proj.0/Conv",
        "/cells.0/conv/Conv",
        "/cells.0/ops.2/other.2.1/Conv",
        "/ops.2.1/Conv",
        "cells.0/ops.2/ops.2.1/Conv",
        "Conv_17",
        "/cells.0/ops/ops.x/Conv",
    ] {
        let model = Named::new().relu("/body.0/body.0.2/Relu");
        assert_eq!(model.conv("/body.0/body.0.2/Relu", name).calls(), [1], "{name}");
    }
    let unnamed = Named::new().relu("relu").shift("relu", "");
    assert_eq!(unnamed.reduction("relu", "/Slice", "").calls(), [1]);
}

/// An identity or a dropout between a ReLU and a convolution of one sequence leaves a gap as well.
#[test]
fn a_gap_behind_the_relu_itself() {
    let model = Named::new().relu("/head/head.1/Relu");
    assert_eq!(model.conv("/head/head.1/Relu", "/head/head.3/Conv").calls(), [1]);
}

#[test]
fn reductions_that_lost_their_relu() {
    let relu = "/cells.1/ops.0/relu/Relu";
    let own = Named::new().relu(relu).shift(relu, "/cells.1/ops.0");
    let own = own.reduction(relu, "/cells.1/ops.0/Slice", "/cells.1/ops.0");
    assert_eq!(own.calls(), [1]);
    let merged = own.reduction(relu, "/cells.1/ops.0/Slice", "/cells.1/ops.8");
    assert_eq!(merged.calls(), [2]);
    let more = merged.shift(relu, "/cells.2/p0");
    let more = more.reduction(relu, "/cells.2/p0/Slice", "/cells.2/p0");
    assert_eq!(more.calls(), [3]);
    let with_sequence = more.conv(relu, "/cells.1/ops.3/ops.3.1/Conv");
    assert_eq!(with_sequence.calls(), [4]);
}

#[test]
fn pairs_that_are_not_reductions() {
    let relu = "/body.0/relu/Relu";
    // Neither half is shifted.
    let plain = Named::new().relu(relu).reduction(relu, relu, "/body.1/a");
    assert_eq!(plain.calls(), [1]);
    // The shifted half reads another ReLU.
    let other = Named::new().relu(relu).node("Relu", "x", "/body.9/relu/Relu", &[]);
    let other = other.shift("/body.9/relu/Relu", "/body.1/a");
    assert_eq!(other.reduction(relu, "/body.1/a/Slice", "/body.1/a").calls(), [1, 1]);
}

/// A gap is no merged call where the value of the ReLU may have got there: behind a dropout or an identity.
#[test]
fn gaps_that_are_not_merged_calls() {
    // One reader: a merged ReLU would have two.
    let only = Named::new().relu("/body/r/Relu").conv("/body/r/Relu", "/body/head/head.1/Conv");
    assert_eq!((only.calls(), only.notices()), (vec![1], 0));
    // A sequence that begins with an identity, next to a convolution: either is possible.
    let open = Named::new().relu("/0/act/Relu").conv("/0/act/Relu", "/0/conv/Conv");
    let open = open.conv("/0/act/Relu", "/0/down/down.1/Conv");
    assert_eq!((open.calls(), open.notices()), (vec![1], 1));
}

/// A cell whose branches call a ReLU of their own before a convolution; those of `merged` lost it.
fn branches(kept: &[&str], merged: &[&str]) -> Named {
    let mut cell = Named::new();
    let first = format!("/{}/act/Relu", kept[0]);
    for branch in kept {
        let relu = format!("/{branch}/act/Relu");
        cell = cell.relu(&relu).conv(&relu, &format!("/{branch}/conv/Conv"));
    }
    for branch in merged {
        cell = cell.conv(&first, &format!("/{branch}/conv/Conv"));
    }
    cell
}

/// A module that lacks the call that its twins make has lost it to the one it reads.
#[test]
fn twins_that_lost_their_relu() {
    let cell = branches(&["cell/left", "cell/right"], &["cell/middle", "cell.1/left"]);
    assert_eq!((cell.calls(), cell.notices()), (vec![3, 1], 0));
    // Its own batch normalisation was merged, too.
    let bn = Named::new().relu("/a/bn/act/Relu").conv("/a/bn/act/Relu", "/a/conv/Conv");
    let bn = bn.node("Neg", "x", "/a/bn/Neg", &[]).conv("/a/bn/act/Relu", "/b/conv/Conv");
    assert_eq!(bn.calls(), [2]);
    // Equal paddings were merged, too.
    let padded = Named::new().relu("/a/act/Relu");
    let padded = padded.node("Pad", "/a/act/Relu pads", "/a/conv/Pad", &[]);
    let padded = padded.conv("/a/conv/Pad", "/a/conv/Conv").conv("/a/conv/Pad", "/b/conv/Conv");
    assert_eq!(padded.calls(), [2]);
    // Another kind of module: either is possible.
    let other = branches(&["cell/left"], &["cell/middle"]);
    let other = other.conv("/cell/middle/conv/Conv", "/cell/middle/second/Conv");
    assert_eq!((other.calls(), other.notices()), (vec![1], 1));
    // A module's second result is joined by others.
    let joined = branches(&["down"], &[]);
    let joined = joined.node("Concat", "/down/act/Relu x", "/up/Concat", &[int("axis", 1)]);
    assert_eq!((joined.calls(), joined.notices()), (vec![1], 0));
    // The result of a module is called once, though a twin of its readers calls an activation.
    let result = Named::new().conv("x", "/stem/conv/Conv").relu("/stem/act/Relu");
    let result = result.relu("/z/act/Relu").conv("/z/act/Relu", "/z/conv/Conv");
    let result = result.conv("/stem/act/Relu", "/a/conv/Conv");
    let result = result.conv("/stem/act/Relu", "/b/conv/Conv");
    assert_eq!(result.calls(), [1, 1]);
}

/// Two calls of one function in one module are one node, as is one call that is read twice.
#[test]
fn several_readers_of_one_call() {
    let open = Named::new().relu("/Relu").conv("/Relu", "/b/Conv").conv("/Relu", "/c/Conv");
    assert_eq!((open.calls(), open.notices()), (vec![1], 1));
    // The result of a block is called once, whoever reads it.
    let block = Named::new().conv("x", "/b.0/conv/Conv").relu("/b.0/Relu");
    let block = block.conv("/b.0/Relu", "/b.1/conv1/Conv").conv("/b.0/Relu", "/b.1/conv2/Conv");
    assert_eq!((block.calls(), block.notices()), (vec![1], 0));
}

/// What is possible but not certain counts where the options say so, and every count is told.
#[test]
fn uncertain_calls_count_as_the_options_say() {
    let calls = |model: &Named, merged_calls: MergedCalls| {
        let options = ReadOptions { merged_calls, ..ReadOptions::default() };
        let model = model.0.read_with(&options).unwrap();
        let relu = |op: &Op| op.activation().map(|activation| activation.calls);
        let calls: Vec<u32> =
            model.graph.nodes().iter().filter_map(|node| relu(&node.op)).collect();
        (calls, model.merged_units, model.notices.len())
    };
    let open = Named::new().relu("/Relu").conv("/Relu", "/b/Conv").conv("/Relu", "/c/Conv");
    let units = MergedUnits { kept: 32, certain: 32, recovered: 64 };
    assert_eq!(calls(&open, MergedCalls::Certain), (vec![1], units, 1));
    assert_eq!(calls(&open, MergedCalls::Keep), (vec![1], units, 1));
    assert_eq!(calls(&open, MergedCalls::Recover), (vec![2], units, 1));
    let cell = Named::new().relu("/cells.0/ops.0/ops.0.0/Relu");
    let cell = cell.conv("/cells.0/ops.0/ops.0.0/Relu", "/cells.0/ops.0/ops.0.1/Conv");
    let cell = cell.conv("/cells.0/ops.0/ops.0.0/Relu", "/cells.0/ops.2/ops.2.1/Conv");
    let units = MergedUnits { kept: 32, certain: 64, recovered: 64 };
    assert_eq!(calls(&cell, MergedCalls::Certain), (vec![2], units, 0));
    assert_eq!(calls(&cell, MergedCalls::Keep), (vec![1], units, 1));
    assert_eq!(calls(&cell, MergedCalls::Recover), (vec![2], units, 0));
}

/// Files of PyTorch without paths of modules prove nothing: what could have been merged is told.
#[test]
fn files_without_paths() {
    let named = |producer: &str| {
        let mut model = Named::new().relu("Relu1").conv("Relu1", "c1").conv("Relu1", "c2");
        model.0.0.producer_name = producer.to_owned();
        model.notices()
    };
    assert_eq!((named("pytorch"), named("tf2onnx")), (1, 0));
    // A sum reads the result of a block.
    let mut block = Named::new().relu("Relu1").conv("Relu1", "c1");
    block = block.node("Add", "Relu1 c1", "sum", &[]);
    block.0.0.producer_name = "pytorch".to_owned();
    assert_eq!(block.notices(), 0);
}
