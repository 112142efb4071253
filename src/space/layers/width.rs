//! Numbers of channels that depend on where a layer stands, and how they are rounded.

/// A number of channels: `(base - minus) * times / over`, rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ChannelWidth {
    pub base: WidthBase,
    pub minus: Option<WidthBase>,
    pub times: usize,
    pub over: usize,
    /// `None` for a number that must be whole.
    pub rounding: Option<WidthRounding>,
}

/// What a number of channels is derived from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WidthBase {
    /// The layer's input.
    Input,
    /// The operation's output.
    Output,
    /// The operation's input.
    Entry,
    /// What the innermost branches around the layer read, else the operation's input.
    From,
    Fixed(usize),
}

/// The channels of the tensors that a [`WidthBase`] can name.
#[derive(Clone, Copy, Debug)]
pub(super) struct NamedWidths {
    pub input: usize,
    pub output: usize,
    pub entry: usize,
    pub from: usize,
}

/// How a number of channels is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::space) enum WidthRounding {
    /// To the nearest whole number, half to even.
    Nearest,
    /// Down.
    Down,
    /// To a multiple of 8 as the MobileNets do: half up, at least 8, and never more than 10 % down.
    Div8,
    /// To the nearest multiple of 8, half to even, at least 8.
    Round8,
}

impl WidthRounding {
    /// All of them, by the words in files.
    pub(in crate::space) const ALL: [(&'static str, Self); 4] = [
        ("nearest", Self::Nearest),
        ("down", Self::Down),
        ("div8", Self::Div8),
        ("round8", Self::Round8),
    ];

    /// `times / over` as a whole number.
    pub(in crate::space) fn apply(self, times: usize, over: usize) -> usize {
        match self {
            Self::Nearest => half_even(times, over),
            Self::Down => times / over,
            Self::Div8 => {
                let rounded = ((times + 4 * over) / (8 * over) * 8).max(8);
                if rounded * over * 10 < 9 * times { rounded + 8 } else { rounded }
            }
            Self::Round8 => (half_even(times, 8 * over) * 8).max(8),
        }
    }
}

fn half_even(times: usize, over: usize) -> usize {
    let (whole, rest) = (times / over, times % over);
    let up = 2 * rest > over || (2 * rest == over && whole % 2 == 1);
    whole + usize::from(up)
}

impl WidthBase {
    fn channels(self, named: NamedWidths) -> usize {
        match self {
            Self::Input => named.input,
            Self::Output => named.output,
            Self::Entry => named.entry,
            Self::From => named.from,
            Self::Fixed(channels) => channels,
        }
    }
}

impl ChannelWidth {
    pub(super) const fn of(base: WidthBase) -> Self {
        Self { base, minus: None, times: 1, over: 1, rounding: None }
    }

    pub(super) fn channels(self, named: NamedWidths) -> Result<usize, String> {
        let mut base = self.base.channels(named);
        if let Some(minus) = self.minus {
            let minus = minus.channels(named);
            base = base
                .checked_sub(minus)
                .ok_or_else(|| format!("a width of {base} - {minus} is below 0"))?;
        }
        let times = base * self.times;
        match self.rounding {
            Some(rounding) => Ok(rounding.apply(times, self.over)),
            None if times.is_multiple_of(self.over) => Ok(times / self.over),
            None => Err(format!("a width of {times}/{} is not a whole number", self.over)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The two ways to a multiple of 8 as their authors wrote them, in floating point.
    #[test]
    fn multiples_of_eight_are_those_of_the_published_code() {
        let div8 = |value: f64| {
            let rounded = f64::max(8.0, ((value + 4.0) / 8.0).floor() * 8.0);
            (if rounded < 0.9 * value { rounded + 8.0 } else { rounded }) as usize
        };
        let round8 = |value: f64| f64::max(8.0, (value / 8.0).round_ties_even() * 8.0) as usize;
        for times in 1..20_000 {
            // Quarters are exact in both.
            let value = times as f64 / 4.0;
            assert_eq!(WidthRounding::Div8.apply(times, 4), div8(value), "{value}");
            assert_eq!(WidthRounding::Round8.apply(times, 4), round8(value), "{value}");
            assert_eq!(WidthRounding::Nearest.apply(times, 4), value.round_ties_even() as usize);
            assert_eq!(WidthRounding::Down.apply(times, 4), value.floor() as usize);
        }
        // They differ: 20 is in the middle, and 11 would lose too much.
        assert_eq!(
            (WidthRounding::Div8.apply(20, 1), WidthRounding::Round8.apply(20, 1)),
            (24, 16)
        );
        assert_eq!((WidthRounding::Div8.apply(11, 1), WidthRounding::Round8.apply(11, 1)), (16, 8));
    }
}
