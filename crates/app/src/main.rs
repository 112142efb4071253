//! The program: a desktop application or, with `--batch`, a command-line tool.

// Windows opens a console for every other program, also beside its window.
#![cfg_attr(all(windows, feature = "gui"), windows_subsystem = "windows")]

#[cfg(all(windows, feature = "gui"))]
mod console;

use std::process::ExitCode;

fn main() -> ExitCode {
    #[cfg(all(windows, feature = "gui"))]
    console::attach();
    let arguments: Vec<std::ffi::OsString> = std::env::args_os().collect();
    #[cfg(feature = "gui")]
    if let Some(open) = untrained_cli::window(&arguments) {
        let start = untrained_gui::StartOptions {
            open,
            command_line: Some(untrained_cli::job_command_line),
            ..Default::default()
        };
        return untrained_cli::after_window(untrained_gui::run(start));
    }
    untrained_cli::main(arguments)
}
