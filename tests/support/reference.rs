//! The plain evaluation every backend is compared with: node by node, one loop per formula, values
//! stored in `f32`, sums in `f64`. It shares no code with plans and backends.

use rayon::prelude::*;
use untrained::backend::PackedCode;
use untrained::data::Batch;
use untrained::graph::{
    Axis, AxisDigit, BatchNorm, Conv, Graph, LayerNorm, Linear, Node, NodeId, Op, PairFunction,
    Pool, PoolKind, Rearrange, Resample, Resize, Shape, Statistics, Window,
};
use untrained::plan::Count;
use untrained::score::KernelMatrix;
use untrained::weights::{LayerWeights, Weights};

use super::formulas::activated;

/// What every node of a graph gives on one batch.
pub struct Values {
    /// Number of images.
    pub images: usize,
    /// By node: `[n, c, h, w]`, row-major.
    pub nodes: Vec<Vec<f32>>,
}

/// Evaluates all nodes of a graph.
pub fn evaluate(graph: &Graph, weights: &Weights, batch: &Batch) -> Values {
    let mut values = Values { images: batch.images, nodes: Vec::new() };
    for (id, node) in graph.iter() {
        let result = Evaluation { graph, weights, values: &values, id, node }.result(batch);
        assert_eq!(result.len(), batch.images * node.shape.volume(), "{}", node.label);
        values.nodes.push(result);
    }
    values
}

impl Values {
    /// The values of one node.
    pub fn of(&self, node: NodeId) -> &[f32] {
        &self.nodes[node.index()]
    }

    /// The code of a ReLU's input, counted once.
    pub fn code(&self, graph: &Graph, relu: NodeId) -> PackedCode {
        let units = graph.shape(relu).volume();
        let row = units.div_ceil(32);
        let mut words = vec![0; self.images * row];
        for (index, value) in self.of(graph.node(relu).inputs[0]).iter().enumerate() {
            let (image, unit) = (index / units, index % units);
            words[image * row + unit / 32] |= u32::from(*value > 0.0) << (unit % 32);
        }
        PackedCode { units, multiplicity: 1, words }
    }

    /// The kernel matrix over the ReLUs that `count` counts.
    pub fn kernel(&self, graph: &Graph, weights: &Weights, count: Count) -> KernelMatrix {
        let n = self.images;
        let live = live(graph, weights);
        let (mut units, mut distances) = (0, vec![0_u64; n * n]);
        for (id, node) in graph.iter() {
            let Some(relu) = node.op.activation() else { continue };
            let calls = match count {
                Count::Paper => relu.calls,
                Count::Published => relu.published_calls,
                Count::Live if live[id.index()] => relu.calls,
                Count::Live => 0,
            };
            let volume = node.shape.volume();
            units += volume as u64 * u64::from(calls);
            let before = &self.nodes[node.inputs[0].index()];
            let code = |image: usize| &before[image * volume..(image + 1) * volume];
            distances.par_iter_mut().enumerate().for_each(|(entry, distance)| {
                let pairs = code(entry / n).iter().zip(code(entry % n));
                let differing = pairs.filter(|(a, b)| (**a > 0.0) != (**b > 0.0)).count();
                *distance += differing as u64 * u64::from(calls);
            });
        }
        KernelMatrix::from_distances(n, units, &distances).unwrap()
    }
}

