//! Tensor values that a model keeps in other files of its folder.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

use super::error::Problem;
use super::proto::TensorProto;

/// Reads the `needed` bytes a tensor keeps in another file.
///
/// The file must lie in `folder` or below it, symbolic links resolved, and nothing is read or
/// allocated before the file is known to be long enough.
pub(super) fn read(tensor: &TensorProto, folder: &Path, needed: usize) -> Result<Vec<u8>, Problem> {
    let entry = |key: &str| tensor.external_data.iter().find(|entry| entry.key == key);
    let location = entry("location").map_or("", |entry| entry.value.as_str());
    let fail = |reason: String| Problem::External {
        tensor: tensor.name.clone(),
        location: location.to_owned(),
        reason,
    };
    let number = |key: &str| match entry(key).map(|entry| entry.value.trim().parse::<u64>()) {
        None => Ok(None),
        Some(Ok(number)) => Ok(Some(number)),
        Some(Err(_)) => Err(fail(format!("has a {key} that is not a whole number"))),
    };
    let path = inside(folder, location).map_err(fail)?;
    let cannot = |error: std::io::Error| fail(format!("cannot be read: {error}"));
    let mut file = File::open(&path).map_err(cannot)?;
    let size_bytes = file.metadata().map_err(cannot)?.len();
    let offset = number("offset")?.unwrap_or(0);
    let length = number("length")?.unwrap_or_else(|| size_bytes.saturating_sub(offset));
    if offset.checked_add(length).is_none_or(|end| end > size_bytes) {
        return Err(fail(format!(
            "holds {size_bytes} bytes, {length} are wanted from {offset} on"
        )));
    }
    if length != needed as u64 {
        return Err(fail(format!("gives {length} bytes, the tensor's shape needs {needed}")));
    }
    let mut bytes = vec![0; needed];
    file.seek(SeekFrom::Start(offset)).map_err(cannot)?;
    file.read_exact(&mut bytes).map_err(cannot)?;
    Ok(bytes)
}

/// The path of an external file, if it is one and does not leave the folder.
fn inside(folder: &Path, location: &str) -> Result<PathBuf, String> {
    let plain = |component: Component<'_>| matches!(component, Component::Normal(_));
    let mut components = Path::new(location).components().filter(|c| *c != Component::CurDir);
    if location.is_empty() || !components.all(plain) {
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
