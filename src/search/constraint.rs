//! Ranges that the networks of a search must keep to.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::graph::cost::Cost;
use crate::graph::{Graph, extent};

/// Something of a network that can be bounded.
#[derive(Debug)]
pub struct Quantity {
    /// The name on the command line.
    pub name: &'static str,
    /// What it is, with its unit.
    pub about: &'static str,
    /// Its value.
    pub of: fn(&Graph) -> f64,
}

/// Every quantity.
pub static QUANTITIES: &[Quantity] = &[
    Quantity {
        name: "params",
        about: "trainable parameters",
        of: |graph| Cost::of(graph).params as f64,
    },
    Quantity {
        name: "macs",
        about: "multiply-adds per image",
        of: |graph| Cost::of(graph).macs as f64,
    },
    Quantity {
        name: "activations",
        about: "bytes of 32-bit activations that live at a time, per image",
        of: |graph| extent::live_bytes(graph) as f64,
    },
    Quantity {
        name: "depth",
        about: "convolutions and linear layers on the longest path",
        of: |graph| extent::depth(graph) as f64,
    },
];

/// A range of a quantity, both ends included.
#[derive(Clone, Debug)]
pub struct Constraint {
    /// What is bounded.
    pub quantity: &'static Quantity,
    /// The least allowed value; negative infinity if there is none.
    pub least: f64,
    /// The largest allowed value; infinity if there is none.
    pub most: f64,
}

impl PartialEq for Constraint {
    fn eq(&self, other: &Self) -> bool {
        (self.quantity.name, self.least, self.most)
            == (other.quantity.name, other.least, other.most)
    }
}

impl Constraint {
    /// Whether a value is in the range.
    pub fn holds(&self, value: f64) -> bool {
        (self.least..=self.most).contains(&value)
    }
}

impl FromStr for Constraint {
    type Err = String;

    /// `params=..1M`, `macs=10M..100M`, `depth=8..`; K, M and G are thousands, millions, milliards.
    fn from_str(text: &str) -> Result<Self, String> {
        let form =
            || format!("`{text}` is no constraint: write NAME=LEAST..MOST, such as params=..1M");
        let (name, range) = text.split_once('=').ok_or_else(form)?;
        let quantity = QUANTITIES.iter().find(|quantity| quantity.name == name.trim());
        let quantity = quantity.ok_or_else(|| {
            let names: Vec<&str> = QUANTITIES.iter().map(|quantity| quantity.name).collect();
            format!("`{}` cannot be constrained; what can is {}", name.trim(), names.join(", "))
        })?;
        let (least, most) = range.split_once("..").ok_or_else(form)?;
        let end = |text: &str, open: f64| match text.trim() {
            "" => Some(open),
            text => number(text),
        };
        let least = end(least, f64::NEG_INFINITY).ok_or_else(form)?;
        let most = end(most, f64::INFINITY).ok_or_else(form)?;
        if least > most {
            return Err(format!("`{text}`: no number is from {least} to {most}"));
        }
        Ok(Self { quantity, least, most })
    }
}

fn number(text: &str) -> Option<f64> {
    let (digits, factor) = match text.chars().last()? {
        'K' | 'k' => (&text[..text.len() - 1], 1e3),
        'M' => (&text[..text.len() - 1], 1e6),
        'G' => (&text[..text.len() - 1], 1e9),
        _ => (text, 1.0),
    };
    digits.parse::<f64>().ok().filter(|number| number.is_finite()).map(|number| number * factor)
}

impl fmt::Display for Constraint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = |value: f64| if value.is_finite() { value.to_string() } else { String::new() };
        write!(formatter, "{}={}..{}", self.quantity.name, end(self.least), end(self.most))
    }
}

impl Serialize for Constraint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Constraint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_and_written() {
        for (text, written) in [
            ("params=..1M", "params=..1000000"),
            ("macs=0.5G..2G", "macs=500000000..2000000000"),
            ("depth=8..", "depth=8.."),
            (" activations = 1K .. 2k ", "activations=1000..2000"),
        ] {
            let constraint: Constraint = text.trim().parse().unwrap();
            assert_eq!(constraint.to_string(), written);
            assert_eq!(written.parse::<Constraint>().unwrap(), constraint);
        }
        for wrong in ["params", "params=3", "speed=..1", "params=2..1", "params=x..", "depth=..nan"]
        {
            assert!(wrong.parse::<Constraint>().is_err(), "{wrong}");
        }
    }
}
