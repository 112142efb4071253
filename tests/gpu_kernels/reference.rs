//! Naive loops over a graph, in f64: exact on whole numbers.

use untrained::data::Batch;
use untrained::graph::{Conv, Graph, Node, Op, Pool, PoolKind, Shape, Statistics, Window};
use untrained::weights::{LayerWeights, Weights};

/// Values of one tensor, `[n, c, h, w]`.
#[derive(Clone)]
pub struct Values {
    pub shape: Shape,
    pub data: Vec<f64>,
}

impl Values {
    fn zeros(images: usize, shape: Shape) -> Self {
        Self { shape, data: vec![0.0; images * shape.volume()] }
    }

    fn index(&self, n: usize, c: usize, y: usize, x: usize) -> usize {
        ((n * self.shape.channels + c) * self.shape.height + y) * self.shape.width + x
    }

    /// The value at a pixel, `None` outside the image.
    fn at(&self, n: usize, c: usize, y: isize, x: isize) -> Option<f64> {
        let inside =
            y >= 0 && x >= 0 && (y as usize) < self.shape.height && (x as usize) < self.shape.width;
        inside.then(|| self.data[self.index(n, c, y as usize, x as usize)])
    }

    fn fill(&mut self, images: usize, value: impl Fn(usize, usize, usize, usize) -> f64) {
        for n in 0..images {
            for c in 0..self.shape.channels {
                for y in 0..self.shape.height {
                    for x in 0..self.shape.width {
                        let index = self.index(n, c, y, x);
                        self.data[index] = value(n, c, y, x);
                    }
                }
            }
        }
    }
}

/// The values of all nodes.
pub fn evaluate(graph: &Graph, weights: &Weights, batch: &Batch) -> Vec<Values> {
    let mut values: Vec<Values> = Vec::new();
    for (id, node) in graph.iter() {
        let inputs: Vec<&Values> = node.inputs.iter().map(|input| &values[input.index()]).collect();
        let layer = weights.get(id).cloned().unwrap_or_default();
        values.push(node_values(node, &inputs, &layer, batch));
    }
    values
}

fn node_values(node: &Node, inputs: &[&Values], layer: &LayerWeights, batch: &Batch) -> Values {
    let images = batch.images;
    let mut out = Values::zeros(images, node.shape);
    match &node.op {
        Op::Input => out.data = batch.values.iter().map(|&value| f64::from(value)).collect(),
        Op::Conv(conv) => conv_values(&mut out, inputs[0], conv, layer, images),
        Op::Linear(linear) => {
            let conv = Conv { bias: linear.bias, ..Conv::square(linear.out_features, 1, 1) };
            conv_values(&mut out, inputs[0], &conv, layer, images);
        }
        Op::BatchNorm(norm) => {
            let batch_statistics = norm.statistics == Statistics::Batch;
            norm_values(&mut out, inputs[0], f64::from(norm.eps), batch_statistics, layer, images);
        }
        Op::Relu(_) => out.data = inputs[0].data.iter().map(|value| value.max(0.0)).collect(),
        Op::Pool(pool) => pool_values(&mut out, inputs[0], pool, images),
        Op::GlobalAvgPool => {
            let shape = inputs[0].shape;
            let pool = Pool {
                kind: PoolKind::Average { count_padding: false },
                kernel: [shape.height, shape.width],
                stride: [1, 1],
                padding: Default::default(),
            };
            pool_values(&mut out, inputs[0], &pool, images);
        }
        Op::Add => {
            for (index, value) in out.data.iter_mut().enumerate() {
                *value = inputs.iter().map(|input| input.data[index]).sum();
            }
        }
        Op::Scale(factor) => {
            out.data = inputs[0].data.iter().map(|value| value * f64::from(*factor)).collect();
        }
        Op::Concat => out.fill(images, |n, c, y, x| {
            let mut channel = c;
            for input in inputs {
                if channel < input.shape.channels {
                    return input.data[input.index(n, channel, y, x)];
                }
                channel -= input.shape.channels;
            }
            unreachable!("channel {c}")
        }),
        Op::ChannelSlice { start, .. } => {
            out.fill(images, |n, c, y, x| inputs[0].data[inputs[0].index(n, start + c, y, x)]);
        }
        Op::Window(window) => window_values(&mut out, inputs[0], window, images),
        Op::Flatten => out.data = inputs[0].data.clone(),
    }
    out
}

