//! Results as columns of numbers, with filters, brushes, orders, selections, Pareto fronts and
//! histograms. Nothing here depends on a window.

mod area;
mod brush;
mod decisions;
mod filter;
mod histogram;
mod numbers;
mod order;
mod pareto;
#[cfg(test)]
pub mod samples;
mod selection;
mod table;

pub use area::SelectionArea;
pub use brush::{AxisBrush, AxisBrushes, ResultAxis};
pub use decisions::{DecisionColumn, DecisionTable, NO_VALUE};
pub use filter::{RowFilter, RowTest};
pub use histogram::ValueHistogram;
pub use numbers::{MEASURED, Measured, NUMBERS};
pub use order::{RowQuery, RowSort, SortBy, extend, order};
pub use pareto::{ColumnGoal, front, front_of};
pub use selection::RowSelection;
pub use table::ResultTable;
