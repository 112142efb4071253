//! Models as people export them, of the shared cases: each is scored as an independent program scored it,
//! or refused with the node and the reason. None is scored differently without a word.

use std::path::{Path, PathBuf};

use crate::support;

use support::fixtures;
use support::runners;
use untrained::data::Batch;
use untrained::onnx::{self, MergedCalls, Model, NormStatistics, OnnxProblem, ReadOptions};
use untrained::plan::{Count, Plan};
use untrained::score::KernelMatrix;
use untrained::weights::{Initialisation, Initialiser};

/// How far a score may be off. The expected ones were computed in another order of sums, and some are
/// written with four digits only.
const SCORE_TOLERANCE: f64 = 0.02;

/// Folder, model, and the expected units and score where they are not in a file.
type RightCase = (&'static str, &'static str, Option<(u64, f64)>);

/// The cases that are scored as expected: folder, model, units and score, where its `expected.json` has
/// none.
const RIGHT: &[RightCase] = &[
    ("formats/hard_sigmoid_keras2", "model.onnx", None),
    ("models/wrong_calls_dropout_then_conv", "ts.onnx", None),
    ("models/wrong_calls_resnetrs_downsample", "ts.onnx", None),
    ("merged-relu-dynamo", "m.onnx", Some((11520, 70.3117))),
    ("overcount-dropout-first", "m.onnx", Some((6656, 63.9254))),
    ("readme-recipe-dropout", "m.onnx", Some((4096, 63.0909))),
    ("formats/dropout_in_train_mode_export", "model.onnx", None),
    ("opset23", "m.onnx", Some((4096, 62.3810))),
    ("formats/opset23", "model.onnx", None),
    ("fp16-cast", "m.onnx", Some((4096, 62.2153))),
    ("formats/fp16_keep_io_types", "model.onnx", None),
    ("unsorted-nodes", "m.onnx", Some((4096, 62.3708))),
    ("formats/if_constant_condition", "model.onnx", None),
    ("tail-after-last-relu", "m.onnx", Some((2048, 57.4285))),
    ("formats/argmax_after_last_activation", "model.onnx", None),
    ("models/op_log_softmax", "ts.onnx", None),
    ("models/op_log_softmax", "dyn.onnx", None),
    ("groupnorm", "m.onnx", Some((4096, 62.3168))),
    ("formats/operator_gn", "model.onnx", None),
    ("formats/operator_inorm", "model.onnx", None),
    ("models/op_group_norm_1", "ts.onnx", None),
    ("models/op_group_norm_1", "dyn.onnx", None),
    ("models/op_instance_norm", "ts.onnx", None),
    ("models/op_instance_norm", "dyn.onnx", None),
    ("formats/operator_elu", "model.onnx", None),
    ("models/act_hardtanh", "ts.onnx", None),
    ("models/act_hardtanh", "dyn.onnx", None),
    ("models/act_mish", "ts.onnx", None),
    ("models/act_mish", "dyn.onnx", None),
    ("models/act_selu", "ts.onnx", None),
    ("models/act_selu", "dyn.onnx", None),
    ("formats/operator_ps", "model.onnx", None),
    ("models/op_pixel_shuffle", "ts.onnx", None),
    ("models/op_pixel_shuffle", "dyn.onnx", None),
    ("prelu", "m.onnx", Some((4096, 62.5766))),
    ("models/act_prelu_channel", "ts.onnx", None),
    ("models/act_prelu_channel", "dyn.onnx", None),
    ("convtranspose", "m.onnx", Some((2560, 55.6757))),
    ("formats/loop_fixed_trip", "model.onnx", None),
    ("formats/nhwc_pad", "model.onnx", None),
    ("formats/operator_bi", "model.onnx", None),
    ("formats/operator_ct", "model.onnx", None),
    ("formats/ort_optimized_fusedconv", "model.onnx", None),
    ("formats/weight_standardisation", "model.onnx", None),
    ("models/act_squared_relu", "ts.onnx", None),
    ("models/act_squared_relu", "dyn.onnx", None),
    ("models/act_star_relu", "ts.onnx", None),
    ("models/act_star_relu", "dyn.onnx", None),
    ("models/fold_batch_shaped_constant", "ts.onnx", None),
    ("models/fold_batch_shaped_constant", "ts_static.onnx", None),
    ("models/fold_batch_shaped_constant", "dyn.onnx", None),
    ("models/fold_ceil_same_padding", "ts.onnx", None),
    ("models/fold_mlp_relative_bias", "ts.onnx", None),
    ("models/fold_range_anchors", "ts.onnx", None),
    ("models/fold_scaled_weight_standardisation", "ts.onnx", None),
    ("models/fold_sigmoid_of_parameter", "ts.onnx", None),
    ("models/fold_weight_standardisation", "ts.onnx", None),
    ("models/input_3d_video", "ts.onnx", None),
    ("models/input_3d_video", "ts_static.onnx", None),
    ("models/input_3d_video", "dyn.onnx", None),
    ("models/input_3d_video", "dyn_static.onnx", None),
    ("models/input_vector_mlp", "ts.onnx", None),
    ("models/input_vector_mlp", "ts_static.onnx", None),
    ("models/input_vector_mlp", "dyn.onnx", None),
    ("models/input_vector_mlp", "dyn_static.onnx", None),
    ("models/op_conv1d_eca", "ts.onnx", None),
    ("models/op_conv1d_eca", "dyn.onnx", None),
    ("models/op_conv_transpose", "ts.onnx", None),
    ("models/op_conv_transpose", "dyn.onnx", None),
    ("models/op_einsum", "ts.onnx", None),
    ("models/op_einsum", "dyn.onnx", None),
    ("models/op_exp_sqrt", "ts.onnx", None),
    ("models/op_exp_sqrt", "dyn.onnx", None),
    ("models/op_gather_permutation", "ts.onnx", None),
    ("models/op_gather_permutation", "dyn.onnx", None),
    ("models/op_grn", "ts.onnx", None),
    ("models/op_grn", "dyn.onnx", None),
    ("models/op_max_of_two", "ts.onnx", None),
    ("models/op_max_of_two", "dyn.onnx", None),
    ("models/op_pad_channels", "ts.onnx", None),
    ("models/op_pad_channels", "dyn.onnx", None),
    ("models/op_pad_reflect", "ts.onnx", None),
    ("models/op_pad_reflect", "dyn.onnx", None),
    ("models/op_pow_square", "ts.onnx", None),
    ("models/op_pow_square", "dyn.onnx", None),
    ("models/op_reduce_sum_radix", "ts.onnx", None),
    ("models/op_reduce_sum_radix", "dyn.onnx", None),
    ("models/op_resize_bilinear", "ts.onnx", None),
    ("models/op_resize_bilinear", "dyn.onnx", None),
    ("models/op_resize_bilinear_from_1x1", "ts.onnx", None),
    ("models/op_resize_bilinear_from_1x1", "dyn.onnx", None),
    ("models/op_resize_nearest_odd", "ts.onnx", None),
    ("models/op_resize_nearest_odd", "dyn.onnx", None),
    ("models/op_tile", "ts.onnx", None),
    ("models/op_tile", "dyn.onnx", None),
    ("models/rope_split_neg", "ts.onnx", None),
    ("models/rope_split_neg", "dyn.onnx", None),
    ("models/window_conv_efficientvit_m0", "ts.onnx", None),
    ("models/window_conv_efficientvit_m0", "dyn.onnx", None),
    ("qdq-int8", "m.onnx", Some((4096, 62.8103))),
    ("tf-same-ceil", "m.onnx", Some((848, 50.2158))),
    ("unet-bilinear", "m.onnx", Some((2560, 55.8117))),
];

