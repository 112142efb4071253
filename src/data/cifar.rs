//! CIFAR-10 in its official binary layout: rows of a label byte and 3,072 bytes `[3, 32, 32]`.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::pictures::{self, Collector, VOLUME};
use super::{Batch, DataError, draw};
use crate::graph::Shape;

/// Bytes of one image with its label.
const ROW_BYTES: u64 = 1 + VOLUME as u64;

/// One file and the number of its images.
struct BatchFile {
    path: PathBuf,
    images: usize,
}

/// Draws from the files `data_batch_*.bin` in the order of their names; images are numbered through.
pub(super) fn load(
    folder: &Path,
    shape: Shape,
    batch_size: usize,
    seed: u64,
) -> Result<Batch, DataError> {
    let origin = folder.display().to_string();
    pictures::check(&origin, shape)?;
    let files = batch_files(folder)?;
    let available = files.iter().map(|file| file.images).sum();
    let indices = draw::select(&origin, available, batch_size, seed)?;
    let mut open: Vec<Option<File>> = files.iter().map(|_| None).collect();
    let mut collector = Collector::new(shape, indices.clone());
    for index in indices {
        let (file, row) = locate(&files, index);
        let path = &files[file].path;
        let read = |source| DataError::Read { path: path.clone(), source };
        let handle = match &mut open[file] {
            Some(handle) => handle,
            closed => closed.insert(File::open(path).map_err(read)?),
        };
        let mut bytes = [0; VOLUME];
        handle.seek(SeekFrom::Start(row as u64 * ROW_BYTES + 1)).map_err(read)?;
        handle.read_exact(&mut bytes).map_err(read)?;
        collector.push(&bytes);
    }
    Ok(collector.finish())
}

/// The file that holds an image, and the row in it.
fn locate(files: &[BatchFile], index: usize) -> (usize, usize) {
    let mut row = index;
    for (position, file) in files.iter().enumerate() {
        if row < file.images {
            return (position, row);
        }
        row -= file.images;
    }
    (files.len() - 1, row)
}

fn batch_files(folder: &Path) -> Result<Vec<BatchFile>, DataError> {
    let read = |source| DataError::Read { path: folder.to_owned(), source };
    if !std::fs::metadata(folder).map_err(read)?.is_dir() {
        let advice = "give the folder that holds data_batch_1.bin";
        return Err(DataError::Kind { path: folder.to_owned(), needed: "folder", advice });
    }
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(read)? {
        let entry = entry.map_err(read)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("data_batch_") && name.ends_with(".bin") {
            paths.push(entry.path());
        }
    }
    paths.sort();
    if paths.is_empty() {
        return Err(DataError::NoBatches { path: folder.to_owned() });
    }
    paths.into_iter().map(batch_file).collect()
}

fn batch_file(path: PathBuf) -> Result<BatchFile, DataError> {
    match std::fs::metadata(&path) {
        Err(source) => Err(DataError::Read { path, source }),
        Ok(facts) if !facts.is_file() => {
            let advice = "every data_batch_*.bin must be one of the official files";
            Err(DataError::Kind { path, needed: "file", advice })
        }
        Ok(facts) if facts.len() == 0 || !facts.len().is_multiple_of(ROW_BYTES) => {
            Err(DataError::CifarSize { path, size_bytes: facts.len() })
        }
        Ok(facts) => Ok(BatchFile { path, images: (facts.len() / ROW_BYTES) as usize }),
    }
}
