//! The program: a desktop application or, with `--batch`, a command-line tool.

use std::process::ExitCode;

fn main() -> ExitCode {
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