/// Which nodes lie on a path from the input to the output that no multiplication by 0 cuts.
fn live(graph: &Graph, weights: &Weights) -> Vec<bool> {
    let zero = zero(graph, weights);
    let cut = |node: &Node| match node.op {
        Op::Scale(factor) => factor == 0.0,
        Op::Mul | Op::MatMul => node.inputs.iter().any(|input| zero[input.index()]),
        Op::Input
        | Op::Conv(_)
        | Op::BatchNorm(_)
        | Op::Activation(_)
        | Op::Pool(_)
        | Op::Add
        | Op::Concat
        | Op::ChannelSlice { .. }
        | Op::Window(_)
        | Op::Resize(_)
        | Op::GlobalAvgPool
        | Op::Flatten
        | Op::Linear(_)
        | Op::Parameter(_)
        | Op::Map(_)
        | Op::Pair(_)
        | Op::Resample(_)
        | Op::Rearrange(_)
        | Op::LayerNorm(_)
        | Op::Softmax => false,
    };
    let count = graph.nodes().len();
    let (mut from_input, mut to_output) = (vec![false; count], vec![false; count]);
    for (id, node) in graph.iter() {
        let fed = node.inputs.iter().any(|input| from_input[input.index()]);
        from_input[id.index()] = matches!(node.op, Op::Input) || (fed && !cut(node));
    }
    to_output[graph.output().unwrap().index()] = true;
    for index in (0..count).rev() {
        let node = &graph.nodes()[index];
        if to_output[index] && !cut(node) {
            node.inputs.iter().for_each(|input| to_output[input.index()] = true);
        }
    }
    (0..count).map(|index| from_input[index] && to_output[index]).collect()
}

/// Which nodes are zero whatever the images are.
fn zero(graph: &Graph, weights: &Weights) -> Vec<bool> {
    let mut zero: Vec<bool> = Vec::new();
    for (id, node) in graph.iter() {
        let inputs: Vec<bool> = node.inputs.iter().map(|input| zero[input.index()]).collect();
        let biased = weights.get(id).is_some_and(|layer| layer.bias.iter().any(|&b| b != 0.0));
        let all = !inputs.is_empty() && inputs.iter().all(|&zero| zero);
        zero.push(match node.op {
            Op::Input | Op::Parameter(_) | Op::Softmax => false,
            Op::Scale(factor) => all || factor == 0.0,
            Op::Mul | Op::MatMul => inputs.contains(&true),
            Op::Activation(activation) => all && activated(activation.kind, 0.0) == 0.0,
            Op::Map(function) => all && function.apply(0.0) == 0.0,
            Op::Pair(PairFunction::Div) => false,
            Op::Pair(_) => all,
            Op::Conv(conv) => all && !(conv.bias && biased),
            Op::Linear(linear) => all && !(linear.bias && biased),
            Op::BatchNorm(norm) => all && norm.statistics == Statistics::Batch && !biased,
            Op::LayerNorm(_) => all && !biased,
            Op::Pool(_)
            | Op::Add
            | Op::Concat
            | Op::ChannelSlice { .. }
            | Op::Window(_)
            | Op::Resize(_)
            | Op::GlobalAvgPool
            | Op::Flatten
            | Op::Resample(_)
            | Op::Rearrange(_) => all,
        });
    }
    zero
}

/// One node while it is evaluated.
struct Evaluation<'a> {
    graph: &'a Graph,
    weights: &'a Weights,
    values: &'a Values,
    id: NodeId,
    node: &'a Node,
}

