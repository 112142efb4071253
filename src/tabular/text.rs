//! Text as UTF-8: a byte order mark is removed, UTF-16 behind one is decoded, and quotes that are never
//! closed are found.

use std::io::{BufRead, BufReader, Error, Read};

/// Bytes of a buffer.
const BUFFER: usize = 1 << 16;

/// The text of a stream as UTF-8, as far as its byte order mark tells.
pub(super) fn utf8(mut reader: Box<dyn BufRead>) -> std::io::Result<Box<dyn BufRead>> {
    let mut head = Vec::new();
    reader.by_ref().take(3).read_to_end(&mut head)?;
    let decoded = |order, rest: Vec<u8>, reader| -> Box<dyn BufRead> {
        let decoder = Utf16Reader::new(std::io::Cursor::new(rest).chain(reader), order);
        Box::new(BufReader::with_capacity(BUFFER, decoder))
    };
    Ok(match head.as_slice() {
        [0xef, 0xbb, 0xbf] => reader,
        [0xff, 0xfe, ..] => decoded(ByteOrder::Little, head[2..].to_vec(), reader),
        [0xfe, 0xff, ..] => decoded(ByteOrder::Big, head[2..].to_vec(), reader),
        _ => Box::new(BufReader::with_capacity(BUFFER, std::io::Cursor::new(head).chain(reader))),
    })
}

/// The first bytes of a file as UTF-8, as far as they are that.
pub(super) fn decoded_head(head: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    if let Ok(mut reader) = utf8(Box::new(std::io::Cursor::new(head.to_vec()))) {
        // The last character may be cut in two.
        let _ = reader.read_to_end(&mut text);
    }
    text
}

#[derive(Clone, Copy)]
enum ByteOrder {
    Little,
    Big,
}

/// Decodes UTF-16.
struct Utf16Reader<R> {
    inner: R,
    order: ByteOrder,
    /// The first half of a character of two units.
    high: Option<u16>,
    /// The first byte of a unit.
    odd: Option<u8>,
    /// Text that was not taken yet, and how much of it was.
    ready: Vec<u8>,
    taken: usize,
}

impl<R: Read> Utf16Reader<R> {
    fn new(inner: R, order: ByteOrder) -> Self {
        Self { inner, order, high: None, odd: None, ready: Vec::new(), taken: 0 }
    }

    /// Decodes the next bytes; whether there were any.
    fn fill(&mut self) -> std::io::Result<bool> {
        let mut bytes = [0; 4096];
        let count = self.inner.read(&mut bytes)?;
        (self.taken, self.ready) = (0, Vec::with_capacity(2 * count));
        if count == 0 {
            return match (self.odd, self.high) {
                (None, None) => Ok(false),
                _ => Err(Error::other("the text ends in the middle of a character of UTF-16")),
            };
        }
        for &byte in &bytes[..count] {
            let Some(first) = self.odd.take() else {
                self.odd = Some(byte);
                continue;
            };
            let unit = match self.order {
                ByteOrder::Little => u16::from_le_bytes([first, byte]),
                ByteOrder::Big => u16::from_be_bytes([first, byte]),
            };
            self.push(unit)?;
        }
        Ok(true)
    }

    fn push(&mut self, unit: u16) -> std::io::Result<()> {
        let wrong = || Error::other("the text is not valid UTF-16: save it as UTF-8");
        if self.high.is_none() && (0xd800..0xdc00).contains(&unit) {
            self.high = Some(unit);
            return Ok(());
        }
        let units = self.high.take().into_iter().chain([unit]);
        for character in char::decode_utf16(units) {
            let character = character.map_err(|_| wrong())?;
            self.ready.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
        Ok(())
    }
}

impl<R: Read> Read for Utf16Reader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while self.taken == self.ready.len() {
            if !self.fill()? {
                return Ok(0);
            }
        }
        let count = buffer.len().min(self.ready.len() - self.taken);
        buffer[..count].copy_from_slice(&self.ready[self.taken..][..count]);
        self.taken += count;
        Ok(count)
    }
}

/// Lets lines pass, each with the same end, and looks at their quotes: one that swallows lines is an
/// error.
pub(super) struct LineCheck<R> {
    inner: R,
    delimiter: u8,
    line: u64,
    state: QuoteState,
    /// Whether the last byte was a carriage return, which ends a line with or without a line feed.
    returned: bool,
    /// Whether the last line has its end.
    is_ended: bool,
}

/// Where in a cell the bytes are.
#[derive(Clone, Copy)]
enum QuoteState {
    /// At its beginning.
    Start,
    /// In a cell without quotes.
    Plain,
    /// Between quotes; the line of the first one.
    Quoted(u64),
    /// Behind the second quote; the line of the first one.
    Closed(u64),
}

