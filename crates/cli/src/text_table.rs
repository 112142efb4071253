//! Tables for people: as aligned text, or as LaTeX or Markdown where that is asked for.

use std::borrow::Cow;
use std::sync::OnceLock;

use untrained::format::{printable, score, thousands};
use untrained::store::Record;
use untrained::typeset::TableFormat;

/// The format of all tables of this process; text if it is not set.
static FORMAT: OnceLock<TableFormat> = OnceLock::new();

/// How tables are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum PrintedTables {
    /// Aligned text
    Text,
    /// A tabular for LaTeX, with the package booktabs
    Latex,
    /// Markdown
    Markdown,
}

/// Chooses the format of all tables, once.
pub fn set_format(tables: PrintedTables) {
    let format = match tables {
        PrintedTables::Text => return,
        PrintedTables::Latex => TableFormat::Latex,
        PrintedTables::Markdown => TableFormat::Markdown,
    };
    // It is set where arguments are read, and nowhere else.
    let _ = FORMAT.set(format);
}

/// Rows with their columns aligned; all but the last column to the right. Every cell stays in its row.
pub fn table(rows: &[Vec<String>]) -> String {
    if let (Some(format), Some((header, body))) = (FORMAT.get(), rows.split_first()) {
        return format.table(header, body);
    }
    let rows: Vec<Vec<Cow<'_, str>>> =
        rows.iter().map(|row| row.iter().map(|cell| printable(cell)).collect()).collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max()
    };
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in &rows {
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
