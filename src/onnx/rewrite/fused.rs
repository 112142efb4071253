//! Operators that onnxruntime writes in place of several of the standard.

use super::{find, float, node, text};
use crate::onnx::proto::{AttributeProto, GraphProto, NodeProto};

/// The operator set from which on the bounds of `Clip` are inputs.
const CLIP_INPUTS: i64 = 11;

/// Replaces all that are known.
pub(super) fn split(graph: &mut GraphProto, opset: i64) {
    let fused = |node: &NodeProto| {
        node.domain == "com.microsoft" || node.op_type.ends_with("SimplifiedLayerNormalization")
    };
    if !graph.node.iter().any(fused) {
        return;
    }
    let mut nodes = Vec::with_capacity(graph.node.len());
    for whole in std::mem::take(&mut graph.node) {
        match fused(&whole).then(|| parts(&whole, opset)).flatten() {
            Some(parts) => nodes.extend(parts),
            None => nodes.push(whole),
        }
    }
    graph.node = nodes;
}

/// The standard nodes that a fused one stands for.
fn parts(whole: &NodeProto, opset: i64) -> Option<Vec<NodeProto>> {
    let input = |position: usize| whole.input.get(position).map_or("", String::as_str);
    let output = whole.output.first()?.as_str();
    let lead = if whole.name.is_empty() { output } else { whole.name.as_str() };
    let inner = |part: &str| format!("{lead}/{part}");
    let single = |operator: &str| NodeProto {
        op_type: operator.to_owned(),
        domain: String::new(),
        ..whole.clone()
    };
    Some(match whole.op_type.as_str() {
        "FusedConv" => {
            let activation = activation(whole, opset, "activation_params")?;
            layer(whole, "Conv", &[input(0), input(1), input(2)], input(3), activation)
        }
        "FusedGemm" => {
            let activation = activation(whole, opset, "")?;
            layer(whole, "Gemm", &[input(0), input(1), input(2)], "", activation)
        }
        "Gelu" => vec![single("Gelu")],
        "QuickGelu" => {
            let alpha = find(whole, "alpha").and_then(|alpha| alpha.f).unwrap_or(1.702);
            let mut swish = node("Swish", lead, &[input(0)], &[output]);
            swish.attribute.push(float("alpha", alpha));
            vec![swish]
        }
        "BiasGelu" | "FastGelu" => {
            let sum = inner("sum");
            let mut nodes = Vec::new();
            let value = if input(1).is_empty() {
                input(0)
            } else {
                nodes.push(node("Add", &sum, &[input(0), input(1)], &[&sum]));
                &sum
            };
            let mut gelu = node("Gelu", lead, &[value], &[output]);
            if whole.op_type == "FastGelu" {
                gelu.attribute.push(text("approximate", "tanh"));
            }
            nodes.push(gelu);
            nodes
        }
        "SimplifiedLayerNormalization" => vec![single("RMSNormalization")],
        "SkipLayerNormalization" => skipped(whole, "LayerNormalization", [3, 4]),
        "SkipSimplifiedLayerNormalization" => skipped(whole, "RMSNormalization", [usize::MAX, 3]),
        _ => return None,
    })
}

/// A sum, then a normalisation; `places` are those of the second weight and of the bias of the sum.
fn skipped(whole: &NodeProto, operator: &str, places: [usize; 2]) -> Vec<NodeProto> {
    let input = |position: usize| whole.input.get(position).map_or("", String::as_str);
    let output = whole.output.first().map_or("", String::as_str);
    let lead = if whole.name.is_empty() { output } else { whole.name.as_str() };
    let named = whole.output.get(3).filter(|name| !name.is_empty());
    let sum = named.cloned().unwrap_or_else(|| format!("{lead}/sum"));
    let first = format!("{lead}/skip");
    let bias = input(places[1]);
    let mut nodes = if bias.is_empty() {
        vec![node("Add", &sum, &[input(0), input(1)], &[&sum])]
    } else {
        vec![
            node("Add", &first, &[input(0), input(1)], &[&first]),
            node("Add", &sum, &[&first, bias], &[&sum]),
        ]
    };
    let mut inputs = vec![sum.as_str(), input(2)];
    if !input(places[0]).is_empty() {
        inputs.push(input(places[0]));
    }
    let mut norm = node(operator, lead, &inputs, &[output]);
    let eps = find(whole, "epsilon").and_then(|eps| eps.f).unwrap_or(1e-12);
    norm.attribute.push(float("epsilon", eps));
    nodes.push(norm);
    nodes
}

/// A layer, the value that is added, and an activation.
fn layer(
    whole: &NodeProto,
    operator: &str,
    inputs: &[&str],
    added: &str,
    activation: NodeProto,
) -> Vec<NodeProto> {
    let output = whole.output.first().map_or("", String::as_str);
    let lead = if whole.name.is_empty() { output } else { whole.name.as_str() };
    let before = format!("{lead}/before");
    let sum = format!("{lead}/sum");
    let given = inputs.iter().rposition(|name| !name.is_empty()).map_or(0, |last| last + 1);
    let mut first = node(operator, lead, &inputs[..given], &[&before]);
    let own = |attribute: &&AttributeProto| !attribute.name.starts_with("activation");
    first.attribute = whole.attribute.iter().filter(own).cloned().collect();
    let mut nodes = vec![first];
    let mut value = before.as_str();
    if !added.is_empty() {
        nodes.push(node("Add", &sum, &[value, added], &[&sum]));
        value = &sum;
    }
    let mut activation = activation;
    activation.name = format!("{lead}/{}", activation.op_type);
    activation.input.insert(0, value.to_owned());
    activation.output = vec![output.to_owned()];
    nodes.push(activation);
    nodes
}

/// The activation that a fused node names, without input and output.
fn activation(whole: &NodeProto, opset: i64, list: &str) -> Option<NodeProto> {
    let name = find(whole, "activation")?.s.as_deref()?;
    let name = std::str::from_utf8(name).ok()?;
    let numbers = find(whole, list).map_or(&[][..], |list| list.floats.as_slice());
    let single = |name: &str| find(whole, &format!("activation_{name}")).and_then(|one| one.f);
    let number = |at: usize, name: &str| numbers.get(at).copied().or_else(|| single(name));
    let mut activation = node(name, "", &[], &[]);
    let names: &[&str] = match name {
        "Relu" | "Sigmoid" | "Tanh" | "HardSwish" => &[],
        "LeakyRelu" | "Elu" => &["alpha"],
        "HardSigmoid" => &["alpha", "beta"],
        // Bounds are written as the newest form has them only where a file's operator set is that old.
        "Clip" if opset < CLIP_INPUTS => &["min", "max"],
        _ => return None,
    };
    for (at, &name) in names.iter().enumerate() {
        activation.attribute.extend(number(at, name).map(|value| float(name, value)));
    }
    Some(activation)
}
