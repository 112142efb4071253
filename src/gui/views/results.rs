//! Results: filters, scatter, table.

use egui::{Panel, RichText, TextEdit, Ui};
use egui_extras::{Column, TableBuilder};

use super::{empty, scatter};
use crate::cli::format::thousands;
use crate::gui::chrome;
use crate::gui::command::Command;
use crate::gui::sheet::{Figures, NUMBERS, SortBy, Table};
use crate::gui::sheet_state::Sheet;
use crate::gui::state::{State, View};
use crate::store::Status;

/// The height of a row.
const ROW: f32 = 19.0;

/// Shows the view.
pub fn show(ui: &mut Ui, state: &mut State) {
    if state.sheet().is_none() && state.stored.is_some() {
        state.shows_stored = true;
    }
    if state.sheet().is_none() {
        empty(ui, "No results yet", "Start a search, or open a study.");
        ui.vertical_centered(|ui| {
            chrome::button(ui, state, Command::Go(View::Setup));
            chrome::button(ui, state, Command::Go(View::Studies));
        });
        return;
    }
    header(ui, state);
    filters(ui, state);
    if state.remembered.scatter {
        let height = ui.available_height();
        Panel::top("scatter")
            .resizable(true)
            .default_size(height * 0.42)
            .size_range(110.0..=(height - 110.0).max(111.0))
            .show(ui, |ui| scatter::show(ui, state));
    }
    table(ui, state);
    if let Some(text) = state.chosen().map(str::to_owned) {
        state.inspect(&text);
    }
}

fn header(ui: &mut Ui, state: &mut State) {
    ui.horizontal(|ui| {
        if state.running.is_some() && state.stored.is_some() {
            ui.selectable_value(&mut state.shows_stored, false, "This search");
            ui.selectable_value(&mut state.shows_stored, true, "Stored study");
        }
        if let Some(sheet) = state.sheet() {
            ui.heading(&sheet.title);
            let (shown, all) = (sheet.rows.len() as u64, sheet.table.len() as u64);
            let text = format!("{} of {} rows", thousands(shown), thousands(all));
            ui.label(RichText::new(text).weak());
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            chrome::button(ui, state, Command::Export);
            ui.toggle_value(&mut state.remembered.scatter, "Scatter");
            columns(ui, state);
        });
    });
}

/// Which columns of numbers are shown.
fn columns(ui: &mut Ui, state: &mut State) {
    let names: Vec<String> = state
        .sheet()
        .map(|sheet| sheet.table.names().map(str::to_owned).collect())
        .unwrap_or_default();
    ui.menu_button("Columns", |ui| {
        for name in names {
            let shown = &mut state.remembered.columns;
            let mut is_shown = shown.contains(&name);
            if ui.checkbox(&mut is_shown, &name).changed() {
                if is_shown { shown.push(name) } else { shown.retain(|known| *known != name) }
            }
        }
    });
}

fn filters(ui: &mut Ui, state: &mut State) {
    ui.horizontal(|ui| {
        let Some(sheet) = state.sheet_mut() else { return };
        let (mut filter, mut search) = (sheet.now.filter.clone(), sheet.now.search.clone());
        let mut only_stars = sheet.now.only_stars;
        let name = ui.label("Filter");
        let width = (ui.available_width() - 330.0).clamp(90.0, 420.0);
        let hint = "params < 1M and score > 1500";
        let edit = TextEdit::singleline(&mut filter).hint_text(hint).desired_width(width);
        ui.add(edit).labelled_by(name.id).on_hover_text(
            "Columns with < <= > >= = != and K, M, G; architecture and status with = != ~ \
             (contains); and, or, not, brackets",
        );
        let name = ui.label("Search");
        let edit = TextEdit::singleline(&mut search).hint_text("nor_conv").desired_width(90.0);
        ui.add(edit).labelled_by(name.id);
        ui.checkbox(&mut only_stars, "Marked only");
        sheet.change(|now| {
            (now.filter, now.search, now.only_stars) = (filter, search, only_stars);
        });
        chrome::button(ui, state, Command::ClearFilter);
    });
    let fault = state.sheet().and_then(|sheet| sheet.fault.clone());
    if let Some(fault) = fault {
        ui.colored_label(ui.visuals().error_fg_color, fault);
    }
}

/// What was pressed in the table.
enum Pressed {
    Row(u32),
    Star(u32),
    Heading(SortBy),
}

