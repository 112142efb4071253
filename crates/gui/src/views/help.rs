//! Help: keys, words, scores, and what the program is.

use std::sync::OnceLock;

use egui::{Grid, Id, Modal, RichText, ScrollArea, Ui};

use crate::action::Action;
use crate::command::{COMMANDS, MENUS};
use crate::explain;
use crate::overlay::HelpPage;
use crate::views::context::ViewContext;
use untrained::places::UserPlaces;
use untrained::score::{COMBINED, SCORES};

const LICENCE: &str = include_str!("../../../../LICENSE");
/// Written by `packaging/licences`.
const THIRD_PARTY: &str = include_str!("../../../../assets/THIRD-PARTY.txt");
static LICENCE_LINES: OnceLock<Vec<&str>> = OnceLock::new();

/// Keys that are no commands: where they work, the keys, and what they do.
const OTHER_KEYS: [(&str, &str, &str); 14] = [
    ("Table", "Up, Down, Page Up, Page Down", "Choose the next row"),
    ("Table", "Home, End", "Choose the first or the last row"),
    ("Table", "Shift with these keys", "Select the rows on the way"),
    ("Table", "Ctrl+A", "Select all rows that pass the filter"),
    ("Table", "Ctrl+click, Shift+click", "Select a row, or all rows up to it"),
    ("Scatter", "Click, Shift+click", "Choose a point, or select it as well"),
    ("Scatter", "Drag", "Move the view, or select with Box and Lasso"),
    ("Network", "Arrow keys, Enter", "Follow the edges; fold or unfold a cell"),
    ("Network", "+, -, 0", "Zoom, or show all of it"),
    ("Network", "Ctrl+F", "Find nodes; Enter goes to the next one"),
    ("Plots", "Ctrl+scroll, double click", "Zoom, or show everything again"),
    ("Palette", "Up, Down, Enter", "Highlight a command, and run it"),
    ("Paste field", "Enter", "Score the architecture"),
    ("Path field", "Tab", "Complete the path"),
];

/// Words that the window uses, and what they mean here.
const GLOSSARY: [(&str, &str); 24] = [
    ("architecture", "One member of a search space, written as text"),
    ("search space", "All architectures that a search may choose from"),
    ("cell", "A small graph of operations that is repeated throughout the network"),
    ("stage", "A group of cells or blocks of the same width"),
    ("skeleton", "The network around the cells, which repeats them"),
    ("operation", "A named list of layers, such as nor_conv_3x3"),
    ("decision", "One choice that an architecture makes, such as the operation on an edge"),
    ("mini-batch", "The images that every network sees when it is scored"),
    ("unit", "One element of a tensor at an activation function; on if its input is above 0"),
    ("binary code", "Which units are on for one image"),
    ("kernel matrix K", "For each pair of images, the number of units that agree"),
    ("score", "A number that ranks untrained networks"),
    ("combined rank", "The sum of the logarithms of an architecture's ranks by several scores"),
    ("component", "One of the scores of a combined rank"),
    ("params, macs", "Trainable parameters, and multiply-accumulates for one image"),
    ("singular", "Two images have the same code, so that ln |det K| is -inf"),
    ("disconnected", "No path leads from the input to the output; excluded from ranking"),
    ("study", "A stored search with its results; it can be resumed and extended"),
    ("cached", "Reused from an earlier run, another process or an identical network"),
    ("constraint", "A range to which a search is limited, such as params < 1M"),
    ("dominated", "Another architecture is at least as good in both columns, and better in one"),
    ("Pareto front", "The architectures that no other one dominates"),
    ("brush", "A range drawn on an axis of the parallel coordinates, which filters the rows"),
    ("benchmark table", "Trained accuracies of architectures, to check a ranking against"),
];