/// The cases that are refused: folder, model, node and a part of the reason.
const REFUSED: &[(&str, &str, &str)] =
    &[("formats/quantised_qoperator", "model.onnx", "score the float model")];

/// The cases that are scored with a notice: nothing in the file tells the right value.
const NOTICED: &[(&str, &str)] = &[
    ("models/wrong_two_relus_of_one_tensor", "ts.onnx"),
    ("models/wrong_two_relus_of_one_tensor", "dyn.onnx"),
];

fn folder(name: &str) -> Option<PathBuf> {
    support::shared(&format!("cases/{name}"))
}

/// Units and score that a case expects.
fn expected(folder: &Path) -> (u64, f64) {
    let text = std::fs::read_to_string(folder.join("expected.json")).unwrap();
    let all: serde_json::Value = serde_json::from_str(&text).unwrap();
    let all = all.get("expected").unwrap_or(&all);
    (all["units"].as_u64().unwrap(), all["score"].as_f64().unwrap())
}

/// The images of a case, for a model that may declare its input with the channels last.
fn batch(folder: &Path, model: &Model) -> Batch {
    let mut batch = fixtures::read_batch(&input(folder));
    if model.channels_last && batch.shape != model.input {
        let (shape, values) = (model.input, batch.values);
        let (volume, plane) = (shape.volume(), shape.height * shape.width);
        let at =
            |at: usize| (at / volume * volume) + at % plane * shape.channels + at % volume / plane;
        let values = (0..values.len()).map(|index| values[at(index)]).collect();
        batch = Batch { shape, values, ..batch };
    }
    batch
}

