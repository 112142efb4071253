//! TFRecord files (TensorFlow, `core/lib/io/record_writer.h`): for each record its length in 8 bytes,
//! a checksum of the length, the record, a checksum of the record; little-endian.

use std::io::BufRead;

/// The longest record. Those of the benchmark have less than a kilobyte.
const MAX_BYTES: u64 = 1 << 16;

/// Why the next record could not be had.
pub enum RecordFault {
    Read(std::io::Error),
    /// The problem, and what to do about it.
    Wrong(String),
}

/// The records of a file.
pub struct TfRecords<R> {
    reader: R,
    record: Vec<u8>,
    position: u64,
    number: u64,
}

impl<R: BufRead> TfRecords<R> {
    pub fn new(reader: R) -> Self {
        Self { reader, record: Vec::new(), position: 0, number: 0 }
    }

    /// Bytes read so far.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Records read so far, which is the number of the next one.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The next record, its checksums verified.
    pub fn next(&mut self) -> Result<Option<&[u8]>, RecordFault> {
        if self.reader.fill_buf().map_err(RecordFault::Read)?.is_empty() {
            return Ok(None);
        }
        let mut head = [0; 12];
        self.fill(&mut head)?;
        let Some(length) = length(&head) else {
            return Err(wrong(
                "the checksum of its length is wrong: the file is damaged or not a TFRecord file; \
                 download it again",
            ));
        };
        if length > MAX_BYTES {
            return Err(wrong(&format!(
                "it has {length} bytes, but records of NAS-Bench-101 have fewer than {MAX_BYTES}: this \
                 is another dataset"
            )));
        }
        let mut record = std::mem::take(&mut self.record);
        record.resize(length as usize, 0);
        self.fill(&mut record)?;
        let mut check = [0; 4];
        self.fill(&mut check)?;
        self.record = record;
        if masked(&self.record) != u32::from_le_bytes(check) {
            return Err(wrong("its checksum is wrong: the file is damaged; download it again"));
        }
        self.number += 1;
        Ok(Some(&self.record))
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RecordFault> {
        self.reader.read_exact(bytes).map_err(|error| match error.kind() {
            std::io::ErrorKind::UnexpectedEof => {
                wrong("the file ends in the middle of it: it is truncated; download it again")
            }
            _ => RecordFault::Read(error),
        })?;
        self.position += bytes.len() as u64;
        Ok(())
    }
}

fn wrong(problem: &str) -> RecordFault {
    RecordFault::Wrong(problem.to_owned())
}

/// Whether bytes are the beginning of a TFRecord file.
pub fn is_beginning(head: &[u8]) -> bool {
    head.first_chunk().is_some_and(|head| length(head).is_some())
}

/// The length at the head of a record, if its checksum is right.
fn length(head: &[u8; 12]) -> Option<u64> {
    let (length, check) = (head.first_chunk::<8>()?, head.last_chunk::<4>()?);
    (masked(length) == u32::from_le_bytes(*check)).then(|| u64::from_le_bytes(*length))
}

/// CRC-32C, masked as `crc32c.h` of TensorFlow does it.
fn masked(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}
