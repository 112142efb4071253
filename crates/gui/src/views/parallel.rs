//! Parallel coordinates: an axis for every decision and number, and a line for every row. Dragging
//! along an axis brushes it, which filters the rows of all views.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use egui::{
    Align2, Button, Color32, FontId, Popup, PopupCloseBehavior, Pos2, Rect, Response, ScrollArea,
    Sense, Shape, Stroke, Ui, lerp, pos2, remap, vec2,
};

use super::axes::AxisLayout;
use super::lines::{AxisScale, GAP, LinesKey, ParallelLines, heights, places};
use super::plot_axis;
use super::widgets;
use super::widgets::operations;
use super::widgets::written;
use crate::action::ResultsAction;
use crate::colour_scale::ColourScale;
use crate::picture::exportable;
use crate::results::result_set::ResultSet;
use crate::results::sheet::{AxisBrush, ResultAxis};
use crate::theme;
use crate::views::context::ViewContext;
use untrained::format::thousands;

/// The least distance of two axes.
const APART: f32 = 54.0;
/// The height of headings.
const HEAD: f32 = 20.0;
/// How near the pointer a line is chosen, in pixels.
const NEAR: f32 = 6.0;
/// How far beside an axis it can be dragged along.
const BESIDE: f32 = 11.0;
/// How long new results wait until they are lines.
const PACE: Duration = Duration::from_millis(300);

/// What is kept of parallel coordinates between frames.
#[derive(Default)]
pub struct ParallelView {
    axes: AxisLayout,
    lines: Option<(LinesKey, ParallelLines)>,
    made: Option<Instant>,
    /// The axis that is brushed and from where to where, as shares of it.
    brushing: Option<(ResultAxis, f32, f32)>,
}

/// What a person did to the axes.
enum AxisAction {
    Brush(ResultAxis, Option<AxisBrush>),
    Adjust(ResultAxis, AxisBrush),
    Hide(ResultAxis),
    Move(ResultAxis, usize),
    Choose(u32),
}

/// Shows them.
pub fn show(
    ui: &mut Ui,
    context: &mut ViewContext<'_>,
    parallel: &mut ParallelView,
    scroll: &mut bool,
) {
    let Some(sheet) = context.models().results.shown() else { return };
    let colour = sheet.table.shown_name(&context.preferences.axes[2]).to_owned();
    parallel.axes.update(sheet);
    bar(ui, parallel, sheet);
    let action = exportable(ui, "parallel coordinates", |ui| {
        widgets::colour_bar(ui, &colour, ColourScale::new(sheet.table.range(&colour)));
        plot(ui, parallel, sheet, &colour)
    });
    match action {
        Some(AxisAction::Brush(axis, brush)) => {
            context.change_results(ResultsAction::Brush(axis, brush));
        }
        Some(AxisAction::Adjust(axis, brush)) => {
            let mut view = sheet.now.clone();
            view.brushes.insert(axis, brush);
            context.change_results(ResultsAction::ChangeTyped(Box::new(view)));
        }
        Some(AxisAction::Hide(axis)) => parallel.axes.hide(&axis),
        Some(AxisAction::Move(axis, place)) => parallel.axes.move_to(&axis, place),
        Some(AxisAction::Choose(row)) => {
            context.change_view(sheet, |now| now.row = Some(row));
            *scroll = true;
        }
        None => {}
    }
}

