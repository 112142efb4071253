//! Walks a model's nodes in order and builds graph and weights.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::rc::Rc;

use super::batch_norm::{self, BatchNormFacts};
use super::budget::ReadBudget;
use super::calls::{self, CallCount, CountedActivation, MergedUnits, ModelWiring};
use super::constant::{ConstantTensor, SymbolicInt};
use super::declared::DeclaredShapes;
use super::elementwise::PendingElementwise;
use super::error::OnnxProblem;
use super::external::ExternalData;
use super::image_input::ImageInput;
use super::node::OnnxNode;
use super::options::ReadOptions;
use super::proto::{GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto};
use super::stored_constants::{constants, types_of_bytes};
use super::unsupported::unsupported;
use super::view::TensorView;
use super::{MAX_OPSET, MIN_OPSET, Model, fold, ops, order, rewrite, tensor};
use crate::graph::{Graph, NodeId, Op};
use crate::weights::{LayerWeights, Weights};

/// Constants of at most so many values are kept until the end.
const SMALL_CONSTANT: usize = 64;

/// What a name in the model stands for.
#[derive(Clone)]
pub(super) enum OnnxValue {
    /// Something computed from the images.
    Tensor(OnnxTensor),
    /// A function of a tensor that is not wired yet.
    Pending(PendingElementwise),
    /// The same for every batch.
    Constant(Rc<ConstantTensor>),
}

impl OnnxValue {
    /// Whether it is computed from the images.
    pub fn depends_on_images(&self) -> bool {
        !matches!(self, Self::Constant(_))
    }
}

/// The value of a graph node as the model sees it.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct OnnxTensor {
    /// The graph node.
    pub node: NodeId,
    /// Which axis of the model lies where.
    pub view: TensorView,
}

impl OnnxTensor {
    /// The number of the model's axes.
    pub fn rank(&self) -> usize {
        self.view.rank()
    }
}

/// The state of reading one model.
pub(super) struct ModelReader<'m> {
    /// Version of the operator set.
    pub opset: i64,
    /// How it is read.
    pub(super) options: ReadOptions,
    /// The batch size the model names.
    pub batch: SymbolicInt,
    /// The network so far.
    pub graph: Graph,
    pub(super) nodes: &'m [NodeProto],
    pub(super) wiring: ModelWiring<'m>,
    activation_calls: Vec<CallCount>,
    /// Every activation that was wired.
    pub(super) activations: Vec<CountedActivation>,
    /// How batch normalisation is computed.
    pub(super) batch_norm: BatchNormFacts,
    /// Layers of batch normalisation with stored statistics in the file, however they are computed.
    pub(super) stored_norms: usize,
    /// The shapes that the file declares.
    pub(super) declared: DeclaredShapes<'m>,
    /// Dropouts in training mode.
    pub(super) training_dropouts: usize,
    pub(super) output: &'m str,
    /// Which graph nodes do not depend on the images.
    independent: Vec<bool>,
    /// How many nodes may still read each constant that was folded.
    unread: HashMap<&'m str, usize>,
    external: ExternalData<'m>,
    weights: Weights,
    pub(super) values: HashMap<&'m str, OnnxValue>,
    labels: HashSet<String>,
    /// Additions that are done already, as the bias of the layer before them.
    pub(super) absorbed: HashSet<usize>,
    /// Nodes that are done already, as parts of one operation.
    pub(super) done: HashSet<usize>,
    /// Values behind the last activation that are left out.
    pub(super) left_out: HashSet<&'m str>,
    /// The value that takes the place of the output if that is left out.
    pub(super) tail: Option<&'m str>,
    /// What is not certain about the model.
    pub(super) notices: Vec<String>,
    /// The ranges of the whole numbers of few bits, by the names of their constants.
    pub(super) types_of_bytes: HashMap<String, (i64, i64)>,
    /// Whether values are quantised somewhere.
    quantised: bool,
    /// How many nodes compare values without being an activation that is known.
    uncounted: usize,
    /// Bounds on memory and time.
    pub(super) budget: ReadBudget,
}

