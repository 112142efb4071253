//! Networks that are written to files for other programs: the question, and the task that answers it.

use std::path::{MAIN_SEPARATOR, Path, PathBuf};
use std::sync::Arc;

use crate::overlay::dialogs::FileQuestion;
use crate::tasks::TaskRunner;
use crate::tasks::message::Message;
use untrained::backend::Cancel;
use untrained::job::{ExportFormat, ExportSettings, ExportedFile, ExportedNetworks, chain};
use untrained_plot::drawing::drawings_picture;

/// What is asked before networks are exported.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportForm {
    /// How they are written.
    pub settings: ExportSettings,
    /// The file, or the folder for several.
    pub out: String,
}

/// How far an export is.
pub enum ExportState {
    /// It has not begun.
    Asked,
    /// It is under way.
    Running(Arc<Cancel>),
    /// Everything is written.
    Done,
    /// It was stopped.
    Stopped,
    /// It failed, with why.
    Failed(String),
}

/// Networks that are to be exported.
pub struct NetworkExport {
    /// What they are.
    pub title: String,
    /// The networks.
    pub networks: Arc<ExportedNetworks>,
    /// Where and how.
    pub form: ExportForm,
    /// How far it is.
    pub state: ExportState,
    /// The files that were written.
    pub written: Vec<ExportedFile>,
}

impl NetworkExport {
    /// Asks how and where networks are exported; `folder` is where files were written last.
    pub fn new(title: String, networks: ExportedNetworks, folder: Option<&Path>) -> Self {
        let here = || std::env::current_dir().ok().or_else(std::env::home_dir);
        let folder = folder.map(Path::to_owned).or_else(here).unwrap_or_default();
        let format = networks.formats().next().unwrap_or(ExportFormat::Json);
        let out = if networks.len() == 1 {
            folder.join(format!("network.{}", format.ending())).to_string_lossy().into_owned()
        } else {
            let folder = folder.join("networks");
            format!("{}{MAIN_SEPARATOR}", folder.display())
        };
        let settings = ExportSettings { format, ..ExportSettings::default() };
        let (networks, form) = (Arc::new(networks), ExportForm { settings, out });
        Self { title, networks, form, state: ExportState::Asked, written: Vec::new() }
    }

    /// Takes what was edited. A file that has the ending of the former format takes that of the new one.
    pub fn edit(&mut self, mut form: ExportForm) {
        let (before, now) = (self.form.settings.format, form.settings.format);
        let path = Path::new(&form.out);
        if before != now && self.networks.len() == 1 && before.is_of(path) {
            form.out = path.with_extension(now.ending()).to_string_lossy().into_owned();
        }
        self.form = form;
        if !self.is_running() {
            self.state = ExportState::Asked;
        }
    }

    /// The path that is typed.
    pub fn path(&self) -> PathBuf {
        PathBuf::from(self.form.out.trim())
    }

    /// What is wrong with the path that is typed.
    pub fn problem(&self) -> Option<String> {
        let path = self.path();
        if path.as_os_str().is_empty() {
            return Some("type the path of a file or folder".to_owned());
        }
        let checked = self.networks.check_path(&path, self.form.settings.format);
        checked.err().map(|error| error.to_string())
    }

    /// What a file dialog asks.
    pub fn question(&self) -> FileQuestion {
        if self.networks.len() > 1 {
            return FileQuestion::Folder;
        }
        let (kinds, endings): (_, &[_]) = match self.form.settings.format {
            ExportFormat::Onnx => ("ONNX models", &["onnx"]),
            ExportFormat::Pytorch => ("PyTorch source", &["py"]),
            ExportFormat::Dot => ("DOT graphs", &["dot"]),
            ExportFormat::Svg => ("SVG pictures", &["svg"]),
            ExportFormat::Pdf => ("PDF pictures", &["pdf"]),
            ExportFormat::Json => ("JSON documents", &["json"]),
        };
        let path = self.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        FileQuestion::Save(name.unwrap_or_default(), kinds, endings)
    }

    /// Takes a path from a file dialog; a file without an ending gets that of the format.
    pub fn on_path_chosen(&mut self, path: &Path) {
        let mut path = path.to_owned();
        if self.networks.len() == 1 && path.extension().is_none() && !path.is_dir() {
            path.set_extension(self.form.settings.format.ending());
        }
        let out = path.to_string_lossy().into_owned();
        self.edit(ExportForm { out, ..self.form.clone() });
    }

    /// Whether it is under way.
    pub fn is_running(&self) -> bool {
        matches!(self.state, ExportState::Running(_))
    }

    /// The folder of what is written.
    pub fn folder(&self) -> Option<PathBuf> {
        let path = self.path();
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        parent.map(Path::to_owned)
    }

    /// Begins to write.
    pub fn start(&mut self, tasks: &mut TaskRunner) {
        if self.is_running() || self.problem().is_some() {
            return;
        }
        let cancel = Arc::new(Cancel::new());
        self.state = ExportState::Running(cancel.clone());
        self.written.clear();
        let (networks, settings, out) = (self.networks.clone(), self.form.settings, self.path());
        tasks.start("export", move |sender| {
            let mut on_file = |file| {
                sender.send(Message::NetworkExported(file));
            };
            let end = networks.write(&out, &settings, drawings_picture, &cancel, &mut on_file);
            sender.send(Message::ExportEnded(end.map_err(|error| chain(&error))));
        });
    }

    /// Requests that the rest be left out.
    pub fn stop(&self) {
        if let ExportState::Running(cancel) = &self.state {
            cancel.cancel();
        }
    }

    /// It is over.
    pub fn on_ended(&mut self, end: Result<(), String>) {
        self.state = match (end, &self.state) {
            (Err(why), _) => ExportState::Failed(why),
            (Ok(()), ExportState::Running(cancel)) if cancel.is_cancelled() => ExportState::Stopped,
            (Ok(()), _) => ExportState::Done,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use untrained::job::{JobConfig, NetworkToExport, Options, Task};
    use untrained::space::Space;

    const CELL: &str = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|none~1|nor_conv_1x1~2|";

    fn export(count: usize) -> NetworkExport {
        let space = Space::builtin("nas-bench-201").unwrap();
        let config = JobConfig::new(Options::default(), Task::Score { architectures: Vec::new() });
        let one = NetworkToExport { architecture: CELL.to_owned(), scores: Vec::new() };
        let networks = ExportedNetworks::of_space(config, space, vec![one; count]);
        NetworkExport::new(String::new(), networks, Some(Path::new("a")))
    }

    #[test]
    fn the_file_follows_the_format() {
        let mut export = export(1);
        assert_eq!(export.path(), Path::new("a/network.onnx"));
        let mut form = export.form.clone();
        form.settings.format = ExportFormat::Pytorch;
        export.edit(form);
        assert_eq!(export.path(), Path::new("a/network.py"));
        export.on_path_chosen(Path::new("b/mine"));
        assert_eq!(export.path(), Path::new("b/mine.py"));
        assert_eq!(export.folder(), Some("b".into()));
        export.on_path_chosen(Path::new("b/mine.txt"));
        assert!(export.problem().is_some_and(|why| why.contains("ends in .py")));
    }

    #[test]
    fn several_networks_have_a_folder() {
        let mut export = export(2);
        assert_eq!((export.question(), export.problem()), (FileQuestion::Folder, None));
        export.form.out = "a/network.onnx".to_owned();
        assert!(export.problem().is_some_and(|why| why.contains("need a folder")));
    }
}
