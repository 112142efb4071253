//! NumPy archives of arrays: zip files with one .npy file for each array.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use zip::ZipArchive;
use zip::read::ZipFile;
use zip::result::ZipError;

use super::npy::{ArrayRead, NpyArray};
use super::{DataError, ImageRequest, LoadedImages, npy};

/// The array of that name, or the only one.
pub(super) fn load(
    request: &ImageRequest<'_>,
    path: &Path,
    key: Option<&str>,
) -> Result<LoadedImages, DataError> {
    let mut archive = archive(path)?;
    let (key, member) = member(&mut archive, path, key)?;
    let size_bytes = member.size();
    let mut member = StreamingEntry(member);
    let origin = format!("{}:{key}", path.display());
    NpyArray::read(request, path, &origin, size_bytes, &mut member)?.images(request, &mut member)
}

/// The three extents of an image in such an array.
pub(super) fn extents(path: &Path, key: Option<&str>) -> Result<[usize; 3], DataError> {
    let mut archive = archive(path)?;
    let (_, mut member) = member(&mut archive, path, key)?;
    npy::extents_of(path, &mut member)
}

/// A file as an archive.
type Archive = ZipArchive<BufReader<File>>;

fn archive(path: &Path) -> Result<Archive, DataError> {
    let (file, _) = npy::open(path, "give a .npz file that you have permission to read")?;
    ZipArchive::new(BufReader::new(file)).map_err(|error| damaged(path, &error))
}

fn damaged(path: &Path, error: &ZipError) -> DataError {
    let reason = format!("is not a readable archive ({error}): save it again with numpy.savez");
    DataError::Content { path: path.to_owned(), reason }
}

/// The array that is meant, with its name.
fn member<'a>(
    archive: &'a mut Archive,
    path: &Path,
    key: Option<&str>,
) -> Result<(String, ZipFile<'a, BufReader<File>>), DataError> {
    let wrong = |reason| DataError::Content { path: path.to_owned(), reason };
    let names = archive.file_names_raw().filter_map(|name| name.strip_suffix(b".npy"));
    let names = names.map(|name| String::from_utf8_lossy(name).into_owned()).collect();
    let key = choose(names, key).map_err(wrong)?;
    let member = archive.by_name(&format!("{key}.npy")).map_err(|error| damaged(path, &error))?;
    Ok((key, member))
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
