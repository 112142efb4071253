//! Tables in LaTeX and Markdown, which are laid out once all rows are known. Columns without any value are left
//! out.

use std::io::Write;

use serde_json::Value;

use super::RowWriter;
use super::heading::{ExportHeading, time_text};
use crate::output::OutputFile;
use crate::store::column::CellValue;
use crate::typeset::TableFormat;

/// A table that collects its rows.
pub(super) struct TypesetRows<'f> {
    file: &'f mut OutputFile,
    format: TableFormat,
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl<'f> TypesetRows<'f> {
    pub(super) fn new(
        file: &'f mut OutputFile,
        headings: &[ExportHeading<'_>],
        format: TableFormat,
    ) -> Self {
        let header = headings.iter().map(|heading| heading.name().into_owned()).collect();
        Self { file, format, header, rows: Vec::new() }
    }
}

impl RowWriter for TypesetRows<'_> {
    fn write(&mut self, cells: &[CellValue<'_>]) -> std::io::Result<()> {
        let text = |cell: &CellValue<'_>| match cell {
            CellValue::Empty => String::new(),
            CellValue::Text(text) => text.clone().into_owned(),
            CellValue::Whole(number) => number.to_string(),
            CellValue::Real(number) => Value::from(*number).to_string(),
            CellValue::Time(time) => time_text(*time),
        };
        self.rows.push(cells.iter().map(text).collect());
        Ok(())
    }

    fn finish(self: Box<Self>) -> std::io::Result<()> {
        let Self { file, format, header, rows } = *self;
        let is_used =
            |column: &usize| rows.is_empty() || rows.iter().any(|row| !row[*column].is_empty());
        let used: Vec<usize> = (0..header.len()).filter(is_used).collect();
        let part = |row: &Vec<String>| -> Vec<String> {
            used.iter().map(|&column| row[column].clone()).collect()
        };
        let body: Vec<Vec<String>> = rows.iter().map(part).collect();
        file.write_all(format.table(&part(&header), &body).as_bytes())
    }
}
