//! Pictures in a folder or in an archive of one (`.tar` or `.zip`): their names, and reading them.

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Error, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use flate2::read::DeflateDecoder;
use walkdir::WalkDir;
use zip::{CompressionMethod, ZipArchive};

use super::{DataError, ImageRequest};
use crate::input::{InputKind, open_input};
use crate::tabular::check_directory;

/// Endings of names of pictures that are read, in small letters.
const ENDINGS: [&str; 12] =
    ["png", "jpg", "jpeg", "jpe", "jfif", "webp", "bmp", "gif", "tif", "tiff", "ppm", "pgm"];
/// The same of rare ones.
const RARE_ENDINGS: [&str; 3] = ["pbm", "pnm", "pam"];
/// Endings of names of pictures that are not read, and what converts them.
const OTHERS: [(&str, &str); 11] = [
    ("avif", "`avifdec NAME.avif NAME.png`"),
    ("heic", "`heif-convert NAME.heic NAME.png`"),
    ("heif", "`heif-convert NAME.heif NAME.png`"),
    ("dcm", "`dcmj2pnm --write-png NAME.dcm NAME.png`"),
    ("jp2", "`magick NAME.jp2 NAME.png`"),
    ("jxl", "`djxl NAME.jxl NAME.png`"),
    ("nef", "`magick NAME.nef NAME.png`"),
    ("mdb", "a script that reads the LMDB database and writes PNG files"),
    ("h5", "a script that reads the HDF5 file and saves an array with numpy.save"),
    ("hdf5", "a script that reads the HDF5 file and saves an array with numpy.save"),
    ("mat", "scipy.io.loadmat and numpy.save"),
];
/// What to give.
const ADVICE: &str = "give a folder of PNG, JPEG, WebP, BMP, GIF, TIFF or PNM files, or of folders of \
                      them, or a .tar or .zip of one";
/// Most pictures of an archive.
const MOST_FILES: usize = 4_000_000;
/// The longest list of a zip archive's members.
const MAX_DIRECTORY_BYTES: u64 = 512 << 20;
/// The largest picture in an archive, unpacked.
const MAX_PICTURE_BYTES: u64 = 128 << 20;
/// The longest name.
const MAX_NAME_BYTES: usize = 4096;
/// The longest name in a header of a tar file.
const TAR_NAME_BYTES: usize = 100;
/// Bytes that tell what a file without an ending is.
const HEAD_BYTES: u64 = 32;

/// Pictures that can be drawn.
pub(super) struct PictureFiles {
    origin: PathBuf,
    /// Sorted by name.
    files: Vec<PictureFile>,
    /// What else there is that looks like pictures, and what lies elsewhere.
    pub(super) notices: Vec<String>,
}

struct PictureFile {
    /// Its path within the folder or archive.
    name: PathBuf,
    /// Where it stands in the archive, if there is one.
    place: Option<ArchivePlace>,
}

#[derive(Clone, Copy)]
struct ArchivePlace {
    start: u64,
    bytes: u64,
    is_deflated: bool,
}

/// The bytes of a picture.
pub(super) trait PictureRead: BufRead + Seek {}

impl<R: BufRead + Seek> PictureRead for R {}

/// Counts pictures of formats that are not read.
#[derive(Default)]
struct OtherFiles {
    counts: [usize; OTHERS.len()],
    /// Links that lead out of the folder.
    links_out: usize,
}

impl OtherFiles {
    fn add(&mut self, name: &Path) {
        let ending = ending(name);
        if let Some(place) = OTHERS.iter().position(|(other, _)| *other == ending) {
            self.counts[place] += 1;
        }
    }

    /// How many of what, and what to do.
    fn described(&self) -> Option<String> {
        let (place, count) = self
            .counts
            .iter()
            .enumerate()
            .max_by_key(|(_, count)| **count)
            .filter(|it| *it.1 > 0)?;
        let (ending, conversion) = OTHERS[place];
        let noun = if *count == 1 { "file" } else { "files" };
        Some(format!(
            "{count} .{ending} {noun}, which are not read: convert them with {conversion}"
        ))
    }
}

/// The ending of a name in small letters; empty where there is none.
fn ending(name: &Path) -> String {
    name.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase()).unwrap_or_default()
}

fn is_picture(name: &Path) -> bool {
    let ending = ending(name);
    ENDINGS.contains(&ending.as_str()) || RARE_ENDINGS.contains(&ending.as_str())
}

