//! Entries of a BibTeX file.

/// An entry, as it stands in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BibtexEntry<'t> {
    /// Its kind: `inproceedings`, `article`, ...
    pub kind: &'t str,
    /// Its key.
    pub key: &'t str,
    /// The whole text, from `@` to the closing brace.
    pub text: &'t str,
    /// The text between key and closing brace.
    fields: &'t str,
}

impl<'t> BibtexEntry<'t> {
    /// The entries of a file; what stands between them is a comment. `None` if one of them is not closed, or has
    /// no key.
    pub fn all(file: &'t str) -> Option<Vec<Self>> {
        let mut entries = Vec::new();
        let mut rest = file;
        while let Some(start) = rest.find('@') {
            let text = &rest[start..];
            let open = text.find('{')?;
            let length = closing_brace(&text[open..])? + 1;
            let text = &text[..open + length];
            let (key, fields) = text[open + 1..text.len() - 1].split_once(',')?;
            let (kind, key) = (text[1..open].trim(), key.trim());
            if kind.is_empty() || key.is_empty() || key.contains(['{', '}', '=', '"', ' ']) {
                return None;
            }
            entries.push(Self { kind, key, text, fields });
            rest = &rest[start + text.len()..];
        }
        Some(entries)
    }

    /// Its fields: names and values without the braces around them. `None` if one is not `name = {value}`.
    pub fn fields(&self) -> Option<Vec<(&'t str, &'t str)>> {
        let mut fields = Vec::new();
        let mut rest = self.fields.trim();
        while !rest.is_empty() {
            let (name, value) = rest.split_once('=')?;
            let (name, value) = (name.trim(), value.trim_start());
            let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphabetic());
            if !is_name || !value.starts_with('{') {
                return None;
            }
            let end = closing_brace(value)?;
            fields.push((name, &value[1..end]));
            rest = value[end + 1..].trim_start();
            rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
        }
        Some(fields)
    }

    /// A field, for people: without braces, accents as letters.
    pub fn plain(&self, name: &str) -> Option<String> {
        let (_, value) = self.fields()?.into_iter().find(|(field, _)| *field == name)?;
        Some(plain(value))
    }
}

/// The position of the brace that closes the one a text begins with.
fn closing_brace(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// Accents as TeX spells them.
const LETTERS: [(&str, &str); 2] = [("\\'a", "á"), ("\\'u", "ú")];

fn plain(value: &str) -> String {
    let mut text = value.to_owned();
    for (spelt, letter) in LETTERS {
        text = text.replace(spelt, letter);
    }
    text.replace("--", "–").replace(['{', '}'], "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_with_their_fields() {
        let file = "% a comment\n@misc{one,\n  title = {A {B}: c},\n  author={Doll{\\'a}r, P.},\n}\n\n@book{two, year = {1999}}";
        let entries = BibtexEntry::all(file).unwrap();
        assert_eq!(entries.iter().map(|entry| entry.key).collect::<Vec<_>>(), ["one", "two"]);
        assert_eq!((entries[0].kind, entries[1].text), ("misc", "@book{two, year = {1999}}"));
        assert_eq!(entries[0].fields().unwrap()[0], ("title", "A {B}: c"));
        assert_eq!(entries[0].plain("title").unwrap(), "A B: c");
        assert_eq!(entries[0].plain("author").unwrap(), "Dollár, P.");
        assert_eq!(entries[0].plain("year"), None);
    }

    #[test]
    fn damaged_entries_are_not_read() {
        for damaged in ["@misc{one, title = {A}", "@misc{, a = {b}}", "@{one, a = {b}}", "@misc"] {
            assert_eq!(BibtexEntry::all(damaged), None, "{damaged}");
        }
        for damaged in ["@misc{one, title}", "@misc{one, title = A}", "@misc{one, = {A}}"] {
            assert_eq!(BibtexEntry::all(damaged).unwrap()[0].fields(), None, "{damaged}");
        }
    }
}
