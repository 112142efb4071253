//! Everything that turns a network and a batch into a kernel matrix.

use untrained::data::Batch;
use untrained::graph::Graph;
use untrained::plan::Count;
use untrained::score::KernelMatrix;
use untrained::weights::Weights;

use super::reference;

/// Computes the kernel matrix of a network.
pub type Run = Box<dyn FnMut(&Graph, &Weights, &Batch, Count) -> Result<KernelMatrix, String>>;

/// A named way to compute kernel matrices.
pub struct Runner {
    /// Its name in messages.
    pub name: String,
    /// Computes one.
    pub run: Run,
}

/// All runners that work here, the reference first.
pub fn all() -> Vec<Runner> {
    let reference: Run = Box::new(|graph, weights, batch, count| {
        Ok(reference::evaluate(graph, weights, batch).kernel(graph, count))
    });
    vec![Runner { name: "reference".to_owned(), run: reference }]
}
