//! `devices`: the devices that can be chosen.

use super::{Exit, show};
use untrained::backend::Backend;
use untrained::backend::cpu::CpuBackend;

/// What marks the device that `--device auto` takes.
const AUTO: &str = "  <- auto";

/// Runs the verb.
pub fn run() -> anyhow::Result<Exit> {
    let cpu = CpuBackend::new()?;
    let info = cpu.info();
    let (adapters, taken) = adapters();
    let mark = if taken { "" } else { AUTO };
    let mut text =
        format!("cpu: {}{mark}\n  native code, {}, {}\n", info.name, info.api, info.driver);
    text.push_str(&adapters);
    show(&text)?;
    Ok(Exit::Done)
}

/// The adapters as text, and whether `auto` selects one of them.
#[cfg(feature = "gpu")]
fn adapters() -> (String, bool) {
    use untrained::backend::gpu::{AdapterSummary, adapters};
    let all = adapters();
    let automatic = all.iter().position(AdapterSummary::is_automatic);
    let mut text = String::new();
    for (index, adapter) in all.iter().enumerate() {
        let mark = if automatic == Some(index) { AUTO } else { "" };
        let device = &adapter.device;
        text.push_str(&format!("{}: {}, {}{mark}\n", device.name, device.kind, device.api));
        text.push_str(&format!("  driver {}\n", device.driver));
        text.push_str(&format!(
            "  storage binding {} MiB, buffer {} MiB, workgroup memory {} KiB, {} invocations\n",
            adapter.max_storage_binding_bytes >> 20,
            adapter.max_buffer_bytes >> 20,
            adapter.workgroup_memory_bytes >> 10,
            adapter.max_invocations
        ));
        if adapter.software {
            text.push_str("  software adapter, for testing: used only if named\n");
        }
        if let Some(why) = &adapter.unusable {
            text.push_str(&format!("  cannot be used: {why}\n"));
        }
    }
    if all.is_empty() {
        text.push_str("no GPU adapter found\n");
    }
    (text, automatic.is_some())
}

/// Without the feature `gpu` there are none.
#[cfg(not(feature = "gpu"))]
fn adapters() -> (String, bool) {
    ("built without the feature `gpu`: no adapters\n".to_owned(), false)
}
