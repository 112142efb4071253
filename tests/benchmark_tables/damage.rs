//! Damaged and hostile tables end in an error or in rows, within the memory that is promised.

use std::io::{Read, Write};
use std::path::Path;

use proptest::prelude::*;
use proptest::sample::Index;
use untrained::benchmark::{self, BenchmarkError, BenchmarkRow, MetricLookup, NEVER_CANCEL};
use untrained::space::Space;

use super::memory::peak;
use super::{TABLES, fixture, framed, read, run, table};

/// The memory that is promised.
const PROMISED_BYTES: usize = 256 << 20;
/// What small tables may take, damaged or not.
const SMALL_BYTES: usize = 64 << 20;

type Rows = Result<(Vec<BenchmarkRow>, Vec<String>), BenchmarkError>;

/// Uses a file as a table in every way.
fn use_up(path: &Path, allowed_bytes: usize) -> Rows {
    let (rows, used) = peak(|| {
        let table = benchmark::open(path)?;
        let facts = table.facts(NEVER_CANCEL)?;
        let space = Space::builtin("nas-bench-201").unwrap();
        if let Some(metric) = facts.metrics.first() {
            let _ = MetricLookup::new(&table, &space, &metric.name);
        }
        read(&table)
    });
    assert!(used < allowed_bytes, "{used} bytes");
    if let Err(error) = &rows {
        assert!(!error.to_string().is_empty());
    }
    rows
}

fn damaged(mut bytes: Vec<u8>, flips: &[(Index, u32)], end: Option<Index>) -> Vec<u8> {
    for (place, bit) in flips {
        let place = place.index(bytes.len());
        bytes[place] ^= 1 << bit;
    }
    if let Some(end) = end {
        bytes.truncate(end.index(bytes.len()));
    }
    bytes
}

fn damage() -> impl Strategy<Value = (Vec<(Index, u32)>, Option<Index>)> {
    let flips = prop::collection::vec((any::<Index>(), 0..8_u32), 0..4);
    (flips, prop::option::weighted(0.3, any::<Index>()))
}

/// The bytes of a table, and whether checksums guard all of them.
fn files() -> Vec<(&'static str, bool)> {
    let is_file = |name: &&&str| fixture(name).is_file();
    let guarded = |name: &str| name.ends_with(".tfrecord");
    TABLES.iter().filter(is_file).map(|name| (*name, guarded(name))).collect()
}

fn same(one: &(Vec<BenchmarkRow>, Vec<String>), other: &(Vec<BenchmarkRow>, Vec<String>)) -> bool {
    // NaN differs from itself: compare as text.
    format!("{one:?}") == format!("{other:?}")
}