/// Which axes there are, and how much of the rows is drawn.
fn bar(ui: &mut Ui, parallel: &mut ParallelView, sheet: &ResultSet) {
    ui.horizontal_wrapped(|ui| {
        ui.menu_button("Axes", |ui| {
            ScrollArea::vertical().max_height(360.0).show(ui, |ui| {
                for (axis, shown) in parallel.axes.all_mut() {
                    ui.checkbox(shown, format!("Axis {}", axis.name()));
                }
            });
        });
        ui.weak("Drag along an axis to filter; click a line to choose it");
        let drawn = parallel.lines.as_ref().map_or(0, |(_, lines)| lines.rows.len());
        if drawn < sheet.rows.len() {
            let (drawn, all) = (thousands(drawn as u64), thousands(sheet.rows.len() as u64));
            let text = ui.weak(format!("{drawn} of {all} lines"));
            text.on_hover_text("An even sample is drawn; brushes filter all rows");
        }
        let (read, all) = (sheet.decisions.len(), sheet.table.len());
        if sheet.space.is_none() {
            ui.weak("decisions are unknown: the space of these results cannot be opened");
        } else if read < all {
            let (read, all) = (thousands(read as u64), thousands(all as u64));
            ui.weak(format!("decisions of the first {read} of {all} rows"));
        }
    });
}

