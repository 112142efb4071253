//! Options of a search: a form over [`JobConfig`](crate::job::JobConfig), what is wrong next to the
//! field that is meant.

use egui::{ComboBox, DragValue, Grid, RichText, ScrollArea, TextEdit, Ui};

use crate::gui::chrome;
use crate::gui::command::Command;
use crate::gui::explain;
use crate::gui::live::clock;
use crate::gui::news::Purpose;
use crate::gui::state::State;
use crate::gui::tasks;
use crate::job::{JobConfig, Keep, SearchOptions, Task};
use crate::plan::Count;
use crate::score::SCORES;
use crate::search::{Ask, STRATEGIES};

/// Shows the view.
pub fn show(ui: &mut Ui, state: &mut State) {
    ui.horizontal(|ui| {
        ui.heading("Set up a search");
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            chrome::button(ui, state, Command::Start);
            chrome::button(ui, state, Command::SaveJob);
            chrome::button(ui, state, Command::CopyCommandLine);
        });
    });
    let problem = state.job.check().err().map(|error| error.to_string());
    if let Some(problem) = problem.as_ref().filter(|problem| flag(problem).is_none()) {
        ui.colored_label(ui.visuals().error_fg_color, problem);
    }
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        Grid::new("form").num_columns(2).spacing([16.0, 7.0]).show(ui, |ui| {
            let form = &mut Form { problem: problem.as_deref() };
            search(ui, state, form);
            scoring(ui, state, form);
        });
        ui.separator();
        estimate(ui, state);
    });
}

/// The option that a problem is about: the first one it names.
fn flag(problem: &str) -> Option<&str> {
    let name = problem.split("--").nth(1)?;
    let end = name.find(|c: char| !c.is_ascii_lowercase() && c != '-').unwrap_or(name.len());
    Some(&name[..end]).filter(|name| !name.is_empty())
}

struct Form<'p> {
    problem: Option<&'p str>,
}

impl Form<'_> {
    /// A row: the label, the field, and what is wrong with it.
    fn row(
        &self,
        ui: &mut Ui,
        name: &str,
        option: &str,
        about: &str,
        add: impl FnOnce(&mut Ui) -> egui::Response,
    ) {
        let label = ui.label(name).on_hover_text(about);
        ui.horizontal(|ui| {
            add(ui).labelled_by(label.id).on_hover_text(about);
            if let Some(problem) = self.problem.filter(|problem| flag(problem) == Some(option)) {
                let text = RichText::new(problem).small().color(ui.visuals().error_fg_color);
                ui.add(egui::Label::new(text).wrap());
            }
        });
        ui.end_row();
    }
}

/// A choice of names.
fn choose(ui: &mut Ui, id: &str, value: &mut String, names: &[(&str, &str)]) -> egui::Response {
    ComboBox::from_id_salt(id)
        .selected_text(value.clone())
        .width(180.0)
        .show_ui(ui, |ui| {
            for (name, about) in names {
                ui.selectable_value(value, (*name).to_owned(), *name).on_hover_text(*about);
            }
        })
        .response
}

fn search(ui: &mut Ui, state: &mut State, form: &Form<'_>) {
    let Task::Search(search) = &mut state.job.task else {
        form.row(ui, "Task", "task", "This job scores given architectures", |ui| {
            let response = ui.button("Make it a search");
            if response.clicked() {
                state.job.task = Task::default();
            }
            response
        });
        return;
    };
    let strategies: Vec<_> = STRATEGIES.iter().map(|kind| (kind.name, kind.about)).collect();
    form.row(ui, "Strategy", "strategy", "How architectures are chosen", |ui| {
        choose(ui, "strategy", &mut search.strategy, &strategies)
    });
    form.row(ui, "Architectures", "samples", "How many are looked at", |ui| {
        ui.add(DragValue::new(&mut search.samples).range(0..=u64::MAX).speed(10.0))
    });
    let scores: Vec<_> = SCORES.iter().map(|score| (score.name, score.about)).collect();
    form.row(ui, "Score", "score", "What ranks architectures; the higher the better", |ui| {
        choose(ui, "score", &mut search.score, &scores)
    });
    constraints(ui, search, form);
    strategy_options(ui, search, form);
}

