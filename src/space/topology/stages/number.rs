//! Values of a block's parameters.

use std::fmt;

/// A number from 0 to 65,536 in thousandths, so that equal values are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ParameterValue {
    thousandths: u32,
}

impl ParameterValue {
    /// The number as written, at most three decimals.
    pub(in crate::space) fn parse(text: &str) -> Option<Self> {
        Self::from_f64(text.trim().parse().ok()?)
    }

    /// The number of a JSON file.
    pub(in crate::space) fn from_json(value: &serde_json::Value) -> Option<Self> {
        Self::from_f64(value.as_f64()?)
    }

    /// The number, if it has at most three decimals.
    pub(in crate::space) fn from_f64(value: f64) -> Option<Self> {
        let thousandths = (value * 1000.0).round();
        let exact = (thousandths - value * 1000.0).abs() < 1e-6;
        ((0.0..=65_536_000.0).contains(&thousandths) && exact)
            .then_some(Self { thousandths: thousandths as u32 })
    }

    /// So many thousandths.
    pub(in crate::space) const fn from_thousandths(thousandths: u32) -> Self {
        Self { thousandths }
    }

    /// The number in thousandths.
    pub(in crate::space) const fn thousandths(self) -> u32 {
        self.thousandths
    }

    /// The number.
    pub(in crate::space) fn value(self) -> f64 {
        f64::from(self.thousandths) / 1000.0
    }
}

impl fmt::Display for ParameterValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", f64::from(self.thousandths) / 1000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_they_are_read() {
        for text in ["0", "1", "0.25", "0.125", "16", "65536"] {
            assert_eq!(ParameterValue::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(ParameterValue::parse("1.0"), ParameterValue::parse("1"));
        for text in ["-1", "0.0625", "70000", "nan", "inf", "x", ""] {
            assert_eq!(ParameterValue::parse(text), None, "{text}");
        }
    }
}