/// Axes and lines.
fn plot(
    ui: &mut Ui,
    parallel: &mut ParallelView,
    sheet: &ResultSet,
    colour: &str,
) -> Option<AxisAction> {
    let names = operations(sheet.space.as_ref());
    let with_scale =
        |axis: ResultAxis| AxisScale::new(sheet, &axis, &names).map(|scale| (axis, scale));
    let (axes, scales): (Vec<ResultAxis>, Vec<AxisScale<'_>>) =
        parallel.axes.shown().into_iter().filter_map(with_scale).unzip();
    if axes.is_empty() {
        let text = "No axes are shown. Choose some in the Axes menu.";
        ui.centered_and_justified(|ui| ui.weak(text));
        return None;
    }
    let height = ui.available_height();
    let width = ui.available_width().max(APART * axes.len() as f32);
    let scroll = ScrollArea::horizontal().auto_shrink(false);
    let shown = scroll.show(ui, |ui| {
        let (response, _) = ui.allocate_painter(vec2(width, height), Sense::click());
        let whole = response.rect;
        let side = (width / axes.len() as f32 * 0.5).clamp(APART * 0.5, 60.0);
        let area = Rect::from_min_max(
            pos2(whole.left() + side, whole.top() + HEAD + 6.0),
            pos2(whole.right() - side, whole.bottom() - GAP - 8.0),
        );
        let dark = ui.visuals().dark_mode;
        let made = LinesKey {
            sheet: sheet.id,
            version: sheet.version,
            axes: axes.clone(),
            area,
            colour: colour.to_owned(),
            selected: sheet.now.selected.clone(),
            accent: theme::accent(dark),
        };
        parallel.keep(ui, sheet, &scales, made);
        paint(ui, parallel, sheet, &scales, area);
        let chosen = lines(parallel, sheet, &response);
        // What lies over the picture takes no place of its own.
        let over = egui::UiBuilder::new().max_rect(whole).id_salt("over");
        let touched = columns(&mut ui.new_child(over), parallel, sheet, &axes, &scales, area);
        touched.or(chosen)
    });
    shown.inner
}

impl ParallelView {
    /// Has the lines made anew where they are others.
    fn keep(&mut self, ui: &Ui, sheet: &ResultSet, scales: &[AxisScale<'_>], made: LinesKey) {
        let grown = [sheet.rows.len(), sheet.decisions.len()];
        let age = self.made.map_or(PACE, |made| made.elapsed());
        if let Some((known, lines)) = &self.lines
            && *known == made
            && (lines.grown == grown || age < PACE)
        {
            if lines.grown != grown {
                ui.ctx().request_repaint_after(PACE - age);
            }
            return;
        }
        self.made = Some(Instant::now());
        let lines = ParallelLines::new(sheet, scales, &made);
        self.lines = Some((made, lines));
    }
}

fn paint(
    ui: &Ui,
    parallel: &ParallelView,
    sheet: &ResultSet,
    scales: &[AxisScale<'_>],
    area: Rect,
) {
    let painter = ui.painter();
    if let Some((_, lines)) = &parallel.lines {
        painter.add(Shape::mesh(lines.mesh.clone()));
    }
    let rows = sheet.table.len();
    if let Some(row) = sheet.now.row.filter(|&row| (row as usize) < rows) {
        let points: Vec<Pos2> = places(area, scales.len())
            .into_iter()
            .zip(heights(scales, area, row))
            .map(|(x, y)| pos2(x, y))
            .collect();
        painter.line(points, Stroke::new(2.5, ui.visuals().strong_text_color()));
    }
}

/// Chooses the line under the pointer and tells of it.
fn lines(parallel: &ParallelView, sheet: &ResultSet, response: &Response) -> Option<AxisAction> {
    let (_, lines) = parallel.lines.as_ref()?;
    let label = format!("Parallel coordinates of {} rows", thousands(lines.rows.len() as u64));
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, &label));
    let row = lines.nearest(response.hover_pos()?, NEAR)?;
    let told = response.clone().on_hover_ui_at_pointer(|ui| {
        ui.label(sheet.table.architecture(row));
    });
    told.clicked().then_some(AxisAction::Choose(row))
}

/// Headings, axes and what is done to them.
fn columns(
    ui: &mut Ui,
    parallel: &mut ParallelView,
    sheet: &ResultSet,
    axes: &[ResultAxis],
    scales: &[AxisScale<'_>],
    area: Rect,
) -> Option<AxisAction> {
    let xs = places(area, axes.len());
    let apart = if xs.len() > 1 { xs[1] - xs[0] } else { area.width().max(APART) };
    let mut done = None;
    for (at, (axis, scale)) in axes.iter().zip(scales).enumerate() {
        let x = xs[at];
        marks(ui, scale, area, x, apart);
        let brush = sheet.now.brushes.get(axis);
        covered(ui, scale, brush, parallel, axis, area, x);
        let dragged = along(ui, parallel, axis, scale, brush, area, x);
        let head =
            Rect::from_center_size(pos2(x, area.top() - 6.0 - HEAD / 2.0), vec2(apart - 4.0, HEAD));
        let headed = heading(ui, axis, scale, brush, head, &xs, at);
        done = done.or(dragged).or(headed);
    }
    done
}

/// The line of an axis with what its places mean.
fn marks(ui: &Ui, scale: &AxisScale<'_>, area: Rect, x: f32, apart: f32) {
    let painter = ui.painter();
    let visuals = ui.visuals();
    let line = Stroke::new(1.0, visuals.text_color().gamma_multiply(0.7));
    painter.vline(x, area.y_range(), line);
    let write = |place: Pos2, align: Align2, text: &str| {
        let font = FontId::proportional(10.0);
        let most = (apart - 10.0).max(24.0);
        let mut job = egui::text::LayoutJob::simple_singleline(
            text.to_owned(),
            font,
            visuals.strong_text_color(),
        );
        job.wrap = egui::text::TextWrapping::truncate_at_width(most);
        let galley = painter.layout_job(job);
        let rect = align.anchor_size(place, galley.size());
        let back = visuals.panel_fill.gamma_multiply(0.75);
        painter.rect_filled(rect.expand2(vec2(2.0, 0.0)), 2.0, back);
        painter.galley(rect.min, galley, Color32::PLACEHOLDER);
    };
    if let AxisScale::Number { range: [least, most], .. } = scale {
        write(pos2(x + 4.0, area.top()), Align2::LEFT_TOP, &plot_axis::rounded(*most));
        write(pos2(x + 4.0, area.bottom()), Align2::LEFT_BOTTOM, &plot_axis::rounded(*least));
        return;
    }
    let mut last = f32::INFINITY;
    for (name, share) in scale.categories() {
        let y = lerp(area.bottom()..=area.top(), share);
        if last - y >= 12.0 {
            write(pos2(x + 4.0, y), Align2::LEFT_CENTER, name);
            last = y;
        }
    }
}

/// What is brushed, and what is being brushed.
fn covered(
    ui: &Ui,
    scale: &AxisScale<'_>,
    brush: Option<&AxisBrush>,
    parallel: &ParallelView,
    axis: &ResultAxis,
    area: Rect,
    x: f32,
) {
    let accent = theme::accent(ui.visuals().dark_mode);
    let draw = |low: f32, high: f32, strength: f32| {
        let y = |share: f32| lerp(area.bottom()..=area.top(), share);
        let rect = Rect::from_two_pos(pos2(x - 6.0, y(low)), pos2(x + 6.0, y(high)));
        let (fill, stroke) = (accent.gamma_multiply(strength), Stroke::new(1.0, accent));
        ui.painter().rect(
            rect.expand2(vec2(0.0, 1.0)),
            2.0,
            fill,
            stroke,
            egui::StrokeKind::Inside,
        );
    };
    for [low, high] in brush.map(|brush| scale.covered(brush)).unwrap_or_default() {
        draw(low, high, 0.3);
    }
    if let Some((_, from, to)) = parallel.brushing.as_ref().filter(|(known, ..)| known == axis) {
        draw(*from, *to, 0.15);
    }
}

/// Brushes an axis: a drag keeps what it passes, a click on a category turns it on or off, a click
/// elsewhere takes the brush away.
fn along(
    ui: &mut Ui,
    parallel: &mut ParallelView,
    axis: &ResultAxis,
    scale: &AxisScale<'_>,
    brush: Option<&AxisBrush>,
    area: Rect,
    x: f32,
) -> Option<AxisAction> {
    let rect =
        Rect::from_x_y_ranges(x - BESIDE..=x + BESIDE, area.y_range()).expand2(vec2(0.0, 4.0));
    let id = ui.scope_id().with(("axis", axis.name()));
    let response = ui.interact(rect, id, Sense::click_and_drag());
    let label = format!("Axis {}", axis.name());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Slider, true, &label));
    let share = |at: Pos2| remap(at.y, area.bottom()..=area.top(), 0.0..=1.0).clamp(0.0, 1.0);
    let pointer = response.interact_pointer_pos().map(share);
    if response.drag_started() {
        let origin = ui.input(|input| input.pointer.press_origin()).map(share).or(pointer);
        parallel.brushing = origin.map(|from| (axis.clone(), from, from));
    }
    if let (Some((known, _, to)), Some(at)) = (&mut parallel.brushing, pointer)
        && known == axis
    {
        *to = at;
    }
    if response.drag_stopped()
        && let Some((_, from, to)) = parallel.brushing.take()
    {
        return scale.brush(from, to).map(|brush| AxisAction::Brush(axis.clone(), Some(brush)));
    }
    if response.clicked() {
        return clicked(axis, scale, brush, pointer?);
    }
    if response.hovered() {
        ui.ctx().set_cursor_icon(egui::CursorIcon::ResizeVertical);
    }
    None
}

