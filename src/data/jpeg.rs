//! Whether a JPEG file is complete. Decoders fill what is missing at the end of a file with grey and say
//! nothing; libjpeg's callers, such as Pillow, refuse such a file because its end marker is missing.

use std::io::{BufRead, Read};

/// How a file begins: the marker of its start, and that of another marker.
const START: [u8; 3] = [0xff, 0xd8, 0xff];
/// Markers: the end, and those without a segment.
const END: u8 = 0xd9;
const TEMPORARY: u8 = 0x01;
const RESTARTS: std::ops::RangeInclusive<u8> = 0xd0..=0xd7;

/// Whether bytes are the beginning of a JPEG file.
pub(super) fn is_jpeg(head: &[u8]) -> bool {
    head.starts_with(&START)
}

/// Goes from marker to marker; whether the marker of the end comes.
pub(super) fn is_complete(file: &mut impl BufRead) -> std::io::Result<bool> {
    match walk(file) {
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(false),
        walked => walked.map(|()| true),
    }
}

fn byte(file: &mut impl BufRead) -> std::io::Result<u8> {
    let mut byte = [0];
    file.read_exact(&mut byte)?;
    Ok(byte[0])
}

fn walk(file: &mut impl BufRead) -> std::io::Result<()> {
    file.read_exact(&mut [0; 2])?;
    loop {
        match next_marker(file)? {
            END => return Ok(()),
            TEMPORARY => {}
            marker if RESTARTS.contains(&marker) => {}
            _ => {
                let length = u16::from_be_bytes([byte(file)?, byte(file)?]);
                let rest = u64::from(length.saturating_sub(2));
                let skipped = std::io::copy(&mut file.by_ref().take(rest), &mut std::io::sink())?;
                if skipped < rest {
                    return Err(std::io::ErrorKind::UnexpectedEof.into());
                }
            }
        }
    }
}

/// The next marker, behind the data of a scan where one is under way.
fn next_marker(file: &mut impl BufRead) -> std::io::Result<u8> {
    loop {
        skip_until_marker(file)?;
        let mut marker = 0xff;
        while marker == 0xff {
            marker = byte(file)?;
        }
        // A zero is a byte of data that looks like the beginning of a marker.
        if marker != 0 {
            return Ok(marker);
        }
    }
}

/// Goes past the next byte that begins a marker.
fn skip_until_marker(file: &mut impl BufRead) -> std::io::Result<()> {
    loop {
        let buffer = file.fill_buf()?;
        if buffer.is_empty() {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let found = buffer.iter().position(|&byte| byte == 0xff);
        let consumed = found.map_or(buffer.len(), |place| place + 1);
        file.consume(consumed);
        if found.is_some() {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_with_their_end_are_complete() {
        // A comment that looks like an end, and data with a stuffed byte and a restart.
        let comment = [0xff, 0xfe, 0, 4, 0xff, 0xd9];
        let scan = [0xff, 0xda, 0, 3, 1, 7, 0xff, 0, 0xff, 0xd0, 9, 0xff, 0xff, END];
        let file = [&START[..2], &comment, &scan, b"behind"].concat();
        let complete = |bytes: &[u8]| is_complete(&mut &*bytes).unwrap();
        assert!(is_jpeg(&file) && complete(&file));
        for end in 0..file.len() - b"behind".len() {
            assert!(!complete(&file[..end]), "{end} bytes");
        }
    }
}
