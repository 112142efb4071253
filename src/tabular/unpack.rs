//! Files as streams of bytes: unpacked where gzip, bzip2, xz, Zstandard or zip packed them, which their
//! content tells, with a count of the bytes read.

use std::cell::Cell;
use std::fs::File;
use std::io::{BufRead, BufReader, Error, Read, Seek, SeekFrom};
use std::path::Path;
use std::rc::Rc;

use bzip2::bufread::MultiBzDecoder;
use flate2::bufread::{DeflateDecoder, MultiGzDecoder};
use lzma_rust2::XzReader;
use zip::{CompressionMethod, ZipArchive};

use crate::input::{InputKind, open_input};

/// How files of each kind begin.
const GZIP: &[u8] = &[0x1f, 0x8b];
const BZIP2: &[u8] = b"BZh";
const XZ: &[u8] = b"\xfd7zXZ\0";
const ZSTANDARD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
const ZIP: &[u8] = b"PK\x03\x04";
/// Bytes of a buffer.
const BUFFER: usize = 1 << 16;
/// The most that xz may take: its strongest preset needs 65 MiB.
const XZ_MEMORY_KIB: u32 = 96 << 10;
/// The longest list of the members of an archive of tables.
pub const MAX_DIRECTORY_BYTES: u64 = 1 << 20;
/// The end of an archive, where it says how long its list of members is: three records of 98 bytes
/// before at most 64 KiB of comment.
const END_BYTES: u64 = (1 << 16) + 98;
/// Members of an archive that a message names.
const NAMED: usize = 5;

/// What packed a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// gzip.
    Gzip,
    /// bzip2.
    Bzip2,
    /// xz.
    Xz,
    /// Zstandard.
    Zstandard,
    /// A zip archive of a single file.
    Zip,
}

impl Packing {
    /// Its name in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
            Self::Zstandard => "Zstandard",
            Self::Zip => "zip",
        }
    }

    /// By the first bytes of a file; nothing for zip archives, whose members decide.
    fn of_stream(head: &[u8]) -> Option<Self> {
        [(GZIP, Self::Gzip), (BZIP2, Self::Bzip2), (XZ, Self::Xz), (ZSTANDARD, Self::Zstandard)]
            .into_iter()
            .find_map(|(magic, packing)| head.starts_with(magic).then_some(packing))
    }
}

/// What a zip archive is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArchiveContent {
    /// One file, which was packed.
    OneFile,
    /// An Excel workbook.
    Workbook,
    /// A file of `torch.save`.
    Torch,
    /// Other files; the first few names.
    Files(Vec<String>),
}

/// The bytes of a file.
pub struct UnpackedFile {
    /// The bytes, unpacked.
    pub reader: Box<dyn BufRead>,
    /// How much of the file was read.
    pub progress: BytesRead,
    /// What had packed them.
    pub packing: Option<Packing>,
    /// What a zip archive is. If it is not a single file, the bytes are those of the archive.
    pub archive: Option<ArchiveContent>,
}

/// How much of a file was read.
#[derive(Clone, Debug)]
pub struct BytesRead {
    read: Rc<Cell<u64>>,
    length: u64,
}

impl BytesRead {
    /// From 0 to 1.
    pub fn share(&self) -> f64 {
        (self.read.get() as f64 / self.length.max(1) as f64).min(1.0)
    }
}

/// Opens a file and unpacks it.
///
/// # Errors
///
/// If the system refuses, or an archive's list of members is damaged.
pub fn unpack(path: &Path, kind: InputKind) -> std::io::Result<UnpackedFile> {
    let mut file = open_input(path, kind)?;
    let length = file.metadata()?.len();
    let progress = BytesRead { read: Rc::default(), length };
    let mut head = Vec::new();
    file.by_ref().take(6).read_to_end(&mut head)?;
    file.seek(SeekFrom::Start(0))?;
    let counted = |file: File| {
        let counting = CountingReader { inner: file, read: Rc::clone(&progress.read) };
        BufReader::with_capacity(BUFFER, counting)
    };
    let mut packing = Packing::of_stream(&head);
    let mut archive = None;
    let reader: Box<dyn BufRead> = if head.starts_with(ZIP) {
        let content = ZipContent::read(&file, length)?;
        archive = Some(content.content);
        match content.only {
            Some(member) => {
                packing = Some(Packing::Zip);
                file.seek(SeekFrom::Start(member.start))?;
                member.unpacked(counted(file))?
            }
            None => {
                file.seek(SeekFrom::Start(0))?;
                Box::new(counted(file))
            }
        }
    } else {
        match packing {
            Some(packing) => stream(packing, counted(file))?,
            None => Box::new(counted(file)),
        }
    };
    Ok(UnpackedFile { reader, progress, packing, archive })
}