fn clicked(
    axis: &ResultAxis,
    scale: &AxisScale<'_>,
    brush: Option<&AxisBrush>,
    share: f32,
) -> Option<AxisAction> {
    let categories = scale.categories();
    let near = categories.iter().min_by(|a, b| (a.1 - share).abs().total_cmp(&(b.1 - share).abs()));
    match near {
        Some((name, _)) => Some(AxisAction::Brush(axis.clone(), toggled(brush, name))),
        None => brush.map(|_| AxisAction::Brush(axis.clone(), None)),
    }
}

/// A brush on categories with one more or one less; none where none is left.
fn toggled(brush: Option<&AxisBrush>, name: &str) -> Option<AxisBrush> {
    let mut values: BTreeSet<String> = match brush {
        Some(AxisBrush::Values(values)) => values.clone(),
        _ => BTreeSet::new(),
    };
    if !values.remove(name) {
        values.insert(name.to_owned());
    }
    (!values.is_empty()).then_some(AxisBrush::Values(values))
}

/// The heading of an axis: a drag moves it, a click opens its menu, which does all a pointer can do.
fn heading(
    ui: &mut Ui,
    axis: &ResultAxis,
    scale: &AxisScale<'_>,
    brush: Option<&AxisBrush>,
    rect: Rect,
    xs: &[f32],
    at: usize,
) -> Option<AxisAction> {
    let text = egui::RichText::new(axis.name()).small().strong();
    let button = Button::new(text).frame(false).truncate().sense(Sense::click_and_drag());
    let response = ui.put(rect, button);
    let label = format!("Axis menu {}", axis.name());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &label));
    let mut done = None;
    // At its end: widgets are known by their places, so that a drag would pass to the axis that comes.
    if response.drag_stopped()
        && let Some(pointer) = response.interact_pointer_pos()
    {
        let distance = |x: &f32| (x - pointer.x).abs();
        let nearest = (0..xs.len()).min_by(|&a, &b| distance(&xs[a]).total_cmp(&distance(&xs[b])));
        done = nearest.filter(|&to| to != at).map(|to| AxisAction::Move(axis.clone(), to));
    }
    let popup = Popup::menu(&response).close_behavior(PopupCloseBehavior::CloseOnClickOutside);
    let shown = popup.show(|ui| menu(ui, axis, scale, brush, xs.len(), at));
    let name = axis.name();
    response.on_hover_text(format!("{name}: drag to move the axis, click for its menu"));
    shown.and_then(|shown| shown.inner).or(done)
}