/// Numbers of Parquet's headers, and with them sizes, grow most by the upper bits of their bytes.
#[test]
fn sizes_in_small_parquet_files_are_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    // All bytes of all files take many minutes; the files differ in what they are packed with alone.
    const STEP: usize = 12;
    for (first, name) in TABLES.iter().filter(|name| name.ends_with(".parquet")).enumerate() {
        let bytes = std::fs::read(fixture(name)).unwrap();
        let path = folder.path().join(name);
        for place in (3 * first..bytes.len()).step_by(STEP) {
            let mut bytes = bytes.clone();
            bytes[place] ^= if (place / STEP).is_multiple_of(2) { 0x40 } else { 0xc0 };
            std::fs::write(&path, &bytes).unwrap();
            let _ = use_up(&path, SMALL_BYTES);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn flipped_bits_and_lost_ends_do_no_harm(
        which in any::<Index>(),
        (flips, end) in damage(),
    ) {
        let files = files();
        let (name, guarded) = *which.get(&files);
        let bytes = std::fs::read(fixture(name)).unwrap();
        let changed = damaged(bytes.clone(), &flips, end);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, &changed).unwrap();
        let found = use_up(&path, SMALL_BYTES);
        // Between records a file may end; a flipped bit is always found.
        if guarded && end.is_none() && let Ok(found) = found {
            prop_assert!(same(&found, &read(&table(name)).unwrap()), "{name}: wrong values");
        }
    }

    /// The same inside of what bzip2 packs, where its checksum would have told.
    #[test]
    fn damaged_pickles_of_nats_do_no_harm((flips, end) in damage()) {
        let name = "000002.pickle.pbz2";
        let packed = std::fs::read(fixture("NATS-tiny-simple").join(name)).unwrap();
        let mut bytes = Vec::new();
        bzip2::read::BzDecoder::new(packed.as_slice()).read_to_end(&mut bytes).unwrap();
        let bytes = damaged(bytes, &flips, end);
        let folder = tempfile::tempdir().unwrap();
        let file = std::fs::File::create(folder.path().join(name)).unwrap();
        let mut packer = bzip2::write::BzEncoder::new(file, bzip2::Compression::fast());
        packer.write_all(&bytes).unwrap();
        packer.finish().unwrap();
        let _ = use_up(folder.path(), SMALL_BYTES);
    }

    /// The same inside of records, with checksums that are right again.
    #[test]
    fn damaged_records_do_no_harm((flips, end) in damage()) {
        let bytes = std::fs::read(fixture("nasbench_tiny.tfrecord")).unwrap();
        let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        let record = damaged(bytes[12..12 + length].to_vec(), &flips, end);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tfrecord");
        std::fs::write(&path, framed(&record)).unwrap();
        let _ = use_up(&path, SMALL_BYTES);
    }

    #[test]
    fn any_text_does_no_harm(
        ending in prop::sample::select(vec!["csv", "json", "pth", "tar", "tfrecord", "pbz2"]),
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        text in "[\\[\\]{},:\"N\\-0-9a-z \n\\\\]{0,200}",
        start in prop::sample::select(vec!["", "[", "{", "arch,x\n", "{\"top\": ["]),
        is_text in any::<bool>(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(format!("a.{ending}"));
        let bytes = if is_text { format!("{start}{text}").into_bytes() } else { bytes };
        std::fs::write(&path, bytes).unwrap();
        let _ = use_up(&path, SMALL_BYTES);
    }
}

/// Bombs: small files that would fill the memory if they were believed.
#[test]
fn bombs_are_stopped_within_the_promised_memory() {
    let folder = tempfile::tempdir().unwrap();
    let bomb = |name: &str, write: &dyn Fn(&mut dyn Write)| {
        let path = folder.path().join(name);
        write(&mut std::io::BufWriter::new(std::fs::File::create(&path).unwrap()));
        let error = use_up(&path, PROMISED_BYTES).unwrap_err().to_string();
        std::fs::remove_file(&path).unwrap();
        error
    };
    // A megabyte of zeros, packed, 300 times behind a beginning.
    let packed = |bytes: &[u8]| {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    };
    let zeros = packed(&vec![b'0'; 1 << 20]);
    let long = |start: &str, file: &mut dyn Write| {
        file.write_all(&packed(start.as_bytes())).unwrap();
        (0..300).for_each(|_| file.write_all(&zeros).unwrap());
    };
    // One row.
    let error = bomb("a.csv.gz", &|file| long("arch,x\n", file));
    assert!(error.contains("too long for a benchmark table"), "{error}");
    // One run, an architecture's name, a key, the metrics of an architecture.
    for start in ["[", "[{\"net\": \"", "{\"cifar10\": {\"", "{\"cifar10\": {\"a\": ["] {
        let error = bomb("a.json.gz", &|file| long(start, file));
        assert!(error.contains("a value has more than"), "{start}: {error}");
    }
    // Millions of architectures with all that they may have.
    let error = bomb("a.json", &|file| {
        file.write_all(b"{\"cifar10\": {").unwrap();
        for number in 0..1_000_000 {
            write!(file, "\"architecture {number}\": {{\"a\": 1, \"b\": 2}},").unwrap();
        }
    });
    assert!(error.contains("MiB of values"), "{error}");
    // Metrics without end.
    let error = bomb("b.json", &|file| {
        file.write_all(b"{\"cifar10\": {").unwrap();
        for number in 0..10_000 {
            write!(file, "\"a\": {{\"metric {number}\": 1}},").unwrap();
        }
    });
    assert!(error.contains("more than 4096 metrics"), "{error}");
    // More architectures than NAS-Bench-101 has.
    let error = bomb("a.tfrecord", &|file| {
        for number in 0..450_000 {
            let epochs = [4, 12, 36, 108][number % 4];
            file.write_all(&run(number, epochs)).unwrap();
        }
    });
    assert!(error.contains("more than the benchmark's 423624"), "{error}");
}

/// A member of NATS-Bench that unpacks to much more than it should, and a pickle that is all nesting.
#[test]
fn bombs_in_nats_are_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("000000.pickle.pbz2");
    let pack = |bytes: &mut dyn Read| {
        let file = std::fs::File::create(&path).unwrap();
        let mut packer = bzip2::write::BzEncoder::new(file, bzip2::Compression::best());
        std::io::copy(bytes, &mut packer).unwrap();
        packer.finish().unwrap();
        use_up(folder.path(), PROMISED_BYTES).unwrap_err()
    };
    let error = pack(&mut std::io::repeat(b'(').take(100 << 20)).to_string();
    assert!(error.contains("too large for one of NATS-Bench"), "{error}");
    let error = pack(&mut std::io::repeat(b'(').take(4 << 20));
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("needs more than"), "{source}");
}

/// The largest table that is summed up in memory keeps the promise.
#[test]
fn a_full_nas_bench_101_fits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("full.tfrecord");
    let mut file = std::io::BufWriter::new(std::fs::File::create(&path).unwrap());
    for epochs in [4, 12, 36, 108] {
        for number in 0..423_624 {
            file.write_all(&run(number, epochs)).unwrap();
        }
    }
    drop(file);
    let (rows, used) = peak(|| {
        let table = benchmark::open(&path).unwrap();
        table.rows(NEVER_CANCEL).unwrap().map(Result::unwrap).count()
    });
    assert_eq!(rows, 423_624);
    assert!(used < PROMISED_BYTES, "{used} bytes");
    assert!(used > 50 << 20, "the allocator counts: {used}");
}
