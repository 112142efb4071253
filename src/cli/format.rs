//! Numbers and tables for people.

use crate::store::Record;

/// A whole number with its thousands apart: 1,073,466.
pub fn thousands(number: impl Into<u128>) -> String {
    let number: u128 = number.into();
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

/// A score as shown: four decimals, `-inf` where it is not finite.
pub fn score(score: f64) -> String {
    if score.is_finite() { format!("{score:.4}") } else { "-inf".to_owned() }
}

/// A time in milliseconds since 1970, as people read it, in UTC.
pub fn time(time_ms: i64) -> String {
    let time = chrono::DateTime::from_timestamp_millis(time_ms).unwrap_or_default();
    time.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// Rows with their columns aligned; all but the last column to the right.
pub fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max()
    };
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        for (column, cell) in row.iter().enumerate() {
            if column + 1 == row.len() {
                text.push_str(cell);
            } else {
                text.push_str(&format!("{cell:>width$}  ", width = widths[column]));
            }
        }
        text.push('\n');
    }
    text
}

/// The best records as a table: rank, what ranks them, params, multiply-adds, architecture.
pub fn ranking(best: &[Record], by: &str) -> String {
    // A deviation is that of the score.
    let with_sd = by == "score" && best.iter().any(|record| record.sd.is_some());
    let mut header = vec!["rank", by, "params", "multiply-adds", "architecture"];
    if with_sd {
        header.insert(2, "sd");
    }
    let mut rows = vec![header.into_iter().map(str::to_owned).collect::<Vec<_>>()];
    for (index, record) in best.iter().enumerate() {
        let mut row = vec![
            (index + 1).to_string(),
            score(record.value),
            thousands(record.params),
            thousands(record.macs),
            record.architecture.clone(),
        ];
        if with_sd {
            row.insert(2, record.sd.map_or_else(|| "-".to_owned(), |sd| format!("{sd:.4}")));
        }
        rows.push(row);
    }
    table(&rows)
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
