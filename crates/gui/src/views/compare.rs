//! Two to four architectures side by side.

use std::sync::Arc;

use egui::{RichText, ScrollArea, Ui, vec2};
use egui_plot::LineStyle;

use super::comparison_tables;
use super::detail::{self, DetailCache};
use super::widgets;
use super::widgets::{empty, letter, operations};
use crate::action::Action;
use crate::command::Command;
use crate::compare::ComparedNetwork;
use crate::drawing::{self, DrawingPart};
use crate::inspect::inspection::Inspection;
use crate::picture::exportable;
use crate::results::result_set::ResultSet;
use crate::theme;
use crate::view::View;
use crate::views::chrome;
use crate::views::context::ViewContext;
use crate::views::plots::{self, KernelSpectrum};
use untrained::space::Drawing;

/// Marked architectures that the menu offers.
const OFFERED: usize = 12;
/// The height of drawings, the side of kernel matrices, the height of the plot of spectra.
const DRAWING: f32 = 150.0;
const MATRIX: f32 = 300.0;
const SPECTRA: f32 = 220.0;

/// Shows the view.
pub fn show(ui: &mut Ui, context: &mut ViewContext<'_>, cache: &mut DetailCache) {
    header(ui, context);
    if context.compare.entries.is_empty() {
        let next = "Add architectures from Results, or compare the best with the worst.";
        empty(ui, "Nothing to compare yet", next);
        ui.vertical_centered(|ui| {
            chrome::button(ui, context, Command::Go(View::Results));
            chrome::button(ui, context, Command::CompareExtremes);
        });
        return;
    }
    let entries = &context.models().compare.entries;
    let seen: Vec<Arc<Inspection>> = entries
        .iter()
        .map(|entry| context.inspect.inspection(&entry.key).cloned().unwrap_or_default())
        .collect();
    let mut removed = None;
    ScrollArea::both().auto_shrink(false).show(ui, |ui| {
        let drawn: Vec<_> = seen.iter().flat_map(|one| one.drawings.clone()).collect();
        legends(ui, entries, &drawn);
        let range = context.compare.range(context.inspect);
        let width = (ui.available_width() / entries.len().max(2) as f32 - 12.0).max(190.0);
        ui.horizontal_top(|ui| {
            for at in 0..entries.len() {
                ui.vertical(|ui| {
                    ui.set_width(width);
                    ui.push_id(("compared", at), |ui| {
                        if column(ui, context, cache, (entries, &seen), at, range) {
                            removed = Some(at);
                        }
                    });
                });
            }
        });
        spectra(ui, context, entries);
        ui.separator();
        comparison_tables::numbers(ui, context.compare);
        ui.separator();
        comparison_tables::decisions(ui, &seen);
    });
    if let Some(at) = removed {
        context.send(Action::RemoveCompared(at));
    }
}

fn header(ui: &mut Ui, context: &mut ViewContext<'_>) {
    ui.horizontal_wrapped(|ui| {
        ui.heading("Compare");
        add(ui, context);
        chrome::button(ui, context, Command::CompareExtremes);
        chrome::button(ui, context, Command::ComputeKernels);
        let some = !context.compare.entries.is_empty();
        let clear = ui.add_enabled(some, egui::Button::new("Clear comparison"));
        if clear.on_hover_text("Remove all architectures from the comparison").clicked() {
            context.send(Action::ClearCompared);
        }
    });
}

/// A menu of architectures of the results that are shown.
fn add(ui: &mut Ui, context: &mut ViewContext<'_>) {
    let mut row = None;
    ui.add_enabled_ui(context.compare.has_room(), |ui| {
        ui.menu_button("Add", |ui| {
            let Some(sheet) = context.results.shown() else {
                ui.weak("No results to add.");
                return;
            };
            for (name, at) in offers(sheet) {
                let architecture = sheet.table.architecture(at);
                let is_new = !context.compare.contains(sheet.id, architecture);
                let button = ui.add_enabled(is_new, egui::Button::new(name));
                if button.on_hover_text(architecture).clicked() {
                    row = Some(at);
                }
            }
        })
        .response
        .on_hover_text("Add an architecture from the current results; four at most");
    });
    if let Some(row) = row {
        context.send(Action::AddCompared(row));
    }
}

/// The chosen one, the first rows, and marked ones.
fn offers(sheet: &ResultSet) -> Vec<(String, u32)> {
    let chosen = sheet.now.row.filter(|&row| (row as usize) < sheet.table.len());
    let mut offers: Vec<(String, u32)> =
        chosen.map(|row| ("Chosen architecture".to_owned(), row)).into_iter().collect();
    let first = sheet.rows.iter().take(4).enumerate();
    offers.extend(first.map(|(at, &row)| (format!("Row {} of the table", at + 1), row)));
    let marked = |row: &&u32| sheet.stars.contains(sheet.table.architecture(**row));
    if !sheet.stars.is_empty() {
        let stars = sheet.rows.iter().filter(marked).take(OFFERED);
        offers.extend(stars.map(|&row| (format!("Marked: #{}", sheet.table.position(row)), row)));
    }
    offers
}

