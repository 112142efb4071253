//! A search in progress.

use egui::{Align, Label, Layout, RichText, ScrollArea, Ui, vec2};
use egui_plot::Points;

use super::plot_axis::PlotAxis;
use super::widgets;
use super::widgets::{empty, operations};
use crate::action::{Action, ResultsAction};
use crate::command::Command;
use crate::picture::exportable;
use crate::runner::job_title;
use crate::runner::live::{LiveSearch, TOP, clock};
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
    if live.values.is_empty() && !live.is_running() {
        nothing(ui, context, live);
    } else {
        let size = vec2(
            (ui.available_width() - 14.0) / 3.0,
            (ui.available_height() * 0.46).clamp(130.0, 520.0),
        );
        ui.horizontal(|ui| {
            best(ui, context, live, size);
            widgets::histogram(ui, live.job.ranked_by(), live.values.iter().copied(), size);
            scatter(ui, live, size);
        });
        top(ui, context, live);
    }
    log(ui, live);
}

/// What can be done about a run that is over and has no result to be drawn.
fn nothing(ui: &mut Ui, context: &mut ViewContext<'_>, live: &LiveSearch) {
    ui.horizontal(|ui| {
        if live.counts.total() > 0 {
            ui.label("No network has a value that can be drawn.");
        }
        chrome::button(ui, context, Command::Go(View::Setup));
    });
}

/// The best networks so far with their cells.
fn top(ui: &mut Ui, context: &mut ViewContext<'_>, live: &LiveSearch) {
    let Some(set) = context.models().results.running() else { return };
    if live.top.is_empty() {
        return;
    }
    ui.strong(format!("Best {} so far", live.top.len()));
    let names = operations(set.space.as_ref());
    let width = (ui.available_width() - 6.0 * TOP as f32) / TOP as f32;
    let height = (ui.available_height() - 90.0).clamp(40.0, 170.0);
    let mut chosen = None;
    ui.horizontal_top(|ui| {
        for (at, one) in live.top.iter().enumerate() {
            let text = &one.architecture;
            ui.vertical(|ui| {
                ui.set_width(width);
                let title = format!("{}. {}", at + 1, score(one.value));
                let link = ui.link(RichText::new(title).monospace());
                if link.on_hover_text(format!("{text}\nClick to show it in Results")).clicked() {
                    chosen = Some(text.clone());
                }
                let seen = context.inspect.inspection(&set.key(text));
                let drawings = seen.map(|seen| seen.drawings.as_slice()).unwrap_or_default();
                // A cell is enough to tell one from another.
                let first = &drawings[..drawings.len().min(1)];
                widgets::cells(ui, first, &names, height, |_, _| false);
            });
        }
    });
    if let Some(architecture) = chosen {
        context.change_results(ResultsAction::ShowStored(false));
        context.change_results(ResultsAction::ChooseArchitecture(architecture));
        context.command(Command::Go(View::Results));
    }
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
        let axes = [PlotAxis::count("params"), PlotAxis::linear(live.job.ranked_by())];
        widgets::plot(ui, "params and value", size, &axes).show(ui, |plot| {
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
    let best = live.best.last().map_or("-".to_owned(), |last| score(last[1]));
    let rate = live.rate().map_or("-".to_owned(), |rate| format!("{rate:.1}/s"));
    let mut facts = vec![("best", best), ("rate", rate), ("time", clock(live.elapsed()))];
    if let Some(left) = live.left() {
        facts.push(("left", clock(left)));
    }
    for status in Status::ALL {
        facts.push((status.name(), thousands(live.counts.get(status))));
    }
    facts.push(("cached", thousands(live.reused())));
    if let Some(Ok(summary)) = &live.end {
        facts.push(("rejected", thousands(summary.rejected)));
        if summary.disconnected > 0 {
            facts.push(("left out (disconnected)", thousands(summary.disconnected)));
        }
    }
    if let Some(study) = live.study() {
        facts.push(("study", study.to_owned()));
    }
    if let Some(model) = live.started.as_ref().and_then(|started| started.model.as_ref()) {
        facts.push(("batch-norm", model.batch_norm.to_string()));
    }
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 18.0;
        for (name, value) in facts {
            fact(ui, name, &value);
        }
    });
}

/// A number below its name.
fn fact(ui: &mut Ui, name: &str, value: &str) {
    // As wide as its text, so that a line ends before it and not within it.
    let width = 7.4 * name.chars().count().max(value.chars().count()) as f32;
    ui.allocate_ui_with_layout(vec2(width, 30.0), Layout::top_down(Align::Min), |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.label(RichText::new(name).small().weak());
        let value = RichText::new(value).monospace();
        ui.add(Label::new(if name == "best" { value.strong() } else { value }).extend());
    });
}

/// The best value so far as steps.
fn best(ui: &mut Ui, context: &ViewContext<'_>, live: &LiveSearch, size: egui::Vec2) {
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
    let name = format!("best {} so far", live.job.ranked_by());
    let axes = [PlotAxis::count("architectures"), PlotAxis::linear(name)];
    let random = context.studies.baseline();
    let mut plot = widgets::plot(ui, "best", size, &axes);
    if random.is_some() {
        plot = plot.legend(egui_plot::Legend::default().position(egui_plot::Corner::RightBottom));
    }
    let grey = ui.visuals().weak_text_color();
    exportable(ui, "best so far", |ui| {
        plot.show(ui, |plot| {
            if let Some(random) = random {
                let name = format!("random, study {}", random.id);
                widgets::steps(plot, &name, &random.steps(), |line| line.color(grey).width(1.5));
            }
            widgets::steps(plot, "best so far", &points, |line| line.color(colour).width(2.0));
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