impl<R> LineCheck<R> {
    /// Of lines from `line` on.
    pub(super) fn new(inner: R, delimiter: u8, line: u64) -> Self {
        let (state, returned, is_ended) = (QuoteState::Start, false, true);
        Self { inner, delimiter, line, state, returned, is_ended }
    }

    /// What it reads from.
    pub(super) fn inner_mut(&mut self) -> &mut R {
        &mut self.inner
    }

    fn pass(&mut self, byte: u8) -> Result<(), Error> {
        let ends = byte == self.delimiter || byte == b'\n';
        self.state = match self.state {
            QuoteState::Start if byte == b'"' => QuoteState::Quoted(self.line),
            QuoteState::Quoted(line) if byte == b'"' => QuoteState::Closed(line),
            QuoteState::Closed(line) if byte == b'"' => QuoteState::Quoted(line),
            QuoteState::Quoted(line) => QuoteState::Quoted(line),
            QuoteState::Start | QuoteState::Plain | QuoteState::Closed(_) if ends => {
                QuoteState::Start
            }
            QuoteState::Start | QuoteState::Plain => QuoteState::Plain,
            QuoteState::Closed(line) if byte == b' ' || line == self.line => {
                QuoteState::Closed(line)
            }
            QuoteState::Closed(line) => return Err(unclosed(line)),
        };
        self.line += u64::from(byte == b'\n');
        self.is_ended = byte == b'\n';
        Ok(())
    }
}

fn unclosed(line: u64) -> Error {
    let problem = format!(
        "the quote that opens a cell in line {line} swallows the lines behind it: close it or \
         remove it"
    );
    Error::other(problem)
}

impl<R: Read> Read for LineCheck<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let count = self.inner.read(buffer)?;
            if count == 0 {
                if let QuoteState::Quoted(line) = self.state {
                    return Err(unclosed(line));
                }
                if self.is_ended {
                    return Ok(0);
                }
                buffer[0] = b'\n';
                self.pass(b'\n')?;
                return Ok(1);
            }
            let mut kept = 0;
            for place in 0..count {
                let byte = buffer[place];
                if std::mem::replace(&mut self.returned, byte == b'\r') && byte == b'\n' {
                    continue;
                }
                let byte = if byte == b'\r' { b'\n' } else { byte };
                self.pass(byte)?;
                buffer[kept] = byte;
                kept += 1;
            }
            if kept > 0 {
                return Ok(kept);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8]) -> std::io::Result<String> {
        let mut text = String::new();
        utf8(Box::new(std::io::Cursor::new(bytes.to_vec())))?.read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn utf_16_and_marks_are_decoded() {
        let text = "a,\u{e9}\u{1f600}\n".repeat(3000);
        let [little, big] = [u16::to_le_bytes, u16::to_be_bytes]
            .map(|bytes| "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(bytes));
        assert_eq!(decoded(&little.collect::<Vec<u8>>()).unwrap(), text);
        assert_eq!(decoded(&big.collect::<Vec<u8>>()).unwrap(), text);
        assert_eq!(decoded(format!("\u{feff}{text}").as_bytes()).unwrap(), text);
        assert_eq!(decoded(text.as_bytes()).unwrap(), text);
        assert_eq!(decoded(b"a").unwrap(), "a");
        assert!(decoded(&[0xff, 0xfe, 0]).is_err());
        assert!(decoded(&[0xff, 0xfe, 0, 0xdc]).is_err());
        assert!(decoded(&[0xff, 0xfe, 0, 0xd8]).is_err());
    }

    #[test]
    fn quotes_that_swallow_lines_are_found() {
        let check = |text: &str| {
            let mut read = String::new();
            LineCheck::new(text.as_bytes(), b',', 1).read_to_string(&mut read).map(|_| read)
        };
        for text in ["a,\"b\nc\",d\n", "a,5\" disk\nb,2\n", "\"a\"\"\n\"\"\",\"\"\n", "\"a\"b,c\n"]
        {
            assert_eq!(check(text).unwrap(), text);
        }
        for text in ["a\r\nb", "a\rb\r", "a\nb\r\n", "a\nb"] {
            assert_eq!(check(text).unwrap(), "a\nb\n");
        }
        for (text, line) in [("a\nb,\"c\nd,e\n", 2), ("a,\"b\nc,\"d\"\n", 1)] {
            let error = check(text).unwrap_err().to_string();
            assert!(error.contains(&format!("in line {line} ")), "{error}");
        }
    }
}
