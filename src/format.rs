//! Formats numbers and times for people.

use crate::statistics::{ConfidenceInterval, IntervalEstimate};

/// A whole number with thousands separators, such as 1,073,466.
pub fn thousands(number: impl TryInto<u128>) -> String {
    // Every type of whole numbers without a sign fits.
    let number: u128 = number.try_into().unwrap_or_default();
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A score for display: four decimals, or `-inf` if it is not finite.
pub fn score(score: f64) -> String {
    if score.is_finite() { format!("{score:.4}") } else { "-inf".to_owned() }
}

/// A time in milliseconds since 1970, as people read it, in UTC.
pub fn time(time_ms: i64) -> String {
    let time = chrono::DateTime::from_timestamp_millis(time_ms).unwrap_or_default();
    time.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// A number with three decimals; a dash for `None`.
pub fn decimals(value: Option<f64>) -> String {
    // A sum that should be zero may come out a little below.
    let unsigned = |text: String| if text == "-0.000" { "0.000".to_owned() } else { text };
    value.map_or_else(|| "-".to_owned(), |value| unsigned(format!("{value:.3}")))
}

/// An interval with three decimals; a dash for `None`.
pub fn interval(estimate: &IntervalEstimate) -> String {
    let text =
        |interval: ConfidenceInterval| format!("{:.3} to {:.3}", interval.low, interval.high);
    estimate.interval.map_or_else(|| "-".to_owned(), text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(thousands(0_u64), "0");
        assert_eq!(thousands(999_u64), "999");
        assert_eq!(thousands(1_073_466_u64), "1,073,466");
    }
}