impl PictureFiles {
    /// The pictures of a folder or an archive.
    pub(super) fn list(request: &ImageRequest<'_>, path: &Path) -> Result<Self, DataError> {
        let read = |source| DataError::Read { path: path.to_owned(), advice: ADVICE, source };
        let mut others = OtherFiles::default();
        let mut files = if std::fs::metadata(path).map_err(read)?.is_dir() {
            folder_files(request, path, &mut others)?
        } else {
            archive_files(request, path, &mut others)?
        };
        let (others, links_out) = (others.described(), others.links_out);
        if files.is_empty() {
            return Err(match others {
                Some(others) => {
                    let reason = format!("has {others}");
                    DataError::Content { path: path.to_owned(), reason }
                }
                None => {
                    let endings: Vec<_> =
                        ENDINGS.iter().map(|ending| format!("*.{ending}")).collect();
                    let looked_for = format!("{} in it or in its sub-folders", endings.join(", "));
                    DataError::Layout { path: path.to_owned(), looked_for, advice: ADVICE }
                }
            });
        }
        files.sort_by(|one, other| one.name.cmp(&other.name));
        let also = others.map(|others| format!("{} also has {others}", path.display()));
        let links = match links_out {
            0 => None,
            1 => Some("a link".to_owned()),
            count => Some(format!("{count} links")),
        };
        let links = links.map(|links| {
            format!("{} has {links} to pictures elsewhere, which are used as well", path.display())
        });
        Ok(Self {
            origin: path.to_owned(),
            files,
            notices: also.into_iter().chain(links).collect(),
        })
    }

    pub(super) fn len(&self) -> usize {
        self.files.len()
    }

    /// The path of a picture within the folder or archive.
    pub(super) fn name(&self, index: usize) -> &Path {
        &self.files[index].name
    }

    /// Opens a picture.
    pub(super) fn open(&self, index: usize) -> std::io::Result<Box<dyn PictureRead>> {
        let PictureFile { name, place } = &self.files[index];
        let Some(place) = *place else {
            let file = open_input(&self.origin.join(name), InputKind::Picture)?;
            return Ok(Box::new(BufReader::new(file)));
        };
        let picture = place.read(&self.origin, MAX_PICTURE_BYTES + 1)?;
        if picture.len() as u64 > MAX_PICTURE_BYTES {
            return Err(Error::other("is too large for a picture in an archive"));
        }
        Ok(Box::new(Cursor::new(picture)))
    }
}

impl ArchivePlace {
    /// At most the first `most` bytes of the file, unpacked.
    fn read(self, archive: &Path, most: u64) -> std::io::Result<Vec<u8>> {
        let mut archive = open_input(archive, InputKind::Images)?;
        archive.seek(SeekFrom::Start(self.start))?;
        let packed = BufReader::new(archive.take(self.bytes));
        let mut bytes = Vec::new();
        match self.is_deflated {
            true => DeflateDecoder::new(packed).take(most).read_to_end(&mut bytes)?,
            false => packed.take(most).read_to_end(&mut bytes)?,
        };
        Ok(bytes)
    }
}

/// The pictures in a folder and its sub-folders.
fn folder_files(
    request: &ImageRequest<'_>,
    folder: &Path,
    others: &mut OtherFiles,
) -> Result<Vec<PictureFile>, DataError> {
    let read =
        |path: &Path, source| DataError::Read { path: path.to_owned(), advice: ADVICE, source };
    let hidden = |name: &std::ffi::OsStr| name.to_string_lossy().starts_with('.');
    let walk = WalkDir::new(folder).min_depth(1).follow_links(true).into_iter();
    let mut files = Vec::new();
    let own = std::fs::canonicalize(folder).map_err(|error| read(folder, error))?;
    let leads_out = |path: &Path| std::fs::canonicalize(path).is_ok_and(|to| !to.starts_with(&own));
    for entry in walk.filter_entry(|entry| !hidden(entry.file_name())) {
        request.check_cancelled()?;
        if let Ok(entry) = &entry
            && entry.path_is_symlink()
            && (entry.file_type().is_dir() || is_picture(entry.path()))
            && leads_out(entry.path())
        {
            others.links_out += 1;
        }
        let path = match entry {
            Ok(entry) if entry.file_type().is_dir() => continue,
            Ok(entry) => entry.into_path(),
            Err(error) if error.loop_ancestor().is_some() => continue,
            // It vanished after the folder was listed.
            Err(error) if error.depth() > 0 && has_vanished(&error) => continue,
            // A link to nowhere is a file that cannot be read.
            Err(error) => match error.path().filter(|path| path.symlink_metadata().is_ok()) {
                Some(path) if is_picture(path) => path.to_owned(),
                Some(_) => continue,
                None => {
                    let path = error.path().unwrap_or(folder).to_owned();
                    return Err(read(&path, error.into()));
                }
            },
        };
        let found = is_picture(&path) || (path.extension().is_none() && is_picture_inside(&path));
        if found {
            let name = path.strip_prefix(folder).map(Path::to_owned).unwrap_or(path);
            files.push(PictureFile { name, place: None });
        } else {
            others.add(&path);
        }
    }
    Ok(files)
}

/// Whether there is nothing at a path, not even a link to nowhere.
fn has_vanished(error: &walkdir::Error) -> bool {
    let is_missing = error.io_error().is_some_and(|error| error.kind() == ErrorKind::NotFound);
    is_missing && error.path().is_some_and(|path| path.symlink_metadata().is_err())
}

/// Whether a file without an ending is a picture by its content.
fn is_picture_inside(path: &Path) -> bool {
    let mut head = Vec::new();
    let Ok(file) = open_input(path, InputKind::Picture) else { return false };
    file.take(HEAD_BYTES).read_to_end(&mut head).is_ok() && is_picture_head(&head)
}

