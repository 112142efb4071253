//! Builds the network. Tokens are the columns of an image of one row, heads are rows.

use super::relative::RelativePositions;
use super::{Transformer, TransformerDecisions, TransformerLayer, TransformerPool};
use crate::graph::{
    Activation, Axis, AxisDigit, Conv, Graph, GraphError, LayerNorm, Linear, NodeId, Op, Padding,
    Rearrange, Resample, Shape, TableId, Window,
};
use crate::space::MAX_CLASSES;
use crate::space::problem::ProblemList;

/// Values of a head and hidden width of a layer, or why there are none.
pub(super) fn sizes(
    transformer: &Transformer,
    dim: usize,
    layer: &TransformerLayer,
) -> Result<[usize; 2], String> {
    let head_size = transformer.head_size(dim, layer.heads)?;
    let hidden = (dim as u64 * u64::from(layer.mlp.thousandths()) / 1000) as usize;
    let widest = (3 * head_size * layer.heads).max(hidden);
    if hidden == 0 || widest > MAX_CLASSES {
        return Err(format!("a layer of {widest} values; 1 to {MAX_CLASSES} are possible"));
    }
    Ok([head_size, hidden])
}

/// Notes what of the file cannot be built with every combination of choices.
pub(super) fn check(transformer: &Transformer, problems: &mut ProblemList) {
    let (patch, input) = (transformer.patch, transformer.input);
    for (key, extent) in [("height", input.height), ("width", input.width)] {
        if !extent.is_multiple_of(patch) {
            let message = format!("is {extent}, not a multiple of the patches' {patch} pixels");
            problems.add(format!("input.{key}"), message);
        }
    }
    let tokens = tokens(transformer);
    if tokens > super::MAX_TOKENS {
        let most = super::MAX_TOKENS;
        problems
            .add("skeleton.patch", format!("gives {tokens} tokens; at most {most} are allowed"));
    }
    for &dim in &transformer.dims {
        for layer in transformer.layers() {
            if let Err(reason) = sizes(transformer, dim, &layer) {
                problems.add("topology", reason);
            }
        }
    }
    if !problems.is_empty() {
        return;
    }
    // All others have the same layers in other sizes.
    let first = transformer.at(&vec![0; transformer.least_layers() + 1]);
    if let Err(error) = assemble(transformer, &first) {
        problems.add("topology", error.to_string());
    }
}

fn grid(transformer: &Transformer) -> [usize; 2] {
    let Shape { height, width, .. } = transformer.input;
    [height / transformer.patch, width / transformer.patch]
}

fn tokens(transformer: &Transformer) -> usize {
    let [rows, columns] = grid(transformer);
    rows * columns + usize::from(transformer.class_token)
}

/// The whole network.
pub(super) fn assemble(
    transformer: &Transformer,
    decisions: &TransformerDecisions,
) -> Result<Graph, GraphError> {
    let mut network = TransformerNetwork {
        graph: Graph::new(),
        transformer,
        dim: decisions.dim,
        tokens: tokens(transformer),
        relative: None,
    };
    network.add_relative()?;
    let mut value = network.embed()?;
    for (position, layer) in decisions.layers.iter().enumerate() {
        value = network.layer(value, &format!("layer{position}"), layer)?;
        network.graph.end_block(value);
    }
    network.graph.set_body(value);
    let output = network.head(value)?;
    network.graph.set_output(output);
    Ok(network.graph)
}

/// The tables of relative positions, which all layers share.
#[derive(Clone, Copy)]
struct RelativeTables {
    entries: usize,
    places: usize,
    places_of_entries: TableId,
    keys_of_places: TableId,
    places_of_keys: TableId,
    entries_of_places: TableId,
}

struct TransformerNetwork<'t> {
    graph: Graph,
    transformer: &'t Transformer,
    dim: usize,
    tokens: usize,
    relative: Option<RelativeTables>,
}

