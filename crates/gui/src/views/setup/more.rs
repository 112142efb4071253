//! Options that are seldom changed.

use egui::Ui;

use super::{OptionForm, optional, typed};
use crate::state::AppState;
use untrained::job::Task;

/// Shows their rows.
pub fn show(ui: &mut Ui, state: &mut AppState, form: &OptionForm<'_>) {
    let is_model = matches!(state.job.task, Task::Onnx { .. });
    let options = &mut state.job.options;
    let about = "pytorch-default, kaiming-fan-out, kaiming-normal, xavier-normal, orthogonal, \
                 uniform:A or normal:S";
    form.row(ui, "Law of the weights", "initialisation", about, |ui| {
        optional(ui, "initialisation", (&mut options.initialisation, "the space's"))
    });
    if !is_model {
        form.row(ui, "Image shape", "input", "Channels, height, width: CxHxW", |ui| {
            optional(ui, "input", (&mut options.input, "the space's"))
        });
        form.row(ui, "Classes", "classes", "Outputs of the classifier", |ui| {
            optional(ui, "classes", (&mut options.classes, "the space's"))
        });
        let about = "Values in the place of those of the space's file, separated by spaces: \
                     skeleton.cells=1 skeleton.channels=8";
        form.row(ui, "Replaced values", "set", about, |ui| {
            typed(
                ui,
                "set",
                (&mut options.set, "none"),
                |list| list.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
                |text| text.split_whitespace().map(str::parse).collect(),
            )
        });
    }
    let about = "Subtracted from pixels from 0 to 1, a value per channel: 0.5,0.5,0.5";
    form.row(ui, "Mean", "mean", about, |ui| list(ui, "mean", &mut options.mean));
    let about = "By which they are then divided, likewise";
    form.row(ui, "Deviation", "std", about, |ui| list(ui, "std", &mut options.std));
    let about = "imagenet16 only: use images of the first so many classes";
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
    typed(ui, id, (value, "the source's"), write, read)
}
