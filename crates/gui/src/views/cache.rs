//! Data that views keep between frames.

use super::detail::DetailCache;
use super::network::NetworkCache;
use super::parallel::ParallelView;
use super::scatter::ScatterView;

/// What views keep between frames: nothing that a model needs.
#[derive(Default)]
pub struct ViewCache {
    /// The scatter.
    pub scatter: ScatterView,
    /// The parallel coordinates.
    pub parallel: ParallelView,
    /// Whether the table is to scroll to the chosen row.
    pub scroll: bool,
    /// The network.
    pub network: NetworkCache,
    /// Kernel matrices as textures, and ranks.
    pub details: DetailCache,
}
