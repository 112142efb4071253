//! CSV and JSON Lines.

use std::io::{BufWriter, Write};

use serde_json::Value;

use super::RowWriter;
use super::heading::{ExportHeading, time_text};
use crate::format::spreadsheet_text;
use crate::output::OutputFile;
use crate::store::column::CellValue;

/// Bytes that are collected before they go to the system.
const BUFFER: usize = 1 << 16;

/// A CSV file with a header.
pub(super) struct CsvRows<'f>(csv::Writer<&'f mut OutputFile>);

impl<'f> CsvRows<'f> {
    pub(super) fn new(
        file: &'f mut OutputFile,
        headings: &[ExportHeading<'_>],
    ) -> std::io::Result<Self> {
        let mut writer = csv::WriterBuilder::new().buffer_capacity(BUFFER).from_writer(file);
        writer.write_record(headings.iter().map(|heading| heading.name().into_owned()))?;
        Ok(Self(writer))
    }
}

impl RowWriter for CsvRows<'_> {
    fn write(&mut self, cells: &[CellValue<'_>]) -> std::io::Result<()> {
        for cell in cells {
            match cell {
                CellValue::Empty => self.0.write_field("")?,
                CellValue::Text(text) => self.0.write_field(spreadsheet_text(text).as_bytes())?,
                CellValue::Whole(number) => self.0.write_field(number.to_string())?,
                CellValue::Real(number) => self.0.write_field(Value::from(*number).to_string())?,
                CellValue::Time(time) => self.0.write_field(time_text(*time))?,
            }
        }
        self.0.write_record(None::<&[u8]>)?;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> std::io::Result<()> {
        self.0.flush()
    }
}

/// A JSON object per line.
pub(super) struct JsonRows<'f> {
    file: BufWriter<&'f mut OutputFile>,
    /// The names as JSON, each with what stands before its value.
    names: Vec<String>,
    /// Where the members of the object `scores` begin.
    scores: usize,
}

impl<'f> JsonRows<'f> {
    pub(super) fn new(file: &'f mut OutputFile, headings: &[ExportHeading<'_>]) -> Self {
        let listed =
            headings.iter().filter(|heading| matches!(heading, ExportHeading::Listed(_))).count();
        let name = |(at, heading): (usize, &ExportHeading<'_>)| {
            let comma = if at == 0 || at == listed { "" } else { "," };
            let opening = if at == listed { ",\"scores\":{" } else { "" };
            let name = match heading {
                ExportHeading::Listed(column) => column.name,
                ExportHeading::Score(name) => name,
            };
            format!("{opening}{comma}{}:", Value::from(name))
        };
        let names = headings.iter().enumerate().map(name).collect();
        Self { file: BufWriter::with_capacity(BUFFER, file), names, scores: listed }
    }
}

impl RowWriter for JsonRows<'_> {
    fn write(&mut self, cells: &[CellValue<'_>]) -> std::io::Result<()> {
        self.file.write_all(b"{")?;
        for (name, cell) in self.names.iter().zip(cells) {
            self.file.write_all(name.as_bytes())?;
            match cell {
                CellValue::Empty => self.file.write_all(b"null")?,
                CellValue::Text(text) => serde_json::to_writer(&mut self.file, text)?,
                CellValue::Whole(number) => serde_json::to_writer(&mut self.file, number)?,
                CellValue::Real(number) => serde_json::to_writer(&mut self.file, number)?,
                CellValue::Time(time) => serde_json::to_writer(&mut self.file, &time_text(*time))?,
            }
        }
        let end: &[u8] = if cells.len() > self.scores { b"}}\n" } else { b"}\n" };
        self.file.write_all(end)
    }

    fn finish(mut self: Box<Self>) -> std::io::Result<()> {
        self.file.flush()
    }
}
