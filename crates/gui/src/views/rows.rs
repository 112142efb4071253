//! The table of results: any number of rows, of which only the visible ones are laid out.

use std::f32::consts::TAU;

use egui::{Align, Key, Layout, Modifiers, Pos2, RichText, Sense, Shape, Stroke, Ui, Vec2, vec2};
use egui_extras::{Column, TableBuilder, TableRow};

use super::widgets::written;
use crate::action::{Action, ResultsAction};
use crate::availability::can_export;
use crate::results::result_set::ResultSet;
use crate::results::sheet::{MEASURED, NUMBERS, SortBy};
use crate::theme;
use crate::views::context::ViewContext;
use untrained::format::thousands;
use untrained::store::Status;

/// The height of a row.
const ROW: f32 = 19.0;

/// What was pressed in the table.
enum TableClick {
    Row(u32),
    Star(u32),
    Heading(SortBy),
    Menu(RowCommand, u32),
}

/// What can be done with a row, or with the selected rows that it is one of.
enum RowCommand {
    Export,
    Network,
    Compare,
    Copy,
}

/// A heading: its text, what it is, and what it sorts by.
struct ColumnHeading {
    text: String,
    about: String,
    by: SortBy,
}

/// Shows the table; with `scroll`, the chosen row comes in sight. `scroll_next` asks for that in the next
/// frame.
pub fn show(ui: &mut Ui, context: &mut ViewContext<'_>, scroll: bool, scroll_next: &mut bool) {
    keys(ui, context, scroll_next);
    let Some(sheet) = context.models().results.shown() else { return };
    let shown = context.preferences.columns.iter().map(|name| sheet.table.shown_name(name));
    let has = |name: &&str| sheet.table.column(name).is_some();
    let columns: Vec<String> = shown.filter(has).map(str::to_owned).collect();
    let headings: Vec<ColumnHeading> = columns.iter().map(|name| heading(name)).collect();
    let place = || sheet.rows.iter().position(|&row| sheet.now.row == Some(row));
    let target = if scroll { place() } else { None };
    let cloud = context.models().results.scatter.cloud();
    let cloud = cloud.filter(|cloud| cloud.shown.results == sheet.id);
    let front = cloud.map(|cloud| cloud.front_rows.as_slice());
    let front = context.preferences.front.then(|| front.unwrap_or_default());
    let mut pressed = None;
    egui::ScrollArea::horizontal().auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 1.0;
        let widths: Vec<f32> = headings.iter().map(|one| width(ui, &one.text)).collect();
        let mut builder = TableBuilder::new(ui)
            .id_salt("results")
            .striped(true)
            .sense(egui::Sense::click())
            .cell_layout(Layout::left_to_right(Align::Center))
            .auto_shrink(false)
            .min_scrolled_height(0.0)
            .animate_scrolling(false)
            .cell_layout(egui::Layout::left_to_right(egui::Align::Center))
            .column(Column::exact(26.0))
            .column(Column::exact(64.0));
        if front.is_some() {
            builder = builder.column(Column::exact(44.0));
        }
        for width in widths {
            let column = Column::initial(width.max(92.0)).at_least(width).resizable(true);
            builder = builder.column(column);
        }
        builder = builder
            .column(Column::exact(92.0))
            .column(Column::remainder().at_least(180.0).clip(true));
        if let Some(target) = target {
            builder = builder.scroll_to_row(target, None);
        }
        builder
            .header(ROW + 2.0, |mut row| {
                titles(&mut row, sheet, (&headings, front.is_some()), &mut pressed)
            })
            .body(|body| {
                body.rows(ROW, sheet.rows.len(), |mut row| {
                    let at = sheet.rows[row.index()];
                    row.set_selected(sheet.now.row == Some(at) || sheet.now.selected.contains(at));
                    let is_front = front.map(|rows| rows.binary_search(&at).is_ok());
                    cells(&mut row, sheet, (at, is_front), &columns, &mut pressed);
                    let response = row.response();
                    if response.clicked() && pressed.is_none() {
                        pressed = Some(TableClick::Row(at));
                    }
                    response.context_menu(|ui| {
                        if let Some(entry) = menu(ui, sheet, at) {
                            pressed = Some(TableClick::Menu(entry, at));
                        }
                    });
                });
            });
    });
    let held = ui.input(|input| input.modifiers);
    match pressed {
        Some(TableClick::Row(row)) => click(context, sheet, row, held),
        Some(TableClick::Star(row)) => {
            let name = sheet.table.architecture(row).to_owned();
            context.change_results(ResultsAction::ToggleStar(name));
        }
        Some(TableClick::Menu(command, row)) => run(ui, context, sheet, (command, row)),
        Some(TableClick::Heading(by)) => context.change_results(ResultsAction::SortBy(by)),
        None => {}
    }
}