fn table(ui: &mut Ui, state: &mut State) {
    let Some(sheet) = state.sheet() else { return };
    let has = |name: &&String| sheet.table.column(name).is_some();
    let columns: Vec<String> = state.remembered.columns.iter().filter(has).cloned().collect();
    let mut pressed = None;
    egui::ScrollArea::horizontal().auto_shrink(false).show(ui, |ui| {
        let mut builder = TableBuilder::new(ui)
            .id_salt("results")
            .striped(true)
            .sense(egui::Sense::click())
            .auto_shrink(false)
            .column(Column::exact(22.0))
            .column(Column::exact(64.0));
        for _ in &columns {
            builder = builder.column(Column::initial(104.0).at_least(60.0).resizable(true));
        }
        builder = builder
            .column(Column::exact(84.0))
            .column(Column::remainder().at_least(180.0).clip(true));
        builder
            .header(ROW + 2.0, |mut row| headings(&mut row, sheet, &columns, &mut pressed))
            .body(|body| {
                body.rows(ROW, sheet.rows.len(), |mut row| {
                    let at = sheet.rows[row.index()];
                    row.set_selected(sheet.now.row == Some(at));
                    cells(&mut row, sheet, at, &columns, &mut pressed);
                    if row.response().clicked() && pressed.is_none() {
                        pressed = Some(Pressed::Row(at));
                    }
                });
            });
    });
    let Some(sheet) = state.sheet_mut() else { return };
    match pressed {
        Some(Pressed::Row(row)) => sheet.change(|now| now.row = Some(row)),
        Some(Pressed::Star(row)) => {
            let name = sheet.table.architecture(row).to_owned();
            sheet.star(&name);
        }
        Some(Pressed::Heading(by)) => sheet.sort_by(by),
        None => {}
    }
}

fn headings(
    row: &mut egui_extras::TableRow<'_, '_>,
    sheet: &Sheet,
    columns: &[String],
    pressed: &mut Option<Pressed>,
) {
    let mut heading =
        |row: &mut egui_extras::TableRow<'_, '_>, name: &str, about: &str, by: SortBy| {
            row.col(|ui| {
                let arrow = match (sheet.now.sort.by == by, sheet.now.sort.descending) {
                    (false, _) => "",
                    (true, true) => " v",
                    (true, false) => " ^",
                };
                let text = RichText::new(format!("{name}{arrow}")).strong();
                let button = egui::Button::new(text).frame(false);
                if ui.add(button).on_hover_text(format!("{about}. Press to sort")).clicked() {
                    *pressed = Some(Pressed::Heading(by));
                }
            });
        };
    row.col(|_| {});
    heading(row, "#", "The order in which architectures came", SortBy::Position);
    for name in columns {
        let known = NUMBERS.iter().find(|number| number.name == *name);
        let about = known.map_or("A further score", |number| number.about);
        let unit = known.map(|number| number.unit).filter(|unit| !unit.is_empty());
        let title = unit.map_or(name.clone(), |unit| format!("{name} ({unit})"));
        heading(row, &title, about, SortBy::Number(name.clone()));
    }
    heading(row, "status", "ok, singular, disconnected or failed", SortBy::Status);
    heading(row, "architecture", "In the space's notation", SortBy::Architecture);
}

fn cells(
    row: &mut egui_extras::TableRow<'_, '_>,
    sheet: &Sheet,
    at: u32,
    columns: &[String],
    pressed: &mut Option<Pressed>,
) {
    let table = &sheet.table;
    let name = table.architecture(at);
    row.col(|ui| {
        let marked = sheet.stars.contains(name);
        let star = egui::Button::new(if marked { "*" } else { "·" }).frame(false);
        let response = ui.add(star);
        let label = format!("Mark row {}", table.position(at));
        response
            .widget_info(|| egui::WidgetInfo::selected(egui::Role::CheckBox, true, marked, &label));
        if response.clicked() {
            *pressed = Some(Pressed::Star(at));
        }
    });
    row.col(|ui| number(ui, thousands(table.position(at))));
    for column in columns {
        row.col(|ui| number(ui, written(column, table.value(column, at))));
    }
    let status = table.status(at);
    row.col(|ui| {
        let text = RichText::new(status.name());
        ui.label(if status == Status::Ok { text } else { text.color(ui.visuals().warn_fg_color) });
    });
    row.col(|ui| {
        ui.add(egui::Label::new(RichText::new(name).monospace()).truncate().selectable(false));
    });
}

fn number(ui: &mut Ui, text: String) {
    ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
        ui.add(egui::Label::new(RichText::new(text).monospace()).selectable(false));
    });
}

/// A number of a column as it is written; nothing for a gap.
pub fn written(column: &str, value: f64) -> String {
    match Table::figures(column) {
        _ if value.is_nan() => String::new(),
        _ if value.is_infinite() => if value > 0.0 { "inf" } else { "-inf" }.to_owned(),
        Figures::Whole => thousands(value.max(0.0) as u64),
        Figures::Decimals(decimals) => format!("{value:.decimals$}"),
    }
}
