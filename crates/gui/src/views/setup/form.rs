//! Rows of a form: labels, fields, and what is wrong beside the field that is meant.

use std::borrow::Cow;
use std::fmt::Display;
use std::str::FromStr;

use egui::{ComboBox, RichText, TextEdit, Ui};

use untrained::job::{JobConfig, JobError, JobOption, OptionInfo, OptionType};

/// The problem with the job being set up.
pub struct SetupProblem {
    /// The option concerned, if there is one.
    pub option: Option<JobOption>,
    /// What is wrong and what to do; beside its field, without the option's name.
    pub text: String,
}

impl SetupProblem {
    /// What [`JobConfig::check`] finds.
    pub fn of(job: &JobConfig) -> Option<Self> {
        let error = job.check().err()?;
        let text = match &error {
            JobError::Invalid(invalid) => invalid.reason.clone(),
            error => error.to_string(),
        };
        Some(Self { option: error.option(), text })
    }
}

/// What is edited in a frame.
pub struct SetupDraft {
    /// The job.
    pub job: JobConfig,
    /// The kind of images that is chosen, which may lack its path yet.
    pub image_kind: String,
}

/// Where a problem of the job is shown.
pub struct OptionForm<'p> {
    /// The problem.
    pub problem: Option<&'p SetupProblem>,
}

impl OptionForm<'_> {
    /// A row: the label, the field, and its problem.
    pub fn row(&self, ui: &mut Ui, option: JobOption, add: impl FnOnce(&mut Ui) -> egui::Response) {
        let OptionInfo { label: name, help, values, .. } = option.info();
        let help = match values {
            OptionType::Texts if option != JobOption::Architectures => {
                Cow::Owned(format!("{help}. Separate several values with spaces"))
            }
            _ => match option.limit() {
                Some(limit) if !option.key().ends_with("seed") => {
                    Cow::Owned(format!("{help}; at most {limit}"))
                }
                _ => Cow::Borrowed(help),
            },
        };
        let label = ui.label(name).on_hover_text(&*help);
        ui.horizontal(|ui| {
            add(ui).labelled_by(label.id).on_hover_text(&*help);
            let is_here = |problem: &&SetupProblem| problem.option == Some(option);
            if let Some(problem) = self.problem.filter(is_here) {
                let text = RichText::new(format!("{name} {}", problem.text))
                    .small()
                    .color(ui.visuals().error_fg_color);
                ui.add(egui::Label::new(text).wrap());
            }
        });
        ui.end_row();
    }
}

/// A choice of names.
pub fn choose(ui: &mut Ui, id: &str, value: &mut String, names: &[(&str, &str)]) -> egui::Response {
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

/// What is typed in a field, kept until the value is changed from elsewhere.
#[derive(Clone)]
struct TypedText {
    /// The text of the value after the typed text was parsed.
    value: String,
    text: String,
}

/// A field for a value that is written as text. Text that cannot be parsed is reported next to it and
/// changes nothing.
pub fn typed<T: Clone>(
    ui: &mut Ui,
    id: &str,
    (value, hint): (&mut T, &str),
    write: impl Fn(&T) -> String,
    read: impl Fn(&str) -> Result<T, String>,
) -> egui::Response {
    let id = ui.scope_id().with(id);
    let written = write(value);
    let known = ui.data(|data| data.get_temp::<TypedText>(id));
    let known = known.filter(|known| known.value == written);
    let mut text = known.map_or(written, |known| known.text);
    let edit = TextEdit::singleline(&mut text).hint_text(hint).desired_width(260.0);
    let response = ui.add(edit);
    match read(text.trim()) {
        Ok(new) => *value = new,
        Err(why) => drop(ui.colored_label(ui.visuals().error_fg_color, why)),
    }
    let known = TypedText { value: write(value), text };
    ui.data_mut(|data| data.insert_temp(id, known));
    response
}

/// The same for a value that may be missing.
pub fn optional<T: Clone + Display + FromStr>(
    ui: &mut Ui,
    id: &str,
    (value, hint): (&mut Option<T>, &str),
) -> egui::Response
where
    T::Err: Display,
{
    typed(
        ui,
        id,
        (value, hint),
        |value| value.as_ref().map(ToString::to_string).unwrap_or_default(),
        |text| match text {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|error: T::Err| error.to_string()),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use untrained::job::{Options, Task};

    // A problem that names another field first would stand beside the wrong one.
    #[test]
    fn problems_name_their_field() {
        let mut job = JobConfig::new(Options::default(), Task::default());
        assert!(job.check().is_ok());
        job.options.batch_size = Some(1);
        assert_eq!(SetupProblem::of(&job).unwrap().option, Some(JobOption::BatchSize));
        job.options.batch_size = Some(2);
        let Task::Search(search) = &mut job.task else { panic!() };
        search.strategy = untrained::search::StrategyKind::Area;
        assert_eq!(SetupProblem::of(&job).unwrap().option, Some(JobOption::Trainer));
    }
}
