//! Files that contain images of one size as rows of bytes, and reading some of their rows.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::pickle::{self, ArrayData, PickleLimits, PickleValue, PickledArray, StoredBytes};
use super::{DataError, ImageRequest, npy};

const ADVICE: &str = "check that the dataset is complete and that you have permission to read it";

/// A file and its images.
pub(super) struct RowFile {
    path: PathBuf,
    /// Number of images.
    pub(super) images: usize,
    content: RowContent,
}

/// How the rows lie in a file.
enum RowContent {
    /// The first row's first byte, and bytes from row to row.
    Rows { first: u64, distance: u64 },
    /// Text that stands for the rows: it must be read whole.
    Text(StoredBytes),
    /// They were read.
    Here(Arc<[u8]>),
}

fn unreadable(path: &Path) -> impl FnOnce(std::io::Error) -> DataError + use<'_> {
    |source| DataError::Read { path: path.to_owned(), advice: ADVICE, source }
}

fn wrong(path: &Path, reason: impl Into<String>) -> DataError {
    DataError::Content { path: path.to_owned(), reason: reason.into() }
}

fn open(path: &Path) -> Result<File, DataError> {
    let (file, _) = npy::open(path, ADVICE).map_err(|error| match error {
        DataError::Kind { path, needed, .. } => {
            let advice = "it must be one of the files of the dataset";
            DataError::Kind { path, needed, advice }
        }
        other => other,
    })?;
    Ok(file)
}

impl RowFile {
    /// A file that is nothing but rows, each with `label_bytes` before its `volume` bytes of image.
    pub(super) fn binary(
        path: PathBuf,
        label_bytes: u64,
        volume: usize,
    ) -> Result<Self, DataError> {
        let facts = open(&path)?.metadata().map_err(unreadable(&path))?;
        let (size_bytes, row_bytes) = (facts.len(), label_bytes + volume as u64);
        if size_bytes == 0 || !size_bytes.is_multiple_of(row_bytes) {
            let row = format!("{label_bytes} for labels and {volume} for pixels");
            return Err(DataError::Rows { path, size_bytes, row_bytes, row });
        }
        let content = RowContent::Rows { first: label_bytes, distance: row_bytes };
        Ok(Self { path, images: (size_bytes / row_bytes) as usize, content })
    }

    /// A pickled dictionary whose `data` is a uint8 array `[images, volume]`; and the dictionary.
    pub(super) fn python(path: PathBuf, volume: usize) -> Result<(Self, PickleValue), DataError> {
        let file = open(&path)?;
        let facts = file.metadata().map_err(unreadable(&path))?;
        let scanned = pickle::scan(BufReader::new(file), facts.len(), &PickleLimits::default());
        let fields = match scanned {
            Ok(fields) => fields,
            Err(source) => return Err(DataError::Pickle { path, source }),
        };
        let data = fields.get("data").ok_or_else(|| wrong(&path, "has no `data`"))?;
        let data = PickledArray::from_value(data)
            .map_err(|error| wrong(&path, format!("its `data` {error}")))?;
        if data.shape.get(1) != Some(&volume)
            || data.shape.len() != 2
            || (data.kind, data.item_bytes, data.fortran_order) != ('u', 1, false)
        {
            let reason = format!(
                "its `data` has shape {:?} and type {}{}, expected uint8 [n, {volume}]",
                data.shape,
                data.kind,
                8 * data.item_bytes
            );
            return Err(wrong(&path, reason));
        }
        let content = match data.data {
            ArrayData::Here(bytes) => RowContent::Here(bytes),
            ArrayData::Stored(stored) if stored.text => RowContent::Text(stored),
            ArrayData::Stored(StoredBytes { offset, .. }) => {
                RowContent::Rows { first: offset, distance: volume as u64 }
            }
        };
        Ok((Self { images: data.shape[0], path, content }, fields))
    }

    /// An error about this file.
    pub(super) fn wrong(&self, reason: impl Into<String>) -> DataError {
        wrong(&self.path, reason)
    }

    /// Opens the rows for reading.
    fn open(&self, volume: usize) -> Result<RowReader<'_>, DataError> {
        let file = || open(&self.path);
        let bytes = match &self.content {
            RowContent::Rows { first, distance } => {
                let (path, first, distance) = (self.path.as_path(), *first, *distance);
                return Ok(RowReader::File { path, file: file()?, first, distance, volume });
            }
            RowContent::Here(bytes) => Arc::clone(bytes),
            RowContent::Text(stored) => {
                let mut raw = Vec::new();
                let mut file = file()?;
                let read = file
                    .seek(SeekFrom::Start(stored.offset))
                    .and_then(|_| file.take(stored.length).read_to_end(&mut raw));
                read.map_err(unreadable(&self.path))?;
                let bytes = stored.decode(raw).filter(|bytes| bytes.len() == self.images * volume);
                bytes.ok_or_else(|| self.wrong("its `data` is damaged: download it again"))?.into()
            }
        };
        Ok(RowReader::Memory { bytes, volume })
    }
}

/// Opened rows.
enum RowReader<'f> {
    File { path: &'f Path, file: File, first: u64, distance: u64, volume: usize },
    Memory { bytes: Arc<[u8]>, volume: usize },
}

impl RowReader<'_> {
    fn read(&mut self, row: usize) -> Result<Vec<u8>, DataError> {
        match self {
            Self::Memory { bytes, volume } => Ok(bytes[row * *volume..][..*volume].to_vec()),
            Self::File { path, file, first, distance, volume } => {
                let mut bytes = vec![0; *volume];
                let start = SeekFrom::Start(*first + row as u64 * *distance);
                let read = file.seek(start).and_then(|_| file.read_exact(&mut bytes));
                read.map_err(unreadable(path))?;
                Ok(bytes)
            }
        }
    }
}

/// The chosen images, each a number of a file and a row in it, in their order.
pub(super) fn read(
    request: &ImageRequest<'_>,
    files: &[RowFile],
    chosen: &[(usize, usize)],
    volume: usize,
) -> Result<Vec<Vec<u8>>, DataError> {
    let mut images = vec![Vec::new(); chosen.len()];
    for (number, file) in files.iter().enumerate() {
        request.check_cancelled()?;
        let mut opened = None;
        for (image, &(_, row)) in images.iter_mut().zip(chosen).filter(|(_, at)| at.0 == number) {
            let rows = match &mut opened {
                Some(rows) => rows,
                closed => closed.insert(file.open(volume)?),
            };
            *image = rows.read(row)?;
        }
    }
    Ok(images)
}
