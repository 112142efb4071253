//! The program: a desktop application, or with `--batch` a headless tool.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<std::ffi::OsString> = std::env::args_os().collect();
    #[cfg(feature = "gui")]
    if let Some(open) = untrained::gui::opens(&arguments[1..]) {
        return untrained::gui::main(open);
    }
    untrained::cli::main(arguments)
}
