//! A search in progress.

use egui::{RichText, ScrollArea, Ui, vec2};
use egui_plot::{Line, PlotPoints, Points};

use super::widgets;
use super::widgets::empty;
use crate::action::Action;
use crate::command::Command;
use crate::picture::exportable;
use crate::runner::job_title;
use crate::runner::live::{LiveSearch, clock};
use crate::theme;
use crate::view::View;
use crate::views::chrome;
use crate::views::context::ViewContext;
use untrained::format::{score, thousands};
use untrained::store::Status;

/// Points that are drawn at most; of more, evenly chosen ones.
const DRAWN: usize = 4_000;

/// Shows the view.
pub fn show(ui: &mut Ui, context: &mut ViewContext<'_>) {
    let Some(live) = context.models().runner.live() else {
        empty(ui, "No search is running", "Set up a search, then start it.");
        ui.vertical_centered(|ui| {
            chrome::button(ui, context, Command::Go(View::Setup));
            chrome::button(ui, context, Command::Start);
        });
        return;
    };
    let (title, space) = (status_text(live), job_title(&live.job));
    ui.horizontal(|ui| {
        ui.heading(title);
        ui.weak(space);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            chrome::button(ui, context, Command::Go(View::Results));
            if context.runner.is_searching() {
                chrome::button(ui, context, Command::Stop);
                chrome::button(ui, context, Command::Pause);
            } else {
                extend(ui, context);
                chrome::button(ui, context, Command::Resume);
            }
        });
    });
    queue(ui, context);
    let Some(live) = context.models().runner.live() else { return };
    numbers(ui, live);
    let width = (ui.available_width() - 14.0) / 3.0;
    let size = vec2(width, (ui.available_height() * 0.66).max(150.0));
    ui.horizontal(|ui| {
        best(ui, live, size);
        widgets::histogram(ui, live.job.ranked_by(), live.values.iter().copied(), size);
        scatter(ui, live, size);
    });
    log(ui, live);
}

/// By how many architectures the search goes on.
fn extend(ui: &mut Ui, context: &mut ViewContext<'_>) {
    chrome::button(ui, context, Command::Extend);
    let about = "Number of architectures to add";
    let mut extends_by = context.runner.extends_by;
    let count = egui::DragValue::new(&mut extends_by).range(1..=1_000_000_000).speed(10.0);
    let response = ui.add(count.prefix("+"));
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::SpinButton, true, "Extend by"));
    response.on_hover_text(about);
    if extends_by != context.runner.extends_by {
        context.send(Action::SetExtension(extends_by));
    }
}

/// Searches that wait; each can be taken out.
fn queue(ui: &mut Ui, context: &mut ViewContext<'_>) {
    if context.runner.queue().is_empty() {
        return;
    }
    let mut out = None;
    ui.horizontal_wrapped(|ui| {
        ui.weak(format!("{} waiting:", context.runner.queue().len()));
        for (at, job) in context.models().runner.queue().iter().enumerate() {
            ui.label(job_title(job));
            let name = format!("Remove {} from the queue", job_title(job));
            let response = ui.small_button("×");
            response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
            if response.on_hover_text(&name).clicked() {
                out = Some(at);
            }
        }
        if !context.runner.is_searching() && ui.button("Start next").clicked() {
            context.send(Action::StartNext);
        }
    });
    if let Some(at) = out {
        context.send(Action::Dequeue(at));
    }
}

/// Params and value of what was scored.
fn scatter(ui: &mut Ui, live: &LiveSearch, size: egui::Vec2) {
    let step = live.costs.len().div_ceil(DRAWN).max(1);
    let points: Vec<[f64; 2]> = live.costs.iter().step_by(step).copied().collect();
    let colour = theme::accent(ui.visuals().dark_mode);
    exportable(ui, "params and value", |ui| {
        widgets::plot(ui, "params and value", size)
            .x_axis_label("params")
            .y_axis_label(live.job.ranked_by())
            .show(ui, |plot| {
                plot.points(Points::new("architectures", points).color(colour).radius(2.0));
            });
    });
}

fn status_text(live: &LiveSearch) -> &'static str {
    match &live.end {
        None if live.is_stopping() => "Stopping",
        None if live.is_paused() => "Paused",
        None if live.started.is_none() => "Starting",
        None => "Running",
        Some(Ok(summary)) if summary.interrupted => "Stopped",
        Some(Ok(_)) => "Done",
        Some(Err(_)) => "Failed",
    }
}

fn numbers(ui: &mut Ui, live: &LiveSearch) {
    if let Some((done, total)) = live.progress() {
        let share = done as f32 / total.max(1) as f32;
        let text = format!("{}/{}", thousands(done), thousands(total));
        ui.add(egui::ProgressBar::new(share).text(text).desired_height(14.0));
    }
    if let Some(Err(why)) = &live.end {
        ui.colored_label(ui.visuals().error_fg_color, why);
    }
    ui.horizontal_wrapped(|ui| {
        let best = live.best.last().map_or("-".to_owned(), |last| score(last[1]));
        let text = |name: &str, value: String| RichText::new(format!("{name} {value}")).monospace();
        ui.label(text("best", best).strong());
        ui.label(text("rate", format!("{:.1}/s", live.rate())));
        ui.label(text("time", clock(live.elapsed())));
        if let (Some(left), true) = (live.left(), live.is_running()) {
            ui.label(text("left", clock(left)));
        }
        for status in Status::ALL {
            ui.label(text(status.name(), thousands(live.counts.get(status))));
        }
        if let Some(Ok(summary)) = &live.end {
            ui.label(text("rejected", thousands(summary.rejected)));
            ui.label(text("cached", thousands(summary.known)));
        }
        if let Some(study) = live.study() {
            ui.label(text("study", study.to_owned()));
        }
        if let Some(model) = live.started.as_ref().and_then(|started| started.model.as_ref()) {
            ui.label(text("batch-norm", model.batch_norm.to_string()));
        }
    });
}

/// The best value so far as steps.
fn best(ui: &mut Ui, live: &LiveSearch, size: egui::Vec2) {
    let mut points: Vec<[f64; 2]> = Vec::new();
    for &[count, value] in &live.best {
        if let Some(&[_, before]) = points.last() {
            points.push([count, before]);
        }
        points.push([count, value]);
    }
    if let Some(&[_, value]) = points.last() {
        points.push([live.counts.total() as f64, value]);
    }
    let colour = theme::accent(ui.visuals().dark_mode);
    let plot = widgets::plot(ui, "best", size)
        .x_axis_label("architectures")
        .y_axis_label(format!("best {} so far", live.job.ranked_by()));
    exportable(ui, "best so far", |ui| {
        plot.show(ui, |plot| {
            // One line per step: a path of right angles is drawn with mitres longer than its steps.
            for pair in points.windows(2) {
                let segment = PlotPoints::from(pair.to_vec());
                plot.line(Line::new("best so far", segment).color(colour).width(2.0));
            }
        });
    });
}

fn log(ui: &mut Ui, live: &LiveSearch) {
    ScrollArea::vertical().auto_shrink(false).stick_to_bottom(true).show_rows(
        ui,
        16.0,
        live.log.len(),
        |ui, rows| {
            for line in &live.log[rows] {
                let text = RichText::new(line).monospace();
                ui.add(egui::Label::new(text).truncate()).on_hover_text(line);
            }
        },
    );
}
