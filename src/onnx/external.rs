//! Tensor values that a model stores in other files in its folder.

use std::collections::HashMap;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

use super::error::OnnxProblem;
use super::proto::TensorProto;
use crate::input::{InputKind, open_input};

/// How often a data file may be read in all: tensors may share values, but a small model must not
/// ask for much by naming one file many times.
const MAX_READINGS: u64 = 8;

/// The folder a model may read from, and what it has read.
pub(super) struct ExternalData<'m> {
    folder: &'m Path,
    read_bytes: HashMap<PathBuf, u64>,
}

impl<'m> ExternalData<'m> {
    /// Nothing read yet.
    pub fn new(folder: &'m Path) -> Self {
        Self { folder, read_bytes: HashMap::new() }
    }

    /// Reads the `needed` bytes a tensor keeps in another file.
    ///
    /// The file must lie in the folder or below it, symbolic links resolved, and nothing is
    /// allocated before the file is known to be long enough.
    pub fn read(&mut self, tensor: &TensorProto, needed: usize) -> Result<Vec<u8>, OnnxProblem> {
        let location = entry(tensor, "location").unwrap_or("");
        let fail = |reason: String| OnnxProblem::External {
            tensor: tensor.name.clone(),
            location: location.to_owned(),
            reason,
        };
        let path = inside(self.folder, location).map_err(fail)?;
        let cannot = |error: std::io::Error| fail(format!("cannot be read: {error}"));
        let mut file =
            open_input(&path, InputKind::ModelData).map_err(|error| cannot(error.into()))?;
        let size_bytes = file.metadata().map_err(cannot)?.len();
        let offset = number(tensor, "offset").map_err(fail)?.unwrap_or(0);
        let rest = size_bytes.saturating_sub(offset);
        let length = number(tensor, "length").map_err(fail)?.unwrap_or(rest);
        if offset.checked_add(length).is_none_or(|end| end > size_bytes) {
            return Err(fail(format!(
                "holds {size_bytes} bytes, but {length} are needed from {offset} on"
            )));
        }
        if length != needed as u64 {
            return Err(fail(format!("has {length} bytes, but the tensor's shape needs {needed}")));
        }
        let read_bytes = self.read_bytes.entry(path).or_default();
        *read_bytes = read_bytes.saturating_add(length);
        if *read_bytes > size_bytes.saturating_mul(MAX_READINGS) {
            return Err(fail(format!("is read more than {MAX_READINGS} times over")));
        }
        let mut bytes = vec![0; needed];
        file.seek(SeekFrom::Start(offset)).map_err(cannot)?;
        file.read_exact(&mut bytes).map_err(cannot)?;
        Ok(bytes)
    }
}

fn entry<'t>(tensor: &'t TensorProto, key: &str) -> Option<&'t str> {
    let entries = &tensor.external_data;
    entries.iter().find(|entry| entry.key == key).map(|entry| entry.value.as_str())
}

fn number(tensor: &TensorProto, key: &str) -> Result<Option<u64>, String> {
    let wrong = |_| format!("has a {key} that is not a whole number");
    entry(tensor, key).map(|text| text.trim().parse().map_err(wrong)).transpose()
}

/// The path of an external file, if it is one and does not leave the folder.
fn inside(folder: &Path, location: &str) -> Result<PathBuf, String> {
    let plain = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    if location.is_empty() || !Path::new(location).components().all(plain) {
        return Err("is not a path inside the model's folder".to_owned());
    }
    let cannot = |error: std::io::Error| format!("cannot be found: {error}");
    let root = folder.canonicalize().map_err(cannot)?;
    let path = root.join(location).canonicalize().map_err(cannot)?;
    if !path.starts_with(&root) {
        return Err("is a link that leaves the model's folder".to_owned());
    }
    if !path.is_file() {
        return Err("is not a regular file".to_owned());
    }
    Ok(path)
}
