//! Results as columns of numbers, and what is asked of them: filters, brushes, orders, selections,
//! Pareto fronts, histograms. Nothing here knows of windows.

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
pub use numbers::NUMBERS;
pub use order::{RowQuery, RowSort, SortBy, extend, order};
pub use pareto::{ColumnGoal, front};
pub use selection::RowSelection;
pub use table::ResultTable;
