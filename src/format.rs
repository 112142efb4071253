//! Formats numbers and times for people.

use std::borrow::Cow;

use crate::statistics::{ConfidenceInterval, IntervalEstimate};

/// Text of a file or of another program as one harmless line: control characters, which could move the cursor,
/// hide text or forge a line, and characters that reverse the direction of writing are shown as `\u{1b}`.
pub fn printable(text: &str) -> Cow<'_, str> {
    escaped(text, |_| false)
}

/// The same of a message that may have several lines.
pub fn printable_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |character| character == '\n')
}

fn escaped(text: &str, is_kept: fn(char) -> bool) -> Cow<'_, str> {
    let reverses =
        |character| matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let is_unsafe =
        |character: char| (character.is_control() || reverses(character)) && !is_kept(character);
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::new();
    for character in text.chars() {
        match is_unsafe(character) {
            true => safe.extend(character.escape_default()),
            false => safe.push(character),
        }
    }
    Cow::Owned(safe)
}

/// Text for a cell of a table that may be opened in a spreadsheet: what would be a formula there becomes text.
pub fn spreadsheet_text(text: &str) -> Cow<'_, str> {
    match text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => Cow::Owned(format!("'{text}")),
        false => Cow::Borrowed(text),
    }
}

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
    fn what_could_forge_or_hide_lines_is_shown() {
        assert_eq!(printable("conv/1 é"), "conv/1 é");
        let hostile = "a\u{1b}[2Jb\nuntrained: done\r\u{9b}1A\u{202e}c\t\0";
        assert_eq!(
            printable(hostile),
            "a\\u{1b}[2Jb\\nuntrained: done\\r\\u{9b}1A\\u{202e}c\\t\\u{0}"
        );
        assert_eq!(printable_lines("one\ntwo\r"), "one\ntwo\\r");
    }

    #[test]
    fn formulas_become_text() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert_eq!(spreadsheet_text(formula), format!("'{formula}"));
        }
        assert_eq!(spreadsheet_text("|none~0|"), "|none~0|");
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(thousands(0_u64), "0");
        assert_eq!(thousands(999_u64), "999");
        assert_eq!(thousands(1_073_466_u64), "1,073,466");
    }
}
