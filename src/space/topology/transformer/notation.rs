//! The notation `dim=192;heads=3,3,4;mlp=3.5,4,4`: an entry of `heads` and of `mlp` for every layer.

use super::{MAX_HEADS, Transformer, TransformerDecisions, TransformerLayer};
use crate::nearest;
use crate::space::MAX_CLASSES;
use crate::space::error::ArchitectureError;
use crate::space::topology::stages::ParameterValue;

const KEYS: [&str; 3] = ["dim", "heads", "mlp"];

pub(super) fn format(decisions: &TransformerDecisions) -> String {
    let list = |value: &dyn Fn(&TransformerLayer) -> String| {
        let values: Vec<String> = decisions.layers.iter().map(value).collect();
        values.join(",")
    };
    let heads = list(&|layer| layer.heads.to_string());
    let mlp = list(&|layer| layer.mlp.to_string());
    format!("dim={};heads={heads};mlp={mlp}", decisions.dim)
}

/// The lists of one text.
struct TransformerText<'t> {
    text: &'t str,
    lists: Vec<(&'t str, &'t str)>,
}

impl<'t> TransformerText<'t> {
    fn wrong(&self, token: &str, reason: String) -> ArchitectureError {
        let text = nearest::excerpt(self.text);
        ArchitectureError::new(text, nearest::excerpt(token), reason)
    }

    fn new(text: &'t str) -> Result<Self, ArchitectureError> {
        let mut read = Self { text, lists: Vec::new() };
        for part in text.split(';') {
            let Some((key, value)) = part.split_once('=') else {
                let keys = KEYS.join(", ");
                return Err(read.wrong(part, format!("is none of {keys}, written key=value")));
            };
            let (key, value) = (key.trim(), value.trim());
            if !KEYS.contains(&key) {
                let hint = nearest::hint(key, KEYS);
                return Err(read.wrong(key, format!("is not a key of this space; {hint}")));
            }
            if read.lists.iter().any(|(known, _)| *known == key) {
                return Err(read.wrong(key, "is given twice".to_owned()));
            }
            read.lists.push((key, value));
        }
        Ok(read)
    }

    fn value(&self, key: &str) -> Result<&'t str, ArchitectureError> {
        let found = self.lists.iter().find(|(known, _)| *known == key);
        found.map(|(_, value)| *value).ok_or_else(|| {
            let keys = KEYS.join(", ");
            self.wrong(self.text, format!("has no `{key}`; the keys are {keys}"))
        })
    }

    fn whole(&self, key: &str, text: &str, most: usize) -> Result<usize, ArchitectureError> {
        text.trim().parse().ok().filter(|number| (1..=most).contains(number)).ok_or_else(|| {
            self.wrong(text, format!("in `{key}` is no whole number from 1 to {most}"))
        })
    }

    fn multiple(&self, text: &str) -> Result<ParameterValue, ArchitectureError> {
        let most = (MAX_HEADS * 1000) as u32;
        let read = ParameterValue::parse(text);
        read.filter(|number| (1..=most).contains(&number.thousandths())).ok_or_else(|| {
            let reason = format!(
                "in `mlp` is no number above 0 up to {MAX_HEADS} with at most three decimals"
            );
            self.wrong(text, reason)
        })
    }
}

pub(super) fn parse(
    transformer: &Transformer,
    text: &str,
) -> Result<TransformerDecisions, ArchitectureError> {
    let read = TransformerText::new(text.trim())?;
    let dim = read.whole("dim", read.value("dim")?, MAX_CLASSES)?;
    let heads: Vec<usize> = read
        .value("heads")?
        .split(',')
        .map(|heads| read.whole("heads", heads, MAX_HEADS))
        .collect::<Result<_, _>>()?;
    let mlp: Vec<ParameterValue> =
        read.value("mlp")?.split(',').map(|text| read.multiple(text)).collect::<Result<_, _>>()?;
    let (depth, least, most) = (heads.len(), transformer.least_layers(), transformer.most_layers());
    if mlp.len() != depth {
        let reason = format!("has {depth} entries in `heads` and {} in `mlp`", mlp.len());
        return Err(read.wrong(read.text, reason));
    }
    if !(least..=most).contains(&depth) {
        let reason = format!("has {depth} layers; this space has {least} to {most}");
        return Err(read.wrong(read.text, reason));
    }
    let layer = |(&heads, &mlp): (&usize, &ParameterValue)| TransformerLayer { heads, mlp };
    let layers: Vec<TransformerLayer> = heads.iter().zip(&mlp).map(layer).collect();
    let decisions = TransformerDecisions { dim, layers };
    for layer in &decisions.layers {
        if let Err(reason) = super::network::sizes(transformer, dim, layer) {
            return Err(read.wrong(&layer.heads.to_string(), reason));
        }
    }
    Ok(decisions)
}
