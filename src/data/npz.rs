//! NumPy archives of arrays: zip files with one .npy file for each array.

use std::io::{BufReader, Read};
use std::path::Path;

use zip::ZipArchive;
use zip::result::ZipError;

use super::npy::{ArrayRead, NpyArray, open};
use super::{DataError, ImageRequest, LoadedImages};

/// The array of that name, or the only one.
pub(super) fn load(
    request: &ImageRequest<'_>,
    path: &Path,
    key: Option<&str>,
) -> Result<LoadedImages, DataError> {
    let (file, _) = open(path, "give a .npz file that you have permission to read")?;
    let wrong = |reason| DataError::Content { path: path.to_owned(), reason };
    let damaged = |error: ZipError| {
        wrong(format!("is not a readable archive ({error}): save it again with numpy.savez"))
    };
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(damaged)?;
    let names = archive.file_names_raw().filter_map(|name| name.strip_suffix(b".npy"));
    let names = names.map(|name| String::from_utf8_lossy(name).into_owned()).collect();
    let key = choose(names, key).map_err(wrong)?;
    let member = archive.by_name(&format!("{key}.npy")).map_err(damaged)?;
    let size_bytes = member.size();
    let mut member = StreamingEntry(member);
    let origin = format!("{}:{key}", path.display());
    NpyArray::read(request, path, &origin, size_bytes, &mut member)?.images(request, &mut member)
}

/// The array that is meant, if that is clear.
fn choose(mut names: Vec<String>, key: Option<&str>) -> Result<String, String> {
    names.sort();
    let list = names.join(", ");
    match (key, names.as_slice()) {
        (_, []) => Err("has no arrays: save it with numpy.savez".to_owned()),
        (None, [_]) => Ok(names.remove(0)),
        (None, _) => Err(format!("has several arrays: name one of {list} as in npz:FILE:KEY")),
        (Some(key), _) if names.iter().any(|name| name == key) => Ok(key.to_owned()),
        (Some(key), _) => Err(format!("has no array `{key}`: it has {list}")),
    }
}

/// Goes past bytes by reading them: they are compressed.
struct StreamingEntry<R>(R);

impl<R: Read> Read for StreamingEntry<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(buffer)
    }
}

impl<R: Read> ArrayRead for StreamingEntry<R> {
    fn skip(&mut self, count: u64) -> std::io::Result<()> {
        match std::io::copy(&mut self.0.by_ref().take(count), &mut std::io::sink())? {
            skipped if skipped == count => Ok(()),
            _ => Err(std::io::ErrorKind::UnexpectedEof.into()),
        }
    }
}