/// Unpacks a stream; a zip archive is not one.
fn stream(packing: Packing, packed: impl BufRead + 'static) -> std::io::Result<Box<dyn BufRead>> {
    let reader: Box<dyn Read> = match packing {
        Packing::Gzip => Box::new(MultiGzDecoder::new(packed)),
        Packing::Bzip2 => Box::new(MultiBzDecoder::new(packed)),
        Packing::Xz => Box::new(XzReader::new_mem_limit(packed, true, XZ_MEMORY_KIB)),
        Packing::Zstandard => Box::new(zstd::Decoder::with_buffer(packed)?),
        Packing::Zip => Box::new(packed),
    };
    Ok(Box::new(BufReader::with_capacity(BUFFER, reader)))
}

/// A file in an archive.
struct ZipMember {
    start: u64,
    bytes: u64,
    method: CompressionMethod,
}

impl ZipMember {
    fn unpacked(&self, file: impl BufRead + 'static) -> std::io::Result<Box<dyn BufRead>> {
        let section = file.take(self.bytes);
        match self.method {
            CompressionMethod::Stored => Ok(Box::new(section)),
            CompressionMethod::Deflated => {
                Ok(Box::new(BufReader::with_capacity(BUFFER, DeflateDecoder::new(section))))
            }
            method => {
                let problem = format!(
                    "a file in the archive is compressed by {method:?}: unpack the archive and \
                     give the file"
                );
                Err(Error::other(problem))
            }
        }
    }
}

/// The files of an archive.
struct ZipContent {
    content: ArchiveContent,
    only: Option<ZipMember>,
}

impl ZipContent {
    fn read(file: &File, length: u64) -> std::io::Result<Self> {
        let damaged = |error: &dyn std::fmt::Display| {
            Error::other(format!("the zip archive is damaged ({error}): download it again"))
        };
        check_directory(file, length, MAX_DIRECTORY_BYTES)?;
        let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|error| damaged(&error))?;
        let mut files: Vec<(usize, String)> = Vec::new();
        for place in 0..archive.len() {
            if let Some(name) = archive.name_for_index(place)
                && let Ok(name) = name
                && !name.ends_with('/')
                && !name.starts_with("__MACOSX/")
            {
                files.push((place, name.to_string()));
            }
        }
        let has = |ending: &str| files.iter().any(|(_, name)| name.ends_with(ending));
        if has("xl/workbook.xml") {
            return Ok(Self { content: ArchiveContent::Workbook, only: None });
        }
        if has("data.pkl") {
            return Ok(Self { content: ArchiveContent::Torch, only: None });
        }
        if let [(place, _)] = files[..] {
            let member = archive.by_index_raw(place).map_err(|error| damaged(&error))?;
            let start = member.data_start().ok_or_else(|| damaged(&"its data is missing"))?;
            let bytes = member.compressed_size();
            if start.checked_add(bytes).is_none_or(|end| end > length) {
                return Err(damaged(&"its data extends beyond the end of the file"));
            }
            if member.encrypted() {
                return Err(Error::other("the zip archive is encrypted: unpack it first"));
            }
            let only = ZipMember { start, bytes, method: member.compression() };
            return Ok(Self { content: ArchiveContent::OneFile, only: Some(only) });
        }
        let names = files.into_iter().take(NAMED).map(|(_, name)| name).collect();
        Ok(Self { content: ArchiveContent::Files(names), only: None })
    }
}

/// Refuses archives of `length` bytes whose list of members has more than `most` bytes.
///
/// # Errors
///
/// If the list is too long or the system refuses.
pub fn check_directory(mut file: &File, length: u64, most: u64) -> std::io::Result<()> {
    let mut end = Vec::new();
    file.seek(SeekFrom::Start(length.saturating_sub(END_BYTES)))?;
    file.read_to_end(&mut end)?;
    file.seek(SeekFrom::Start(0))?;
    match directory_bytes(&end, length) {
        bytes if bytes > most => {
            Err(Error::other("the zip archive is damaged or has too many members"))
        }
        _ => Ok(()),
    }
}

/// How long the list of members is by the end of an archive of `length` bytes; all of it if it does
/// not say.
fn directory_bytes(end: &[u8], length: u64) -> u64 {
    let last = end.windows(4).rposition(|window| window == b"PK\x05\x06");
    let record = last.map(|start| &end[start..]).unwrap_or_default();
    let field = record.get(12..16).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes);
    match field {
        Some(u32::MAX) => directory_bytes_64(end).unwrap_or(length),
        Some(bytes) => u64::from(bytes),
        None => length,
    }
}

/// The same of an archive above 4 GiB.
fn directory_bytes_64(end: &[u8]) -> Option<u64> {
    let start = end.windows(4).rposition(|window| window == b"PK\x06\x06")?;
    end.get(start + 40..start + 48)?.try_into().ok().map(u64::from_le_bytes)
}

/// Counts the bytes that pass.
struct CountingReader<R> {
    inner: R,
    read: Rc<Cell<u64>>,
}

impl<R: Read> Read for CountingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.read.set(self.read.get() + count as u64);
        Ok(count)
    }
}
