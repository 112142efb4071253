//! Values and rows of any engine.

use std::borrow::Cow;

use super::{EngineError, EngineResult};

/// A value of a parameter or a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'v> {
    Null,
    Whole(i64),
    Real(f64),
    Text(Cow<'v, str>),
    Bytes(Cow<'v, [u8]>),
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Whole(value)
    }
}

impl From<u32> for Value<'_> {
    fn from(value: u32) -> Self {
        Self::Whole(value.into())
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self::Whole(value.into())
    }
}

impl From<f64> for Value<'_> {
    /// What is not a number is nothing, as SQLite has it.
    fn from(value: f64) -> Self {
        if value.is_nan() { Self::Null } else { Self::Real(value) }
    }
}

impl<'v> From<&'v str> for Value<'v> {
    fn from(text: &'v str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl<'v> From<&'v String> for Value<'v> {
    fn from(text: &'v String) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl<'v, T: Into<Self>> From<Option<T>> for Value<'v> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, T::into)
    }
}

/// A row that is being read.
pub enum Row<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    #[cfg(feature = "postgres")]
    Postgres(&'r postgres::Row),
}

impl Row<'_> {
    /// The value of a column, by its place.
    pub fn get<T: FromValue>(&self, column: usize) -> EngineResult<T> {
        let value = match self {
            Self::Sqlite(row) => super::sqlite::value(row, column)?,
            #[cfg(feature = "postgres")]
            Self::Postgres(row) => super::postgres::value(row, column)?,
        };
        T::from_value(value).map_err(|found| malformed(column, found))
    }
}

/// What a column holds is not what belongs there.
pub fn malformed(
    column: usize,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> EngineError {
    EngineError::Malformed { column, source: source.into() }
}

/// What a value can be read as; the error says what it is instead.
pub trait FromValue: Sized {
    fn from_value(value: Value<'_>) -> Result<Self, String>;
}

fn unexpected<T>(wanted: &str, value: &Value<'_>) -> Result<T, String> {
    Err(match value {
        Value::Null => format!("nothing in place of {wanted}"),
        Value::Whole(number) => format!("{number} in place of {wanted}"),
        Value::Real(number) => format!("{number} in place of {wanted}"),
        Value::Text(text) => format!("`{text}` in place of {wanted}"),
        Value::Bytes(bytes) => format!("{} bytes in place of {wanted}", bytes.len()),
    })
}

impl FromValue for i64 {
    fn from_value(value: Value<'_>) -> Result<Self, String> {
        match value {
            Value::Whole(number) => Ok(number),
            other => unexpected("a whole number", &other),
        }
    }
}

impl FromValue for u32 {
    fn from_value(value: Value<'_>) -> Result<Self, String> {
        let number = i64::from_value(value)?;
        number.try_into().map_err(|_| format!("{number} is out of range"))
    }
}

impl FromValue for bool {
    fn from_value(value: Value<'_>) -> Result<Self, String> {
        i64::from_value(value).map(|number| number != 0)
    }
}

impl FromValue for f64 {
    fn from_value(value: Value<'_>) -> Result<Self, String> {
        match value {
            Value::Real(number) => Ok(number),
            Value::Whole(number) => Ok(number as Self),
            other => unexpected("a number", &other),
        }
    }
}

impl FromValue for String {
    fn from_value(value: Value<'_>) -> Result<Self, String> {
        match value {
            Value::Text(text) => Ok(text.into_owned()),
            other => unexpected("a text", &other),
        }
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value<'_>) -> Result<Self, String> {
        match value {
            Value::Null => Ok(None),
            other => T::from_value(other).map(Some),
        }
    }
}

impl FromValue for [u8; 16] {
    fn from_value(value: Value<'_>) -> Result<Self, String> {
        match &value {
            Value::Bytes(bytes) => {
                <[u8; 16]>::try_from(&**bytes).or_else(|_| unexpected("16 bytes", &value))
            }
            other => unexpected("16 bytes", other),
        }
    }
}