/// Shows the page that was asked for.
pub fn show(window: &egui::Context, context: &mut ViewContext<'_>) {
    let Some(page) = context.overlay.help else { return };
    let mut shown = page;
    let screen = window.content_rect().size();
    let modal = Modal::new(Id::unique("help")).show(window, |ui| {
        ui.set_width((screen.x - 80.0).min(640.0));
        ui.horizontal_wrapped(|ui| {
            for one in HelpPage::ALL {
                ui.selectable_value(&mut shown, one, one.title());
            }
        });
        ui.separator();
        let height = (screen.y - 170.0).clamp(160.0, 520.0);
        if page == HelpPage::Licences {
            licences(ui, height);
        } else {
            let area = ScrollArea::vertical().id_salt(page.title()).max_height(height);
            area.show(ui, |ui| {
                ui.set_width(ui.available_width());
                ui.set_min_height(height);
                match page {
                    HelpPage::Shortcuts => shortcuts(ui),
                    HelpPage::Glossary => glossary(ui),
                    HelpPage::Scores => scores(ui),
                    HelpPage::About | HelpPage::Licences => about(ui),
                }
            });
        }
        ui.separator();
        ui.button("Close").clicked()
    });
    if modal.should_close() || modal.inner {
        context.send(Action::ShowHelp(None));
    } else if shown != page {
        context.send(Action::ShowHelp(Some(shown)));
    }
}

fn shortcuts(ui: &mut Ui) {
    Grid::new("shortcuts").num_columns(3).striped(true).spacing([18.0, 4.0]).show(ui, |ui| {
        for menu in MENUS {
            for entry in COMMANDS.iter().filter(|entry| entry.menu == menu) {
                if let Some(keys) = entry.keys {
                    let keys = ui.ctx().format_shortcut(&keys);
                    row(ui, menu, &keys, entry.text).on_hover_text(entry.about);
                }
            }
        }
        for (place, keys, about) in OTHER_KEYS {
            row(ui, place, keys, about);
        }
    });
}

fn row(ui: &mut Ui, place: &str, keys: &str, about: &str) -> egui::Response {
    ui.weak(place);
    ui.label(RichText::new(keys).monospace());
    let response = ui.label(about);
    ui.end_row();
    response
}

fn glossary(ui: &mut Ui) {
    for (word, meaning) in GLOSSARY {
        ui.horizontal_wrapped(|ui| {
            ui.strong(word);
            ui.label(meaning);
        });
    }
}

fn scores(ui: &mut Ui) {
    ui.strong("score");
    ui.label(explain::SCORE);
    ui.add_space(6.0);
    ui.strong(COMBINED);
    ui.label(
        "Several scores combined by rank: for each component, the rank of an architecture among all results \
         as a share, and of these shares the sum of the logarithms. 0 is the best in every component. The \
         value of an architecture changes as others join.",
    );
    ui.add_space(6.0);
    for score in &SCORES {
        ui.strong(score.name);
        ui.label(score.about);
        ui.label(RichText::new(score.source).small().weak());
        ui.add_space(6.0);
    }
    ui.strong("count");
    ui.label(explain::COUNT);
    ui.add_space(6.0);
    ui.strong("tau-b");
    ui.label(explain::TAU);
}

fn about(ui: &mut Ui) {
    ui.heading("Untrained");
    let system = format!("{} {}", std::env::consts::OS, std::env::consts::ARCH);
    ui.label(format!("Version {} ({system}), MIT licence", env!("CARGO_PKG_VERSION")));
    ui.label(
        "Finds good neural network architectures without training any of them. Implements, among others, \
         the score of Mellor, Turner, Storkey and Crowley: Neural Architecture Search without Training, \
         ICML 2021.",
    );
    ui.add_space(6.0);
    Grid::new("places").num_columns(2).spacing([18.0, 4.0]).show(ui, |ui| {
        let Some(user) = UserPlaces::find() else { return };
        for (what, path) in
            [("Studies after a double click", user.studies), ("Settings", user.settings)]
        {
            ui.weak(what);
            ui.label(path.to_string_lossy());
            ui.end_row();
        }
    });
}

/// Its own licence, and those of everything it is built from: lines of which only the visible ones are laid out.
fn licences(ui: &mut Ui, height: f32) {
    let lines = LICENCE_LINES.get_or_init(|| {
        let own = ["Untrained", ""].into_iter().chain(LICENCE.lines()).chain(["", ""]);
        own.chain(THIRD_PARTY.lines()).collect()
    });
    let area = ScrollArea::both().id_salt("licences").max_height(height);
    let row = ui.text_style_height(&egui::TextStyle::Monospace);
    area.min_scrolled_height(height).auto_shrink(false).show_rows(
        ui,
        row,
        lines.len(),
        |ui, shown| {
            for line in &lines[shown] {
                let text = RichText::new(*line).monospace();
                ui.add(egui::Label::new(text).wrap_mode(egui::TextWrapMode::Extend));
            }
        },
    );
}
