//! Parquet, written by the column writers of the `parquet` crate. Every column may be empty. Rows are
//! collected in groups and compressed with Snappy, which every reader supports.

use std::sync::Arc;

use ::parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical};
use ::parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use ::parquet::errors::ParquetError;
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use ::parquet::schema::types::Type;

use super::RowWriter;
use super::heading::ExportHeading;
use crate::output::OutputFile;
use crate::store::column::{CellValue, ColumnType};

/// Rows of one group: some 20 MB in memory.
const ROWS_PER_GROUP: usize = 1 << 16;

/// A Parquet file.
pub(super) struct ParquetRows<'f> {
    writer: SerializedFileWriter<&'f mut OutputFile>,
    columns: Vec<ColumnBuffer>,
    rows: usize,
}

/// The values of a column that wait for their group to be full; a level of 0 is an empty cell.
struct ColumnBuffer {
    levels: Vec<i16>,
    values: ColumnValues,
}

enum ColumnValues {
    Text(Vec<ByteArray>),
    Whole(Vec<i64>),
    Real(Vec<f64>),
}

impl ColumnBuffer {
    fn new(column_type: ColumnType) -> Self {
        let values = match column_type {
            ColumnType::Text => ColumnValues::Text(Vec::new()),
            ColumnType::Whole | ColumnType::Unsigned | ColumnType::Time => {
                ColumnValues::Whole(Vec::new())
            }
            ColumnType::Real => ColumnValues::Real(Vec::new()),
        };
        Self { levels: Vec::new(), values }
    }

    fn push(&mut self, cell: &CellValue<'_>) {
        let level = match (&mut self.values, cell) {
            (ColumnValues::Text(values), CellValue::Text(text)) => {
                // Columns that repeat one text share it.
                let same = values.last().filter(|last| last.data() == text.as_bytes()).cloned();
                values.push(same.unwrap_or_else(|| ByteArray::from(text.as_ref())));
                1
            }
            (ColumnValues::Whole(values), CellValue::Whole(number)) => {
                values.push(*number as i64);
                1
            }
            (ColumnValues::Whole(values), CellValue::Time(time)) => {
                values.push(*time);
                1
            }
            (ColumnValues::Real(values), CellValue::Real(number)) => {
                values.push(*number);
                1
            }
            _ => 0,
        };
        self.levels.push(level);
    }

    fn write(&mut self, column: &mut SerializedColumnWriter<'_>) -> Result<(), ParquetError> {
        let levels = Some(self.levels.as_slice());
        match &mut self.values {
            ColumnValues::Text(values) => {
                column.typed::<ByteArrayType>().write_batch(values, levels, None)?;
                values.clear();
            }
            ColumnValues::Whole(values) => {
                column.typed::<Int64Type>().write_batch(values, levels, None)?;
                values.clear();
            }
            ColumnValues::Real(values) => {
                column.typed::<DoubleType>().write_batch(values, levels, None)?;
                values.clear();
            }
        }
        self.levels.clear();
        Ok(())
    }
}

impl<'f> ParquetRows<'f> {
    pub(super) fn new(
        file: &'f mut OutputFile,
        headings: &[ExportHeading<'_>],
    ) -> std::io::Result<Self> {
        let fields: Result<_, ParquetError> = headings.iter().map(field).collect();
        let schema = fields
            .and_then(|fields| Type::group_type_builder("result").with_fields(fields).build())?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_created_by(format!("untrained version {}", env!("CARGO_PKG_VERSION")))
            .build();
        let writer = SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties))?;
        let columns =
            headings.iter().map(|heading| ColumnBuffer::new(heading.column_type())).collect();
        Ok(Self { writer, columns, rows: 0 })
    }

    fn write_group(&mut self) -> Result<(), ParquetError> {
        let mut group = self.writer.next_row_group()?;
        for collected in &mut self.columns {
            if let Some(mut column) = group.next_column()? {
                collected.write(&mut column)?;
                column.close()?;
            }
        }
        group.close()?;
        self.rows = 0;
        Ok(())
    }
}

/// A column's entry in the schema.
fn field(heading: &ExportHeading<'_>) -> Result<Arc<Type>, ParquetError> {
    let (physical, logical) = match heading.column_type() {
        ColumnType::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        ColumnType::Whole => (Physical::INT64, Some(LogicalType::integer(64, true))),
        ColumnType::Unsigned => (Physical::INT64, Some(LogicalType::integer(64, false))),
        ColumnType::Real => (Physical::DOUBLE, None),
        ColumnType::Time => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MILLIS))),
    };
    let name = heading.name();
    let field = Type::primitive_type_builder(&name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical);
    field.build().map(Arc::new)
}

impl RowWriter for ParquetRows<'_> {
    fn write(&mut self, cells: &[CellValue<'_>]) -> std::io::Result<()> {
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            column.push(cell);
        }
        self.rows += 1;
        if self.rows == ROWS_PER_GROUP {
            self.write_group()?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> std::io::Result<()> {
        if self.rows > 0 {
            self.write_group()?;
        }
        self.writer.finish()?;
        Ok(())
    }
}
