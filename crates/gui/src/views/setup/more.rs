//! Options that are seldom changed.

use egui::Ui;

use super::form::{OptionForm, SetupDraft, optional, typed};
use untrained::job::Task;

/// Shows their rows.
pub fn show(ui: &mut Ui, draft: &mut SetupDraft, form: &OptionForm<'_>) {
    let is_model = matches!(draft.job.task, Task::Onnx { .. });
    let options = &mut draft.job.options;
    let about = "pytorch-default, kaiming-fan-out, kaiming-normal, xavier-normal, orthogonal, \
                 uniform:A or normal:S";
    form.row(ui, "Weight initialisation", "initialisation", about, |ui| {
        optional(ui, "initialisation", (&mut options.initialisation, "Default (from space)"))
    });
    if !is_model {
        form.row(ui, "Image shape", "input", "Channels, height, width: CxHxW", |ui| {
            optional(ui, "input", (&mut options.input, "Default (from space)"))
        });
        form.row(ui, "Classes", "classes", "Outputs of the classifier", |ui| {
            optional(ui, "classes", (&mut options.classes, "Default (from space)"))
        });
        let about = "Values that override those of the space file, separated by spaces: \
                     skeleton.cells=1 skeleton.channels=8";
        form.row(ui, "Space overrides", "set", about, |ui| {
            typed(
                ui,
                "set",
                (&mut options.set, "none"),
                |list| list.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
                |text| text.split_whitespace().map(str::parse).collect(),
            )
        });
    }
    let about = "Per-channel mean, subtracted from pixels in 0 to 1: 0.5,0.5,0.5";
    form.row(ui, "Mean", "mean", about, |ui| list(ui, "mean", &mut options.mean));
    let about = "Per-channel standard deviation, by which they are then divided";
    form.row(ui, "Std", "std", about, |ui| list(ui, "std", &mut options.std));
    let about = "imagenet16 only: use images of the first N classes";
    form.row(ui, "Image classes", "image-classes", about, |ui| {
        optional(ui, "image-classes", (&mut options.image_classes, "120"))
    });
}

/// Numbers separated by commas.
fn list(ui: &mut Ui, id: &str, value: &mut Option<Vec<f64>>) -> egui::Response {
    let write = |list: &Option<Vec<f64>>| {
        let list = list.iter().flatten().map(ToString::to_string);
        list.collect::<Vec<_>>().join(",")
    };
    let read = |text: &str| match text {
        "" => Ok(None),
        text => {
            let number = |word: &str| {
                word.trim().parse().map_err(|_| format!("`{word}`: expected a number"))
            };
            text.split(',').map(number).collect::<Result<_, _>>().map(Some)
        }
    };
    typed(ui, id, (value, "Default (from dataset)"), write, read)
}