/// Reads a decoded model.
pub(super) fn model(
    mut model: ModelProto,
    folder: &Path,
    options: &ReadOptions,
) -> Result<Model, OnnxProblem> {
    let opset = opset(&model)?;
    rewrite::all(&mut model, opset)?;
    let mut graph = model.graph.take().ok_or_else(|| lacks("graph"))?;
    let types_of_bytes = types_of_bytes(&graph);
    order::sort(&mut graph.node);
    let mut external = ExternalData::new(folder);
    let constants = constants(&mut graph, &mut external)?;
    let wiring = ModelWiring::new(&graph.node);
    let activation_calls = calls::count(&graph.node, &wiring, &model.producer_name);
    let output = graph.output.first().ok_or_else(|| lacks("output"))?;
    let own_values: usize = constants.iter().map(|(_, constant)| constant.len()).sum();
    let mut reader = ModelReader {
        opset,
        options: *options,
        batch: SymbolicInt::Known(1),
        graph: Graph::new(),
        nodes: &graph.node,
        wiring,
        activation_calls,
        activations: Vec::new(),
        batch_norm: BatchNormFacts::default(),
        stored_norms: 0,
        declared: DeclaredShapes::new(&graph),
        training_dropouts: 0,
        output: &output.name,
        independent: Vec::new(),
        unread: HashMap::new(),
        external,
        weights: Weights::default(),
        values: HashMap::new(),
        labels: HashSet::new(),
        absorbed: HashSet::new(),
        done: HashSet::new(),
        left_out: HashSet::new(),
        tail: None,
        notices: Vec::new(),
        types_of_bytes,
        quantised: false,
        uncounted: 0,
        budget: ReadBudget::new(own_values),
    };
    let names: HashSet<String> = constants.iter().map(|(name, _)| name.clone()).collect();
    let input = reader.wire_input(&graph.input, &names, &model.producer_name)?;
    reader.add_constants(&graph, constants)?;
    reader.lower_nodes()?;
    reader.set_output()?;
    if let Some(reason) = batch_norm::refusal(reader.batch_norm, options) {
        return Err(OnnxProblem::Model(reason));
    }
    let merged_units = MergedUnits::new(&reader.graph, &reader.activations);
    reader.add_notices(merged_units);
    let calls = reader.activations.iter();
    let recovered_calls =
        calls.map(|activation| activation.calls.chosen(options.merged_calls) - 1).sum();
    let batch = reader.batch.known().and_then(|batch| u64::try_from(batch).ok());
    let producer = [model.producer_name.trim(), model.producer_version.trim()].join(" ");
    Ok(Model {
        graph: reader.graph,
        weights: reader.weights,
        input: input.shape,
        channels_last: input.channels_last,
        takes_bytes: input.takes_bytes,
        batch,
        opset,
        producer: producer.trim().to_owned(),
        recovered_calls,
        merged_units,
        batch_norm: reader.batch_norm,
        notices: reader.notices,
    })
}

fn lacks(what: &str) -> OnnxProblem {
    OnnxProblem::Model(format!("has no {what}"))
}

fn opset(model: &ModelProto) -> Result<i64, OnnxProblem> {
    let standard = model.opset_import.iter().find(|set| is_standard(&set.domain));
    let found = standard.ok_or_else(|| lacks("version of the standard operator set"))?.version;
    if (MIN_OPSET..=MAX_OPSET).contains(&found) {
        Ok(found)
    } else {
        Err(OnnxProblem::Opset { found, min: MIN_OPSET, max: MAX_OPSET })
    }
}

pub(super) fn is_standard(domain: &str) -> bool {
    matches!(domain, "" | "ai.onnx")
}

impl<'m> ModelReader<'m> {
    /// Wires the one graph input that is not an initializer.
    fn wire_input(
        &mut self,
        inputs: &'m [ValueInfoProto],
        constants: &HashSet<String>,
        producer: &str,
    ) -> Result<ImageInput, OnnxProblem> {
        let images: Vec<&ValueInfoProto> =
            inputs.iter().filter(|input| !constants.contains(&input.name)).collect();
        let [input] = images.as_slice() else {
            let reason = format!("has {} inputs; supported: one, the images", images.len());
            return Err(OnnxProblem::Model(reason));
        };
        if input.name.is_empty() {
            return Err(OnnxProblem::Model("has an input without a name".to_owned()));
        }
        let given = self.options.input;
        let images = ImageInput::read(input, self.nodes, &self.wiring, given, producer)?;
        self.batch = images.batch;
        self.budget.tensor(images.shape).map_err(OnnxProblem::Model)?;
        let node = self.graph.input(images.shape);
        self.labels.insert("input".to_owned());
        let tensor = OnnxTensor { node, view: images.view() };
        self.values.insert(&input.name, OnnxValue::Tensor(tensor));
        Ok(images)
    }

    fn add_constants(
        &mut self,
        graph: &'m GraphProto,
        constants: Vec<(String, ConstantTensor)>,
    ) -> Result<(), OnnxProblem> {
        let mut by_name: HashMap<String, Rc<ConstantTensor>> = HashMap::new();
        for (name, constant) in constants {
            if by_name.insert(name.clone(), Rc::new(constant)).is_some() {
                return Err(OnnxProblem::Model(format!("has two initializers named `{name}`")));
            }
        }
        let read = graph.node.iter().flat_map(|node| &node.input).chain([&graph.output[0].name]);
        for name in read {
            if let Some(constant) = by_name.get(name).filter(|_| !name.is_empty()) {
                self.values.insert(name, OnnxValue::Constant(Rc::clone(constant)));
            }
        }
        Ok(())
    }

