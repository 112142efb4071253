//! The notation `w0=24,wa=36.44,wm=2.49,d=13,g=8`: initial width, slope, multiplier, depth, group width.

use super::rule::derive;
use super::{MAX_GROUP_WIDTH, Regnet, RegnetDecisions};
use crate::nearest;
use crate::space::MAX_CELLS;
use crate::space::error::ArchitectureError;
use crate::space::topology::stages::ParameterValue;

const KEYS: [&str; 5] = ["w0", "wa", "wm", "d", "g"];

pub(super) fn format(decisions: &RegnetDecisions) -> String {
    let RegnetDecisions { w0, wa, wm, depth, group_width } = decisions;
    format!("w0={w0},wa={wa},wm={wm},d={depth},g={group_width}")
}

/// The numbers of one text.
pub(super) struct RegnetText<'t> {
    text: &'t str,
    values: Vec<(&'t str, &'t str)>,
}

impl<'t> RegnetText<'t> {
    fn wrong(&self, token: &str, reason: String) -> ArchitectureError {
        let text = nearest::excerpt(self.text);
        ArchitectureError::new(text, nearest::excerpt(token), reason)
    }

    fn new(text: &'t str) -> Result<Self, ArchitectureError> {
        let mut read = Self { text, values: Vec::new() };
        for part in text.split([',', ';']) {
            let Some((key, value)) = part.split_once('=') else {
                let keys = KEYS.join(", ");
                return Err(read.wrong(part, format!("is no number of {keys}, written key=value")));
            };
            let (key, value) = (key.trim(), value.trim());
            if !KEYS.contains(&key) {
                let hint = nearest::hint(key, KEYS);
                return Err(read.wrong(key, format!("is not a number of this space; {hint}")));
            }
            if read.values.iter().any(|(known, _)| *known == key) {
                return Err(read.wrong(key, "is given twice".to_owned()));
            }
            read.values.push((key, value));
        }
        Ok(read)
    }

    fn value(&self, key: &str) -> Result<&'t str, ArchitectureError> {
        let found = self.values.iter().find(|(known, _)| *known == key);
        found.map(|(_, value)| *value).ok_or_else(|| {
            let keys = KEYS.join(", ");
            self.wrong(self.text, format!("has no `{key}`; the numbers are {keys}"))
        })
    }

    fn decimal(&self, key: &str) -> Result<ParameterValue, ArchitectureError> {
        let value = self.value(key)?;
        let positive = ParameterValue::parse(value).filter(|number| number.thousandths() > 0);
        positive.ok_or_else(|| {
            let reason = format!("is no `{key}`: a number above 0 with at most three decimals");
            self.wrong(value, reason)
        })
    }

    fn whole(&self, key: &str, most: usize) -> Result<usize, ArchitectureError> {
        let value = self.value(key)?;
        value.parse().ok().filter(|number| (1..=most).contains(number)).ok_or_else(|| {
            self.wrong(value, format!("is no `{key}`: a whole number from 1 to {most}"))
        })
    }
}

pub(super) fn parse(regnet: &Regnet, text: &str) -> Result<RegnetDecisions, ArchitectureError> {
    let read = RegnetText::new(text.trim())?;
    let decisions = RegnetDecisions {
        w0: read.decimal("w0")?,
        wa: read.decimal("wa")?,
        wm: read.decimal("wm")?,
        depth: read.whole("d", MAX_CELLS)?,
        group_width: read.whole("g", MAX_GROUP_WIDTH)?,
    };
    if decisions.wm.value() <= 1.0 {
        let reason = "is no `wm`: widths are multiplied by it, so it is above 1".to_owned();
        return Err(read.wrong(&decisions.wm.to_string(), reason));
    }
    if let Err(reason) = regnet.check(&derive(&decisions, regnet.bottleneck)) {
        return Err(read.wrong(read.text, reason));
    }
    super::network::assemble(regnet, &decisions)
        .map_err(|error| read.wrong(&error.label, format!("{}: {}", error.op, error.reason)))?;
    Ok(decisions)
}
