//! Parses the text of one layer.

use std::borrow::Cow;

use super::width::{ChannelWidth, WidthBase, WidthRounding};
use super::{
    ChannelHalf, ConvLayer, GroupCount, LayerParameters, LayerStep, LinearLayer, OperationLayer,
    PoolLayer,
};
use crate::graph::{Activation, ActivationKind, BatchNorm};
use crate::nearest;

/// The activations a text can name.
const ACTIVATIONS: [ActivationKind; 8] = [
    ActivationKind::Relu,
    ActivationKind::RELU6,
    ActivationKind::Silu,
    ActivationKind::Gelu,
    ActivationKind::HardSwish,
    ActivationKind::HARD_SIGMOID,
    ActivationKind::Sigmoid,
    ActivationKind::Tanh,
];
/// The other layers a text can name.
const NAMES: [&str; 12] = [
    "identity",
    "zero",
    "bn",
    "conv",
    "avg_pool",
    "max_pool",
    "shift",
    "shuffle",
    "channels",
    "global_avg_pool",
    "flatten",
    "linear",
];
/// The largest kernel extent, dilation, stride, shift and padding.
const MAX_EXTENT: usize = 64;
/// The largest width that can be written as a number.
const MAX_WIDTH: usize = 65_536;

/// The names in braces of a text.
pub(super) fn parameters(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name)
}

/// A text with values in the place of its `{name}`s.
fn with_values<'t>(text: &'t str, values: &LayerParameters<'_>) -> Result<Cow<'t, str>, String> {
    let mut result = Cow::Borrowed(text);
    for name in parameters(text) {
        let Some((_, value)) = values.iter().find(|(known, _)| *known == name) else {
            let hint = nearest::hint(name, values.iter().map(|(known, _)| *known));
            return Err(format!("`{text}`: unknown parameter `{{{name}}}` here; {hint}"));
        };
        result = Cow::Owned(result.replace(&format!("{{{name}}}"), value));
    }
    Ok(result)
}

/// The layer that a text describes, with values for its `{name}`s.
pub(super) fn parse(text: &str, values: &LayerParameters<'_>) -> Result<OperationLayer, String> {
    let text = &*with_values(text, values)?;
    let mut words = text.split_whitespace();
    let name = words.next().ok_or("an empty layer; write \"identity\" for none")?;
    let mut options = LayerOptions { text, words: words.collect() };
    let layer = match name {
        "identity" => OperationLayer::Identity,
        "zero" => OperationLayer::Zero,
        "bn" => OperationLayer::BatchNorm(batch_norm(&mut options)?),
        "conv" => OperationLayer::Conv(conv(&mut options)?),
        "avg_pool" => OperationLayer::Pool(pool(&mut options, true)?),
        "max_pool" => OperationLayer::Pool(pool(&mut options, false)?),
        "shift" => OperationLayer::Shift(options.extents(0)?),
        "shuffle" => OperationLayer::Shuffle(shuffle(&mut options)?),
        "channels" => OperationLayer::Half(half(&mut options)?),
        "global_avg_pool" => OperationLayer::GlobalAvgPool,
        "flatten" => OperationLayer::Flatten,
        "linear" => OperationLayer::Linear(linear(&mut options)?),
        _ => match ACTIVATIONS.into_iter().find(|kind| kind.name() == name) {
            Some(kind) => OperationLayer::Activation(activation(kind, &mut options)?),
            None => {
                let names = NAMES.into_iter().chain(ACTIVATIONS.map(ActivationKind::name));
                let hint = nearest::hint(name, names);
                return Err(format!("`{text}`: unknown layer `{name}`; {hint}"));
            }
        },
    };
    options.finish(layer)
}

fn activation(kind: ActivationKind, options: &mut LayerOptions<'_>) -> Result<Activation, String> {
    let published_calls = match options.value("published") {
        Some(calls) => options.number("published", calls, 0, MAX_EXTENT)? as u32,
        None => 1,
    };
    if options.flag("uncounted") {
        return Ok(Activation { kind, calls: 0, published_calls: 0 });
    }
    Ok(Activation { kind, calls: 1, published_calls })
}

fn batch_norm(options: &mut LayerOptions<'_>) -> Result<BatchNorm, String> {
    let Some(text) = options.value("eps") else { return Ok(BatchNorm::default()) };
    match text.parse::<f32>() {
        Ok(eps) if eps > 0.0 && eps <= 1.0 => Ok(BatchNorm { eps, ..BatchNorm::default() }),
        _ => Err(options.wrong("eps", text, "a number above 0, at most 1")),
    }
}

fn shuffle(options: &mut LayerOptions<'_>) -> Result<usize, String> {
    match options.value("groups") {
        Some(text) => options.number("groups", text, 2, MAX_WIDTH),
        None => Err(format!("`{}`: groups= must follow the name", options.text)),
    }
}