fn constraints(ui: &mut Ui, search: &mut SearchOptions, form: &Form<'_>) {
    let about = "Ranges with K, M, G, separated by spaces: params=..1M macs=10M..100M depth=8.. \
                 latency=..5ms";
    form.row(ui, "Constraints", "constraint", about, |ui| {
        let id = ui.scope_id().with("constraints");
        let written =
            search.constraint.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        let mut text = ui.data(|data| data.get_temp(id)).unwrap_or(written);
        let edit = TextEdit::singleline(&mut text).hint_text("params=..1M").desired_width(260.0);
        let response = ui.add(edit);
        let read: Result<Vec<_>, _> = text.split_whitespace().map(str::parse).collect();
        match read {
            Ok(read) => search.constraint = read,
            Err(error) => {
                let error: String = error;
                ui.colored_label(ui.visuals().error_fg_color, error);
            }
        }
        ui.data_mut(|data| data.insert_temp(id, text));
        response
    });
    form.row(ui, "Equal networks", "unique", "Score one of each set and share the result", |ui| {
        ui.checkbox(&mut search.unique, "score once")
    });
}

fn strategy_options(ui: &mut Ui, search: &mut SearchOptions, form: &Form<'_>) {
    let name = search.strategy.as_str();
    if ["evolution", "area", "rea"].contains(&name) {
        form.row(ui, "Population", "population", "Architectures that live at a time", |ui| {
            ui.add(DragValue::new(&mut search.population))
        });
        form.row(ui, "Tournament", "tournament", "Of so many the best becomes a parent", |ui| {
            ui.add(DragValue::new(&mut search.tournament))
        });
    }
    if name == "area" {
        form.row(ui, "Candidates", "candidates", "Scored for the first population", |ui| {
            ui.add(DragValue::new(&mut search.candidates))
        });
    }
    let drive = STRATEGIES.iter().find(|kind| kind.name == search.strategy).map(|kind| kind.drive);
    if drive == Some(Ask::Accuracy) {
        let about = "The command that trains an architecture; its last line is {\"accuracy\": X}";
        form.row(ui, "Trainer", "trainer", about, |ui| {
            optional(ui, &mut search.trainer, "python train.py {arch.json}")
        });
        let mut table = search.table.as_ref().map(|path| path.to_string_lossy().into_owned());
        form.row(ui, "Benchmark table", "table", "A table in the place of a trainer", |ui| {
            optional(ui, &mut table, "file")
        });
        search.table = table.map(Into::into);
        form.row(ui, "Metric", "metric", "The table's column that is the accuracy", |ui| {
            optional(ui, &mut search.metric, "accuracy")
        });
    }
}

/// A text that may be missing.
fn optional(ui: &mut Ui, value: &mut Option<String>, hint: &str) -> egui::Response {
    let mut text = value.clone().unwrap_or_default();
    let response = ui.add(TextEdit::singleline(&mut text).hint_text(hint).desired_width(260.0));
    *value = Some(text).filter(|text| !text.is_empty());
    response
}

