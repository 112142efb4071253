//! The shapes of the outputs of operations, or why inputs do not fit.

use super::Shape;
use super::op::{Conv, Linear, Padding, Pool, Resize};

pub(super) fn add_shape(inputs: &[Shape]) -> Result<Shape, String> {
    let first = *inputs.first().ok_or("has no input")?;
    match inputs.iter().find(|shape| **shape != first) {
        Some(other) => Err(format!("inputs differ: {first} and {other}")),
        None => Ok(first),
    }
}

pub(super) fn mul_shape(inputs: &[Shape]) -> Result<Shape, String> {
    let &[a, b] = inputs else {
        return Err(format!("takes two inputs, but was given {}", inputs.len()));
    };
    let (large, small) = if a.plane() < b.plane() { (b, a) } else { (a, b) };
    if large == small || (small.channels == large.channels && small.plane() == 1) {
        return Ok(large);
    }
    Err(format!("{a} and {b} differ; supported: equal shapes, or one value per channel"))
}

pub(super) fn pair_shape(inputs: &[Shape]) -> Result<Shape, String> {
    match *inputs {
        [a, b] if a == b || (b.channels == a.channels && b.plane() == 1) => Ok(a),
        [a, b] => Err(format!(
            "{a} and {b} differ; supported: equal shapes, or one second value per channel"
        )),
        _ => Err(format!("takes two inputs, but was given {}", inputs.len())),
    }
}

/// The largest factor of an enlargement: far above any network's, and small enough that sizes cannot
/// overflow.
const MAX_FACTOR: usize = 1024;

pub(super) fn resize_shape(resize: Resize, input: Shape) -> Result<Shape, String> {
    let [down, right] = resize.factors;
    if resize.factors.iter().any(|factor| !(1..=MAX_FACTOR).contains(factor)) {
        return Err(format!("factors {down} and {right} are not between 1 and {MAX_FACTOR}"));
    }
    Ok(Shape::new(input.channels, input.height * down, input.width * right))
}

pub(super) fn concat_shape(inputs: &[Shape]) -> Result<Shape, String> {
    let first = *inputs.first().ok_or("has no input")?;
    let mut channels = 0;
    for shape in inputs {
        if (shape.height, shape.width) != (first.height, first.width) {
            return Err(format!("inputs differ in space: {first} and {shape}"));
        }
        channels += shape.channels;
    }
    Ok(Shape { channels, ..first })
}

pub(super) fn mat_mul_shape(inputs: &[Shape]) -> Result<Shape, String> {
    let [a, b] = inputs else {
        return Err(format!("takes two inputs, but was given {}", inputs.len()));
    };
    if a.height != b.height || a.channels != b.width {
        return Err(format!("{a} and {b} are not [k, h, m] and [n, h, k]"));
    }
    Ok(Shape::new(b.channels, a.height, a.width))
}

pub(super) fn parameter_shape(shape: Shape, inputs: &[Shape]) -> Result<Shape, String> {
    if !inputs.is_empty() || shape.volume() == 0 {
        return Err(format!("{shape} values and {} inputs", inputs.len()));
    }
    Ok(shape)
}

/// The widest padding of a convolution, in pixels: far above any network's, and small enough that
/// padded sizes cannot overflow.
const MAX_PADDING: usize = 1024;

pub(super) fn conv_shape(conv: &Conv, input: Shape) -> Result<Shape, String> {
    let Conv { groups, out_channels, .. } = *conv;
    if groups == 0 || !input.channels.is_multiple_of(groups) || !out_channels.is_multiple_of(groups)
    {
        return Err(format!("{groups} groups do not divide {} -> {out_channels}", input.channels));
    }
    if out_channels == 0 || conv.dilation.contains(&0) {
        return Err("no output channels or a dilation of 0".to_owned());
    }
    let Padding { top, left, bottom, right } = conv.padding;
    if top.max(left).max(bottom).max(right) > MAX_PADDING {
        return Err(format!("padding of more than {MAX_PADDING} pixels"));
    }
    let reach = [0, 1].map(|axis| conv.dilation[axis] * (conv.kernel[axis].max(1) - 1) + 1);
    let (height, width) = slide(input, conv.kernel, reach, conv.stride, conv.padding)?;
    Ok(Shape::new(out_channels, height, width))
}

pub(super) fn pool_shape(pool: &Pool, input: Shape) -> Result<Shape, String> {
    let Padding { top, left, bottom, right } = pool.padding;
    if top.max(bottom) >= pool.kernel[0].max(1) || left.max(right) >= pool.kernel[1].max(1) {
        return Err(format!("padding {:?} reaches past the window", pool.padding));
    }
    let (height, width) = slide(input, pool.kernel, pool.kernel, pool.stride, pool.padding)?;
    Ok(Shape::new(input.channels, height, width))
}

pub(super) fn linear_shape(linear: &Linear, input: Shape) -> Result<Shape, String> {
    if input.plane() != 1 || linear.out_features == 0 {
        return Err(format!(
            "takes a 1x1 image and outputs at least one value, but the input is {input}"
        ));
    }
    Ok(Shape::new(linear.out_features, 1, 1))
}

fn slide(
    input: Shape,
    kernel: [usize; 2],
    reach: [usize; 2],
    stride: [usize; 2],
    padding: Padding,
) -> Result<(usize, usize), String> {
    if kernel.contains(&0) || stride.contains(&0) {
        return Err("a kernel or stride of 0".to_owned());
    }
    let padded =
        [input.height + padding.top + padding.bottom, input.width + padding.left + padding.right];
    if padded[0] < reach[0] || padded[1] < reach[1] {
        let ([rows, columns], [height, width]) = (reach, padded);
        return Err(format!(
            "a kernel that spans {rows}x{columns} does not fit the padded input of {height}x{width}"
        ));
    }
    Ok(((padded[0] - reach[0]) / stride[0] + 1, (padded[1] - reach[1]) / stride[1] + 1))
}
