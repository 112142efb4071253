//! ONNX models in the window: set up from a job file or by dropping the file, scored, and looked into.

use egui_kittest::kittest::Queryable;

use crate::support::{Window, shared, shows};

/// A job file with a model of the cases.
fn job(folder: &std::path::Path, case: &str, options: &str) -> Option<String> {
    let case = shared(&format!("cases/{case}"))?;
    let text = format!(
        "[options]\ndevice = \"cpu\"\nbatch-size = 16\nimages = \"npy:{}\"\n[task.onnx]\npath = \"{}\"\n{options}",
        case.join("x.npy").display(),
        case.join("m.onnx").display(),
    );
    let path = folder.join("job.toml");
    std::fs::write(&path, text).unwrap();
    Some(path.to_string_lossy().into_owned())
}

// From the job file to the kernel matrix; what the score is not is told on the way.
#[test]
fn a_model_is_scored_from_a_job_file_to_its_kernel_matrix() {
    let folder = tempfile::tempdir().unwrap();
    let Some(job) = job(folder.path(), "bn-eval-silent", "") else { return };
    let mut window = Window::in_folder(folder, Some(&job), [1280.0, 1400.0]);
    window.see("Score a model");
    window.see("Batch-norm statistics");
    window.press("Start search");
    window.see("Done");
    window.see("11 folded into convolutions");
    window.see("the score of the paper uses the statistics of the mini-batch");
    window.press("Results");
    window.see("1 of 1 rows");
    window.harness.query_all_by_label_contains("bn-eval-silent/m.onnx").last().unwrap().click();
    window.see("Batch-norm: 11 folded into convolutions");
    window.see("`renormalise` puts batch-norm back");
    window.press("Compute kernel matrix");
    window.see("Eigenvalues of K");
    // The operations of a space do not belong to a model.
    assert!(!shows(&window.harness, "skip_connect"));
    assert!(!shows(&window.harness, "failed"));
}

// The choice of the form is that of the job.
#[test]
fn batch_norm_is_put_back_by_a_box() {
    let folder = tempfile::tempdir().unwrap();
    let Some(job) = job(folder.path(), "bn-eval-silent", "") else { return };
    let mut window = Window::in_folder(folder, Some(&job), [1280.0, 1400.0]);
    window.see("Score a model");
    window.see("Renormalise");
    // The box comes behind its label.
    window.harness.query_all_by_label("Renormalise").last().unwrap().click();
    window.harness.run_steps(3);
    window.press("Start search");
    window.see("Done");
    window.see("11 layers with the statistics of the mini-batch");
}
