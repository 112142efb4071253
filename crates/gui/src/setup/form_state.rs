//! What is typed in the form of a job, and the first thing that keeps the job from running.

use std::collections::HashMap;
use std::path::Path;

use untrained::data::ImageSource;
use untrained::job::{JobConfig, JobError, JobOption, Task};

/// The text in a field whose value is written as text.
#[derive(Clone, Debug, PartialEq)]
pub struct TypedField {
    /// The value as text, after the typed text was read.
    pub value: String,
    /// What is typed.
    pub text: String,
    /// Why that is no value; the job keeps the one it had.
    pub error: Option<String>,
}

/// The texts in the fields of a form, by option.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TypedFields(HashMap<JobOption, TypedField>);

impl TypedFields {
    /// What the field of an option shows: what was typed, unless its value has become another one.
    pub fn text(&self, option: JobOption, value: &str) -> String {
        let typed = self.0.get(&option).filter(|typed| typed.value == value);
        typed.map_or(value, |typed| &typed.text).to_owned()
    }

    /// What is typed in the field of an option, if it was shown.
    pub fn typed(&self, option: JobOption) -> Option<&str> {
        self.0.get(&option).map(|typed| typed.text.as_str())
    }

    /// Takes what is typed in a field.
    pub fn set(&mut self, option: JobOption, field: TypedField) {
        self.0.insert(option, field);
    }

    /// Why what is typed in the field of an option is no value.
    pub fn error(&self, option: JobOption) -> Option<&str> {
        self.0.get(&option)?.error.as_deref()
    }

    /// The first field, in the order of options, with an error.
    fn first_error(&self) -> Option<SetupProblem> {
        let mut all = JobOption::ALL.iter();
        all.find_map(|&option| Some(SetupProblem::new(option, self.error(option)?)))
    }
}

/// What a form changes.
#[derive(Clone, Debug, PartialEq)]
pub struct SetupDraft {
    /// The job.
    pub job: JobConfig,
    /// What is typed.
    pub typed: TypedFields,
}

impl SetupDraft {
    /// What keeps the job from running.
    pub fn problem(&self) -> Option<SetupProblem> {
        self.typed.first_error().or_else(|| SetupProblem::of(&self.job))
    }
}

/// What keeps a job from running.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetupProblem {
    /// The option concerned, if there is one.
    pub option: Option<JobOption>,
    /// What is wrong and what to do; beside its field, without the option's name.
    pub text: String,
}

impl SetupProblem {
    /// A problem of an option.
    pub fn new(option: JobOption, text: impl Into<String>) -> Self {
        Self { option: Some(option), text: text.into() }
    }

    /// What [`JobConfig::check`] finds, or a file that is not there.
    pub fn of(job: &JobConfig) -> Option<Self> {
        match job.check() {
            Ok(()) => missing_file(job),
            Err(error) => {
                let text = match &error {
                    JobError::Invalid(invalid) => invalid.reason.clone(),
                    error => error.to_string(),
                };
                Some(Self { option: error.option(), text })
            }
        }
    }

    /// The problem with the name of its option.
    pub fn sentence(&self) -> String {
        match self.option {
            Some(option) => format!("{} {}", option.info().label, self.text),
            None => self.text.clone(),
        }
    }
}

/// A file or folder that the job reads and that is not there.
fn missing_file(job: &JobConfig) -> Option<SetupProblem> {
    let missing = |option, path: &Path, what: &str| {
        let text = format!("{}: {what} not found", path.display());
        (!path.exists()).then(|| SetupProblem::new(option, text))
    };
    let images = match &job.options.images {
        None | Some(ImageSource::Builtin | ImageSource::Noise) => None,
        Some(
            ImageSource::Npy(path)
            | ImageSource::Npz { file: path, .. }
            | ImageSource::Idx(path)
            | ImageSource::Svhn(path),
        ) => missing(JobOption::Images, path, "file"),
        Some(
            ImageSource::Cifar10(path)
            | ImageSource::Cifar100(path)
            | ImageSource::ImageNet16(path)
            | ImageSource::Folder(path)
            | ImageSource::Stl10(path),
        ) => missing(JobOption::Images, path, "folder"),
    };
    let of_task = match &job.task {
        Task::Search(search) => {
            let table = search.table.as_deref();
            table.and_then(|path| missing(JobOption::Table, path, "file"))
        }
        Task::Onnx(model) => missing(JobOption::Onnx, &model.path, "file"),
        Task::Score { .. } => None,
    };
    of_task.or(images)
}

#[cfg(test)]
mod tests {
    use super::*;
    use untrained::job::Options;

    fn draft() -> SetupDraft {
        let job = JobConfig::new(Options::default(), Task::default());
        SetupDraft { job, typed: TypedFields::default() }
    }

    // A problem that names another field first would stand beside the wrong one.
    #[test]
    fn problems_name_their_field() {
        let mut draft = draft();
        assert_eq!(draft.problem(), None);
        draft.job.options.batch_size = Some(1);
        assert_eq!(draft.problem().unwrap().option, Some(JobOption::BatchSize));
        draft.job.options.batch_size = Some(2);
        let Task::Search(search) = &mut draft.job.task else { panic!() };
        search.strategy = untrained::search::StrategyKind::Area;
        assert_eq!(draft.problem().unwrap().option, Some(JobOption::Trainer));
    }

    #[test]
    fn a_text_that_is_no_value_is_a_problem_of_its_field() {
        let mut draft = draft();
        let field = |error: Option<&str>| TypedField {
            value: String::new(),
            text: "many".to_owned(),
            error: error.map(str::to_owned),
        };
        draft.typed.set(JobOption::Classes, field(Some("is no number")));
        assert_eq!(draft.problem(), Some(SetupProblem::new(JobOption::Classes, "is no number")));
        assert_eq!(draft.typed.text(JobOption::Classes, ""), "many");
        // The value was changed elsewhere.
        assert_eq!(draft.typed.text(JobOption::Classes, "3"), "3");
        draft.typed.set(JobOption::Classes, field(None));
        assert_eq!(draft.problem(), None);
    }

    #[test]
    fn a_file_that_is_not_there_is_told_before() {
        let mut draft = draft();
        draft.job.options.images = Some("cifar10:/no/such/folder".parse().unwrap());
        assert_eq!(draft.problem().unwrap().option, Some(JobOption::Images));
        let here = std::env::temp_dir();
        draft.job.options.images = Some(format!("folder:{}", here.display()).parse().unwrap());
        assert_eq!(draft.problem(), None);
    }
}