fn menu(
    ui: &mut Ui,
    axis: &ResultAxis,
    scale: &AxisScale<'_>,
    brush: Option<&AxisBrush>,
    count: usize,
    at: usize,
) -> Option<AxisAction> {
    let mut done = None;
    ui.horizontal(|ui| {
        if ui.add_enabled(at > 0, Button::new("Move left")).clicked() {
            done = Some(AxisAction::Move(axis.clone(), at - 1));
        }
        if ui.add_enabled(at + 1 < count, Button::new("Move right")).clicked() {
            done = Some(AxisAction::Move(axis.clone(), at + 1));
        }
        if ui.button("Hide").clicked() {
            done = Some(AxisAction::Hide(axis.clone()));
        }
        if ui.add_enabled(brush.is_some(), Button::new("Clear brush")).clicked() {
            done = Some(AxisAction::Brush(axis.clone(), None));
        }
    });
    ui.separator();
    if let AxisScale::Number { range: [least, most], .. } = scale {
        let [mut low, mut high] = match brush {
            Some(AxisBrush::Range(range)) => *range,
            _ => [*least, *most],
        };
        let step = (most - least) / 200.0;
        let name = axis.name();
        ui.horizontal(|ui| {
            let edit = |ui: &mut Ui, title: &str, value: &mut f64| {
                let label = ui.label(title);
                let write = |value: f64, _: std::ops::RangeInclusive<usize>| written(name, value);
                let drag = egui::DragValue::new(value).speed(step).custom_formatter(write);
                ui.add(drag.range(*least..=*most)).labelled_by(label.id).changed()
            };
            if edit(ui, "from", &mut low) | edit(ui, "to", &mut high) {
                done =
                    Some(AxisAction::Adjust(axis.clone(), AxisBrush::Range([low, high.max(low)])));
            }
        });
    }
    let is_on =
        |name: &str| matches!(brush, Some(AxisBrush::Values(values)) if values.contains(name));
    ScrollArea::vertical().max_height(260.0).show(ui, |ui| {
        for (name, _) in scale.categories().iter().rev() {
            let mut on = is_on(name);
            if ui.checkbox(&mut on, *name).changed() {
                done = Some(AxisAction::Brush(axis.clone(), toggled(brush, name)));
            }
        }
    });
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categories_are_turned_on_and_off() {
        let one = toggled(None, "conv");
        assert_eq!(one, Some(AxisBrush::Values(["conv".to_owned()].into())));
        let two = toggled(one.as_ref(), "none");
        assert!(matches!(&two, Some(AxisBrush::Values(values)) if values.len() == 2));
        assert_eq!(toggled(two.as_ref(), "none"), one);
        assert_eq!(toggled(one.as_ref(), "conv"), None);
    }
}
