//! The program: a desktop application, or with `--batch` a headless tool.

use std::process::ExitCode;

fn main() -> ExitCode {
    untrained::cli::main(std::env::args_os().collect())
}
