//! Everything that turns a network and a batch into a kernel matrix.

use untrained::backend::{Cancel, Network};
use untrained::data::Batch;
use untrained::graph::Graph;
use untrained::plan::{Count, Plan};
use untrained::score::KernelMatrix;
use untrained::weights::Weights;

use super::devices::{self, Device};
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
        Ok(reference::evaluate(graph, weights, batch).kernel(graph, weights, count))
    });
    let mut runners = vec![Runner { name: "reference".to_owned(), run: reference }];
    for device in devices::all() {
        runners.push(Runner { name: device.name.clone(), run: on_device(device) });
    }
    runners
}

fn on_device(mut device: Device) -> Run {
    Box::new(move |graph, weights, batch, count| {
        let plan = Plan::new(graph, weights, count).map_err(|error| error.to_string())?;
        let network = Network { plan: &plan, weights };
        let mut results = device.backend().run(&[network], batch, false, &Cancel::new());
        let output = results.pop().ok_or("the backend gave no result")?;
        let output = output.map_err(|error| error.to_string())?;
        output.kernel.ok_or_else(|| "the backend gave no kernel matrix".to_owned())
    })
}
