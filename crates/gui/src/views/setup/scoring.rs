//! How networks are scored, where, and where results are kept.

use egui::{ComboBox, DragValue, RichText, Ui};

use super::form::OptionForm;
use crate::command::Command;
use crate::explain;
use crate::setup::form_state::SetupDraft;
use crate::views::chrome;
use crate::views::context::ViewContext;
use untrained::job::{JobConfig, JobOption, StoreLocation, Task};
use untrained::plan::Count;

/// Shows the rows of scoring.
pub fn show(
    ui: &mut Ui,
    context: &mut ViewContext<'_>,
    draft: &mut SetupDraft,
    form: &OptionForm<'_>,
) {
    let JobConfig { options, .. } = &mut draft.job;
    form.row(ui, JobOption::Seed, |ui| ui.add(DragValue::new(&mut options.seed)));
    form.row(ui, JobOption::Repeats, |ui| ui.add(DragValue::new(&mut options.repeats)));
    form.row(ui, JobOption::Count, |ui| count(ui, &mut options.count));
    form.row(ui, JobOption::Device, |ui| device(ui, &mut options.device, &context.setup.devices));
    if !matches!(draft.job.task, Task::Onnx(_)) {
        form.row(ui, JobOption::Store, |ui| studies(ui, context));
    }
}

fn studies(ui: &mut Ui, context: &mut ViewContext<'_>) -> egui::Response {
    let file = match &context.setup.job.store {
        Some(StoreLocation::File(path)) => path.to_string_lossy().into_owned(),
        Some(StoreLocation::Nowhere) | None => "none".to_owned(),
    };
    chrome::button(ui, context, Command::ChooseStudies);
    ui.add(egui::Label::new(RichText::new(&file).monospace()).truncate()).on_hover_text(file)
}

fn count(ui: &mut Ui, count: &mut Count) -> egui::Response {
    let shown = count.to_string();
    let combo = ComboBox::from_id_salt("count").selected_text(shown).width(180.0);
    combo
        .show_ui(ui, |ui| {
            for variant in Count::ALL {
                let about = explain::count(variant);
                ui.selectable_value(count, variant, variant.to_string()).on_hover_text(about);
            }
        })
        .response
}

fn device(ui: &mut Ui, device: &mut String, known: &[String]) -> egui::Response {
    let automatic = known.first().map_or("auto".to_owned(), |name| format!("auto ({name})"));
    let shown = if device == "auto" { automatic.clone() } else { device.clone() };
    let combo = ComboBox::from_id_salt("device").selected_text(shown).width(320.0).truncate();
    combo
        .show_ui(ui, |ui| {
            ui.selectable_value(device, "auto".to_owned(), automatic);
            for name in known {
                let value = if name.starts_with("cpu: ") { "cpu" } else { name };
                ui.selectable_value(device, value.to_owned(), name);
            }
        })
        .response
}