fn input(folder: &Path) -> PathBuf {
    ["input.npy", "x.npy"]
        .map(|name| folder.join(name))
        .into_iter()
        .find(|path| path.exists())
        .unwrap()
}

#[test]
fn scores_are_as_expected() {
    for mut runner in runners::all() {
        let mut wrong = Vec::new();
        for (name, file, known) in RIGHT {
            let Some(folder) = folder(name) else { return };
            let (units, score) = known.unwrap_or_else(|| expected(&folder));
            let model = match onnx::read(&folder.join(file)) {
                Ok(model) => model,
                Err(error) => {
                    wrong.push(format!("{name}/{file}: {error}: {:?}", error.problem));
                    continue;
                }
            };
            let batch = batch(&folder, &model);
            let kernel = (runner.run)(&model.graph, &model.weights, &batch, Count::Paper);
            match kernel {
                Err(reason) => wrong.push(format!("{name}/{file} on {}: {reason}", runner.name)),
                Ok(kernel) => {
                    let found = (kernel.units(), kernel.score());
                    println!(
                        "{name}/{file} on {}: {found:?}, expected {units}, {score}",
                        runner.name
                    );
                    if found.0 != units || (found.1 - score).abs() > SCORE_TOLERANCE {
                        wrong.push(format!(
                            "{name}/{file} on {}: {found:?} for {units}, {score}",
                            runner.name
                        ));
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

#[test]
fn refusals_name_the_node_and_the_reason() {
    for (name, file, reason) in REFUSED {
        let Some(folder) = folder(name) else { return };
        match onnx::read(&folder.join(file)) {
            Ok(_) => panic!("{name}/{file} was read"),
            Err(error) => {
                assert!(matches!(error.problem, OnnxProblem::Node { .. }), "{name}: {error}");
                let text = format!("{}", error.problem);
                assert!(text.contains(reason), "{name}/{file}: {text}");
            }
        }
    }
}

#[test]
fn what_is_not_certain_is_said() {
    for (name, file) in NOTICED {
        let Some(folder) = folder(name) else { return };
        let model = onnx::read(&folder.join(file)).unwrap();
        assert_eq!(model.notices.len(), 1, "{name}/{file}: {:?}", model.notices);
    }
}

/// A view that puts parts of each image on the axis of the images: the parts of one image are kept together,
/// whichever operator takes their mean.
#[test]
fn parts_of_an_image_stay_together() {
    let Some(folder) = folder("models/wrong_batch_view_gap") else { return };
    let (batch, text) = (fixtures::read_batch(&input(&folder)), folder.join("expected.json"));
    let text = std::fs::read_to_string(text).unwrap();
    let units =
        serde_json::from_str::<serde_json::Value>(&text).unwrap()["units"].as_u64().unwrap();
    for mut runner in runners::all() {
        let mut kernel = |file: &str| {
            let model = onnx::read(&folder.join(file)).unwrap();
            (runner.run)(&model.graph, &model.weights, &batch, Count::Paper).unwrap()
        };
        let (ts, dynamo) = (kernel("ts.onnx"), kernel("dyn.onnx"));
        assert_eq!((ts.units(), dynamo.units()), (units, units), "{}", runner.name);
        assert_eq!(ts.entries(), dynamo.entries(), "{}", runner.name);
    }
}

/// A case on every runner, read as the options say.
fn kernels(name: &str, file: &str, options: &ReadOptions) -> Option<Vec<(Model, KernelMatrix)>> {
    let folder = folder(name)?;
    let mut kernels = Vec::new();
    for mut runner in runners::all() {
        let model = onnx::read_with(&folder.join(file), options).unwrap();
        let batch = batch(&folder, &model);
        let run = (runner.run)(&model.graph, &model.weights, &batch, Count::Paper);
        let kernel = run.unwrap_or_else(|reason| panic!("{name} on {}: {reason}", runner.name));
        kernels.push((model, kernel));
    }
    Some(kernels)
}

/// Two calls that the exporters merged: counted once, and twice where the options say so; both counts are
/// named whichever is chosen.
#[test]
fn merged_calls_count_as_the_options_say() {
    let name = "models/wrong_two_relus_of_one_tensor";
    for file in ["ts.onnx", "dyn.onnx"] {
        for (merged_calls, wanted) in
            [(MergedCalls::Certain, 2048), (MergedCalls::Keep, 2048), (MergedCalls::Recover, 4096)]
        {
            let options = ReadOptions { merged_calls, ..ReadOptions::default() };
            let Some(kernels) = kernels(name, file, &options) else { return };
            for (model, kernel) in kernels {
                assert_eq!(kernel.units(), wanted, "{file}");
                let [notice] = model.notices.as_slice() else { panic!("{:?}", model.notices) };
                assert!(notice.contains("2,048") && notice.contains("4,096"), "{notice}");
                let (_, score) = expected(&folder(name).unwrap());
                let is_right = (kernel.score() - score).abs() <= SCORE_TOLERANCE;
                assert_eq!(is_right, wanted == 4096, "{file}: {}", kernel.score());
            }
        }
    }
    // Calls that are certain count unless the options say otherwise, which is said.
    let options = ReadOptions { merged_calls: MergedCalls::Keep, ..ReadOptions::default() };
    let Some(kernels) = kernels("merged-relu-dynamo", "m.onnx", &options) else { return };
    for (model, kernel) in kernels {
        assert!(kernel.units() < 11520 && model.recovered_calls == 0);
        assert!(model.notices[0].contains("11,520"), "{:?}", model.notices);
    }
}

/// An ordinary export folds batch normalisation into convolutions or stores its statistics: the score is
/// another one than in the paper, which is said.
#[test]
fn statistics_of_ordinary_exports_are_told() {
    let Some(kernels) = kernels("bn-eval-silent", "m.onnx", &ReadOptions::default()) else {
        return;
    };
    for (model, kernel) in kernels {
        assert_eq!((model.batch_norm.folded, model.batch_norm.batch), (11, 0));
        assert_eq!(kernel.units(), 45056);
        assert!((kernel.score() - 157.035).abs() <= SCORE_TOLERANCE, "{}", kernel.score());
        let [notice] = model.notices.as_slice() else { panic!("{:?}", model.notices) };
        assert!(notice.contains("paper") && notice.contains("`renormalise`"), "{notice}");
    }
}

/// Batch normalisation that was put back gives the score of the same network exported in training mode.
#[test]
fn the_score_of_the_paper_is_there_for_ordinary_exports() {
    let name = "formats/fresh_weights_folded_batchnorm";
    let renormalise = ReadOptions { renormalise: true, ..ReadOptions::default() };
    let plain = ReadOptions::default();
    let Some(trained) = kernels(name, "same_network_train_mode.onnx", &plain) else { return };
    let restored = kernels(name, "model.onnx", &renormalise).unwrap();
    let folded = kernels(name, "model.onnx", &plain).unwrap();
    for (((trained, paper), (model, restored)), (_, folded)) in
        trained.iter().zip(&restored).zip(&folded)
    {
        assert_eq!((model.batch_norm.folded, model.batch_norm.restored), (0, 19));
        assert_eq!(trained.batch_norm.batch, model.batch_norm.batch);
        assert_eq!(restored.units(), paper.units());
        let [paper, restored, folded] = [paper, restored, folded].map(KernelMatrix::score);
        assert!((restored - paper).abs() <= SCORE_TOLERANCE, "{restored}, not {paper}");
        assert!((folded - paper).abs() > 10.0 * SCORE_TOLERANCE, "{folded}, as {paper}");
    }
}

/// The mean score of a model over fresh weights.
fn fresh_score(model: &Model, batch: &Batch, draws: u64) -> f64 {
    let mut runner = runners::all().pop().unwrap();
    let plan = Plan::new(&model.graph, &untrained::weights::Weights::default(), Count::Paper);
    let plan = plan.unwrap();
    let score = |seed| {
        let initialiser = Initialiser { initialisation: Initialisation::default(), seed };
        let weights = initialiser.draw(&model.graph, "model", plan.weighted_nodes());
        (runner.run)(&model.graph, &weights, batch, Count::Paper).unwrap().score()
    };
    (0..draws).map(score).sum::<f64>() / draws as f64
}

/// Fresh weights need normalisation: what was folded away is named and can be put back, and stored
/// statistics, which belong to other weights, give way to those of the mini-batch.
#[test]
fn fresh_weights_are_normalised() {
    let name = "formats/fresh_weights_folded_batchnorm";
    let Some(folder) = folder(name) else { return };
    let batch = fixtures::read_batch(&input(&folder));
    let fresh = ReadOptions { fresh_weights: true, ..ReadOptions::default() };
    let folded = onnx::read_with(&folder.join("model.onnx"), &fresh).unwrap();
    let [notice] = folded.notices.as_slice() else { panic!("{:?}", folded.notices) };
    assert!(notice.contains("folded into") && notice.contains("renormalise"), "{notice}");
    assert!((fresh_score(&folded, &batch, 5) - 81.72).abs() > 2.0);
    let options = ReadOptions { renormalise: true, ..fresh };
    let restored = onnx::read_with(&folder.join("model.onnx"), &options).unwrap();
    let score = fresh_score(&restored, &batch, 5);
    assert!((score - 81.72).abs() <= 0.3, "{score}");
    let trained = onnx::read_with(&folder.join("same_network_train_mode.onnx"), &fresh).unwrap();
    assert!(trained.notices.is_empty(), "{:?}", trained.notices);

    for (name, file) in [
        ("formats/weights_fresh_inference_batchnorm", "model.onnx"),
        ("models/fresh_weights_stored_statistics", "ts.onnx"),
        ("models/fresh_weights_stored_statistics", "dyn.onnx"),
    ] {
        let folder = self::folder(name).unwrap();
        let batch = fixtures::read_batch(&input(&folder));
        let model = onnx::read_with(&folder.join(file), &fresh).unwrap();
        assert!(fresh_score(&model, &batch, 2).is_finite(), "{name}/{file}");
        let notice = |model: &Model| model.notices.iter().any(|notice| notice.contains("fresh"));
        assert!(notice(&model), "{name}/{file}: {:?}", model.notices);
        let kept = onnx::read(&folder.join(file)).unwrap();
        assert!(!notice(&kept) && kept.notices[0].contains("`statistics`"), "{:?}", kept.notices);
        let statistics = NormStatistics::Batch;
        let options = ReadOptions { statistics, ..ReadOptions::default() };
        let batch = onnx::read_with(&folder.join(file), &options).unwrap();
        assert_eq!((batch.batch_norm.stored, batch.notices.len()), (0, 0), "{:?}", batch.notices);
    }
}