/// The rows that the menu of a row is about: those that are selected, if it is one of them.
fn rows_of_menu(sheet: &ResultSet, row: u32) -> Vec<u32> {
    let selected = &sheet.now.selected;
    if selected.contains(row) { selected.rows().to_vec() } else { vec![row] }
}

/// The menu of a row; what was chosen in it.
fn menu(ui: &mut Ui, sheet: &ResultSet, row: u32) -> Option<RowCommand> {
    let selected = &sheet.now.selected;
    let count = if selected.contains(row) { selected.len() } else { 1 };
    let export = match count {
        1 => "Export network…".to_owned(),
        count => format!("Export {} networks…", thousands(count as u64)),
    };
    let about = "Write as ONNX, PyTorch, DOT, SVG or JSON";
    let button = ui.add_enabled(can_export(sheet), egui::Button::new(export));
    if button.on_hover_text(about).clicked() {
        return Some(RowCommand::Export);
    }
    if ui.add_enabled(can_export(sheet), egui::Button::new("Show network")).clicked() {
        return Some(RowCommand::Network);
    }
    if ui.button("Add to comparison").clicked() {
        return Some(RowCommand::Compare);
    }
    ui.button("Copy architecture").clicked().then_some(RowCommand::Copy)
}

fn run(
    ui: &Ui,
    context: &mut ViewContext<'_>,
    sheet: &ResultSet,
    (command, row): (RowCommand, u32),
) {
    match command {
        RowCommand::Export => context.send(Action::AskExport(rows_of_menu(sheet, row))),
        RowCommand::Network => context.send(Action::ShowNetwork(row)),
        RowCommand::Compare => context.send(Action::AddCompared(row)),
        RowCommand::Copy => ui.ctx().copy_text(sheet.table.architecture(row).to_owned()),
    }
}

/// Chooses a row; with Ctrl, selects it or no longer; with Shift, selects all from the chosen one on.
fn click(context: &mut ViewContext<'_>, sheet: &ResultSet, row: u32, held: Modifiers) {
    if held.shift {
        context.change_results(ResultsAction::SelectTo(row));
    } else {
        context.change_view(sheet, |now| {
            now.row = Some(row);
            if held.command {
                now.selected = now.selected.toggled(row);
            }
        });
    }
}