impl Evaluation<'_> {
    fn result(&self, batch: &Batch) -> Vec<f32> {
        match self.node.op {
            Op::Input => {
                assert_eq!(batch.shape, self.node.shape, "shape of the images");
                batch.values.clone()
            }
            Op::Conv(conv) => self.conv(&conv),
            Op::Linear(linear) => self.linear(linear),
            Op::BatchNorm(norm) => self.batch_norm(norm),
            Op::Activation(activation) => self.each(|value| activated(activation.kind, value)),
            Op::Scale(factor) => self.each(|value| value * factor),
            Op::Flatten => self.each(|value| value),
            Op::Pool(pool) => self.pool(&pool),
            Op::GlobalAvgPool => self.global_average(),
            Op::Add => self.add(),
            Op::Mul => self.mul(),
            Op::Concat => self.concat(),
            Op::ChannelSlice { start, .. } => {
                self.by_position(|image, [c, y, x]| self.at(0, image, [start + c, y, x]))
            }
            Op::Window(window) => self.window(window),
            Op::Parameter(_) => self.layer().weight.repeat(self.values.images),
            Op::Rearrange(rearrange) => self.rearrange(&rearrange),
            Op::Map(function) => self.each(|value| function.apply(value)),
            Op::Pair(function) => self.pair(function),
            Op::Resample(resample) => self.resample(resample),
            Op::LayerNorm(norm) => self.layer_norm(norm),
            Op::Softmax => self.softmax(),
            Op::MatMul => self.mat_mul(),
            Op::Resize(Resize { factors: [down, right] }) => {
                self.by_position(|image, [c, y, x]| self.at(0, image, [c, y / down, x / right]))
            }
        }
    }

    fn layer(&self) -> LayerWeights {
        self.weights.get(self.id).cloned().unwrap_or_default()
    }

    fn input_shape(&self, input: usize) -> Shape {
        self.graph.shape(self.node.inputs[input])
    }

    fn input(&self, input: usize) -> &[f32] {
        &self.values.nodes[self.node.inputs[input].index()]
    }

    /// The value at `[channel, row, column]` of an image of an input.
    fn at(&self, input: usize, image: usize, [c, y, x]: [usize; 3]) -> f32 {
        let shape = self.input_shape(input);
        let row = (image * shape.channels + c) * shape.height + y;
        self.input(input)[row * shape.width + x]
    }

    /// As [`Self::at`], 0 outside the image.
    fn at_or_zero(&self, image: usize, c: usize, y: isize, x: isize) -> f32 {
        let shape = self.input_shape(0);
        let inside = |position: isize, extent: usize| (0..extent as isize).contains(&position);
        if inside(y, shape.height) && inside(x, shape.width) {
            self.at(0, image, [c, y as usize, x as usize])
        } else {
            0.0
        }
    }

    fn each(&self, value: impl Fn(f32) -> f32) -> Vec<f32> {
        self.input(0).iter().map(|&input| value(input)).collect()
    }

    /// All values of the node from a formula for one `[channel, row, column]` of one image.
    fn by_position(&self, value: impl Fn(usize, [usize; 3]) -> f32 + Sync) -> Vec<f32> {
        let Shape { height, width, .. } = self.node.shape;
        let volume = self.node.shape.volume();
        let position =
            |index: usize| [index / width / height, index / width % height, index % width];
        (0..self.values.images * volume)
            .into_par_iter()
            .map(|index| value(index / volume, position(index % volume)))
            .collect()
    }

    fn conv(&self, conv: &Conv) -> Vec<f32> {
        let layer = self.layer();
        let taps = conv.weight_shape(self.input_shape(0).channels);
        assert_eq!(layer.weight.len(), taps.iter().product::<usize>(), "{}", self.node.label);
        (0..self.values.images * conv.out_channels)
            .into_par_iter()
            .flat_map_iter(|index| {
                let (image, out) = (index / conv.out_channels, index % conv.out_channels);
                self.conv_channel(conv, &layer, image, out).into_iter().map(|sum| sum as f32)
            })
            .collect()
    }

    /// One output channel of one image: every tap adds its product to every sum it reaches.
    fn conv_channel(
        &self,
        conv: &Conv,
        layer: &LayerWeights,
        image: usize,
        out: usize,
    ) -> Vec<f64> {
        let input = self.input_shape(0);
        let [_, per_group, rows, columns] = conv.weight_shape(input.channels);
        let Shape { height, width, .. } = self.node.shape;
        let first_channel = out / (conv.out_channels / conv.groups) * per_group;
        let bias = if conv.bias { f64::from(layer.bias[out]) } else { 0.0 };
        let mut sums = vec![bias; height * width];
        for tap in 0..per_group * rows * columns {
            let (channel, row, column) =
                (tap / columns / rows, tap / columns % rows, tap % columns);
            let weight = f64::from(layer.weight[out * per_group * rows * columns + tap]);
            for y in 0..height {
                let source_y = y * conv.stride[0] + row * conv.dilation[0];
                let Some(source_y) = source_y.checked_sub(conv.padding.top) else { continue };
                if source_y >= input.height {
                    continue;
                }
                let first = (image * input.channels + first_channel + channel) * input.height;
                let source = &self.input(0)[(first + source_y) * input.width..][..input.width];
                for (x, sum) in sums[y * width..][..width].iter_mut().enumerate() {
                    let source_x = x * conv.stride[1] + column * conv.dilation[1];
                    let value = source_x.checked_sub(conv.padding.left).and_then(|x| source.get(x));
                    *sum += weight * value.map_or(0.0, |&value| f64::from(value));
                }
            }
        }
        sums
    }

    fn linear(&self, linear: Linear) -> Vec<f32> {
        let inputs = self.input_shape(0).channels;
        let layer = self.layer();
        self.by_position(|image, [out, _, _]| {
            let product = |k: usize| {
                f64::from(layer.weight[out * inputs + k]) * f64::from(self.at(0, image, [k, 0, 0]))
            };
            let bias = if linear.bias { f64::from(layer.bias[out]) } else { 0.0 };
            ((0..inputs).map(product).sum::<f64>() + bias) as f32
        })
    }

    fn batch_norm(&self, norm: BatchNorm) -> Vec<f32> {
        let layer = self.layer();
        let Shape { channels, height, width } = self.node.shape;
        let plane = height * width;
        let moments = |channel: usize| {
            if norm.statistics == Statistics::Running {
                return (f64::from(layer.mean[channel]), f64::from(layer.variance[channel]));
            }
            let values = || {
                (0..self.values.images).flat_map(move |image| {
                    let first = (image * channels + channel) * plane;
                    self.input(0)[first..first + plane].iter().map(|&value| f64::from(value))
                })
            };
            let count = (self.values.images * plane) as f64;
            let mean = values().sum::<f64>() / count;
            (mean, values().map(|value| (value - mean).powi(2)).sum::<f64>() / count)
        };
        let moments: Vec<(f64, f64)> = (0..channels).map(moments).collect();
        self.by_position(|image, [c, y, x]| {
            let (mean, variance) = moments[c];
            let weight = layer.weight.get(c).map_or(1.0, |&weight| f64::from(weight));
            let bias = layer.bias.get(c).map_or(0.0, |&bias| f64::from(bias));
            let value = f64::from(self.at(0, image, [c, y, x])) - mean;
            (value / (variance + f64::from(norm.eps)).sqrt() * weight + bias) as f32
        })
    }

    fn pool(&self, pool: &Pool) -> Vec<f32> {
        let Shape { height, width, .. } = self.input_shape(0);
        let inside = |position: isize, extent: usize| (0..extent as isize).contains(&position);
        self.by_position(|image, [c, y, x]| {
            let mut values = Vec::new();
            for row in 0..pool.kernel[0] {
                for column in 0..pool.kernel[1] {
                    let y = (y * pool.stride[0] + row) as isize - pool.padding.top as isize;
                    let x = (x * pool.stride[1] + column) as isize - pool.padding.left as isize;
                    if inside(y, height) && inside(x, width) {
                        values.push(self.at_or_zero(image, c, y, x));
                    }
                }
            }
            match pool.kind {
                PoolKind::Max => values.into_iter().fold(f32::NEG_INFINITY, f32::max),
                PoolKind::Average { count_padding } => {
                    let window = pool.kernel[0] * pool.kernel[1];
                    let count = if count_padding { window } else { values.len() };
                    let sum: f64 = values.into_iter().map(f64::from).sum();
                    (sum / count as f64) as f32
                }
            }
        })
    }

    fn pair(&self, function: PairFunction) -> Vec<f32> {
        let single = self.input_shape(1).plane() == 1;
        self.by_position(|image, [c, y, x]| {
            let other = if single { [c, 0, 0] } else { [c, y, x] };
            function.apply(self.at(0, image, [c, y, x]), self.at(1, image, other))
        })
    }

    fn resample(&self, resample: Resample) -> Vec<f32> {
        let table = self.graph.table(resample.table);
        self.by_position(|image, position| {
            let axis = resample.axis.index();
            let taps = table.of(position[axis]).filter(|&(_, factor)| factor != 0.0);
            let value = |(from, factor): (usize, f32)| {
                let mut place = position;
                place[axis] = from;
                f64::from(self.at(0, image, place)) * f64::from(factor)
            };
            taps.map(value).sum::<f64>() as f32
        })
    }

    /// Input positions by counting through the digits of each axis, the last one fastest.
    fn rearrange(&self, rearrange: &Rearrange) -> Vec<f32> {
        let sources = [Axis::Channel, Axis::Row, Axis::Column].map(|axis| {
            let own = |digit: &&AxisDigit| digit.to == axis;
            let mut offsets = vec![[0, 0, 0]];
            for digit in rearrange.digits().iter().filter(own) {
                let moved = |offset: &[usize; 3]| {
                    let mut offset = *offset;
                    (0..digit.extent)
                        .map(|_| {
                            let now = offset;
                            offset[digit.from.index()] += digit.step;
                            now
                        })
                        .collect::<Vec<_>>()
                };
                offsets = offsets.iter().flat_map(moved).collect();
            }
            offsets
        });
        self.by_position(|image, at| {
            let position = |axis: usize| {
                let moved: usize = (0..3).map(|to| sources[to][at[to]][axis]).sum();
                rearrange.start[axis] + moved
            };
            self.at(0, image, [position(0), position(1), position(2)])
        })
    }

    /// The channels of one pixel in double precision.
    fn pixel(&self, image: usize, [y, x]: [usize; 2]) -> Vec<f64> {
        let channels = 0..self.input_shape(0).channels;
        channels.map(|c| f64::from(self.at(0, image, [c, y, x]))).collect()
    }

    fn layer_norm(&self, norm: LayerNorm) -> Vec<f32> {
        let layer = self.layer();
        self.by_position(|image, [c, y, x]| {
            let values = self.pixel(image, [y, x]);
            let count = values.len() as f64;
            let mean = values.iter().sum::<f64>() / count;
            let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
            let weight = layer.weight.get(c).map_or(1.0, |&weight| f64::from(weight));
            let bias = layer.bias.get(c).map_or(0.0, |&bias| f64::from(bias));
            ((values[c] - mean) / (variance + f64::from(norm.eps)).sqrt() * weight + bias) as f32
        })
    }

    fn softmax(&self) -> Vec<f32> {
        self.by_position(|image, [c, y, x]| {
            let values = self.pixel(image, [y, x]);
            let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = values.iter().map(|value| (value - largest).exp()).sum();
            ((values[c] - largest).exp() / sum) as f32
        })
    }

    fn mat_mul(&self) -> Vec<f32> {
        let inner = self.input_shape(0).channels;
        self.by_position(|image, [n, row, m]| {
            let product = |k| {
                let (a, b) = (self.at(0, image, [k, row, m]), self.at(1, image, [n, row, k]));
                f64::from(a) * f64::from(b)
            };
            (0..inner).map(product).sum::<f64>() as f32
        })
    }

    fn global_average(&self) -> Vec<f32> {
        let plane = self.input_shape(0).plane();
        let mean = |values: &[f32]| {
            let sum: f64 = values.iter().map(|&value| f64::from(value)).sum();
            (sum / plane as f64) as f32
        };
        self.input(0).chunks_exact(plane).map(mean).collect()
    }

    fn add(&self) -> Vec<f32> {
        let inputs = 0..self.node.inputs.len();
        let sum = |index: usize| {
            inputs.clone().map(|input| f64::from(self.input(input)[index])).sum::<f64>() as f32
        };
        (0..self.input(0).len()).map(sum).collect()
    }

    fn mul(&self) -> Vec<f32> {
        let factor = |input: usize, image: usize, [c, y, x]: [usize; 3]| {
            let pixel = self.input_shape(input).plane() == 1;
            self.at(input, image, if pixel { [c, 0, 0] } else { [c, y, x] })
        };
        self.by_position(|image, at| factor(0, image, at) * factor(1, image, at))
    }

    fn concat(&self) -> Vec<f32> {
        let inputs = 0..self.node.inputs.len();
        let image = |image: usize| {
            inputs.clone().flat_map(move |input| {
                let volume = self.input_shape(input).volume();
                self.input(input)[image * volume..(image + 1) * volume].iter().copied()
            })
        };
        (0..self.values.images).flat_map(image).collect()
    }

    fn window(&self, window: Window) -> Vec<f32> {
        self.by_position(|image, [c, y, x]| {
            let y = window.top + (y * window.stride[0]) as isize;
            let x = window.left + (x * window.stride[1]) as isize;
            self.at_or_zero(image, c, y, x)
        })
    }
}