fn conv_values(out: &mut Values, input: &Values, conv: &Conv, layer: &LayerWeights, images: usize) {
    let [outputs, inputs, rows, columns] = conv.weight_shape(input.shape.channels);
    let per_group = outputs / conv.groups;
    out.fill(images, |n, c, y, x| {
        let mut sum = if conv.bias { f64::from(layer.bias[c]) } else { 0.0 };
        for i in 0..inputs {
            for ky in 0..rows {
                for kx in 0..columns {
                    let row = (y * conv.stride[0] + ky * conv.dilation[0]) as isize;
                    let column = (x * conv.stride[1] + kx * conv.dilation[1]) as isize;
                    let value = input.at(
                        n,
                        c / per_group * inputs + i,
                        row - conv.padding.top as isize,
                        column - conv.padding.left as isize,
                    );
                    let weight = layer.weight[((c * inputs + i) * rows + ky) * columns + kx];
                    sum += value.unwrap_or(0.0) * f64::from(weight);
                }
            }
        }
        sum
    });
}

fn pool_values(out: &mut Values, input: &Values, pool: &Pool, images: usize) {
    out.fill(images, |n, c, y, x| {
        let mut inside = Vec::new();
        for ky in 0..pool.kernel[0] {
            for kx in 0..pool.kernel[1] {
                let row = (y * pool.stride[0] + ky) as isize - pool.padding.top as isize;
                let column = (x * pool.stride[1] + kx) as isize - pool.padding.left as isize;
                inside.extend(input.at(n, c, row, column));
            }
        }
        let sum: f64 = inside.iter().sum();
        match pool.kind {
            PoolKind::Max => inside.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            PoolKind::Average { count_padding: true } => {
                sum / (pool.kernel[0] * pool.kernel[1]) as f64
            }
            PoolKind::Average { count_padding: false } => sum / inside.len() as f64,
        }
    });
}

fn window_values(out: &mut Values, input: &Values, window: &Window, images: usize) {
    out.fill(images, |n, c, y, x| {
        let row = window.top + (y * window.stride[0]) as isize;
        let column = window.left + (x * window.stride[1]) as isize;
        input.at(n, c, row, column).unwrap_or(0.0)
    });
}

fn norm_values(
    out: &mut Values,
    input: &Values,
    eps: f64,
    of_batch: bool,
    layer: &LayerWeights,
    images: usize,
) {
    let plane = input.shape.plane();
    let get = |values: &[f32], c: usize, default: f64| {
        values.get(c).map_or(default, |&value| f64::from(value))
    };
    for c in 0..input.shape.channels {
        let start = |n: usize| (n * input.shape.channels + c) * plane;
        let all = || (0..images).flat_map(|n| &input.data[start(n)..start(n) + plane]);
        let count = (images * plane) as f64;
        let (mean, variance) = if of_batch {
            let mean = all().sum::<f64>() / count;
            (mean, all().map(|value| (value - mean).powi(2)).sum::<f64>() / count)
        } else {
            (get(&layer.mean, c, 0.0), get(&layer.variance, c, 1.0))
        };
        let scale = get(&layer.weight, c, 1.0) / (variance + eps).sqrt();
        let shift = get(&layer.bias, c, 0.0) - mean * scale;
        for n in 0..images {
            for pixel in start(n)..start(n) + plane {
                out.data[pixel] = input.data[pixel] * scale + shift;
            }
        }
    }
}
