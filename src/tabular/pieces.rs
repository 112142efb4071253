//! JSON as Python writes it, read in pieces: containers are entered one level at a time, and the values
//! in them are read whole. `NaN`, `Infinity` and `-Infinity`, which are not valid JSON, become `null`.

use std::io::BufRead;

/// Why the next piece could not be had.
#[derive(Debug)]
pub enum JsonFault {
    /// The system refused.
    Read(std::io::Error),
    /// The problem, and what to do about it.
    Wrong(String),
}

/// A JSON text of any length.
pub struct JsonPieces<R> {
    reader: R,
    /// Bytes read so far.
    position: u64,
    /// Lines read so far.
    lines: u64,
    /// The byte that comes next, if it was looked at.
    ahead: u8,
    /// The value that was taken last.
    value: Vec<u8>,
    /// The longest value that is taken.
    longest: usize,
}

impl<R: BufRead> JsonPieces<R> {
    /// Of values of at most `longest` bytes.
    pub fn new(reader: R, longest: usize) -> Self {
        Self { reader, position: 0, lines: 0, ahead: 0, value: Vec::new(), longest }
    }

    /// Bytes read so far.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// The line that is being read, from 1.
    pub fn line(&self) -> u64 {
        self.lines + 1
    }

    /// The next byte that is no white space; nothing at the end.
    ///
    /// # Errors
    ///
    /// [`JsonFault`] if the text is damaged or the system refuses.
    pub fn peek(&mut self) -> Result<Option<u8>, JsonFault> {
        while let Some(byte) = self.next_byte()? {
            if !byte.is_ascii_whitespace() {
                return Ok(Some(byte));
            }
            self.advance();
        }
        Ok(None)
    }

    /// Takes an opening bracket, if it is next.
    ///
    /// # Errors
    ///
    /// [`JsonFault`] if the text is damaged or the system refuses.
    pub fn enter(&mut self, bracket: u8) -> Result<bool, JsonFault> {
        let found = self.peek()? == Some(bracket);
        if found {
            self.advance();
        }
        Ok(found)
    }

    /// Takes the comma before the next element, or the bracket that closes the container; `first`
    /// where nothing was taken from the container yet. Whether there is an element.
    ///
    /// # Errors
    ///
    /// [`JsonFault`] if the text is damaged or the system refuses.
    pub fn more(&mut self, first: bool, bracket: u8) -> Result<bool, JsonFault> {
        match self.peek()? {
            Some(byte) if byte == bracket => {
                self.advance();
                Ok(false)
            }
            Some(b',') if !first => {
                self.advance();
                Ok(true)
            }
            Some(_) if first => Ok(true),
            Some(_) => Err(wrong("a comma is missing: the file is damaged; download it again")),
            None => Err(cut_short()),
        }
    }

    /// Takes a key and the colon behind it.
    ///
    /// # Errors
    ///
    /// [`JsonFault`] if the text is damaged or the system refuses.
    pub fn key(&mut self) -> Result<String, JsonFault> {
        if self.peek()? != Some(b'"') {
            return Err(wrong("a key is missing: the file is damaged; download it again"));
        }
        let key = serde_json::from_slice(self.value()?)
            .map_err(|error| wrong(&format!("a key is not a string ({error})")))?;
        match self.peek()? {
            Some(b':') => self.advance(),
            _ => return Err(wrong("a colon is missing: the file is damaged; download it again")),
        }
        Ok(key)
    }

    /// Takes a value whole: its text, which is JSON if the file is.
    ///
    /// # Errors
    ///
    /// [`JsonFault`] if the text is damaged or the system refuses.
    pub fn value(&mut self) -> Result<&[u8], JsonFault> {
        self.value.clear();
        self.peek()?;
        let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
        loop {
            let byte = self.next_byte()?.ok_or_else(cut_short)?;
            let ends = match byte {
                _ if escaped => {
                    escaped = false;
                    false
                }
                b'\\' if in_text => {
                    escaped = true;
                    false
                }
                b'"' => {
                    in_text = !in_text;
                    !in_text && depth == 0
                }
                _ if in_text => false,
                b']' | b'}' | b',' | b':' if depth == 0 => break,
                byte if depth == 0 && byte.is_ascii_whitespace() => break,
                b'[' | b'{' => {
                    depth += 1;
                    false
                }
                b']' | b'}' => {
                    depth -= 1;
                    depth == 0
                }
                b'N' | b'I' => {
                    self.number_that_is_none()?;
                    continue;
                }
                _ => false,
            };
            self.take(byte)?;
            if ends {
                break;
            }
        }
        Ok(&self.value)
    }

    /// Writes `null` for a word of letters and a sign before it.
    fn number_that_is_none(&mut self) -> Result<(), JsonFault> {
        if self.value.last() == Some(&b'-') {
            self.value.pop();
        }
        while self.next_byte()?.is_some_and(|byte| byte.is_ascii_alphabetic()) {
            self.advance();
        }
        self.value.extend(b"null");
        Ok(())
    }

    fn take(&mut self, byte: u8) -> Result<(), JsonFault> {
        if self.value.len() >= self.longest {
            return Err(wrong(&format!(
                "a value has more than {} bytes: the file is damaged or not a benchmark table",
                self.longest
            )));
        }
        self.value.push(byte);
        self.advance();
        Ok(())
    }

    fn next_byte(&mut self) -> Result<Option<u8>, JsonFault> {
        let next = self.reader.fill_buf().map_err(JsonFault::Read)?.first().copied();
        self.ahead = next.unwrap_or(0);
        Ok(next)
    }

    /// Goes past the byte that was looked at.
    fn advance(&mut self) {
        self.reader.consume(1);
        self.position += 1;
        self.lines += u64::from(self.ahead == b'\n');
    }
}

/// A fault of the text.
pub fn wrong(problem: &str) -> JsonFault {
    JsonFault::Wrong(problem.to_owned())
}

fn cut_short() -> JsonFault {
    wrong("the file ends in the middle of a value: it is truncated; download it again")
}
