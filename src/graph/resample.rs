//! Weighted sums of positions along one axis: interpolation, padding, flips and picks of any kind.

use std::sync::Arc;

use super::{Axis, Shape};

/// For every position of a result the positions of the input that it sums, each with a factor.
#[derive(Clone, Debug, PartialEq)]
pub struct TapTable {
    /// Positions that every position of the result sums, at least 1.
    taps: usize,
    /// `[result][tap]`: positions of the input.
    positions: Vec<u32>,
    /// `[result][tap]`: their factors; a factor of 0 reads nothing.
    factors: Vec<f32>,
}

impl TapTable {
    /// A table from the taps of each position of the result; those with fewer than others get factors
    /// of 0. `None` if there is no position.
    pub fn new(rows: &[Vec<(usize, f32)>]) -> Option<Self> {
        let taps = rows.iter().map(Vec::len).max()?.max(1);
        let (mut positions, mut factors) = (Vec::new(), Vec::new());
        for row in rows {
            for tap in 0..taps {
                let (position, factor) = row.get(tap).copied().unwrap_or((0, 0.0));
                positions.push(u32::try_from(position).ok()?);
                factors.push(factor);
            }
        }
        Some(Self { taps, positions, factors })
    }

    /// A table that copies the positions of a list.
    pub fn picks(positions: &[usize]) -> Option<Self> {
        Self::new(&positions.iter().map(|&position| vec![(position, 1.0)]).collect::<Vec<_>>())
    }

    /// Positions of the result.
    pub fn extent(&self) -> usize {
        self.positions.len() / self.taps
    }

    /// Positions that each position of the result sums.
    pub fn taps(&self) -> usize {
        self.taps
    }

    /// What one position of the result sums: positions of the input and factors.
    pub fn of(&self, position: usize) -> impl Iterator<Item = (usize, f32)> + '_ {
        let range = position * self.taps..(position + 1) * self.taps;
        let positions = self.positions[range.clone()].iter().map(|&position| position as usize);
        positions.zip(self.factors[range].iter().copied())
    }

    /// One more than the largest position that is read.
    pub fn reach(&self) -> usize {
        self.positions.iter().map(|&position| position as usize + 1).max().unwrap_or(0)
    }
}

/// Positions are exact in single precision.
const MAX_REACH: usize = 1 << 24;

/// Which table of a [`super::Graph`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TableId(pub u32);

/// Weighted sums of positions along one axis, by a table of the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Resample {
    /// The axis.
    pub axis: Axis,
    /// The table.
    pub table: TableId,
}

impl Resample {
    /// The shape of the result, or why the input is too small.
    pub(super) fn output_shape(
        self,
        input: Shape,
        tables: &[Arc<TapTable>],
    ) -> Result<Shape, String> {
        let table = tables.get(self.table.0 as usize).ok_or("names a table that is not there")?;
        let mut extents = [input.channels, input.height, input.width];
        let extent = &mut extents[self.axis.index()];
        if table.reach() > MAX_REACH {
            return Err(format!("reads position {}; supported: {MAX_REACH}", table.reach()));
        }
        if table.reach() > *extent {
            return Err(format!(
                "reads position {} of {} of {input}",
                table.reach(),
                self.axis.name()
            ));
        }
        *extent = table.extent();
        let [channels, height, width] = extents;
        Ok(Shape::new(channels, height, width))
    }
}