/// Whether bytes begin a picture that is read.
fn is_picture_head(head: &[u8]) -> bool {
    image::guess_format(head).is_ok_and(|format| format.reading_enabled())
}

/// The pictures in an archive.
fn archive_files(
    request: &ImageRequest<'_>,
    path: &Path,
    others: &mut OtherFiles,
) -> Result<Vec<PictureFile>, DataError> {
    let read = |source| DataError::Read { path: path.to_owned(), advice: ADVICE, source };
    let mut file = open_input(path, InputKind::Images).map_err(|error| read(error.into()))?;
    let mut head = Vec::new();
    file.by_ref().take(512).read_to_end(&mut head).map_err(read)?;
    file.seek(SeekFrom::Start(0)).map_err(read)?;
    let wrong = |reason: String| DataError::Content { path: path.to_owned(), reason };
    let damaged = |error: &dyn std::fmt::Display| {
        wrong(format!("is not a readable archive ({error}): download it again"))
    };
    let mut files = Vec::new();
    let mut add = |name: String, place: ArchivePlace| {
        let name = PathBuf::from(name);
        let is_hidden = name.iter().any(|part| part.to_string_lossy().starts_with('.'));
        if is_hidden || name.starts_with("__MACOSX") {
            return true;
        }
        // Tar cuts long names short.
        let is_unclear = name.extension().is_none() || name.as_os_str().len() >= TAR_NAME_BYTES;
        let head = || place.read(path, HEAD_BYTES).unwrap_or_default();
        if is_picture(&name) || (is_unclear && is_picture_head(&head())) {
            files.push(PictureFile { name, place: Some(place) });
        } else {
            others.add(&name);
        }
        files.len() < MOST_FILES
    };
    if head.starts_with(b"PK\x03\x04") {
        zip_files(request, file, &mut add, &damaged)?;
    } else if head.get(257..262) == Some(b"ustar") {
        tar_files(request, file, &mut add, &damaged)?;
    } else if let Some(packing) = packing(&head) {
        let reason =
            format!("is compressed with {packing}: unpack it and give the folder or the .tar");
        return Err(wrong(reason));
    } else {
        return Err(DataError::Kind { path: path.to_owned(), needed: "folder", advice: ADVICE });
    }
    Ok(files)
}

/// What packed a file, by its first bytes.
fn packing(head: &[u8]) -> Option<&'static str> {
    let kinds: [(&[u8], _); 5] = [
        (&[0x1f, 0x8b], "gzip"),
        (b"BZh", "bzip2"),
        (b"\xfd7zXZ\0", "xz"),
        (&[0x28, 0xb5, 0x2f, 0xfd], "Zstandard"),
        (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
    ];
    kinds.into_iter().find_map(|(magic, name)| head.starts_with(magic).then_some(name))
}

type AddFile<'a> = &'a mut dyn FnMut(String, ArchivePlace) -> bool;
type Damaged<'a> = &'a dyn Fn(&dyn std::fmt::Display) -> DataError;

fn tar_files(
    request: &ImageRequest<'_>,
    file: File,
    add: AddFile<'_>,
    damaged: Damaged<'_>,
) -> Result<(), DataError> {
    let mut archive = tar::Archive::new(BufReader::new(file));
    // Raw entries: long names, which would be read into memory, are files of their own then.
    for entry in archive.entries_with_seek().map_err(|error| damaged(&error))?.raw(true) {
        request.check_cancelled()?;
        let entry = entry.map_err(|error| damaged(&error))?;
        let path = entry.path_bytes();
        if !entry.header().entry_type().is_file() || path.len() > MAX_NAME_BYTES {
            continue;
        }
        let name = String::from_utf8_lossy(&path).trim_start_matches("./").to_owned();
        let (start, bytes) = (entry.raw_file_position(), entry.size());
        if !add(name, ArchivePlace { start, bytes, is_deflated: false }) {
            break;
        }
    }
    Ok(())
}

fn zip_files(
    request: &ImageRequest<'_>,
    file: File,
    add: AddFile<'_>,
    damaged: Damaged<'_>,
) -> Result<(), DataError> {
    let length = file.metadata().map_err(|error| damaged(&error))?.len();
    check_directory(&file, length, MAX_DIRECTORY_BYTES).map_err(|error| damaged(&error))?;
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|error| damaged(&error))?;
    for place in 0..archive.len() {
        request.check_cancelled()?;
        let member = archive.by_index_raw(place).map_err(|error| damaged(&error))?;
        let name = match member.name() {
            Ok(name) if !name.ends_with('/') => name.trim_start_matches("./").to_owned(),
            _ => continue,
        };
        let is_deflated = match member.compression() {
            CompressionMethod::Stored => false,
            CompressionMethod::Deflated => true,
            other => return Err(damaged(&format!("it is compressed by {other:?}"))),
        };
        let start = member.data_start().ok_or_else(|| damaged(&"data is missing"))?;
        let bytes = member.compressed_size();
        if !add(name, ArchivePlace { start, bytes, is_deflated }) {
            break;
        }
    }
    Ok(())
}
