//! Ranges that the networks of a search must satisfy.

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
    /// A description with its unit.
    pub about: &'static str,
    /// Where its value comes from.
    pub value: QuantitySource,
}

/// Where the value of a quantity comes from.
#[derive(Clone, Copy, Debug)]
pub enum QuantitySource {
    /// It is counted on the graph.
    Graph(fn(&Graph) -> f64),
    /// It is measured by running the network, in milliseconds.
    Latency,
}

/// Every quantity.
pub static QUANTITIES: &[Quantity] = &[
    Quantity {
        name: "params",
        about: "trainable parameters",
        value: QuantitySource::Graph(|graph| Cost::of(graph).params as f64),
    },
    Quantity {
        name: "macs",
        about: "multiply-adds per image",
        value: QuantitySource::Graph(|graph| Cost::of(graph).macs as f64),
    },
    Quantity {
        name: "activations",
        about: "peak memory of 32-bit activations per image, in bytes",
        value: QuantitySource::Graph(|graph| extent::peak_activation_bytes(graph) as f64),
    },
    Quantity {
        name: "depth",
        about: "convolutions and linear layers on the longest path",
        value: QuantitySource::Graph(|graph| extent::depth(graph) as f64),
    },
    Quantity {
        name: "latency",
        about: "time of one mini-batch in milliseconds, measured on the device of the run",
        value: QuantitySource::Latency,
    },
];

impl Quantity {
    /// The one of that name.
    fn by_name(name: &str) -> Result<&'static Self, String> {
        let name = name.trim();
        QUANTITIES.iter().find(|quantity| quantity.name == name).ok_or_else(|| {
            let names: Vec<&str> = QUANTITIES.iter().map(|quantity| quantity.name).collect();
            format!("`{name}` cannot be constrained; valid: {}", names.join(", "))
        })
    }

    /// The value next to a bound: the greatest one below it, or the smallest one above.
    fn beside(&self, bound: f64, below: bool) -> f64 {
        match (self.value, below) {
            (QuantitySource::Graph(_), true) => bound.ceil() - 1.0,
            (QuantitySource::Graph(_), false) => bound.floor() + 1.0,
            (QuantitySource::Latency, true) => bound.next_down(),
            (QuantitySource::Latency, false) => bound.next_up(),
        }
    }

    /// Its value on a graph, if it is counted.
    pub fn counted(&self, graph: &Graph) -> Option<f64> {
        match self.value {
            QuantitySource::Graph(of) => Some(of(graph)),
            QuantitySource::Latency => None,
        }
    }

    /// How a value is obtained.
    pub const fn unit(&self) -> &'static str {
        match self.value {
            QuantitySource::Graph(_) => "",
            QuantitySource::Latency => "ms",
        }
    }

    /// A number with its unit, as [`Constraint`] reads it.
    fn number(&self, text: &str) -> Option<f64> {
        let units: &[(&str, f64)] = match self.value {
            QuantitySource::Graph(_) => &[("K", 1e3), ("k", 1e3), ("M", 1e6), ("G", 1e9)],
            QuantitySource::Latency => &[("ms", 1.0), ("us", 1e-3), ("\u{b5}s", 1e-3), ("s", 1e3)],
        };
        let unit =
            units.iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, *factor)));
        let (digits, factor) = unit.unwrap_or((text, 1.0));
        let number = digits.trim_end().parse::<f64>().ok().filter(|number| number.is_finite());
        number.map(|number| number * factor)
    }
}

/// A range of a quantity, both ends included.
#[derive(Clone, Debug)]
pub struct Constraint {
    /// The bounded quantity.
    pub quantity: &'static Quantity,
    /// The smallest allowed value; negative infinity if there is no limit.
    pub least: f64,
    /// The largest allowed value; infinity if there is no limit.
    pub most: f64,
}

impl PartialEq for Constraint {
    fn eq(&self, other: &Self) -> bool {
        (self.quantity.name, self.least, self.most)
            == (other.quantity.name, other.least, other.most)
    }
}

impl Constraint {
    /// Several constraints, separated by spaces, commas or `and`, as in `params < 1M and macs=..100M`.
    ///
    /// # Errors
    ///
    /// What is wrong with the first that is none.
    pub fn list(text: &str) -> Result<Vec<Self>, String> {
        let spaced = text.replace(',', " and ");
        let words: Vec<&str> = spaced.split_whitespace().collect();
        let mut constraints = Vec::new();
        for part in words.split(|word| word.eq_ignore_ascii_case("and")) {
            let whole = part.join(" ");
            match whole.parse() {
                _ if part.is_empty() => {}
                Ok(constraint) => constraints.push(constraint),
                // Ranges may stand side by side.
                Err(_) if part.len() > 1 && part.iter().all(|word| word.contains("..")) => {
                    for word in part {
                        constraints.push(word.parse()?);
                    }
                }
                Err(why) => return Err(why),
            }
        }
        Ok(constraints)
    }