/// Moves the chosen row by the keyboard, where nothing else has its attention.
fn keys(ui: &Ui, context: &mut ViewContext<'_>, scroll_next: &mut bool) {
    let elsewhere =
        ui.memory(|memory| memory.focused().is_some()) || context.overlay.palette.is_some();
    let Some(sheet) = context.models().results.shown() else { return };
    if elsewhere || sheet.rows.is_empty() {
        return;
    }
    let page = ((ui.available_height() / ROW) as i64 - 2).max(1);
    let (all, end) = (sheet.rows.len(), i64::MAX / 2);
    let steps = [
        (Key::ArrowUp, -1),
        (Key::ArrowDown, 1),
        (Key::PageUp, -page),
        (Key::PageDown, page),
        (Key::Home, -end),
        (Key::End, end),
    ];
    let (step, shift, everything) = ui.input_mut(|input| {
        let shift = input.modifiers.shift;
        let mut step = 0;
        for (key, by) in steps {
            let pressed = input.count_and_consume_key(Modifiers::NONE, key)
                + input.count_and_consume_key(Modifiers::SHIFT, key);
            step += by * pressed as i64;
        }
        (step, shift, input.consume_key(Modifiers::COMMAND, Key::A))
    });
    if everything {
        let rows = sheet.rows.to_vec();
        context.change_results(ResultsAction::Select(rows));
    }
    if step == 0 {
        return;
    }
    let place = sheet.rows.iter().position(|&row| sheet.now.row == Some(row));
    let next = place.map_or(if step > 0 { step.min(1) - 1 } else { end }, |at| at as i64 + step);
    let next = if place.is_none() && step >= end { end } else { next };
    let row = sheet.rows[next.clamp(0, all as i64 - 1) as usize];
    if shift {
        context.change_results(ResultsAction::SelectTo(row));
    }
    context.change_results(ResultsAction::StepTo(row));
    *scroll_next = true;
}

/// The heading of a column of numbers.
fn heading(name: &str) -> ColumnHeading {
    let known = NUMBERS.iter().find(|number| number.name == name);
    let measured = MEASURED.iter().find(|column| column.name == name);
    let about = known.map(|number| number.about.as_str()).or(measured.map(|column| column.about));
    let about = about.unwrap_or("A further score");
    let unit = known.map(|number| number.unit).or(measured.map(|column| column.unit));
    let unit = unit.filter(|unit| !unit.is_empty());
    let text = unit.map_or(name.to_owned(), |unit| format!("{name} ({unit})"));
    let about = format!("{about}. Click to sort");
    ColumnHeading { text, about, by: SortBy::Number(name.to_owned()) }
}

/// The width in which a heading can be read, its arrow included.
fn width(ui: &Ui, text: &str) -> f32 {
    let font = egui::TextStyle::Button.resolve(ui.style());
    let galley = ui.painter().layout_no_wrap(text.to_owned(), font, ui.visuals().text_color());
    galley.size().x + 2.0 * ui.spacing().button_padding.x + 16.0
}

fn titles(
    row: &mut TableRow<'_, '_>,
    sheet: &ResultSet,
    (headings, has_front): (&[ColumnHeading], bool),
    pressed: &mut Option<TableClick>,
) {
    let mut add = |row: &mut TableRow<'_, '_>, heading: &ColumnHeading, layout: Layout| {
        let sorted = (sheet.now.sort.by == heading.by).then_some(sheet.now.sort.descending);
        row.col(|ui| {
            ui.with_layout(layout, |ui| {
                if let (Some(descending), true) = (sorted, layout.prefer_right_to_left()) {
                    triangle(ui, descending);
                }
                let text = RichText::new(&heading.text).strong();
                let response = ui.add(egui::Button::new(text).frame(false));
                if response.on_hover_text(&heading.about).clicked() {
                    *pressed = Some(TableClick::Heading(heading.by.clone()));
                }
                if let (Some(descending), false) = (sorted, layout.prefer_right_to_left()) {
                    triangle(ui, descending);
                }
            });
        });
    };
    let (left, right) =
        (Layout::left_to_right(Align::Center), Layout::right_to_left(Align::Center));
    let fixed = |text: &str, about: &str, by: SortBy| ColumnHeading {
        text: text.to_owned(),
        about: format!("{about}. Click to sort"),
        by,
    };
    row.col(|_| {});
    add(row, &fixed("#", "The order in which the results arrived", SortBy::Position), right);
    if has_front {
        let about = "Rows on the Pareto front of the scatter's axes and objectives";
        row.col(|ui| drop(ui.strong("Pareto").on_hover_text(about)));
    }
    for heading in headings {
        add(row, heading, right);
    }
    let about = "ok, singular, disconnected or failed";
    add(row, &fixed("status", about, SortBy::Status), left);
    let about = "In the space's notation";
    add(row, &fixed("architecture", about, SortBy::Architecture), left);
}

