//! The extension module of the Python package: classes and functions that call the core, and nothing that the
//! core can do itself. What needs other packages (numpy, torch, pandas) is Python, in `python/untrained`.
//!
//! Work runs on a thread of its own while the calling one waits without holding Python's lock; see `wait`.
#![deny(missing_docs)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::todo,
    clippy::unimplemented,
    clippy::dbg_macro,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::too_many_lines
)]

mod architecture;
mod arrays;
mod codes;
mod errors;
mod export;
mod job;
mod own;
mod record;
mod scorer;
mod search;
mod space;
mod studies;
mod wait;

use std::ffi::OsString;
use std::io::Write;

use pyo3::prelude::*;

/// The command line; returns the exit code.
#[pyfunction]
fn command_line(py: Python<'_>, arguments: Vec<OsString>) -> i32 {
    py.detach(|| {
        let exit = untrained_cli::run(arguments);
        // Python ends the process, and does not know of this buffer.
        let _ = std::io::stdout().flush();
        exit as i32
    })
}

/// The functions and classes of the package.
#[pymodule]
fn _untrained(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<space::PySpace>()?;
    module.add_class::<architecture::PyArchitecture>()?;
    module.add_class::<record::PyRecord>()?;
    module.add_class::<arrays::PyCodes>()?;
    module.add_class::<scorer::PyScorer>()?;
    module.add_class::<studies::PyStudy>()?;
    module.add_function(wrap_pyfunction!(command_line, module)?)?;
    module.add_function(wrap_pyfunction!(space::open_space, module)?)?;
    module.add_function(wrap_pyfunction!(space::space_ids, module)?)?;
    module.add_function(wrap_pyfunction!(codes::kernel_of_codes, module)?)?;
    module.add_function(wrap_pyfunction!(scorer::open_scorer, module)?)?;
    module.add_function(wrap_pyfunction!(search::run_search, module)?)?;
    module.add_function(wrap_pyfunction!(search::resume_search, module)?)?;
    module.add_function(wrap_pyfunction!(studies::list_studies, module)?)?;
    module.add_function(wrap_pyfunction!(studies::load_study, module)?)?;
    module.add_function(wrap_pyfunction!(job::option_names, module)?)?;
    module.add_function(wrap_pyfunction!(job::score_names, module)?)?;
    Ok(())
}
