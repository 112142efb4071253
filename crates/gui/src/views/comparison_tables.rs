//! The tables below compared architectures: numbers and decisions, with differences highlighted.

use std::sync::Arc;

use egui::{Grid, RichText, Ui};

use super::widgets::letter;
use super::widgets::written;
use crate::compare::{ComparisonRow, NetworkComparison};
use crate::inspect::inspection::Inspection;
use crate::results::sheet::NUMBERS;

/// Numbers, the best of each row strong, with the difference to A.
pub fn numbers(ui: &mut Ui, comparison: &NetworkComparison) {
    ui.strong("Numbers").on_hover_text(
        "The best value of each row is highlighted: the highest score or accuracy, the lowest cost. Percentages \
         are differences from A.",
    );
    Grid::new("compared numbers").striped(true).spacing([18.0, 2.0]).show(ui, |ui| {
        headings(ui, "number", comparison.entries.len());
        for row in comparison.numbers() {
            let known = NUMBERS.iter().find(|number| number.name == row.name);
            let unit = known.map(|number| number.unit).filter(|unit| !unit.is_empty());
            let title = unit.map_or(row.name.clone(), |unit| format!("{} ({unit})", row.name));
            let about = known.map_or("A further score", |number| &number.about);
            ui.label(title).on_hover_text(about);
            (0..row.values.len()).for_each(|at| number(ui, &row, at));
            ui.end_row();
        }
        let differ = |of: fn(&crate::compare::ComparedNetwork) -> String| {
            comparison.entries.iter().map(of).collect::<Vec<String>>()
        };
        words(ui, "status", &differ(|entry| entry.status.name().to_owned()));
        words(ui, "results", &differ(|entry| entry.origin.title.clone()));
    });
}

fn number(ui: &mut Ui, row: &ComparisonRow, at: usize) {
    let Some(value) = row.values[at] else {
        ui.weak("-");
        return;
    };
    ui.horizontal(|ui| {
        let text = RichText::new(written(&row.name, value)).monospace();
        ui.label(if row.best[at] { text.strong() } else { text });
        // Numbers of the benchmark's order have no meaningful ratio.
        if let Some(relative) = row.relative[at].filter(|_| at > 0 && row.name != "index") {
            ui.label(RichText::new(percent(relative)).small().weak());
        }
    });
}

/// A difference in per cent with its sign.
fn percent(difference: f64) -> String {
    match difference.abs() {
        size if size >= 1e4 => format!("x{:.0}", 1.0 + difference / 100.0),
        size if size < 0.05 => "=".to_owned(),
        _ => format!("{difference:+.1} %"),
    }
}

/// Decisions by name; those that differ are strong.
pub fn decisions(ui: &mut Ui, seen: &[Arc<Inspection>]) {
    let mut names: Vec<&str> = Vec::new();
    for choice in seen.iter().flat_map(|one| &one.choices) {
        if !names.contains(&choice.name.as_str()) {
            names.push(&choice.name);
        }
    }
    if names.is_empty() {
        return;
    }
    ui.strong("Decisions");
    Grid::new("decisions").striped(true).spacing([18.0, 2.0]).show(ui, |ui| {
        headings(ui, "decision", seen.len());
        for name in names {
            let value = |one: &Inspection| {
                let choice = one.choices.iter().find(|choice| choice.name == name);
                choice.map_or("-".to_owned(), |choice| choice.value.clone())
            };
            words(ui, name, &seen.iter().map(|one| value(one)).collect::<Vec<String>>());
        }
    });
}

fn headings(ui: &mut Ui, first: &str, entries: usize) {
    ui.strong(first);
    (0..entries).for_each(|at| drop(ui.strong(letter(at))));
    ui.end_row();
}

/// A row of words, strong where they differ.
fn words(ui: &mut Ui, name: &str, values: &[String]) {
    let same = values.iter().all(|value| *value == values[0]);
    ui.label(name);
    for value in values {
        let text = RichText::new(value).monospace();
        ui.label(if same { text.weak() } else { text.strong() });
    }
    ui.end_row();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_have_a_sign_and_stay_short() {
        assert_eq!(
            [12.34, -50.0, 0.01, 123_456.0].map(percent),
            ["+12.3 %", "-50.0 %", "=", "x1236"]
        );
    }
}