fn half(options: &mut LayerOptions<'_>) -> Result<ChannelHalf, String> {
    for (word, half) in [("even", ChannelHalf::Even), ("odd", ChannelHalf::Odd)] {
        if options.flag(word) {
            return Ok(half);
        }
    }
    Err(format!("`{}`: `even` or `odd` must follow the name", options.text))
}

fn conv(options: &mut LayerOptions<'_>) -> Result<ConvLayer, String> {
    let kernel = options.extents(1)?;
    let dilation = match options.value("dilation") {
        Some(text) => options.pair("dilation", text, 1)?,
        None => [1, 1],
    };
    let groups = match options.value("groups") {
        Some("in") => GroupCount::Depthwise,
        Some(text) => GroupCount::Fixed(options.number("groups", text, 1, MAX_WIDTH)?),
        None => GroupCount::Fixed(1),
    };
    let default =
        if groups == GroupCount::Depthwise { WidthBase::Input } else { WidthBase::Output };
    let mut out = match options.value("out") {
        Some(text) => options.width(text)?,
        None => ChannelWidth::of(default),
    };
    if let Some(text) = options.value("round") {
        out.rounding = Some(options.rounding(text)?);
    }
    let padding = options.padding(kernel, dilation)?;
    let stride = options.stride()?;
    Ok(ConvLayer { kernel, stride, padding, dilation, groups, out, bias: options.flag("bias") })
}

fn pool(options: &mut LayerOptions<'_>, average: bool) -> Result<PoolLayer, String> {
    let kernel = options.window()?;
    // A window as large as the stride has no padding.
    let extents = kernel.map(|step| match step {
        LayerStep::Fixed(size) => size,
        LayerStep::Operation => 2,
    });
    let padding = options.padding(extents, [1, 1])?;
    let stride = options.stride()?;
    let average = average.then(|| options.flag("count_padding"));
    Ok(PoolLayer { kernel, stride, padding, ceil: options.flag("ceil"), average })
}

fn linear(options: &mut LayerOptions<'_>) -> Result<LinearLayer, String> {
    let out = match options.value("out") {
        Some("classes") | None => None,
        Some(text) => Some(options.number("out", text, 1, MAX_WIDTH)?),
    };
    let bias = match options.value("bias") {
        Some("yes") | None => true,
        Some("no") => false,
        Some(other) => return Err(options.wrong("bias", other, "yes or no")),
    };
    Ok(LinearLayer { out, bias })
}

/// The words behind a layer's name, taken out as they are understood.
struct LayerOptions<'t> {
    text: &'t str,
    words: Vec<&'t str>,
}

impl<'t> LayerOptions<'t> {
    /// The `RxC` that follows the name.
    fn extents(&mut self, least: usize) -> Result<[usize; 2], String> {
        if self.words.first().is_none_or(|word| word.contains('=')) {
            return Err(format!("`{}`: a size such as 3x3 must follow the name", self.text));
        }
        let word = self.words.remove(0);
        match word.split_once('x') {
            Some(_) => self.pair("size", word, least),
            None => Err(self.wrong("size", word, "rows x columns, such as 3x3")),
        }
    }

    /// The same, where `s` is the operation's stride.
    fn window(&mut self) -> Result<[LayerStep; 2], String> {
        if self.words.first() == Some(&"sxs") {
            self.words.remove(0);
            return Ok([LayerStep::Operation; 2]);
        }
        Ok(self.extents(1)?.map(LayerStep::Fixed))
    }

