//! How long it will take and how much memory it needs, by a short measurement.

use std::time::Duration;

use egui::Ui;

use crate::runner::live::clock;
use crate::state::AppState;
use crate::tasks::jobs::{self, FEW};
use untrained::job::Task;

/// Shows the estimate and the button that makes it.
pub fn show(ui: &mut Ui, state: &mut AppState) {
    if matches!(state.job.task, Task::Onnx { .. }) {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        let possible = state.job.check().is_ok() && !state.is_searching();
        let about = format!("Score {FEW} architectures to estimate time and memory");
        let button = ui.add_enabled(possible && !state.measuring, egui::Button::new("Measure"));
        if button.on_hover_text(about).clicked() {
            (state.measured, state.measuring) = (None, true);
            let job = state.job.clone();
            state.work.start("measure", move |post| jobs::measure(post, &job));
        }
        match &state.measured {
            _ if state.measuring => drop(ui.spinner()),
            Some(Ok(measured)) => {
                let count = match &state.job.task {
                    Task::Search(search) => search.samples,
                    Task::Score { architectures } => architectures.len() as u64,
                    Task::Onnx { .. } => 1,
                };
                // More than a hundred years are as good as never.
                let seconds = (measured.seconds * count as f64).min(3.2e9);
                let whole = clock(Duration::from_secs_f64(seconds));
                let memory = measured.bytes as f64 / f64::from(1 << 20);
                let of_one = measured.seconds;
                ui.label(format!(
                    "{of_one:.3} s a network: about {whole} in all; {memory:.0} MiB for the largest"
                ));
            }
            Some(Err(why)) => drop(ui.colored_label(ui.visuals().error_fg_color, why)),
            None => drop(ui.weak("not measured yet")),
        }
    });
}
