//! NATS-Bench (Dong et al., TPAMI 2021), in the `simple` layout: a folder, or a tar file of it, with
//! one bzip2-compressed pickle for each architecture, and one for all of them, which is not needed.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use bzip2::read::MultiBzDecoder;
use rayon::prelude::*;

use super::detect::FormatCandidate;
use super::error::TableOrigin;
use super::metrics::MetricNames;
use super::trials::MeasuredArchitecture;
use super::{BenchmarkError, BenchmarkFormat, BenchmarkRow, ReadProgress, RowReader};
use crate::data::pickle::{self, PickleLimits};
use crate::input::{InputKind, open_input};

pub(super) const FORMAT: BenchmarkFormat = BenchmarkFormat {
    name: "NATS-Bench",
    files: "NATS-tss-v1_0-3ffb9-simple, NATS-sss-v1_0-50262-simple, or a .tar of one",
    metrics: "DATASET.SET.EPOCHS such as cifar10-valid.x-valid.200 or cifar10.ori-test.200 (mean over \
              seeds, percent), DATASET.train.EPOCHS; .train-time and .latency (seconds), .params and \
              .flops (millions)",
    detect,
    open,
};

/// How the files of architectures end.
const ENDING: &str = ".pickle.pbz2";
/// The file that lists the architectures.
const META: &str = "meta.pickle.pbz2";
/// The most files of a table, and the longest name.
const MAX_FILES: usize = 200_000;
const MAX_NAME_BYTES: usize = 255;
/// The largest file, packed and unpacked: those of the benchmark have 0.1 and 0.4 MB.
const MAX_PACKED_BYTES: u64 = 2 << 20;
const MAX_BYTES: u64 = 4 << 20;
/// What a pickle may take.
const LIMITS: PickleLimits = PickleLimits { memory_bytes: 48 << 20, depth: 50 };
/// Files that are read at once.
const AT_ONCE: usize = 3;

fn detect(candidate: &FormatCandidate<'_>) -> bool {
    let is_tar = candidate.head.get(257..262) == Some(b"ustar") || candidate.name.ends_with(".tar");
    if candidate.is_folder {
        let files = std::fs::read_dir(candidate.path).into_iter().flatten().flatten();
        return files
            .take(MAX_FILES)
            .any(|file| file.file_name().to_string_lossy().ends_with(ENDING));
    }
    is_tar
}

/// The file of an architecture.
struct ArchiveMember {
    name: String,
    /// Its place in the archive.
    offset: u64,
    bytes: u64,
}

struct NatsTable {
    origin: TableOrigin,
    /// The archive, if it is none but a folder.
    archive: Option<File>,
    members: Vec<ArchiveMember>,
    next: usize,
    ahead: VecDeque<Result<MeasuredArchitecture, BenchmarkError>>,
    datasets: Vec<String>,
}

fn open(path: &Path, _metrics: &mut MetricNames) -> Result<Box<dyn RowReader>, BenchmarkError> {
    let origin = TableOrigin::new(path);
    let read = |error| origin.read(error);
    let (archive, mut members) = if path.is_dir() {
        (None, folder_members(path).map_err(read)?)
    } else {
        let file = open_input(path, InputKind::BenchmarkTable);
        let mut file = file.map_err(|error| read(error.into()))?;
        (Some(file.try_clone().map_err(read)?), archive_members(&mut file, &origin)?)
    };
    if members.is_empty() {
        let problem =
            format!("there is no NUMBER{ENDING}: give the folder or tar of the benchmark");
        return Err(origin.wrong("its files", problem));
    }
    if members.len() > MAX_FILES {
        return Err(origin.wrong("its files", format!("there are more than {MAX_FILES}")));
    }
    members.sort_by(|one, other| one.name.cmp(&other.name));
    let (ahead, datasets) = (VecDeque::new(), Vec::new());
    Ok(Box::new(NatsTable { origin, archive, members, next: 0, ahead, datasets }))
}

fn is_member(name: &str) -> bool {
    name.len() <= MAX_NAME_BYTES && name.ends_with(ENDING) && name != META
}

fn folder_members(path: &Path) -> std::io::Result<Vec<ArchiveMember>> {
    let mut members = Vec::new();
    for file in std::fs::read_dir(path)? {
        let name = file?.file_name().to_string_lossy().into_owned();
        if is_member(&name) && members.len() <= MAX_FILES {
            members.push(ArchiveMember { name, offset: 0, bytes: 0 });
        }
    }
    Ok(members)
}

