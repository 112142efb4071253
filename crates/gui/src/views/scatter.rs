//! A scatter of two columns, coloured by a third, with its Pareto front. A pointer chooses a point, or
//! draws a box or a lasso around those that are selected.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use egui::{Color32, ComboBox, Key, PointerButton, Pos2, Rect, Response, Stroke, Ui};
use egui_plot::PlotTransform;

use super::cloud::{self, CloudKey, PointMesh, ScatterCloud, ScatterDot};
use super::results::written;
use super::widgets;
use crate::picture::exportable;
use crate::results::sheet::{RowSelection, SelectionArea};
use crate::state::AppState;
use crate::theme;
use untrained::format::thousands;

/// How near the pointer a point is chosen, in pixels.
const NEAR: f32 = 8.0;
/// Rows up to which points are made and searched at once.
const AT_ONCE: usize = 10_000;
/// How long new results wait until they are points.
const PACE: Duration = Duration::from_millis(250);
/// The least distance of two corners of a lasso, in pixels.
const STEP: f32 = 4.0;

/// What dragging in the scatter does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ScatterTool {
    /// Moves the view; a click chooses a point.
    #[default]
    Point,
    /// Selects what is in a box.
    Box,
    /// Selects what an outline encloses.
    Lasso,
}

/// What is kept of a scatter between frames.
#[derive(Default)]
pub struct ScatterView {
    /// What dragging does.
    pub tool: ScatterTool,
    cloud: Option<Arc<ScatterCloud>>,
    made: Option<Instant>,
    maker: Weak<()>,
    drawn: Option<(MeshKey, PointMesh)>,
    /// Box or lasso while it is drawn.
    outline: Vec<Pos2>,
    disc: Option<egui::TextureHandle>,
}

/// What a mesh of points was made for.
#[derive(PartialEq)]
struct MeshKey {
    cloud: u64,
    selected: RowSelection,
    bounds: egui_plot::PlotBounds,
    frame: Rect,
    accent: Color32,
    dominated: bool,
}

/// Shows axes and points.
pub fn show(ui: &mut Ui, state: &mut AppState) {
    axes(ui, state);
    keep(ui, state);
    let Some(cloud) = state.looks.scatter.cloud.clone() else {
        ui.centered_and_justified(|ui| ui.spinner());
        return;
    };
    let (response, transform) = exportable(ui, "scatter", |ui| {
        let plot = plot(ui, state, &cloud);
        paint(ui, state, &cloud, &plot.transform);
        (plot.response, plot.transform)
    });
    let (count, all) = (cloud.dots.len() as u64, cloud.rows as u64);
    let [x, y, _] = &cloud.shown.axes;
    let (count, all) = (thousands(count), thousands(all));
    let label = format!("Scatter of {x} and {y}, {count} of {all} rows drawn");
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, &label));
    if cloud.dots.is_empty() {
        let text = format!("no row has both {x} and {y}: choose other axes or clear the filter");
        let middle = transform.frame().center();
        let font = egui::FontId::proportional(13.0);
        let colour = ui.visuals().weak_text_color();
        ui.painter().text(middle, egui::Align2::CENTER_CENTER, text, font, colour);
    }
    let near = response.hover_pos().and_then(|pointer| nearest(state, &cloud, &transform, pointer));
    select(ui, state, &cloud, &response, &transform);
    if response.clicked() {
        click(ui, state, near);
    }
    if let (Some(row), true) = (near, state.looks.scatter.outline.is_empty()) {
        response.on_hover_ui_at_pointer(|ui| card(ui, state, row));
    }
}

/// Has the points made anew where they are others, at once or by a thread.
fn keep(ui: &Ui, state: &mut AppState) {
    let remembered = &state.remembered;
    let sheet = if state.shows_stored { &state.stored } else { &state.running };
    let Some(sheet) = sheet else { return };
    let shown = CloudKey {
        sheet: sheet.id,
        version: sheet.version,
        axes: remembered.axes.clone(),
        logarithmic: remembered.logarithmic,
    };
    let scatter = &mut state.looks.scatter;
    if scatter.cloud.as_ref().is_some_and(|cloud| cloud.shown.sheet != shown.sheet) {
        scatter.cloud = None;
    }
    let same = scatter.cloud.as_ref().is_some_and(|cloud| cloud.shown == shown);
    let grown = scatter.cloud.as_ref().is_some_and(|cloud| cloud.rows != sheet.rows.len());
    let age = scatter.made.map_or(PACE, |made| made.elapsed());
    if scatter.maker.strong_count() > 0 || (same && !grown) {
        return;
    }
    if same && age < PACE {
        ui.ctx().request_repaint_after(PACE - age);
        return;
    }
    scatter.made = Some(Instant::now());
    if sheet.rows.len() <= AT_ONCE {
        scatter.cloud = Some(Arc::new(ScatterCloud::new(&sheet.table, &sheet.rows, shown)));
        return;
    }
    let (table, rows, token) = (sheet.table.clone(), sheet.rows.clone(), Arc::new(()));
    scatter.maker = Arc::downgrade(&token);
    state.work.start("scatter", move |post| {
        let cloud = Arc::new(ScatterCloud::new(&table, &rows, shown));
        drop((table, rows));
        post.change(move |state| {
            state.looks.scatter.cloud = Some(cloud);
            drop(token);
        });
    });
}

