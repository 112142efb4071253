//! Values that protocol 0 writes as text.

use std::borrow::Cow;

use super::value::PickleValue;

/// The number of an `INT` or `LONG` line; `INT` writes truth as 00 and 01.
pub fn integer(line: &[u8]) -> Option<PickleValue> {
    match line {
        b"00" => return Some(PickleValue::Bool(false)),
        b"01" => return Some(PickleValue::Bool(true)),
        _ => {}
    }
    let text = std::str::from_utf8(line).ok()?.trim_end();
    text.strip_suffix('L').unwrap_or(text).parse().ok().map(PickleValue::Int)
}

/// The number of a `FLOAT` line.
pub fn float(line: &[u8]) -> Option<PickleValue> {
    std::str::from_utf8(line).ok()?.trim_end().parse().ok().map(PickleValue::Float)
}

/// The bytes of a `STRING` line, a literal of Python 2 in quotes.
pub fn string(line: &[u8]) -> Option<Vec<u8>> {
    let line = line.trim_ascii_end();
    let quote = *line.first().filter(|&quote| b"'\"".contains(quote))?;
    let inner = line[1..].strip_suffix(&[quote])?;
    let mut bytes = Vec::with_capacity(inner.len());
    let mut rest = inner.iter().copied();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        bytes.push(match rest.next()? {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'x' => u8::try_from(hexadecimal([rest.next()?, rest.next()?])?).ok()?,
            other @ (b'\\' | b'\'' | b'"') => other,
            _ => return None,
        });
    }
    Some(bytes)
}

/// The text of a `UNICODE` line: raw-unicode-escape, that is Latin-1 with `\uXXXX` and
/// `\UXXXXXXXX`.
pub fn unicode(line: &[u8]) -> Option<String> {
    let mut text = String::with_capacity(2 * line.len());
    let mut rest = line;
    while let Some((&byte, more)) = rest.split_first() {
        let (code, after) = match (byte, more) {
            (b'\\', [b'u', more @ ..]) => escape::<4>(more)?,
            (b'\\', [b'U', more @ ..]) => escape::<8>(more)?,
            _ => (u32::from(byte), more),
        };
        text.push(char::from_u32(code)?);
        rest = after;
    }
    Some(text)
}

fn escape<const N: usize>(text: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, rest) = text.split_first_chunk::<N>()?;
    Some((hexadecimal(*digits)?, rest))
}

fn hexadecimal<const N: usize>(digits: [u8; N]) -> Option<u32> {
    digits.into_iter().try_fold(0_u32, |number, digit| {
        number.checked_mul(16)?.checked_add(char::from(digit).to_digit(16)?)
    })
}

/// A little-endian two's complement number of any length.
pub fn long(bytes: &[u8]) -> Option<i64> {
    let negative = bytes.last().is_some_and(|last| last & 0x80 != 0);
    let fill = if negative { 0xff } else { 0 };
    let (low, high): (Cow<'_, [u8]>, &[u8]) = match bytes.split_at_checked(8) {
        Some((low, high)) => (low.into(), high),
        None => (bytes.into(), &[]),
    };
    let mut number = [fill; 8];
    number[..low.len()].copy_from_slice(&low);
    let number = i64::from_le_bytes(number);
    (high.iter().all(|&byte| byte == fill) && (number < 0) == negative).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longs_are_read_up_to_64_bits() {
        for number in [0, 1, -1, 127, 128, -128, -129, 1 << 40, i64::MAX, i64::MIN] {
            assert_eq!(long(&number.to_le_bytes()), Some(number));
            let fill = if number < 0 { 0xff } else { 0 };
            assert_eq!(long(&[&number.to_le_bytes()[..], &[fill]].concat()), Some(number));
        }
        assert_eq!(long(&[]), Some(0));
        assert_eq!(long(&[0xff]), Some(-1));
        assert_eq!(long(&[0, 0, 0, 0, 0, 0, 0, 0x80, 0]), None, "2 to the 63");
        assert_eq!(long(&[0, 0, 0, 0, 0, 0, 0, 0, 1]), None);
    }

    #[test]
    fn literals_are_unescaped_or_refused() {
        assert_eq!(string(br"'a\x00\\\'\n'").unwrap(), b"a\0\\'\n");
        assert_eq!(string(b"\"it's\"").unwrap(), b"it's");
        for wrong in [&b"'"[..], b"", b"a", b"'a", br"'\", br"'\q'", br"'\x0'", br"'\xg0'"] {
            assert!(string(wrong).is_none(), "{}", wrong.escape_ascii());
        }
        assert_eq!(unicode(b"a\\u20ac\xe9\\U0001F600\\n").unwrap(), "a\u{20ac}\u{e9}\u{1f600}\\n");
        for wrong in [&br"\u12"[..], br"\ud800", br"\UFFFFFFFF"] {
            assert!(unicode(wrong).is_none(), "{}", wrong.escape_ascii());
        }
    }
}
