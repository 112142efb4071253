//! Options that are seldom changed.

use egui::Ui;

use super::form::OptionForm;
use crate::setup::form_state::SetupDraft;
use untrained::data::ImageOrder;
use untrained::job::{JobOption, Task};

/// These options.
pub const OPTIONS: [JobOption; 12] = [
    JobOption::Initialisation,
    JobOption::Input,
    JobOption::Classes,
    JobOption::Set,
    JobOption::ArchitectureSeed,
    JobOption::ImageSeed,
    JobOption::WeightSeed,
    JobOption::Mean,
    JobOption::Std,
    JobOption::Scale,
    JobOption::ImageClasses,
    JobOption::ImageOrder,
];

/// Shows their rows.
pub fn show(ui: &mut Ui, draft: &mut SetupDraft, form: &OptionForm<'_>) {
    let is_model = matches!(draft.job.task, Task::Onnx(_));
    let options = &mut draft.job.options;
    form.row(ui, JobOption::Initialisation, |ui| {
        form.optional(
            ui,
            JobOption::Initialisation,
            (&mut options.initialisation, "Default (from space)"),
        )
    });
    let of_input = if is_model { "Default (from the model)" } else { "Default (from space)" };
    form.row(ui, JobOption::Input, |ui| {
        form.optional(ui, JobOption::Input, (&mut options.input, of_input))
    });
    if !is_model {
        form.row(ui, JobOption::Classes, |ui| {
            form.optional(ui, JobOption::Classes, (&mut options.classes, "Default (from space)"))
        });
        form.row(ui, JobOption::Set, |ui| {
            form.typed(
                ui,
                JobOption::Set,
                (&mut options.set, "none"),
                |list| list.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
                |text| text.split_whitespace().map(str::parse).collect(),
            )
        });
    }
    for (option, seed) in [
        (JobOption::ArchitectureSeed, &mut options.architecture_seed),
        (JobOption::ImageSeed, &mut options.image_seed),
        (JobOption::WeightSeed, &mut options.weight_seed),
    ] {
        form.row(ui, option, |ui| form.optional(ui, option, (seed, "Default (overall seed)")));
    }
    form.row(ui, JobOption::Mean, |ui| list(ui, form, JobOption::Mean, &mut options.mean));
    form.row(ui, JobOption::Std, |ui| list(ui, form, JobOption::Std, &mut options.std));
    form.row(ui, JobOption::Scale, |ui| {
        ui.checkbox(&mut options.scale, "Array values are pixels from 0 to 255")
    });
    form.row(ui, JobOption::ImageClasses, |ui| {
        form.optional(ui, JobOption::ImageClasses, (&mut options.image_classes, "120"))
    });
    form.row(ui, JobOption::ImageOrder, |ui| {
        let shown = |order: Option<ImageOrder>| order.map_or("Default", ImageOrder::name);
        let combo = egui::ComboBox::from_id_salt("image-order");
        let chosen = options.image_order;
        combo
            .selected_text(shown(chosen))
            .show_ui(ui, |ui| {
                let orders = ImageOrder::ALL.into_iter().map(Some);
                for order in std::iter::once(None).chain(orders) {
                    ui.selectable_value(&mut options.image_order, order, shown(order));
                }
            })
            .response
    });
}

/// Numbers separated by commas.
fn list(
    ui: &mut Ui,
    form: &OptionForm<'_>,
    option: JobOption,
    value: &mut Option<Vec<f64>>,
) -> egui::Response {
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
    form.typed(ui, option, (value, "Default (from dataset)"), write, read)
}
