//! An estimate of time and memory from a short measurement.

use std::time::Duration;

use egui::Ui;

use crate::action::Action;
use crate::runner::live::clock;
use crate::views::context::ViewContext;
use untrained::job::{ESTIMATE_SAMPLES, Task};

/// Shows the estimate and the button that makes it.
pub fn show(ui: &mut Ui, context: &mut ViewContext<'_>) {
    if matches!(context.setup.job.task, Task::Onnx(_)) {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        let possible = context.setup.problem().is_none() && !context.runner.is_searching();
        let about = format!("Score {ESTIMATE_SAMPLES} architectures to estimate time and memory");
        let button = ui.add_enabled(possible && !context.setup.is_estimating, egui::Button::new("Estimate cost"));
        if button.on_hover_text(about).clicked() {
            context.send(Action::Estimate);
        }
        match &context.setup.estimate {
            _ if context.setup.is_estimating => drop(ui.spinner()),
            Some(Ok(estimate)) => {
                let count = match &context.setup.job.task {
                    Task::Search(search) => match &context.setup.space {
                        Some(space) => search.samples_of(space),
                        None => search.samples.unwrap_or_default(),
                    },
                    Task::Score { architectures } => architectures.len() as u64,
                    Task::Onnx(_) => 1,
                };
                // More than a hundred years are as good as never.
                let seconds = (estimate.seconds * count as f64).min(3.2e9);
                let whole = clock(Duration::from_secs_f64(seconds));
                let memory = estimate.bytes as f64 / f64::from(1 << 20);
                let of_one = estimate.seconds;
                ui.label(format!(
                    "about {of_one:.2} s per network, {whole} in total; up to {memory:.0} MiB of memory"
                ));
            }
            Some(Err(why)) => drop(ui.colored_label(ui.visuals().error_fg_color, why)),
            None => drop(ui.weak("not estimated yet")),
        }
    });
}