fn cells(
    row: &mut TableRow<'_, '_>,
    sheet: &ResultSet,
    (at, is_front): (u32, Option<bool>),
    columns: &[String],
    pressed: &mut Option<TableClick>,
) {
    let table = &sheet.table;
    let name = table.architecture(at);
    let chosen = sheet.now.row == Some(at);
    row.col(|ui| {
        if chosen {
            let bar = ui.max_rect().with_max_x(ui.max_rect().left() + 3.0);
            ui.painter().rect_filled(bar, 0.0, theme::accent(ui.visuals().dark_mode));
        }
        ui.add_space(4.0);
        if star(ui, sheet.stars.contains(name), table.position(at)) {
            *pressed = Some(TableClick::Star(at));
        }
    });
    row.col(|ui| number(ui, thousands(table.position(at))));
    if let Some(is_front) = is_front {
        row.col(|ui| {
            let text = RichText::new(if is_front { "front" } else { "" }).strong();
            ui.add(egui::Label::new(text).selectable(false));
        });
    }
    for column in columns {
        row.col(|ui| number(ui, written(column, table.value(column, at))));
    }
    let status = table.status(at);
    row.col(|ui| {
        let text = RichText::new(status.name());
        let warning = ui.visuals().warn_fg_color;
        let text = if status == Status::Ok { text } else { text.color(warning) };
        ui.add(egui::Label::new(text).selectable(false));
    });
    row.col(|ui| {
        let text = RichText::new(name).monospace();
        let text = if chosen { text.strong() } else { text };
        ui.add(egui::Label::new(text).truncate().selectable(false));
    });
}

/// Which way a column is sorted: a triangle that points down where the highest comes first.
fn triangle(ui: &mut Ui, descending: bool) {
    let (rect, _) = ui.allocate_exact_size(Vec2::splat(8.0), Sense::hover());
    let rect = rect.shrink2(vec2(0.0, 1.5));
    let points = if descending {
        vec![rect.left_top(), rect.right_top(), rect.center_bottom()]
    } else {
        vec![rect.left_bottom(), rect.center_top(), rect.right_bottom()]
    };
    let colour = ui.visuals().strong_text_color();
    ui.painter().add(Shape::convex_polygon(points, colour, Stroke::NONE));
}

/// A star that is filled where a row is marked; whether it was pressed.
fn star(ui: &mut Ui, marked: bool, position: u64) -> bool {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(16.0), Sense::click());
    let label = || format!("Mark row {position}");
    response
        .widget_info(|| egui::WidgetInfo::selected(egui::Role::CheckBox, true, marked, label()));
    let visuals = ui.visuals();
    let idle = visuals.text_color().gamma_multiply(if response.hovered() { 1.0 } else { 0.6 });
    let colour = if marked { visuals.warn_fg_color } else { idle };
    let point = |at: usize| {
        let (angle, radius) =
            (at as f32 * TAU / 10.0, if at.is_multiple_of(2) { 6.5 } else { 2.8 });
        rect.center() + radius * vec2(angle.sin(), -angle.cos())
    };
    let outline: Vec<Pos2> = (0..10).map(point).collect();
    if marked {
        // Every corner can be seen from the middle.
        let mut mesh = egui::Mesh::default();
        mesh.colored_vertex(rect.center(), colour);
        outline.iter().for_each(|corner| mesh.colored_vertex(*corner, colour));
        (0..10).for_each(|at| mesh.add_triangle(0, at + 1, (at + 1) % 10 + 1));
        ui.painter().add(mesh);
    }
    ui.painter().add(Shape::closed_line(outline, Stroke::new(1.0, colour)));
    response.on_hover_text("Mark with a star").clicked()
}

fn number(ui: &mut Ui, text: String) {
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.add(egui::Label::new(RichText::new(text).monospace()).selectable(false));
    });
}
