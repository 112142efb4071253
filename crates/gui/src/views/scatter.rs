//! A scatter plot of two columns, coloured by a third, with its Pareto front. The pointer chooses a
//! point, or selects points with a box or a lasso.

use egui::{Color32, ComboBox, Key, PointerButton, Pos2, Rect, Response, Stroke, Ui};
use egui_plot::PlotTransform;

use super::plot_axis::{AxisScale, PlotAxis};
use super::point_mesh::{self, PointMesh};
use super::widgets;
use super::widgets::written;
use crate::action::ResultsAction;
use crate::colour_scale::ColourScale;
use crate::command::Command;
use crate::picture::exportable;
use crate::preferences::Preferences;
use crate::results::cloud::{CloudKey, ScatterCloud, ScatterDot};
use crate::results::sheet::{ColumnGoal, ResultTable, RowSelection, SelectionArea};
use crate::theme;
use crate::views::chrome;
use crate::views::context::ViewContext;
use untrained::format::thousands;
use untrained::store::NumberFormat;

/// How near the pointer a point is chosen, in pixels.
const NEAR: f32 = 8.0;
/// The least distance of two corners of a lasso, in pixels.
const STEP: f32 = 4.0;

/// What dragging in the scatter does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ScatterTool {
    /// Moves the view; a click chooses a point.
    #[default]
    Point,
    /// Selects the points in a box.
    Box,
    /// Selects the points inside an outline.
    Lasso,
}