/// The colours of the operations of each space, once.
fn legends(ui: &mut Ui, entries: &[ComparedNetwork], drawn: &[Drawing]) {
    let mut shown: Vec<Vec<String>> = Vec::new();
    for entry in entries {
        let names = operations(entry.origin.space.as_ref());
        if !names.is_empty() && !shown.contains(&names) {
            widgets::legend(ui, &names, drawn);
            shown.push(names);
        }
    }
}

/// One architecture; whether it is to be taken off.
fn column(
    ui: &mut Ui,
    context: &mut ViewContext<'_>,
    cache: &mut DetailCache,
    (entries, seen): (&[ComparedNetwork], &[Arc<Inspection>]),
    at: usize,
    range: Option<[f64; 2]>,
) -> bool {
    let entry = &entries[at];
    let text = &entry.key.architecture;
    let removed = ui
        .horizontal(|ui| {
            widgets::swatch(ui, theme::compared(at, ui.visuals().dark_mode));
            ui.strong(letter(at));
            let remove = format!("Remove {}", letter(at));
            let removed =
                ui.small_button(remove).on_hover_text("Remove it from the comparison").clicked();
            ui.add(egui::Label::new(RichText::new(text).monospace()).truncate())
                .on_hover_text(text);
            removed
        })
        .inner;
    ui.add(egui::Label::new(RichText::new(standing(entry)).small()).truncate());
    match &seen[at].fault {
        Some(fault) => drop(ui.colored_label(ui.visuals().error_fg_color, fault)),
        None => {
            let names = operations(entry.origin.space.as_ref());
            let differs = |cell: usize, part: DrawingPart| {
                let others: Vec<_> =
                    seen.iter().filter_map(|other| other.drawings.get(cell)).collect();
                drawing::differs(&seen[at].drawings[cell], &others, part)
            };
            exportable(ui, &format!("cell graph of {}", letter(at)), |ui| {
                widgets::cells(ui, &seen[at].drawings, &names, DRAWING, differs);
            });
        }
    }
    if let Some(placement) = &entry.placement {
        detail::placement(ui, letter(at), placement, ui.available_width());
    }
    if detail::kernel(ui, context, cache, &entry.key, (MATRIX, range)) {
        let asked = vec![(entry.key.clone(), entry.origin.job.clone())];
        context.send(Action::ComputeKernels(asked));
    }
    removed
}

/// What it is a result of, and its place there.
fn standing(entry: &ComparedNetwork) -> String {
    let rank = match entry.rank {
        Some((rank, of)) => format!("rank {rank} of {of} by {}", entry.ranked_by),
        None => entry.status.name().to_owned(),
    };
    format!("{}: {rank}", entry.origin.title)
}

fn spectra(ui: &mut Ui, context: &ViewContext<'_>, entries: &[ComparedNetwork]) {
    // Who does not tell the colours apart tells the lines apart.
    let styles = [
        LineStyle::Solid,
        LineStyle::dashed_dense(),
        LineStyle::dotted_dense(),
        LineStyle::dashed_loose(),
    ];
    let dark = ui.visuals().dark_mode;
    let spectrum = |(at, entry): (usize, &ComparedNetwork)| {
        let picture = context.inspect.picture(&entry.key)?;
        let (colour, style) = (theme::compared(at, dark), styles[at % styles.len()]);
        Some(KernelSpectrum { name: letter(at).to_owned(), colour, style, picture })
    };
    let spectra: Vec<KernelSpectrum> = entries.iter().enumerate().filter_map(spectrum).collect();
    if spectra.is_empty() {
        return;
    }
    ui.strong("Eigenvalues of K");
    let width = ui.available_width().min(760.0);
    plots::spectra(ui, "compared spectra", &spectra, vec2(width, SPECTRA));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::sheet::samples::table;

    #[test]
    fn marked_rows_and_the_chosen_one_are_offered() {
        let mut sheet = ResultSet::new(
            "test".to_owned(),
            table(&[("a", 1.0, 1), ("b", 2.0, 1), ("c", 3.0, 1)]),
        );
        sheet.rows = vec![2, 1, 0].into();
        sheet.now.row = Some(1);
        sheet.stars.insert("a".to_owned());
        let offers = offers(&sheet);
        assert_eq!(offers.iter().map(|offer| offer.1).collect::<Vec<_>>(), [1, 2, 1, 0, 0]);
    }
}