fn scoring(ui: &mut Ui, state: &mut State, form: &Form<'_>) {
    let mut dialog = false;
    let JobConfig { options, store, .. } = &mut state.job;
    form.row(
        ui,
        "Images",
        "images",
        "builtin, cifar10:DIR, cifar100:DIR, imagenet16:DIR, folder:DIR, npy:FILE, noise",
        |ui| {
            let id = ui.scope_id().with("images");
            let known = options.images.to_string();
            let (base, mut text): (String, String) =
                ui.data(|data| data.get_temp(id)).unwrap_or_else(|| (known.clone(), known.clone()));
            if base != known {
                text.clone_from(&known);
            }
            let response = ui.add(TextEdit::singleline(&mut text).desired_width(200.0));
            dialog = ui.button("Folder…").clicked();
            match text.parse() {
                Ok(images) => options.images = images,
                Err(error) => {
                    drop(ui.colored_label(ui.visuals().error_fg_color, error.to_string()))
                }
            }
            ui.data_mut(|data| data.insert_temp(id, (options.images.to_string(), text)));
            response
        },
    );
    form.row(ui, "Batch size", "batch-size", "Images in the mini-batch, at least 2", |ui| {
        ui.add(DragValue::new(&mut options.batch_size))
    });
    form.row(ui, "Seed", "seed", "Of everything random: architectures, images, weights", |ui| {
        ui.add(DragValue::new(&mut options.seed))
    });
    form.row(ui, "Weight draws", "repeats", "Per architecture; the score is their mean", |ui| {
        ui.add(DragValue::new(&mut options.repeats))
    });
    form.row(ui, "Count", "count", explain::COUNT, |ui| count(ui, &mut options.count));
    form.row(ui, "Device", "device", "Where networks are scored", |ui| {
        device(ui, &mut options.device, &state.devices)
    });
    form.row(
        ui,
        "Studies",
        "store",
        "The file that keeps the results; shared with the command line",
        |ui| {
            let file = match store {
                Some(Keep::File(path)) => path.to_string_lossy().into_owned(),
                Some(Keep::Nowhere) | None => "none".to_owned(),
            };
            ui.add(egui::Label::new(RichText::new(file).monospace()).truncate())
        },
    );
    if dialog {
        state.choose(Purpose::Images);
    }
}

fn count(ui: &mut Ui, count: &mut Count) -> egui::Response {
    let shown = count.to_string();
    let combo = ComboBox::from_id_salt("count").selected_text(shown).width(180.0);
    combo
        .show_ui(ui, |ui| {
            for variant in Count::ALL {
                let about = explain::count(variant);
                ui.selectable_value(count, variant, variant.to_string()).on_hover_text(about);
            }
        })
        .response
}

fn device(ui: &mut Ui, device: &mut String, known: &[String]) -> egui::Response {
    let automatic = known.first().map_or("auto".to_owned(), |name| format!("auto ({name})"));
    let shown = if device == "auto" { automatic.clone() } else { device.clone() };
    let combo = ComboBox::from_id_salt("device").selected_text(shown).width(320.0).truncate();
    combo
        .show_ui(ui, |ui| {
            ui.selectable_value(device, "auto".to_owned(), automatic);
            for name in known {
                let value = if name.starts_with("cpu: ") { "cpu" } else { name };
                ui.selectable_value(device, value.to_owned(), name);
            }
        })
        .response
}

/// How long it will take, by a short measurement.
fn estimate(ui: &mut Ui, state: &mut State) {
    ui.horizontal(|ui| {
        let possible = state.job.check().is_ok();
        let button = egui::Button::new("Measure");
        let about = "Score four random architectures to estimate the time";
        if ui.add_enabled(possible, button).on_hover_text(about).clicked() {
            state.measured = None;
            let job = state.job.clone();
            state.work.start("measure", move |post| tasks::measure(post, &job));
        }
        match (&state.measured, &state.job.task) {
            (Some(Ok(seconds)), Task::Search(search)) => {
                let whole = std::time::Duration::from_secs_f64(seconds * search.samples as f64);
                ui.label(format!("{seconds:.3} s a network: about {} in all", clock(whole)));
            }
            (Some(Err(why)), _) => drop(ui.colored_label(ui.visuals().error_fg_color, why)),
            _ => drop(ui.weak("not measured yet")),
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::Options;

    // A problem that names another field first would stand beside the wrong one.
    #[test]
    fn problems_name_their_field() {
        let mut job = JobConfig::new(Options::default(), Task::default());
        assert!(job.check().is_ok());
        job.options.batch_size = 1;
        assert_eq!(flag(&job.check().unwrap_err().to_string()), Some("batch-size"));
        job.options.batch_size = 2;
        let Task::Search(search) = &mut job.task else { panic!() };
        search.strategy = "area".to_owned();
        assert_eq!(flag(&job.check().unwrap_err().to_string()), Some("trainer"));
        assert_eq!(flag("nothing named -- here"), None);
    }
}