/// What is kept of a scatter between frames.
#[derive(Default)]
pub struct ScatterView {
    /// What dragging does.
    pub tool: ScatterTool,
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
pub fn show(
    ui: &mut Ui,
    context: &mut ViewContext<'_>,
    scatter: &mut ScatterView,
    scroll: &mut bool,
) {
    axes(ui, context, scatter);
    let Some(cloud) = context.results.scatter.cloud().cloned() else {
        ui.centered_and_justified(|ui| ui.spinner());
        return;
    };
    let (response, transform) = exportable(ui, "scatter", |ui| {
        widgets::colour_bar(ui, &cloud.shown.axes[2], ColourScale::new(cloud.colours));
        let plot = plot(ui, scatter, &cloud);
        paint(ui, context, scatter, &cloud, &plot.transform);
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
    let near =
        response.hover_pos().and_then(|pointer| nearest(scatter, &cloud, &transform, pointer));
    select(ui, context, scatter, &response, &transform);
    if response.clicked() {
        click(ui, context, near, scroll);
    }
    if let (Some(row), true) = (near, scatter.outline.is_empty()) {
        response.on_hover_ui_at_pointer(|ui| card(ui, context, row));
    }
}

/// The axes; points are painted over them.
fn plot(ui: &mut Ui, scatter: &ScatterView, cloud: &ScatterCloud) -> egui_plot::PlotResponse<()> {
    let CloudKey { axes: [x, y, _], logarithmic, .. } = cloud.shown.clone();
    let name = format!("scatter {x} {y} {logarithmic:?}");
    let axis = |name: &str, at: usize| {
        let is_whole = ResultTable::number_format(name) == NumberFormat::Whole;
        let scale = match logarithmic[at] {
            true => AxisScale::Logarithmic,
            false if is_whole => AxisScale::Whole,
            false => AxisScale::Linear,
        };
        PlotAxis::new(label(name, logarithmic[at]), scale)
    };
    let corners = cloud.around.map(Vec::from).unwrap_or_default();
    widgets::plot(ui, &name, ui.available_size(), &[axis(&x, 0), axis(&y, 1)])
        .label_formatter(|_| None)
        .allow_drag(scatter.tool == ScatterTool::Point)
        .show(ui, |plot| {
            // Not seen: it tells the axes how far the points reach.
            let bounds = egui_plot::Points::new("bounds", corners);
            plot.points(bounds.radius(0.0).color(Color32::TRANSPARENT).allow_hover(false));
        })
}

/// Paints points, front, the chosen one and what is being drawn.
fn paint(
    ui: &mut Ui,
    context: &ViewContext<'_>,
    scatter: &mut ScatterView,
    cloud: &ScatterCloud,
    transform: &PlotTransform,
) {
    let accent = theme::accent(ui.visuals().dark_mode);
    let Some(sheet) = context.results.shown() else { return };
    let dominated = context.preferences.dominated;
    let drawn = MeshKey {
        cloud: cloud.id,
        selected: sheet.now.selected.clone(),
        bounds: *transform.bounds(),
        frame: *transform.frame(),
        accent,
        dominated,
    };
    if scatter.drawn.as_ref().is_none_or(|(known, _)| *known != drawn) {
        let load =
            || ui.ctx().load_texture("disc", point_mesh::disc(), egui::TextureOptions::LINEAR);
        let disc = scatter.disc.get_or_insert_with(load).id();
        let only_front;
        let cloud: &ScatterCloud = if dominated {
            cloud
        } else {
            only_front = cloud.front_only();
            &only_front
        };
        let selected = cloud.selected(&sheet.table, &sheet.now.selected, &sheet.test());
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
    scatter: &ScatterView,
    cloud: &ScatterCloud,
    transform: &PlotTransform,
    pointer: Pos2,
) -> Option<u32> {
    let front = cloud.front.iter().map(|dot| {
        let place = transform.position_from_point(&dot.at.into());
        (place.distance_sq(pointer), dot.row)
    });
    let drawn = scatter.drawn.iter().flat_map(|(_, points)| &points.places);
    let all = drawn.map(|(place, row)| (place.distance_sq(pointer), *row)).chain(front);
    let near = all.filter(|(distance, _)| *distance < NEAR * NEAR);
    near.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, row)| row)
}

/// Chooses a point; with Shift, selects it as well.
fn click(ui: &Ui, context: &mut ViewContext<'_>, near: Option<u32>, scroll: &mut bool) {
    let also = ui.input(|input| input.modifiers.shift || input.modifiers.command);
    let (Some(row), Some(sheet)) = (near, context.models().results.shown()) else { return };
    context.change_view(sheet, |now| {
        now.row = Some(row);
        if also {
            now.selected = now.selected.toggled(row);
        }
    });
    *scroll = true;
}

/// Follows the pointer while it draws and selects what it drew around.
fn select(
    ui: &Ui,
    context: &mut ViewContext<'_>,
    scatter: &mut ScatterView,
    response: &Response,
    transform: &PlotTransform,
) {
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
        context.change_results(ResultsAction::SelectArea(area, also));
    }
}

/// Which values of a column are better, for the front.
fn direction(ui: &mut Ui, reversed: &mut Vec<String>, column: &str) {
    let is_reversed = reversed.iter().any(|known| known == column);
    let usual = ColumnGoal::of(column);
    let goal = if is_reversed { usual.reversed() } else { usual };
    let text = if goal == ColumnGoal::Low { "min" } else { "max" };
    let about = format!(
        "For the front, {} of {column} are better. Click to reverse",
        if goal == ColumnGoal::Low { "low values" } else { "high values" }
    );
    let response = ui.small_button(text);
    let label = format!("Direction of {column}");
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &label));
    if response.on_hover_text(about).clicked() {
        if is_reversed {
            reversed.retain(|known| known != column);
        } else {
            reversed.push(column.to_owned());
        }
    }
}

/// Further objectives of the front.
fn objectives(ui: &mut Ui, names: &[String], preferences: &mut Preferences) {
    let menu = ui.menu_button("Objectives", |ui| {
        ui.weak("The front is of the axes and of:");
        for name in names.iter().filter(|name| !preferences.axes[..2].contains(name)) {
            let mut is_one = preferences.objectives.contains(name);
            ui.horizontal(|ui| {
                if ui.checkbox(&mut is_one, format!("Objective {name}")).changed() {
                    preferences.objectives.retain(|known| known != name);
                    if is_one {
                        preferences.objectives.push(name.clone());
                    }
                }
                direction(ui, &mut preferences.reversed, name);
            });
        }
    });
    menu.response.on_hover_text("More than two objectives of the Pareto front");
}