/// The axes; points are painted over them.
fn plot(ui: &mut Ui, state: &AppState, cloud: &ScatterCloud) -> egui_plot::PlotResponse<()> {
    let CloudKey { axes: [x, y, _], logarithmic, .. } = cloud.shown.clone();
    let name = format!("scatter {x} {y} {logarithmic:?}");
    let formatter = move |axis: usize| {
        move |mark: egui_plot::GridMark, _: &std::ops::RangeInclusive<f64>| {
            widgets::short(if logarithmic[axis] { 10_f64.powf(mark.value) } else { mark.value })
        }
    };
    let corners = cloud.around.map(Vec::from).unwrap_or_default();
    widgets::plot(ui, &name, ui.available_size())
        .x_axis_label(label(&x, logarithmic[0]))
        .y_axis_label(label(&y, logarithmic[1]))
        .x_axis_formatter(formatter(0))
        .y_axis_formatter(formatter(1))
        .label_formatter(|_| None)
        .allow_drag(state.looks.scatter.tool == ScatterTool::Point)
        .show(ui, |plot| {
            // Not seen: it tells the axes how far the points reach.
            let bounds = egui_plot::Points::new("bounds", corners);
            plot.points(bounds.radius(0.0).color(Color32::TRANSPARENT).allow_hover(false));
        })
}

/// Paints points, front, the chosen one and what is being drawn.
fn paint(ui: &mut Ui, state: &mut AppState, cloud: &ScatterCloud, transform: &PlotTransform) {
    let accent = theme::accent(ui.visuals().dark_mode);
    let sheet = if state.shows_stored { &state.stored } else { &state.running };
    let Some(sheet) = sheet else { return };
    let scatter = &mut state.looks.scatter;
    let dominated = state.remembered.dominated;
    let drawn = MeshKey {
        cloud: cloud.id,
        selected: sheet.now.selected.clone(),
        bounds: *transform.bounds(),
        frame: *transform.frame(),
        accent,
        dominated,
    };
    if scatter.drawn.as_ref().is_none_or(|(known, _)| *known != drawn) {
        let load = || ui.ctx().load_texture("disc", cloud::disc(), egui::TextureOptions::LINEAR);
        let disc = scatter.disc.get_or_insert_with(load).id();
        let only_front;
        let cloud: &ScatterCloud = if dominated {
            cloud
        } else {
            only_front = cloud.front_only();
            &only_front
        };
        let selected = cloud.selected(sheet);
        scatter.drawn = Some((drawn, PointMesh::new(cloud, &selected, accent, disc, transform)));
    }
    let painter = ui.painter().with_clip_rect(*transform.frame());
    if let Some((_, points)) = &scatter.drawn {
        painter.add(egui::Shape::mesh(points.mesh.clone()));
    }
    let strong = ui.visuals().strong_text_color();
    let place = |dot: &ScatterDot| transform.position_from_point(&dot.at.into());
    let front: Vec<Pos2> = cloud.front.iter().map(place).collect();
    for (middle, dot) in front.iter().zip(&cloud.front) {
        painter.circle(*middle, 3.5, dot.shade, Stroke::new(1.0, strong));
    }
    painter.line(front, Stroke::new(1.0, strong.gamma_multiply(0.6)));
    let chosen = sheet.now.row.and_then(|row| cloud.dot(&sheet.table, row));
    if let Some(dot) = chosen {
        painter.circle_stroke(place(&dot), 6.5, Stroke::new(2.0, strong));
    }
    let outline = &scatter.outline;
    let (fill, stroke) = (accent.gamma_multiply(0.15), Stroke::new(1.0, accent));
    match (scatter.tool, outline.first(), outline.last()) {
        (ScatterTool::Box, Some(&from), Some(&to)) => {
            let rect = Rect::from_two_pos(from, to);
            painter.rect(rect, 0.0, fill, stroke, egui::StrokeKind::Inside);
        }
        (ScatterTool::Lasso, Some(_), Some(_)) => {
            painter.add(egui::Shape::closed_line(outline.clone(), stroke));
        }
        _ => {}
    }
}

/// The row of the point that is nearest to the pointer, if one is near.
fn nearest(
    state: &AppState,
    cloud: &ScatterCloud,
    transform: &PlotTransform,
    pointer: Pos2,
) -> Option<u32> {
    let front = cloud.front.iter().map(|dot| {
        let place = transform.position_from_point(&dot.at.into());
        (place.distance_sq(pointer), dot.row)
    });
    let drawn = state.looks.scatter.drawn.iter().flat_map(|(_, points)| &points.places);
    let all = drawn.map(|(place, row)| (place.distance_sq(pointer), *row)).chain(front);
    let near = all.filter(|(distance, _)| *distance < NEAR * NEAR);
    near.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, row)| row)
}