    /// Constants first: a layer may look ahead for its bias.
    fn lower_nodes(&mut self) -> Result<(), OnnxProblem> {
        let nodes = self.nodes;
        for pass in [true, false] {
            for (index, proto) in nodes.iter().enumerate() {
                let node = OnnxNode { proto, index };
                if (proto.op_type == "Constant") != pass {
                    continue;
                }
                if self.is_behind_tail(node) {
                    self.left_out.extend(proto.output.iter().map(String::as_str));
                } else if let Err(problem) = self.lower_node(node) {
                    self.leave_out(node, problem)?;
                } else {
                    self.check_declared(proto);
                }
            }
        }
        Ok(())
    }

    fn lower_node(&mut self, node: OnnxNode<'m>) -> Result<(), OnnxProblem> {
        if self.done.contains(&node.index) {
            return Ok(());
        }
        let output = match node.proto.output.first() {
            Some(name) if !name.is_empty() => name.as_str(),
            _ => return Err(node.fail("has no output")),
        };
        if self.values.contains_key(output) {
            return Err(node.fail(format!("outputs `{output}`, which already exists")));
        }
        let mut folds = node.operator() != "Shape";
        for name in node.inputs() {
            match self.values.get(name) {
                Some(OnnxValue::Constant(_)) => {}
                Some(OnnxValue::Tensor(_) | OnnxValue::Pending(_)) => folds = false,
                None => return Err(node.fail(format!("reads `{name}`, which is not defined"))),
            }
        }
        let folder = if folds { ops::find(fold::ALL, node) } else { None };
        // What is not folded, such as a convolution of constants, is computed of parameters.
        let lower = folder.or_else(|| ops::find(ops::ALL, node));
        let lower = lower.ok_or_else(|| unsupported(node))?;
        let value = match if folds { None } else { self.pend(node)? } {
            Some(pending) => OnnxValue::Pending(pending),
            None => lower(self, node)?,
        };
        self.values.insert(output, value);
        if folder.is_some() {
            self.unread.insert(output, self.wiring.readers(output).len());
            self.drop_unread(node);
        }
        Ok(())
    }

    /// Gives back the memory of constants that were read by nodes that are folded, and by no others.
    fn drop_unread(&mut self, folded: OnnxNode<'m>) {
        for name in folded.inputs() {
            let Some(count) = self.unread.get_mut(name) else { continue };
            *count = count.saturating_sub(1);
            if *count == 0
                && name != self.output
                && let Some(OnnxValue::Constant(constant)) = self.values.get_mut(name)
                && constant.len() > SMALL_CONSTANT
            {
                self.budget.dropped(constant.len());
                *constant = Rc::new(ConstantTensor::reals(vec![0], Vec::new()));
            }
        }
    }

    /// Whether the value of a graph node depends on the images.
    pub fn depends_on_images(&self, id: NodeId) -> bool {
        !self.independent.get(id.index()).copied().unwrap_or(false)
    }

    /// Sets the value of a further output of a node, if the model names it.
    pub fn give(
        &mut self,
        node: OnnxNode<'m>,
        position: usize,
        value: OnnxValue,
    ) -> Result<(), OnnxProblem> {
        let Some(name) = node.proto.output.get(position).filter(|name| !name.is_empty()) else {
            return Ok(());
        };
        match self.values.insert(name, value) {
            None => Ok(()),
            Some(_) => Err(node.fail(format!("outputs `{name}`, which already exists"))),
        }
    }