fn digit(to: Axis, extent: usize, from: Axis, step: usize) -> AxisDigit {
    AxisDigit { to, extent, from, step }
}

impl TransformerNetwork<'_> {
    fn add(&mut self, label: String, op: Op, inputs: &[NodeId]) -> Result<NodeId, GraphError> {
        self.graph.add(label, op, inputs)
    }

    fn rearrange(
        &mut self,
        label: String,
        channel: usize,
        digits: &[AxisDigit],
        input: NodeId,
    ) -> Result<NodeId, GraphError> {
        match Rearrange::new([channel, 0, 0], digits) {
            Some(rearrange) => self.graph.add(label, Op::Rearrange(rearrange), &[input]),
            None => Err(GraphError { label, op: "rearrange", reason: "too many digits".into() }),
        }
    }

    /// A layer with weights on every token.
    fn dense(&mut self, label: String, out: usize, input: NodeId) -> Result<NodeId, GraphError> {
        let conv = Conv { bias: true, ..Conv::square(out, 1, 1) };
        self.add(label, Op::Conv(conv), &[input])
    }

    /// Some tokens of a sequence, or zeros around them.
    fn window(
        &mut self,
        label: String,
        left: isize,
        width: usize,
        input: NodeId,
    ) -> Result<NodeId, GraphError> {
        let window = Window { top: 0, left, height: 1, width, stride: [1, 1] };
        self.add(label, Op::Window(window), &[input])
    }

    fn add_relative(&mut self) -> Result<(), GraphError> {
        let Some(reach) = self.transformer.relative_positions else { return Ok(()) };
        let class_token = self.transformer.class_token;
        let relative = RelativePositions { grid: grid(self.transformer), reach, class_token };
        let mut table = |table: Option<crate::graph::TapTable>| match table {
            Some(table) => Ok(self.graph.add_table(table)),
            None => Err(GraphError {
                label: "relative positions".to_owned(),
                op: "resample",
                reason: "there is no token".to_owned(),
            }),
        };
        self.relative = Some(RelativeTables {
            entries: relative.entries(),
            places: relative.places(),
            places_of_entries: table(relative.places_of_entries())?,
            keys_of_places: table(relative.keys_of_places())?,
            places_of_keys: table(relative.places_of_keys())?,
            entries_of_places: table(relative.entries_of_places())?,
        });
        Ok(())
    }

    /// Patches as tokens, with a class token before them and a position added to each.
    fn embed(&mut self) -> Result<NodeId, GraphError> {
        let Transformer { patch, class_token, positions, input, .. } = *self.transformer;
        let (dim, tokens) = (self.dim, self.tokens);
        let [rows, columns] = grid(self.transformer);
        let images = self.graph.input(input);
        let conv = Conv {
            kernel: [patch; 2],
            stride: [patch; 2],
            padding: Padding::default(),
            bias: true,
            ..Conv::square(dim, 1, 1)
        };
        let patches = self.add("patches".to_owned(), Op::Conv(conv), &[images])?;
        let digits = [
            digit(Axis::Channel, dim, Axis::Channel, 1),
            digit(Axis::Column, rows, Axis::Row, 1),
            digit(Axis::Column, columns, Axis::Column, 1),
        ];
        let mut terms = vec![self.rearrange("tokens".to_owned(), 0, &digits, patches)?];
        if class_token {
            terms[0] = self.window("tokens.behind".to_owned(), -1, tokens, terms[0])?;
            let class = Op::Parameter(Shape::new(dim, 1, 1));
            let class = self.add("class_token".to_owned(), class, &[])?;
            terms.push(self.window("class_token.before".to_owned(), 0, tokens, class)?);
        }
        if positions {
            let table = Op::Parameter(Shape::new(dim, 1, tokens));
            terms.push(self.add("positions".to_owned(), table, &[])?);
        }
        if terms.len() == 1 {
            Ok(terms[0])
        } else {
            self.add("embedded".to_owned(), Op::Add, &terms)
        }
    }

    fn layer(
        &mut self,
        input: NodeId,
        label: &str,
        layer: &TransformerLayer,
    ) -> Result<NodeId, GraphError> {
        let [head_size, hidden] = sizes(self.transformer, self.dim, layer)
            .map_err(|reason| GraphError { label: label.to_owned(), op: "layer", reason })?;
        let norm = Op::LayerNorm(LayerNorm::default());
        let value = self.add(format!("{label}.norm1"), norm, &[input])?;
        let attended =
            self.attention(value, &format!("{label}.attention"), layer.heads, head_size)?;
        let middle = self.add(format!("{label}.sum1"), Op::Add, &[input, attended])?;
        let value = self.add(format!("{label}.norm2"), norm, &[middle])?;
        let value = self.dense(format!("{label}.mlp1"), hidden, value)?;
        let activation = Op::Activation(Activation::once(self.transformer.activation));
        let value = self.add(format!("{label}.activation"), activation, &[value])?;
        let value = self.dense(format!("{label}.mlp2"), self.dim, value)?;
        self.add(format!("{label}.sum2"), Op::Add, &[middle, value])
    }

    /// Attention of all heads, whose values are consecutive channels of queries, keys and values.
    fn attention(
        &mut self,
        input: NodeId,
        label: &str,
        heads: usize,
        size: usize,
    ) -> Result<NodeId, GraphError> {
        let (tokens, width) = (self.tokens, heads * size);
        let all = self.dense(format!("{label}.qkv"), 3 * width, input)?;
        let by_value = [
            digit(Axis::Channel, size, Axis::Channel, 1),
            digit(Axis::Row, heads, Axis::Channel, size),
            digit(Axis::Column, tokens, Axis::Column, 1),
        ];
        let by_token = [
            digit(Axis::Channel, tokens, Axis::Column, 1),
            digit(Axis::Row, heads, Axis::Channel, size),
            digit(Axis::Column, size, Axis::Channel, 1),
        ];
        let queries = self.rearrange(format!("{label}.queries"), 0, &by_value, all)?;
        let keys = self.rearrange(format!("{label}.keys"), width, &by_token, all)?;
        let values = self.rearrange(format!("{label}.values"), 2 * width, &by_value, all)?;
        let mut logits = self.add(format!("{label}.logits"), Op::MatMul, &[queries, keys])?;
        if let Some(tables) = self.relative {
            let relative = self.relative_logits(queries, label, tables, heads, size)?;
            logits = self.add(format!("{label}.logits.sum"), Op::Add, &[logits, relative])?;
        }
        let scale = 1.0 / (size as f32).sqrt();
        let logits = self.add(format!("{label}.scale"), Op::Scale(scale), &[logits])?;
        let weights = self.add(format!("{label}.softmax"), Op::Softmax, &[logits])?;
        let mut result = self.add(format!("{label}.weighted"), Op::MatMul, &[weights, values])?;
        if let Some(tables) = self.relative {
            let relative = self.relative_values(weights, label, tables, heads, size)?;
            result = self.add(format!("{label}.weighted.sum"), Op::Add, &[result, relative])?;
        }
        let joined = [
            digit(Axis::Channel, heads, Axis::Row, 1),
            digit(Axis::Channel, size, Axis::Channel, 1),
            digit(Axis::Column, tokens, Axis::Column, 1),
        ];
        let joined = self.rearrange(format!("{label}.joined"), 0, &joined, result)?;
        self.dense(format!("{label}.projection"), self.dim, joined)
    }

    fn resample(
        &mut self,
        label: String,
        axis: Axis,
        table: TableId,
        input: NodeId,
    ) -> Result<NodeId, GraphError> {
        self.add(label, Op::Resample(Resample { axis, table }), &[input])
    }

    /// A trained table, for every head: shape `[rows, 1, columns]`, repeated along the rows.
    fn table(
        &mut self,
        label: String,
        [rows, columns]: [usize; 2],
        heads: usize,
    ) -> Result<NodeId, GraphError> {
        let table = Op::Parameter(Shape::new(rows, 1, columns));
        let table = self.add(label.clone(), table, &[])?;
        let digits = [
            digit(Axis::Channel, rows, Axis::Channel, 1),
            digit(Axis::Row, heads, Axis::Row, 0),
            digit(Axis::Column, columns, Axis::Column, 1),
        ];
        self.rearrange(format!("{label}.heads"), 0, &digits, table)
    }

    /// From `[from, heads, tokens]` to `[to, heads, tokens]` by a table that differs from token to token.
    fn by_token(
        &mut self,
        label: &str,
        [from, to]: [usize; 2],
        table: TableId,
        heads: usize,
        input: NodeId,
    ) -> Result<NodeId, GraphError> {
        let tokens = self.tokens;
        let flat = [
            digit(Axis::Channel, heads, Axis::Row, 1),
            digit(Axis::Column, tokens, Axis::Column, 1),
            digit(Axis::Column, from, Axis::Channel, 1),
        ];
        let value = self.rearrange(format!("{label}.flat"), 0, &flat, input)?;
        let value = self.resample(format!("{label}.moved"), Axis::Column, table, value)?;
        let back = [
            digit(Axis::Channel, to, Axis::Column, 1),
            digit(Axis::Row, heads, Axis::Channel, 1),
            digit(Axis::Column, tokens, Axis::Column, to),
        ];
        self.rearrange(format!("{label}.back"), 0, &back, value)
    }

    /// What relative positions add to the logits.
    fn relative_logits(
        &mut self,
        queries: NodeId,
        label: &str,
        tables: RelativeTables,
        heads: usize,
        size: usize,
    ) -> Result<NodeId, GraphError> {
        let label = format!("{label}.relative_keys");
        let RelativeTables { entries, places, .. } = tables;
        let table = self.table(label.clone(), [entries, size], heads)?;
        let products = self.add(format!("{label}.products"), Op::MatMul, &[queries, table])?;
        let sizes = [entries, places];
        let value = self.by_token(&label, sizes, tables.places_of_entries, heads, products)?;
        self.resample(format!("{label}.keys"), Axis::Channel, tables.keys_of_places, value)
    }

    /// What relative positions add to the result.
    fn relative_values(
        &mut self,
        weights: NodeId,
        label: &str,
        tables: RelativeTables,
        heads: usize,
        size: usize,
    ) -> Result<NodeId, GraphError> {
        let label = format!("{label}.relative_values");
        let RelativeTables { entries, places, .. } = tables;
        let of_places = tables.places_of_keys;
        let value = self.resample(format!("{label}.places"), Axis::Channel, of_places, weights)?;
        let sizes = [places, entries];
        let value = self.by_token(&label, sizes, tables.entries_of_places, heads, value)?;
        let table = self.table(label.clone(), [size, entries], heads)?;
        self.add(format!("{label}.products"), Op::MatMul, &[value, table])
    }

    /// The last normalisation, one token for all, the classifier.
    fn head(&mut self, input: NodeId) -> Result<NodeId, GraphError> {
        let norm = Op::LayerNorm(LayerNorm::default());
        let mut value = self.add("head.norm".to_owned(), norm, &[input])?;
        let Transformer { pool, class_token, classes, .. } = *self.transformer;
        value = match pool {
            TransformerPool::Mean => {
                if class_token {
                    value = self.window("head.patches".to_owned(), 1, self.tokens - 1, value)?;
                }
                self.add("head.mean".to_owned(), Op::GlobalAvgPool, &[value])?
            }
            TransformerPool::ClassToken => {
                self.window("head.class_token".to_owned(), 0, 1, value)?
            }
        };
        let linear = Linear { out_features: classes, bias: true };
        self.add("head.linear".to_owned(), Op::Linear(linear), &[value])
    }
}
