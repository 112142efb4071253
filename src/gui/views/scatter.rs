//! A scatter of two columns, coloured by a third, with its Pareto front.

use egui::{Color32, ComboBox, Ui};
use egui_plot::{Line, PlotPoints, Points};

use super::results::written;
use crate::gui::sheet::{Goal, Table, front};
use crate::gui::state::State;
use crate::gui::{theme, widgets};

/// Points that are drawn at most; of more, evenly chosen ones.
const DRAWN: usize = 8_000;
/// Steps of colour.
const SHADES: usize = 6;
/// How near the pointer a point is chosen, in pixels.
const NEAR: f32 = 8.0;

/// Shows axes and points.
pub fn show(ui: &mut Ui, state: &mut State) {
    axes(ui, state);
    let Some(sheet) = state.sheet() else { return };
    let [x, y, colour] = &state.remembered.axes;
    let logarithmic = state.remembered.logarithmic;
    let table = &sheet.table;
    let scale = |value: f64, axis: usize| if logarithmic[axis] { value.log10() } else { value };
    let step = sheet.rows.len().div_ceil(DRAWN).max(1);
    let at = |row: u32| [scale(table.value(x, row), 0), scale(table.value(y, row), 1)];
    let is_finite = |point: &[f64; 2]| point.iter().all(|value| value.is_finite());
    let drawn: Vec<(u32, [f64; 2])> = sheet
        .rows
        .iter()
        .step_by(step)
        .map(|&row| (row, at(row)))
        .filter(|(_, point)| is_finite(point))
        .collect();
    let points: Vec<[f64; 2]> = drawn.iter().map(|(_, point)| *point).collect();
    let beaten_by_none = front(&points, [Goal::of(x), Goal::of(y)]);
    let shades = shades(table, colour, &drawn);
    let chosen = sheet.now.row.map(at).filter(is_finite);
    let size = ui.available_size();
    let names = [x.clone(), y.clone()];
    let dominated = state.remembered.dominated;
    let dark = ui.visuals().dark_mode;
    let formatter = move |axis: usize| {
        move |mark: egui_plot::GridMark, _: &std::ops::RangeInclusive<f64>| {
            widgets::short(if logarithmic[axis] { 10_f64.powf(mark.value) } else { mark.value })
        }
    };
    let response = widgets::plot(ui, "scatter", size)
        .x_axis_label(label(&names[0], logarithmic[0]))
        .y_axis_label(label(&names[1], logarithmic[1]))
        .x_axis_formatter(formatter(0))
        .y_axis_formatter(formatter(1))
        .label_formatter(|_| None)
        .show(ui, |plot| {
            if dominated {
                for (points, shade) in shades {
                    let name = "architectures";
                    plot.points(
                        Points::new(name, points).color(shade).radius(2.2).allow_hover(false),
                    );
                }
            }
            let line: Vec<[f64; 2]> = beaten_by_none.iter().map(|&at| points[at]).collect();
            let accent = theme::accent(dark);
            plot.line(Line::new("front", PlotPoints::from(line.clone())).color(accent).width(1.0));
            plot.points(Points::new("Pareto front", line).color(accent).radius(3.5));
            if let Some(point) = chosen {
                let mark = Points::new("chosen", vec![point]).color(theme_mark(dark)).radius(6.0);
                plot.points(mark.filled(false));
            }
            let near = plot.response().hover_pos().and_then(|pointer| {
                let distance =
                    |point: &[f64; 2]| plot.screen_from_plot((*point).into()).distance(pointer);
                let all = drawn.iter().map(|(row, point)| (distance(point), *row));
                all.filter(|(distance, _)| *distance < NEAR).min_by(|a, b| a.0.total_cmp(&b.0))
            });
            near.map(|(_, row)| row)
        });
    let near = response.inner;
    let clicked = response.response.clicked();
    if let Some(row) = near {
        response.response.on_hover_ui_at_pointer(|ui| card(ui, state, row));
        if let (true, Some(sheet)) = (clicked, state.sheet_mut()) {
            sheet.change(|now| now.row = Some(row));
        }
    }
}

fn theme_mark(dark: bool) -> Color32 {
    if dark { Color32::WHITE } else { Color32::BLACK }
}

fn label(name: &str, logarithmic: bool) -> String {
    if logarithmic { format!("{name} (log)") } else { name.to_owned() }
}

/// Points in steps of colour, the lowest values first.
fn shades(table: &Table, column: &str, drawn: &[(u32, [f64; 2])]) -> Vec<(Vec<[f64; 2]>, Color32)> {
    let values: Vec<f64> = drawn.iter().map(|(row, _)| table.value(column, *row)).collect();
    let finite = || values.iter().copied().filter(|value| value.is_finite());
    let (least, most) =
        (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    let mut groups = vec![Vec::new(); SHADES];
    for ((_, point), value) in drawn.iter().zip(&values) {
        let share = if most > least { (value - least) / (most - least) } else { 0.5 };
        let shade = (share.clamp(0.0, 1.0) * (SHADES - 1) as f64).round();
        groups[if shade.is_nan() { 0 } else { shade as usize }].push(*point);
    }
    let colour = |shade: usize| {
        let share = shade as f32 / (SHADES - 1) as f32;
        let mix = |from: f32, to: f32| egui::lerp(from..=to, share) as u8;
        Color32::from_rgb(mix(90.0, 230.0), mix(110.0, 159.0), mix(150.0, 0.0))
    };
    groups.into_iter().enumerate().map(|(shade, points)| (points, colour(shade))).collect()
}

/// What stands beside the pointer.
fn card(ui: &mut Ui, state: &State, row: u32) {
    let Some(sheet) = state.sheet() else { return };
    ui.label(sheet.table.architecture(row));
    for column in &state.remembered.axes {
        ui.monospace(format!("{column} {}", written(column, sheet.table.value(column, row))));
    }
}

/// The choice of columns.
fn axes(ui: &mut Ui, state: &mut State) {
    let names: Vec<String> = state
        .sheet()
        .map(|sheet| sheet.table.filled().map(str::to_owned).collect())
        .unwrap_or_default();
    ui.horizontal(|ui| {
        let remembered = &mut state.remembered;
        for (axis, title) in ["Across", "Up", "Colour"].into_iter().enumerate() {
            let label = ui.label(title);
            let combo = ComboBox::from_id_salt(title)
                .width(70.0)
                .selected_text(remembered.axes[axis].clone());
            let response = combo.show_ui(ui, |ui| {
                for name in &names {
                    ui.selectable_value(&mut remembered.axes[axis], name.clone(), name);
                }
            });
            response.response.labelled_by(label.id);
            if let Some(logarithmic) = remembered.logarithmic.get_mut(axis) {
                ui.toggle_value(logarithmic, "log").on_hover_text(format!("{title}: logarithmic"));
            }
        }
        ui.toggle_value(&mut remembered.dominated, "all")
            .on_hover_text("Also show architectures that others beat in both values");
    });
}
