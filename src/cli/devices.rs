//! `devices`: what can be chosen.

use std::io::Write;

use super::Exit;
use crate::backend::Backend;
use crate::backend::cpu::CpuBackend;

/// Runs the verb.
pub fn run() -> anyhow::Result<Exit> {
    let cpu = CpuBackend::new()?;
    let info = cpu.info();
    let mut text = String::new();
    let adapters = adapters();
    let best = adapters.iter().position(|adapter| adapter.best);
    let auto = |yes: bool| if yes { "  <- auto" } else { "" };
    text.push_str(&format!("cpu: {}{}\n", info.name, auto(best.is_none())));
    text.push_str(&format!("  native code, {}, {}\n", info.api, info.driver));
    for adapter in &adapters {
        text.push_str(&format!("{}{}\n{}", adapter.name, auto(adapter.best), adapter.details));
    }
    if adapters.is_empty() {
        text.push_str("no GPU adapter found\n");
    }
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(Exit::Done)
}

struct Listed {
    name: String,
    details: String,
    best: bool,
}

#[cfg(feature = "gpu")]
fn adapters() -> Vec<Listed> {
    Vec::new()
}

#[cfg(not(feature = "gpu"))]
fn adapters() -> Vec<Listed> {
    Vec::new()
}
