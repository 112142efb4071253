//! The images of the mini-batch.

use egui::{ComboBox, DragValue, TextEdit, Ui};

use super::form::OptionForm;
use crate::action::Action;
use crate::overlay::dialogs::FilePurpose;
use crate::setup::form_state::SetupDraft;
use crate::views::context::ViewContext;
use untrained::data::ImageSource;
use untrained::job::{JobOption, MiniBatch};

/// The kinds of image sources: name, what they are, and whether they have a path.
const KINDS: [(&str, &str, bool); 11] = [
    ("builtin", "Natural images that ship with the program", false),
    ("cifar10", "The folder of CIFAR-10, binary or Python version", true),
    ("cifar100", "The folder of CIFAR-100, binary or Python version", true),
    ("imagenet16", "The folder of ImageNet16, train_data_batch_*", true),
    ("folder", "Picture files in a folder and its sub-folders, or in a .tar or .zip file", true),
    ("idx", "Grey pictures as MNIST has them: train-images-idx3-ubyte.gz", true),
    ("stl10", "The folder of STL-10, binary version", true),
    ("svhn", "The cropped digits of SVHN, train_32x32.mat", true),
    ("npy", "A NumPy array, floating-point [n, c, h, w], used as it is", true),
    ("npz", "A NumPy array in a .npz archive: FILE or FILE:KEY", true),
    ("noise", "Standard normal values", false),
];

/// What is chosen and typed.
struct TypedSource {
    kind: String,
    path: String,
}

impl TypedSource {
    fn of(text: &str) -> Self {
        let (kind, path) = text.split_once(':').unwrap_or((text, ""));
        Self { kind: kind.to_owned(), path: path.to_owned() }
    }

    fn text(&self) -> String {
        if self.has_path() { format!("{}:{}", self.kind, self.path) } else { self.kind.clone() }
    }

    fn has_path(&self) -> bool {
        KINDS.iter().any(|(kind, _, has_path)| *kind == self.kind && *has_path)
    }

    fn read(&self) -> Result<ImageSource, String> {
        match (self.has_path(), self.path.trim()) {
            (false, _) => self.kind.parse(),
            (true, "") => return Err(format!("{}: choose a folder or file", self.kind)),
            (true, path) => format!("{}:{path}", self.kind).parse(),
        }
        .map_err(|error: untrained::data::UnknownSource| error.to_string())
    }
}

/// Shows the rows of the images.
pub fn show(
    ui: &mut Ui,
    context: &mut ViewContext<'_>,
    draft: &mut SetupDraft,
    form: &OptionForm<'_>,
) {
    let mut chooses = false;
    let SetupDraft { job, .. } = draft;
    let batch = job.ranking().map_or(MiniBatch::Codes, |ranking| MiniBatch::of(ranking.scores()));
    let options = &mut job.options;
    form.row(ui, JobOption::Images, |ui| {
        let source = options.images(batch);
        let mut typed = TypedSource::of(&form.text(JobOption::Images, &source.to_string()));
        let combo = ComboBox::from_id_salt("images").selected_text(typed.kind.clone()).width(110.0);
        let inner = combo.show_ui(ui, |ui| {
            for (kind, about, _) in KINDS {
                ui.selectable_value(&mut typed.kind, kind.to_owned(), kind).on_hover_text(about);
            }
        });
        if typed.has_path() {
            let edit = TextEdit::singleline(&mut typed.path).hint_text("folder or file");
            let response = ui.add(edit.desired_width(240.0));
            response.widget_info(|| {
                egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Path of the images")
            });
            chooses = ui.button("Choose images…").clicked();
        }
        let error = match typed.read() {
            Ok(images) => {
                if images != source {
                    options.images = Some(images);
                }
                None
            }
            Err(why) => Some(why),
        };
        let value = options.images(batch).to_string();
        form.take(JobOption::Images, value, typed.text(), error);
        inner.response
    });
    form.row(ui, JobOption::BatchSize, |ui| {
        let mut size = options.batch_size(batch);
        let response = ui.add(DragValue::new(&mut size));
        if response.changed() {
            options.batch_size = Some(size);
        }
        response
    });
    if chooses {
        context.send(Action::ChooseFile(FilePurpose::Images));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // A kind that is missing could not be chosen in the window: the core's own list, which its error
    // names, has the same ones in the same order.
    #[test]
    fn the_kinds_are_those_of_the_core() {
        let error = "none of them".parse::<ImageSource>().unwrap_err().to_string();
        let (_, list) = error.split_once(": use ").unwrap();
        let known: Vec<(&str, bool)> = list
            .split([',', ' '])
            .filter(|word| !["", "or"].contains(word))
            .map(|word| word.split_once(':').map_or((word, false), |(kind, _)| (kind, true)))
            .collect();
        assert_eq!(known, KINDS.map(|(kind, _, has_path)| (kind, has_path)));
    }

    #[test]
    fn every_kind_of_source_is_read_as_it_is_written() {
        for (kind, _, has_path) in KINDS {
            let text = if has_path { format!("{kind}:some/place.npz") } else { kind.to_owned() };
            let source: ImageSource = text.parse().unwrap();
            let typed = TypedSource::of(&source.to_string());
            assert_eq!((typed.kind.as_str(), typed.has_path()), (kind, has_path));
            assert_eq!(typed.read(), Ok(source));
        }
        let missing = TypedSource { kind: "folder".to_owned(), path: " ".to_owned() };
        assert!(missing.read().is_err());
    }
}
