//! The choice of the device for a run.

use super::cpu::CpuBackend;
use super::{Backend, BackendError};

/// Opens a device: `auto`, `cpu`, `gpu` or part of an adapter's name. Also returns a warning for the
/// user, if there is one.
///
/// `auto` selects the best hardware adapter (discrete before integrated), or the native backend if
/// there is none. A software adapter is used only if it is named.
///
/// # Errors
///
/// [`BackendError::NoDevice`] with what there is, or the device's own error.
pub fn open(choice: &str) -> Result<(Box<dyn Backend>, Option<String>), BackendError> {
    match choice {
        "cpu" => Ok((Box::new(CpuBackend::new()?), None)),
        "auto" => open_auto(),
        _ => open_gpu(choice),
    }
}

#[cfg(feature = "gpu")]
fn open_auto() -> Result<(Box<dyn Backend>, Option<String>), BackendError> {
    use super::gpu::{AdapterChoice, AdapterSummary, GpuBackend, adapters};
    if !adapters().iter().any(AdapterSummary::is_automatic) {
        return Ok((Box::new(CpuBackend::new()?), None));
    }
    match GpuBackend::new(&AdapterChoice::BestHardware) {
        Ok(backend) => Ok((Box::new(backend), None)),
        Err(error) => {
            let warning = format!("the GPU cannot be used ({error}); using the CPU instead");
            Ok((Box::new(CpuBackend::new()?), Some(warning)))
        }
    }
}

#[cfg(not(feature = "gpu"))]
fn open_auto() -> Result<(Box<dyn Backend>, Option<String>), BackendError> {
    Ok((Box::new(CpuBackend::new()?), None))
}

#[cfg(feature = "gpu")]
fn open_gpu(choice: &str) -> Result<(Box<dyn Backend>, Option<String>), BackendError> {
    use super::gpu::{AdapterChoice, GpuBackend};
    let choice = match choice {
        "gpu" => AdapterChoice::BestHardware,
        name => AdapterChoice::Named(name.to_owned()),
    };
    Ok((Box::new(GpuBackend::new(&choice)?), None))
}

#[cfg(not(feature = "gpu"))]
fn open_gpu(choice: &str) -> Result<(Box<dyn Backend>, Option<String>), BackendError> {
    Err(BackendError::NoDevice(format!(
        "no device `{choice}`: this program was built without the feature `gpu`; use the device `cpu`"
    )))
}
