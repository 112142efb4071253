//! The program: a desktop application, or with `--batch` a headless tool.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<std::ffi::OsString> = std::env::args_os().collect();
    #[cfg(feature = "gui")]
    if let Some(open) = untrained::cli::window(&arguments) {
        let start = untrained::gui::Start { open, ..Default::default() };
        return untrained::cli::after_window(untrained::gui::run(start));
    }
    untrained::cli::main(arguments)
}