    /// The value of a `key=value` word.
    fn value(&mut self, key: &str) -> Option<&'t str> {
        let is_key = |word: &&str| word.split_once('=').is_some_and(|(name, _)| name == key);
        let position = self.words.iter().position(is_key)?;
        self.words.remove(position).split_once('=').map(|(_, value)| value)
    }

    /// Whether a word stands there by itself.
    fn flag(&mut self, name: &str) -> bool {
        let position = self.words.iter().position(|word| *word == name);
        position.map(|position| self.words.remove(position)).is_some()
    }

    fn wrong(&self, key: &str, value: &str, allowed: &str) -> String {
        format!("`{}`: {key} is `{value}`; allowed: {allowed}", self.text)
    }

    fn number(&self, key: &str, text: &str, least: usize, most: usize) -> Result<usize, String> {
        match text.parse() {
            Ok(number) if (least..=most).contains(&number) => Ok(number),
            _ => Err(self.wrong(key, text, &format!("a whole number from {least} to {most}"))),
        }
    }

    /// `AxB` or one number for both axes.
    fn pair(&self, key: &str, text: &str, least: usize) -> Result<[usize; 2], String> {
        let (rows, columns) = text.split_once('x').unwrap_or((text, text));
        let axis = |text: &str| self.number(key, text, least, MAX_EXTENT);
        Ok([axis(rows)?, axis(columns)?])
    }

    fn stride(&mut self) -> Result<[LayerStep; 2], String> {
        let Some(text) = self.value("stride") else { return Ok([LayerStep::Fixed(1); 2]) };
        let (rows, columns) = text.split_once('x').unwrap_or((text, text));
        let axis = |text: &str| match text {
            "s" => Ok(LayerStep::Operation),
            text => self.number("stride", text, 1, MAX_EXTENT).map(LayerStep::Fixed),
        };
        Ok([axis(rows)?, axis(columns)?])
    }

    /// The padding as given, else what keeps the size for odd kernels and none for even ones.
    fn padding(&mut self, kernel: [usize; 2], dilation: [usize; 2]) -> Result<[usize; 2], String> {
        match self.value("pad") {
            Some(text) => self.pair("pad", text, 0),
            None => Ok([0, 1].map(|axis| {
                let odd = !kernel[axis].is_multiple_of(2);
                if odd { kernel[axis] / 2 * dilation[axis] } else { 0 }
            })),
        }
    }

    /// `in`, `out`, `entry`, `from` or a number, or the difference of two, times and over a number;
    /// rounded if it is times a decimal.
    fn width(&self, text: &str) -> Result<ChannelWidth, String> {
        let (rest, over) = text.split_once('/').unwrap_or((text, "1"));
        let (rest, factor) = rest.split_once('*').unwrap_or((rest, "1"));
        let (base, minus) = match rest.split_once('-') {
            Some((base, minus)) => (base, Some(self.width_base(minus)?)),
            None => (rest, None),
        };
        let (times, hundredths) = self.decimal(factor)?;
        let over = hundredths * self.number("out", over, 1, MAX_EXTENT)?;
        let rounding = factor.contains('.').then_some(WidthRounding::Nearest);
        Ok(ChannelWidth { base: self.width_base(base)?, minus, times, over, rounding })
    }

    fn width_base(&self, text: &str) -> Result<WidthBase, String> {
        match text {
            "in" => Ok(WidthBase::Input),
            "out" => Ok(WidthBase::Output),
            "entry" => Ok(WidthBase::Entry),
            "from" => Ok(WidthBase::From),
            number => Ok(WidthBase::Fixed(self.number("out", number, 1, MAX_WIDTH)?)),
        }
    }

    fn rounding(&self, text: &str) -> Result<WidthRounding, String> {
        let found = WidthRounding::ALL.into_iter().find(|(name, _)| *name == text);
        let names = WidthRounding::ALL.map(|(name, _)| name).join(", ");
        found.map(|(_, rounding)| rounding).ok_or_else(|| self.wrong("round", text, &names))
    }

    /// A number from 0.001 to 64 with at most three decimals, as a fraction.
    fn decimal(&self, text: &str) -> Result<(usize, usize), String> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        let over = 10_usize.pow(decimals.len().min(4) as u32);
        let digits = format!("{whole}{decimals}");
        let times = digits.parse().ok().filter(|_| digits.bytes().all(|b| b.is_ascii_digit()));
        match times {
            Some(times) if decimals.len() <= 3 && (1..=MAX_EXTENT * over).contains(&times) => {
                Ok((times, over))
            }
            _ => Err(self.wrong("out", text, "a factor from 0.001 to 64, at most three decimals")),
        }
    }

    /// The layer, if every word was understood.
    fn finish(self, layer: OperationLayer) -> Result<OperationLayer, String> {
        match self.words.first() {
            None => Ok(layer),
            Some(word) => {
                let key = word.split('=').next().unwrap_or(word);
                let allowed = allowed(&layer);
                Err(format!("`{}`: unknown or repeated option `{key}`; {allowed}", self.text))
            }
        }
    }
}

fn allowed(layer: &OperationLayer) -> &'static str {
    match layer {
        OperationLayer::Activation(_) => "options are published= uncounted",
        OperationLayer::Conv(_) => "options are stride= out= round= groups= dilation= pad= bias",
        OperationLayer::Pool(PoolLayer { average: Some(_), .. }) => {
            "options are stride= pad= ceil count_padding"
        }
        OperationLayer::Pool(_) => "options are stride= pad= ceil",
        OperationLayer::BatchNorm(_) => "the option is eps=",
        OperationLayer::Shuffle(_) => "the option is groups=",
        OperationLayer::Half(_) => "the option is even or odd",
        OperationLayer::Linear(_) => "options are out= bias=",
        _ => "this layer has no options",
    }
}