fn archive_members(
    file: &mut File,
    origin: &TableOrigin,
) -> Result<Vec<ArchiveMember>, BenchmarkError> {
    let wrong = |error: std::io::Error| {
        let problem = format!("cannot be read as a tar ({error}): download it again");
        origin.wrong("its list of files", problem)
    };
    let mut archive = tar::Archive::new(BufReader::new(file));
    let mut members = Vec::new();
    // Raw entries: long names, which would be read into memory, are files of their own then.
    for entry in archive.entries_with_seek().map_err(wrong)?.raw(true) {
        let entry = entry.map_err(wrong)?;
        let path = entry.path_bytes();
        let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
        let name = String::from_utf8_lossy(name).into_owned();
        if entry.header().entry_type().is_file() && is_member(&name) {
            members.push(ArchiveMember {
                name,
                offset: entry.raw_file_position(),
                bytes: entry.size(),
            });
        }
        if members.len() > MAX_FILES {
            break;
        }
    }
    Ok(members)
}

impl NatsTable {
    /// Reads the next files.
    fn read_ahead(&mut self) {
        let end = self.members.len().min(self.next + AT_ONCE);
        let packed: Vec<_> = (self.next..end).map(|member| (member, self.packed(member))).collect();
        self.next = end;
        let measured =
            packed.into_par_iter().map(|(member, packed)| self.measured(member, packed?));
        self.ahead = measured.collect::<Vec<_>>().into();
    }

    fn packed(&self, member: usize) -> Result<Vec<u8>, BenchmarkError> {
        let ArchiveMember { name, offset, bytes } = &self.members[member];
        let read = || {
            let mut packed = Vec::new();
            match &self.archive {
                Some(archive) => {
                    let mut archive = archive;
                    archive.seek(SeekFrom::Start(*offset))?;
                    archive.take((*bytes).min(MAX_PACKED_BYTES + 1)).read_to_end(&mut packed)?;
                }
                None => {
                    let path = self.origin.path().join(name);
                    let file = open_input(&path, InputKind::BenchmarkTable)?;
                    file.take(MAX_PACKED_BYTES + 1).read_to_end(&mut packed)?;
                }
            }
            Ok(packed)
        };
        let packed = read().map_err(|error: std::io::Error| {
            self.origin.wrong(name, format!("cannot be read ({error})"))
        })?;
        if packed.len() as u64 > MAX_PACKED_BYTES {
            return Err(self.origin.wrong(name, "is too large for one of NATS-Bench"));
        }
        Ok(packed)
    }

    fn measured(
        &self,
        member: usize,
        packed: Vec<u8>,
    ) -> Result<MeasuredArchitecture, BenchmarkError> {
        let name = &self.members[member].name;
        let mut bytes = Vec::new();
        let unpacked =
            MultiBzDecoder::new(packed.as_slice()).take(MAX_BYTES + 1).read_to_end(&mut bytes);
        if let Err(error) = unpacked {
            let problem = format!("is not valid bzip2 data ({error}): download it again");
            return Err(self.origin.wrong(name, problem));
        }
        if bytes.len() as u64 > MAX_BYTES {
            return Err(self.origin.wrong(name, "is too large for one of NATS-Bench"));
        }
        drop(packed);
        let value = pickle::read(&bytes, &LIMITS);
        let value = value.map_err(|error| self.origin.pickle(name, error))?;
        MeasuredArchitecture::of(&value).map_err(|problem| self.origin.wrong(name, problem))
    }
}

impl RowReader for NatsTable {
    fn next(
        &mut self,
        metrics: &mut MetricNames,
        watch: ReadProgress<'_>,
    ) -> Result<Option<BenchmarkRow>, BenchmarkError> {
        if self.ahead.is_empty() {
            if !watch(self.next as f64 / self.members.len() as f64) {
                return Err(BenchmarkError::Cancelled);
            }
            self.read_ahead();
        }
        let Some(measured) = self.ahead.pop_front() else { return Ok(None) };
        row(measured?, metrics, &mut self.datasets)
            .map(Some)
            .map_err(|problem| self.origin.wrong("its metrics", problem))
    }

    fn datasets(&self) -> Vec<String> {
        self.datasets.clone()
    }
}

/// The row of an architecture.
pub(super) fn row(
    measured: MeasuredArchitecture,
    metrics: &mut MetricNames,
    datasets: &mut Vec<String>,
) -> Result<BenchmarkRow, String> {
    for dataset in measured.datasets {
        if !datasets.contains(&dataset) {
            datasets.push(dataset);
        }
    }
    let MeasuredArchitecture { architecture, index, values, .. } = measured;
    let mut row = BenchmarkRow { architecture, index, ..BenchmarkRow::default() };
    for (name, value) in values {
        row.set(metrics.position(&name)?, value);
    }
    Ok(row)
}