    /// A range, which must hold some value.
    fn within(
        text: &str,
        quantity: &'static Quantity,
        least: f64,
        most: f64,
    ) -> Result<Self, String> {
        if least > most {
            return Err(format!("`{text}`: the range from {least} to {most} is empty"));
        }
        if most < 0.0 {
            return Err(format!("`{text}`: {} is never below 0", quantity.name));
        }
        Ok(Self { quantity, least, most })
    }

    /// Whether a value is in the range.
    pub fn holds(&self, value: f64) -> bool {
        (self.least..=self.most).contains(&value)
    }
}

impl FromStr for Constraint {
    type Err = String;

    /// `params=..1M`, `macs=10M..100M`, `depth=8..`; K, M and G are thousands, millions, milliards.
    /// `latency=..5ms`; also us and s, and milliseconds without a unit. Or a comparison by `<`, `<=`, `>`
    /// or `>=`, such as `params < 1M`.
    fn from_str(text: &str) -> Result<Self, String> {
        let form = || {
            format!(
                "`{text}` is not a constraint: expected NAME=MIN..MAX or a comparison, such as \
                 params=..1M, params < 1M or latency <= 5ms"
            )
        };
        if let Some(at) = text.find(['<', '>']) {
            let (name, rest) = text.split_at(at);
            let is_less = rest.starts_with('<');
            let bound = rest[1..].strip_prefix('=');
            let (is_strict, bound) = (bound.is_none(), bound.unwrap_or(&rest[1..]));
            let quantity = Quantity::by_name(name)?;
            let bound = quantity.number(bound.trim()).ok_or_else(form)?;
            let bound = if is_strict { quantity.beside(bound, is_less) } else { bound };
            let open = (f64::NEG_INFINITY, f64::INFINITY);
            let (least, most) = if is_less { (open.0, bound) } else { (bound, open.1) };
            return Self::within(text, quantity, least, most);
        }
        let (name, range) = text.split_once('=').ok_or_else(form)?;
        let quantity = Quantity::by_name(name)?;
        let (least, most) = range.split_once("..").ok_or_else(form)?;
        let end = |text: &str, open: f64| match text.trim() {
            "" => Some(open),
            text => quantity.number(text),
        };
        let least = end(least, f64::NEG_INFINITY).ok_or_else(form)?;
        let most = end(most, f64::INFINITY).ok_or_else(form)?;
        Self::within(text, quantity, least, most)
    }
}

impl fmt::Display for Constraint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = self.quantity.unit();
        let end =
            |value: f64| if value.is_finite() { format!("{value}{unit}") } else { String::new() };
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
            ("latency=250us..1.5s", "latency=0.25ms..1500ms"),
            ("latency=2 ms..", "latency=2ms.."),
            ("latency=..5", "latency=..5ms"),
            ("params<=1M", "params=..1000000"),
            ("params < 1M", "params=..999999"),
            ("depth > 7", "depth=8.."),
            ("macs>=2.5", "macs=2.5.."),
            ("latency <= 5ms", "latency=..5ms"),
        ] {
            let constraint: Constraint = text.trim().parse().unwrap();
            assert_eq!(constraint.to_string(), written);
            assert_eq!(written.parse::<Constraint>().unwrap(), constraint);
        }
        for wrong in [
            "params < ",
            "params < 0",
            "params << 3",
            "speed < 1",
            "params < 5ms",
            "params",
            "params=3",
            "speed=..1",
            "params=2..1",
            "params=x..",
            "depth=..nan",
            "params=..5ms",
            "latency=..5K",
            "latency=..ms",
            "latency=1s..2ms",
        ] {
            assert!(wrong.parse::<Constraint>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn lists_are_read_however_they_are_separated() {
        let read = |text: &str| {
            let list = Constraint::list(text)?;
            Ok::<_, String>(list.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        let both = ["params=..999999", "macs=..100000000"].map(str::to_owned).to_vec();
        for text in [
            "params < 1M and macs <= 100M",
            "params<1M AND macs=..100M",
            "params < 1M, macs=..100M",
            "params=..999999 macs=..100M",
        ] {
            assert_eq!(read(text), Ok(both.clone()), "{text}");
        }
        assert_eq!(read("  "), Ok(Vec::new()));
        assert!(read("params < 1M or macs < 3").is_err());
        assert!(read("params < 1M and speed < 3").unwrap_err().contains("speed"));
    }
}
