//! The devices that can score.

use untrained::backend::{Backend, cpu::CpuBackend};
use untrained::job::chain;

/// The devices by name; the one that `auto` takes comes first.
pub fn device_names() -> Vec<String> {
    let cpu = CpuBackend::new().map(|cpu| cpu.info().name.clone());
    let cpu = format!("cpu: {}", cpu.unwrap_or_else(|error| chain(&error)));
    let mut names = adapters();
    let at = usize::from(names.first().is_some_and(|(_, automatic)| *automatic));
    names.insert(at, (cpu, false));
    names.into_iter().map(|(name, _)| name).collect()
}

#[cfg(feature = "gpu")]
fn adapters() -> Vec<(String, bool)> {
    let all = untrained::backend::gpu::adapters();
    let usable = all.into_iter().filter(|adapter| adapter.unusable.is_none());
    usable.map(|adapter| (adapter.device.name.clone(), adapter.is_automatic())).collect()
}

#[cfg(not(feature = "gpu"))]
fn adapters() -> Vec<(String, bool)> {
    Vec::new()
}