/// Chooses a point; with Shift, selects it as well.
fn click(ui: &Ui, state: &mut AppState, near: Option<u32>) {
    let also = ui.input(|input| input.modifiers.shift || input.modifiers.command);
    let (Some(row), Some(sheet)) = (near, state.sheet_mut()) else { return };
    sheet.change(|now| {
        now.row = Some(row);
        if also {
            now.selected = now.selected.toggled(row);
        }
    });
    state.looks.scroll = true;
}

/// Follows the pointer while it draws and selects what it drew around.
fn select(
    ui: &Ui,
    state: &mut AppState,
    cloud: &ScatterCloud,
    response: &Response,
    transform: &PlotTransform,
) {
    let scatter = &mut state.looks.scatter;
    if scatter.tool == ScatterTool::Point || ui.input(|input| input.key_pressed(Key::Escape)) {
        scatter.outline.clear();
        return;
    }
    let pointer = response.interact_pointer_pos().map(|at| transform.frame().clamp(at));
    if response.drag_started_by(PointerButton::Primary) {
        let origin = ui.input(|input| input.pointer.press_origin());
        scatter.outline = origin.or(pointer).into_iter().collect();
    }
    if let (Some(at), Some(&last)) = (pointer, scatter.outline.last()) {
        if scatter.tool == ScatterTool::Box {
            scatter.outline.truncate(1);
            scatter.outline.push(at);
        } else if at.distance(last) >= STEP {
            scatter.outline.push(at);
        }
    }
    if response.drag_stopped() && scatter.outline.len() > 1 {
        let outline = std::mem::take(&mut scatter.outline);
        let outline: Vec<[f64; 2]> = outline
            .into_iter()
            .map(|at| transform.value_from_position(at))
            .map(|point| [point.x, point.y])
            .collect();
        let area = match (scatter.tool, outline.as_slice()) {
            (ScatterTool::Box, &[from, .., to]) => SelectionArea::of_box(from, to),
            _ => SelectionArea::of_lasso(outline),
        };
        let also = ui.input(|input| input.modifiers.shift);
        select_area(state, area, cloud.shown.clone(), also);
    }
}

/// Selects the shown rows in an area: all of them, drawn or not.
fn select_area(state: &mut AppState, area: SelectionArea, shown: CloudKey, also: bool) {
    let Some(sheet) = state.sheet_mut() else { return };
    let (table, rows) = (sheet.table.clone(), sheet.rows.clone());
    let found = move || {
        let names = [shown.axes[0].as_str(), shown.axes[1].as_str()];
        area.rows(&table, &rows, names, shown.logarithmic)
    };
    if sheet.rows.len() <= AT_ONCE {
        return sheet.select(found(), also);
    }
    let id = sheet.id;
    state.work.start("select", move |post| {
        let rows = found();
        post.change(move |state| {
            if let Some(sheet) = state.sheet_of(id) {
                sheet.select(rows, also);
            }
        });
    });
}

fn label(name: &str, logarithmic: bool) -> String {
    if logarithmic { format!("{name} (log)") } else { name.to_owned() }
}

/// What stands beside the pointer.
fn card(ui: &mut Ui, state: &AppState, row: u32) {
    let Some(sheet) = state.sheet() else { return };
    ui.label(sheet.table.architecture(row));
    for column in &state.remembered.axes {
        ui.monospace(format!("{column} {}", written(column, sheet.table.value(column, row))));
    }
    if sheet.now.selected.contains(row) {
        ui.weak("selected");
    }
}

fn axes(ui: &mut Ui, state: &mut AppState) {
    let names: Vec<String> = state
        .sheet()
        .map(|sheet| sheet.table.filled().map(str::to_owned).collect())
        .unwrap_or_default();
    ui.horizontal_wrapped(|ui| {
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
        ui.separator();
        let tool = &mut state.looks.scatter.tool;
        for (one, name, about) in [
            (ScatterTool::Point, "Point", "Drag moves the view; a click chooses a point, with Shift selects it"),
            (ScatterTool::Box, "Box", "Drag a box around what is to be selected; with Shift, as well"),
            (ScatterTool::Lasso, "Lasso", "Draw around what is to be selected; with Shift, as well"),
        ] {
            ui.selectable_value(tool, one, name).on_hover_text(about);
        }
        if let Some(cloud) = &state.looks.scatter.cloud
            && cloud.dots.len() < cloud.rows
        {
            let (drawn, all) = (cloud.dots.len() as u64, cloud.rows as u64);
            let text = format!("{} of {} points", thousands(drawn), thousands(all));
            ui.weak(text).on_hover_text(
                "An even sample is drawn, of rows with both values; the front and selections are of all",
            );
        }
    });
}
