//! The shape of a tensor for one image.

use std::fmt;

/// The shape `[channels, height, width]` of a tensor for one image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    /// Number of channels.
    pub channels: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

impl Shape {
    /// A shape from its three extents.
    pub const fn new(channels: usize, height: usize, width: usize) -> Self {
        Self { channels, height, width }
    }

    /// Values in one channel.
    pub const fn plane(self) -> usize {
        self.height * self.width
    }

    /// Values in one image.
    pub const fn volume(self) -> usize {
        self.channels * self.height * self.width
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}x{}x{}", self.channels, self.height, self.width)
    }
}

/// A text that is not a shape.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a shape: write channels, height and width as in 3x32x32")]
pub struct ShapeError(String);

impl std::str::FromStr for Shape {
    type Err = ShapeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ShapeError(text.to_owned());
        let extents: Vec<usize> = text
            .split(['x', 'X'])
            .map(|extent| extent.parse().ok().filter(|&extent| extent > 0))
            .collect::<Option<_>>()
            .ok_or_else(error)?;
        match extents[..] {
            [channels, height, width] => Ok(Self { channels, height, width }),
            _ => Err(error()),
        }
    }
}

impl serde::Serialize for Shape {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Shape {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_read_as_they_are_written() {
        let shape = Shape::new(3, 32, 48);
        assert_eq!(shape.to_string().parse(), Ok(shape));
        for wrong in
            ["", "3x32", "3x32x32x1", "3x0x32", "3x-1x2", "axbxc", "3x99999999999999999999x1"]
        {
            assert_eq!(wrong.parse::<Shape>(), Err(ShapeError(wrong.to_owned())));
        }
    }
}