    /// Wires what nothing reads, such as the output, and marks the output. Its values are in order,
    /// unless images are behind another axis.
    fn set_output(&mut self) -> Result<(), OnnxProblem> {
        if let Some(tail) = self.tail.filter(|_| self.left_out.contains(self.output)) {
            self.output = tail;
        }
        for proto in self.nodes {
            let Some(name) = proto.output.first() else { continue };
            let left_out = |reader: &usize| {
                let outputs = &self.nodes[*reader].output;
                outputs.iter().any(|output| self.left_out.contains(output.as_str()))
            };
            if let Some(OnnxValue::Pending(pending)) = self.values.get(name.as_str()).cloned()
                && (name == self.output || self.wiring.readers(name).iter().all(left_out))
            {
                self.settle(&pending)?;
            }
        }
        let tensor = match self.values.get(self.output) {
            Some(OnnxValue::Tensor(tensor)) => tensor.clone(),
            Some(OnnxValue::Pending(_)) => return Err(lacks("output that a node computes")),
            Some(OnnxValue::Constant(_)) => {
                let reason = format!("outputs `{}`, which does not depend on images", self.output);
                return Err(OnnxProblem::Model(reason));
            }
            None => {
                let reason = format!("outputs `{}`, which no node computes", self.output);
                return Err(OnnxProblem::Model(reason));
            }
        };
        let gives = |node: &NodeProto| node.output.iter().any(|output| output == self.output);
        let id = match self.nodes.iter().position(gives) {
            None => tensor.node,
            Some(index) => {
                let node = OnnxNode { proto: &self.nodes[index], index };
                let images_first = tensor.view.images_axis().is_none_or(|axis| axis == 0);
                match tensor.rank() {
                    4 if images_first && tensor.view.extent(0) == 1 => {
                        self.lay_out(node, &tensor, &[vec![1], vec![2], vec![3]])?.node
                    }
                    rank if images_first => {
                        let axes = (0..rank).collect();
                        self.lay_out(node, &tensor, &[axes, Vec::new(), Vec::new()])?.node
                    }
                    _ => self.compact(node, &tensor)?.node,
                }
            }
        };
        self.graph.set_output(id);
        Ok(())
    }

    /// Adds a graph node of the model's node; `part` tells apart several of one.
    pub fn wire(
        &mut self,
        node: OnnxNode<'_>,
        part: &str,
        op: Op,
        inputs: &[NodeId],
    ) -> Result<NodeId, OnnxProblem> {
        let label = self.label(node, part);
        let id = self.graph.add(label, op, inputs).map_err(|error| node.fail(error.reason))?;
        self.budget.tensor(self.graph.shape(id)).map_err(|reason| node.fail(reason))?;
        let independent = !inputs.iter().any(|&input| self.depends_on_images(input));
        self.independent.resize(id.index(), false);
        self.independent.push(independent);
        Ok(id)
    }

    /// A label that no other node of the graph has.
    fn label(&mut self, node: OnnxNode<'_>, part: &str) -> String {
        let mut label = format!("{}{part}", node.name());
        if self.labels.contains(&label) {
            label = format!("{label}#{}", node.index);
        }
        while !self.labels.insert(label.clone()) {
            label.push('\'');
        }
        label
    }

    /// Sets the values of a graph node.
    pub fn set_weights(
        &mut self,
        node: OnnxNode<'_>,
        id: NodeId,
        layer: LayerWeights,
    ) -> Result<(), OnnxProblem> {
        self.budget.weights(node, layer.weight.len())?;
        self.weights.set(id, layer);
        Ok(())
    }

    /// The calls of an activation that a node stands for.
    pub fn activation_calls(&self, node: OnnxNode<'_>) -> CallCount {
        self.activation_calls[node.index]
    }

    /// What is not certain about the model, or differs from the paper.
    fn add_notices(&mut self, units: MergedUnits) {
        let calls = calls::notice(&self.activations, units, self.options.merged_calls);
        let norm = batch_norm::notice(self.batch_norm, &self.options, self.stored_norms);
        let dropouts = match self.training_dropouts {
            0 => None,
            1 => Some("a Dropout in training mode is".to_owned()),
            count => Some(format!("{count} Dropouts in training mode are each")),
        };
        let dropout = dropouts.map(|dropouts| {
            format!("{dropouts} left out: a score that depends on values dropped at random is none")
        });
        let declared = self.declared.notice();
        self.notices.extend([calls, norm, dropout, declared].into_iter().flatten());
    }

    /// Says that quantised values are taken as they were.
    pub fn note_quantised(&mut self) {
        if !std::mem::replace(&mut self.quantised, true) {
            self.notices.push(
                "values are quantised and dequantised between layers: they are taken as they were \
                 before, without rounding"
                    .to_owned(),
            );
        }
    }

    /// Says that a node computes a function with a bend that is not counted.
    pub fn note_uncounted(&mut self, node: OnnxNode<'_>) {
        self.uncounted += 1;
        if self.uncounted == 1 {
            self.notices.push(format!(
                "{} of node `{}` may be a part of an activation, but none that is known: it is \
                 computed, and not counted",
                node.operator(),
                node.name()
            ));
        }
    }

    /// Decodes a tensor attribute of a node.
    pub fn decode(
        &mut self,
        node: OnnxNode<'_>,
        tensor: &TensorProto,
    ) -> Result<ConstantTensor, OnnxProblem> {
        let constant = tensor::decode(tensor, &mut self.external);
        constant.map_err(|problem| node.fail(problem.to_string()))
    }
}
