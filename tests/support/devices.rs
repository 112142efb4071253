//! Every way to run plans on this machine: each instruction set of the native backend and, with the
//! feature `gpu`, each convolution kernel of the WGSL backend.

use untrained::backend::cpu::CpuBackend;
use untrained::backend::cpu::simd::Isa;
#[cfg(feature = "gpu")]
use untrained::backend::gpu::{AdapterChoice, ConvVariant, GpuBackend};
use untrained::backend::{Backend, BackendError, Cancel, Network, RunOutput};
use untrained::data::Batch;
use untrained::plan::TensorId;

/// Names the adapter the tests run on.
#[cfg(feature = "gpu")]
const ADAPTER_VARIABLE: &str = "UNTRAINED_TEST_ADAPTER";

/// Threads of the native backend: more than one, so that tests see races.
const THREADS: usize = 2;

/// A backend with the name that messages show.
pub struct Device {
    /// Its name.
    pub name: String,
    kind: Kind,
}

enum Kind {
    Cpu(Box<CpuBackend>),
    #[cfg(feature = "gpu")]
    Gpu(Box<GpuBackend>),
}

impl Device {
    /// The native backend with a number of threads and an instruction set.
    pub fn native(threads: usize, isa: Isa) -> Self {
        let backend = CpuBackend::with(threads, isa).unwrap();
        Self { name: format!("cpu {}", isa.name()), kind: Kind::Cpu(Box::new(backend)) }
    }

    /// Whether it computes by WGSL's rules, which allow a division 2.5 units in the last place.
    pub fn divides_by_wgsl(&self) -> bool {
        !matches!(self.kind, Kind::Cpu(_))
    }

    /// The backend.
    pub fn backend(&mut self) -> &mut dyn Backend {
        match &mut self.kind {
            Kind::Cpu(backend) => backend.as_mut(),
            #[cfg(feature = "gpu")]
            Kind::Gpu(backend) => backend.as_mut(),
        }
    }

    /// Runs one network; also returns its codes and the values `[n, c, h, w]` of some tensors.
    pub fn run_traced(
        &mut self,
        network: Network<'_>,
        batch: &Batch,
        tensors: &[TensorId],
    ) -> Result<(RunOutput, Vec<Vec<f32>>), BackendError> {
        match &mut self.kind {
            Kind::Cpu(backend) => backend.run_traced(network, batch, tensors),
            #[cfg(feature = "gpu")]
            Kind::Gpu(backend) => backend
                .run_traced(network, batch, tensors, true, &Cancel::new())
                .map(|traced| (traced.output, traced.tensors)),
        }
    }
}

/// All devices of this machine. Without an adapter the GPU is skipped, which is said; in CI that is a
/// failure.
pub fn all() -> Vec<Device> {
    let mut devices: Vec<Device> =
        Isa::available().map(|isa| Device::native(THREADS, isa)).collect();
    devices.extend(gpus());
    devices
}

/// The WGSL backend with each of its convolution kernels; none without an adapter.
#[cfg(feature = "gpu")]
pub fn gpus() -> Vec<Device> {
    [ConvVariant::Registers, ConvVariant::Tiled]
        .into_iter()
        .filter_map(|variant| {
            let mut backend = gpu()?;
            backend.set_conv_variant(variant);
            Some(Device { name: format!("gpu {variant:?}"), kind: Kind::Gpu(Box::new(backend)) })
        })
        .collect()
}

/// Without the feature `gpu`, none.
#[cfg(not(feature = "gpu"))]
pub fn gpus() -> Vec<Device> {
    Vec::new()
}

/// The name of the adapter that the tests run on, llvmpipe unless another one is named.
pub fn adapter() -> String {
    std::env::var(ADAPTER_VARIABLE).unwrap_or_else(|_| "llvmpipe".to_owned())
}

/// That adapter.
#[cfg(feature = "gpu")]
pub fn gpu() -> Option<GpuBackend> {
    match GpuBackend::new(&AdapterChoice::Named(adapter())) {
        Ok(backend) => Some(backend),
        Err(error) => {
            super::data::skip(&format!("no GPU adapter: {error}"));
            None
        }
    }
}
