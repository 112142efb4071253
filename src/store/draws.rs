//! The single draws behind the means of a result.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};

/// The values of scores in each draw of weights, by the names of the scores; empty where there was one
/// draw. What is not finite is NaN.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draws(pub BTreeMap<String, Vec<f64>>);

/// As a file has it: JSON has neither infinities nor NaN.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct WrittenDraws(BTreeMap<String, Vec<Option<f64>>>);

impl Draws {
    /// As a JSON object of lists, with null for what is not finite; `None` where there are none.
    pub fn to_json(&self) -> Option<String> {
        if self.0.is_empty() {
            return None;
        }
        let finite = |values: &Vec<f64>| {
            values.iter().map(|&value| Some(value).filter(|value| value.is_finite())).collect()
        };
        let written = self.0.iter().map(|(name, values)| (name.clone(), finite(values)));
        serde_json::to_string(&WrittenDraws(written.collect())).ok()
    }

    /// Reads what [`Draws::to_json`] wrote; nothing where there is no text.
    ///
    /// # Errors
    ///
    /// [`serde_json::Error`] if the text is not an object of lists of numbers.
    pub fn from_json(text: Option<&str>) -> Result<Self, serde_json::Error> {
        let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(Self::default()) };
        let WrittenDraws(written) = serde_json::from_str(text)?;
        let number = |value: Option<f64>| value.unwrap_or(f64::NAN);
        let numbers = |values: Vec<Option<f64>>| values.into_iter().map(number).collect();
        Ok(Self(written.into_iter().map(|(name, values)| (name, numbers(values))).collect()))
    }
}

/// As one text: tables have cells, not objects.
impl Serialize for Draws {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.to_json() {
            Some(text) => serializer.serialize_some(&text),
            None => serializer.serialize_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_draw_comes_back_as_it_was() {
        let draws = [("naswot", vec![0.1 + 0.2, f64::NEG_INFINITY]), ("swap", vec![1.0, 2.5])];
        let draws = Draws(draws.map(|(name, values)| (name.to_owned(), values)).into());
        let text = draws.to_json().unwrap();
        assert_eq!(text, r#"{"naswot":[0.30000000000000004,null],"swap":[1.0,2.5]}"#);
        let back = Draws::from_json(Some(&text)).unwrap();
        assert!(back.0["naswot"][1].is_nan() && back.0["naswot"][0] == 0.1 + 0.2);
        assert_eq!(back.0["swap"], draws.0["swap"]);
        assert_eq!(Draws::default().to_json(), None);
        assert_eq!(Draws::from_json(None).unwrap(), Draws::default());
        assert!(Draws::from_json(Some("[1]")).is_err());
    }
}