fn label(name: &str, logarithmic: bool) -> String {
    if logarithmic { format!("{name} (log)") } else { name.to_owned() }
}

/// What stands beside the pointer.
fn card(ui: &mut Ui, context: &ViewContext<'_>, row: u32) {
    let Some(sheet) = context.results.shown() else { return };
    ui.label(sheet.table.architecture(row));
    for column in &context.preferences.axes {
        let column = sheet.table.shown_name(column);
        ui.monospace(format!("{column} {}", written(column, sheet.table.value(column, row))));
    }
    if sheet.now.selected.contains(row) {
        ui.weak("selected");
    }
}

/// How many rows have no point, and why.
fn counts(ui: &mut Ui, cloud: &ScatterCloud) {
    let (drawn, placed) = (cloud.dots.len() as u64, cloud.placed as u64);
    if drawn < placed {
        let text = format!("{} of {} points", thousands(drawn), thousands(placed));
        ui.weak(text).on_hover_text(
            "An even sample is drawn; front and selections use all rows with both values",
        );
    }
    let missing = cloud.rows as u64 - placed;
    if missing > 0 {
        let text = match missing {
            1 => "1 row without a place".to_owned(),
            count => format!("{} rows without a place", thousands(count)),
        };
        ui.weak(text).on_hover_text(
            "A value is missing or not finite, such as a score of -inf, or not positive on a logarithmic axis",
        );
    }
}

fn axes(ui: &mut Ui, context: &mut ViewContext<'_>, scatter: &mut ScatterView) {
    let table = context.models().results.shown().map(|sheet| &sheet.table);
    let names: Vec<String> = (table.iter())
        .flat_map(|table| table.filled().filter(|name| *name != "value").map(str::to_owned))
        .collect();
    let shown_name =
        |name: &String| table.map_or(name.as_str(), |table| table.shown_name(name)).to_owned();
    ui.horizontal_wrapped(|ui| {
        let mut preferences = context.preferences.clone();
        for (axis, title) in ["X axis", "Y axis", "Colour"].into_iter().enumerate() {
            let label = ui.label(title);
            let shown = &preferences.axes[axis].clone();
            let combo = ComboBox::from_id_salt(title)
                .width(70.0)
                .selected_text(table.map_or(shown.as_str(), |table| table.shown_name(shown)));
            let response = combo.show_ui(ui, |ui| {
                for name in &names {
                    ui.selectable_value(&mut preferences.axes[axis], name.clone(), name);
                }
            });
            response.response.labelled_by(label.id);
            if let Some(logarithmic) = preferences.logarithmic.get_mut(axis) {
                ui.toggle_value(logarithmic, "log").on_hover_text(format!("{title}: logarithmic"));
                direction(ui, &mut preferences.reversed, &shown_name(&preferences.axes[axis]));
            }
        }
        ui.toggle_value(&mut preferences.dominated, "all")
            .on_hover_text("Also show dominated architectures");
        objectives(ui, &names, &mut preferences);
        chrome::button(ui, context, Command::SelectFront);
        ui.separator();
        context.set_preferences(preferences);
        let tool = &mut scatter.tool;
        for (one, name, about) in [
            (
                ScatterTool::Point,
                "Point",
                "Drag to pan; click to choose a point, Shift-click to select it",
            ),
            (ScatterTool::Box, "Box", "Drag to select; hold Shift to add"),
            (ScatterTool::Lasso, "Lasso", "Draw around points to select; hold Shift to add"),
        ] {
            ui.selectable_value(tool, one, name).on_hover_text(about);
        }
        if let Some(cloud) = context.results.scatter.cloud() {
            counts(ui, cloud);
        }
    });
}
