//! The dialog for exporting networks: format, options, path, progress and the files that were written.

use egui::{ComboBox, Grid, Id, Modal, ProgressBar, RichText, ScrollArea, TextEdit, Ui};

use crate::action::Action;
use crate::export::{ExportForm, ExportState, NetworkExport};
use crate::views::context::ViewContext;
use untrained::job::{ExportFormat, ExportedContent};
use untrained::onnx::NormMode;

/// The widest that the dialog gets, and the height of the list of files.
const WIDTH: f32 = 560.0;
const FILES: f32 = 130.0;

/// Shows it while networks are to be exported.
pub fn show(window: &egui::Context, context: &mut ViewContext<'_>) {
    let Some(export) = context.models().export else { return };
    let mut form = export.form.clone();
    let modal = Modal::new(Id::unique("export")).show(window, |ui| {
        ui.set_width(WIDTH.min(window.content_rect().width() - 60.0));
        match export.networks.len() {
            1 => ui.heading("Export network"),
            count => ui.heading(format!("Export {count} networks")),
        };
        ui.add(egui::Label::new(RichText::new(&export.title).monospace()).truncate())
            .on_hover_text(&export.title);
        ui.add_enabled_ui(!export.is_running(), |ui| {
            options(ui, export, &mut form);
            path(ui, context, export, &mut form);
        });
        state(ui, export);
        buttons(ui, context, export);
    });
    if form != export.form {
        context.send(Action::EditExport(Box::new(form)));
    } else if modal.should_close() && context.overlay.path_field.is_none() {
        context.send(Action::CloseExport);
    }
}

/// The name of a format in the dialog.
fn name(format: ExportFormat) -> &'static str {
    match format {
        ExportFormat::Onnx => "ONNX model (.onnx)",
        ExportFormat::Pytorch => "PyTorch source (.py)",
        ExportFormat::Dot => "DOT graph (.dot)",
        ExportFormat::Svg => "SVG picture (.svg)",
        ExportFormat::Pdf => "PDF picture (.pdf)",
        ExportFormat::Json => "JSON document (.json)",
    }
}

fn about(format: ExportFormat) -> &'static str {
    match format {
        ExportFormat::Onnx => {
            "The whole network with its weights, for any framework that reads ONNX"
        }
        ExportFormat::Pytorch => {
            "Modules as a person would write them, which need nothing but torch"
        }
        ExportFormat::Dot => "The cells and the parts of the network, for Graphviz",
        ExportFormat::Svg => "The cells and the parts of the network as a picture",
        ExportFormat::Pdf => "The same picture with its fonts, for papers",
        ExportFormat::Json => "Every node with its operation, shape and costs",
    }
}

fn options(ui: &mut Ui, export: &NetworkExport, form: &mut ExportForm) {
    let settings = &mut form.settings;
    Grid::new("export options").num_columns(2).spacing([14.0, 6.0]).show(ui, |ui| {
        let label = ui.label("Format");
        let chosen = ComboBox::from_id_salt("export format").selected_text(name(settings.format));
        let chosen = chosen.width(200.0).show_ui(ui, |ui| {
            for format in export.networks.formats() {
                ui.selectable_value(&mut settings.format, format, name(format))
                    .on_hover_text(about(format));
            }
        });
        chosen.response.labelled_by(label.id);
        ui.end_row();
        if settings.format == ExportFormat::Onnx {
            ui.label("Batch-norm");
            ui.vertical(|ui| {
                let mode = &mut settings.norm_mode;
                ui.radio_value(mode, NormMode::Train, "Statistics of the mini-batch")
                    .on_hover_text(
                        "As networks are scored: read back, the file has the same score",
                    );
                ui.radio_value(mode, NormMode::Inference, "Stored statistics")
                    .on_hover_text("Mean 0 and variance 1, as trained networks are used");
            });
            ui.end_row();
        }
        if settings.format == ExportFormat::Pytorch {
            ui.label("Also write");
            ui.vertical(|ui| {
                ui.checkbox(&mut settings.with_weights, "Weights").on_hover_text(
                    "Those it was scored with, as a safetensors file next to the module",
                );
                ui.checkbox(&mut settings.with_training, "Training program")
                    .on_hover_text("train.py, which trains the module on images");
            });
            ui.end_row();
        }
    });
    ui.weak(about(settings.format));
}

fn path(ui: &mut Ui, context: &mut ViewContext<'_>, export: &NetworkExport, form: &mut ExportForm) {
    let what = if export.networks.len() == 1 { "File" } else { "Folder" };
    ui.horizontal(|ui| {
        let label = ui.label(what);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if ui.button("Browse…").clicked() {
                context.send(Action::BrowseExport);
            }
            let edit = TextEdit::singleline(&mut form.out).desired_width(ui.available_width());
            ui.add(edit).labelled_by(label.id);
        });
    });
    ui.checkbox(&mut form.settings.overwrite, "Replace existing files")
        .on_hover_text("Otherwise nothing is written where a file exists");
    if let Some(problem) = export.problem() {
        ui.label(RichText::new(problem).small().color(ui.visuals().warn_fg_color));
    }
}

/// How far it is, what went wrong, and which files there are.
fn state(ui: &mut Ui, export: &NetworkExport) {
    let is_network = |content: &ExportedContent| matches!(content, ExportedContent::Network { .. });
    let done = export.written.iter().filter(|file| is_network(&file.content)).count();
    let all = export.networks.len();
    match &export.state {
        ExportState::Asked => return,
        ExportState::Running(_) => {
            let share = done as f32 / all as f32;
            let text = format!("writing {} of {all}", (done + 1).min(all));
            ui.add(ProgressBar::new(share).text(text).animate(true));
        }
        ExportState::Done => {
            ui.strong(format!("Exported {done} of {all}"));
        }
        ExportState::Stopped => {
            ui.strong(format!("Stopped: {done} of {all} exported"));
        }
        ExportState::Failed(why) => {
            ui.add(egui::Label::new(RichText::new(why).color(ui.visuals().error_fg_color)).wrap());
            if !export.written.is_empty() {
                ui.label(format!("{done} of {all} exported before"));
            }
        }
    }
    ScrollArea::vertical().id_salt("exported").max_height(FILES).auto_shrink([false, true]).show(
        ui,
        |ui| {
            for file in &export.written {
                let path = file.path.to_string_lossy();
                ui.add(
                    egui::Label::new(RichText::new(path.as_ref()).small().monospace()).truncate(),
                )
                .on_hover_text(path.as_ref());
            }
        },
    );
}

fn buttons(ui: &mut Ui, context: &mut ViewContext<'_>, export: &NetworkExport) {
    ui.horizontal(|ui| match &export.state {
        ExportState::Running(cancel) => {
            let stop = egui::Button::new("Stop export");
            if ui.add_enabled(!cancel.is_cancelled(), stop).clicked() {
                context.send(Action::StopExport);
            }
            if ui.button("Hide").on_hover_text("Go on in the background").clicked() {
                context.send(Action::CloseExport);
            }
        }
        _ => {
            let export_button = egui::Button::new("Export");
            if ui.add_enabled(export.problem().is_none(), export_button).clicked() {
                context.send(Action::StartExport);
            }
            if ui.button("Close").clicked() {
                context.send(Action::CloseExport);
            }
        }
    });
}
