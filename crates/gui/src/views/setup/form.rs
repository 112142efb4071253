//! Rows of a form: labels, fields, and what is wrong beside the field that is meant.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt::Display;
use std::str::FromStr;

use egui::{ComboBox, RichText, TextEdit, Ui};

use crate::setup::form_state::{SetupProblem, TypedField, TypedFields};
use untrained::job::{JobOption, OptionInfo, OptionType};

/// The widest that a problem is written below its field.
const PROBLEM: f32 = 380.0;

/// What fields of a form share: what is typed in them, and what keeps the job from running.
pub struct OptionForm<'p> {
    problem: Option<&'p SetupProblem>,
    before: &'p TypedFields,
    typed: RefCell<TypedFields>,
}

impl<'p> OptionForm<'p> {
    /// A form in which that was typed before.
    pub fn new(problem: Option<&'p SetupProblem>, before: &'p TypedFields) -> Self {
        Self { problem, before, typed: RefCell::default() }
    }

    /// What is typed in the fields that were shown.
    pub fn into_typed(self) -> TypedFields {
        self.typed.into_inner()
    }

    /// Whether a field has something wrong in it.
    pub fn has_problem(&self, option: JobOption) -> bool {
        let is_here = self.problem.is_some_and(|problem| problem.option == Some(option));
        is_here || self.before.error(option).is_some()
    }

    /// What a field shows, whose value is written so.
    pub fn text(&self, option: JobOption, value: &str) -> String {
        self.before.text(option, value)
    }

    /// Takes what is typed in a field.
    pub fn take(&self, option: JobOption, value: String, text: String, error: Option<String>) {
        self.typed.borrow_mut().set(option, TypedField { value, text, error });
    }

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
        ui.vertical(|ui| {
            ui.horizontal(|ui| drop(add(ui).labelled_by(label.id).on_hover_text(&*help)));
            let typed = self.typed.borrow().error(option).map(str::to_owned);
            let is_here = |problem: &&SetupProblem| problem.option == Some(option);
            let told =
                self.problem.filter(is_here).map(|problem| format!("{name} {}", problem.text));
            if let Some(text) = typed.or(told) {
                let text = RichText::new(text).small().color(ui.visuals().error_fg_color);
                ui.set_max_width(ui.available_width().min(PROBLEM));
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

impl OptionForm<'_> {
    /// A field for a value that is written as text. Text that cannot be read is told next to it, changes
    /// nothing, and keeps the job from running.
    pub fn typed<T: Clone>(
        &self,
        ui: &mut Ui,
        option: JobOption,
        (value, hint): (&mut T, &str),
        write: impl Fn(&T) -> String,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> egui::Response {
        let mut text = self.text(option, &write(value));
        let edit = TextEdit::singleline(&mut text).hint_text(hint).desired_width(260.0);
        let response = ui.add(edit);
        let error = read(text.trim()).map(|new| *value = new).err();
        self.take(option, write(value), text, error);
        response
    }

    /// The same for a value that may be missing.
    pub fn optional<T: Clone + Display + FromStr>(
        &self,
        ui: &mut Ui,
        option: JobOption,
        field: (&mut Option<T>, &str),
    ) -> egui::Response
    where
        T::Err: Display,
    {
        self.typed(
            ui,
            option,
            field,
            |value| value.as_ref().map(ToString::to_string).unwrap_or_default(),
            |text| match text {
                "" => Ok(None),
                text => text.parse().map(Some).map_err(|error: T::Err| error.to_string()),
            },
        )
    }
}
