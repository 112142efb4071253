//! The text that DARTS prints:
//! `Genotype(normal=[('sep_conv_3x3', 1), ..], normal_concat=range(2, 6), reduce=.., reduce_concat=..)`.
//!
//! Lists are in brackets or parentheses. Width and depth may follow, as in `Genotype(..), width=36,
//! depth=20`.

use super::notation::{GenotypeFault, GenotypeRecord};

/// The most numbers a range can stand for.
const MAX_RANGE: i64 = 256;

/// Reads such a text.
pub(super) fn read(text: &str) -> Result<GenotypeRecord<String>, GenotypeFault> {
    let mut reader = GenotypeReader { tokens: tokens(text), next: 0 };
    let mut record = GenotypeRecord::default();
    let mut seen = Vec::new();
    reader.expect("Genotype")?;
    reader.expect("(")?;
    while !reader.take(")") {
        let key = reader.key(&mut seen)?;
        let genotype = &mut record.genotype;
        match key {
            "normal" => genotype.normal = reader.list(GenotypeReader::pair)?,
            "reduce" => genotype.reduce = reader.list(GenotypeReader::pair)?,
            "normal_concat" => genotype.normal_concat = reader.numbers()?,
            "reduce_concat" => genotype.reduce_concat = reader.numbers()?,
            _ => return Err(unknown(key, "normal, normal_concat, reduce, reduce_concat")),
        }
        reader.comma_before(")")?;
    }
    for key in ["normal", "normal_concat", "reduce", "reduce_concat"] {
        if !seen.contains(&key) {
            return Err(GenotypeFault::new(text, format!("misses `{key}=`")));
        }
    }
    reader.take(",");
    while reader.peek().is_some() {
        let key = reader.key(&mut seen)?;
        match key {
            "width" => record.width = Some(reader.number()?),
            "depth" => record.depth = Some(reader.number()?),
            _ => return Err(unknown(key, "width, depth")),
        }
        reader.take(",");
    }
    Ok(record)
}

fn unknown(key: &str, known: &str) -> GenotypeFault {
    GenotypeFault::new(key, format!("is unknown; the keys are {known}"))
}

/// Quoted texts, words and numbers, single other characters.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let is_word = |letter: char| letter.is_alphanumeric() || "_-.".contains(letter);
        let length = if matches!(first, '\'' | '"') {
            rest[1..].find(first).map_or(rest.len(), |end| end + 2)
        } else if is_word(first) {
            rest.find(|letter| !is_word(letter)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (token, behind) = rest.split_at(length);
        tokens.push(token);
        rest = behind.trim_start();
    }
    tokens
}

struct GenotypeReader<'t> {
    tokens: Vec<&'t str>,
    next: usize,
}

impl<'t> GenotypeReader<'t> {
    fn peek(&self) -> Option<&'t str> {
        self.tokens.get(self.next).copied()
    }

    fn token(&mut self, expected: &str) -> Result<&'t str, GenotypeFault> {
        let token = self.peek().ok_or_else(|| {
            let last = self.tokens.last().copied().unwrap_or_default();
            GenotypeFault::new(last, format!("the text ends here; expected is {expected}"))
        })?;
        self.next += 1;
        Ok(token)
    }

    fn take(&mut self, wanted: &str) -> bool {
        let found = self.peek() == Some(wanted);
        self.next += usize::from(found);
        found
    }

    fn expect(&mut self, wanted: &str) -> Result<(), GenotypeFault> {
        match self.token(&format!("`{wanted}`"))? {
            token if token == wanted => Ok(()),
            token => Err(GenotypeFault::new(token, format!("expected is `{wanted}`"))),
        }
    }

    /// A comma, unless the end of the list follows.
    fn comma_before(&mut self, end: &str) -> Result<(), GenotypeFault> {
        if self.peek() == Some(end) { Ok(()) } else { self.expect(",") }
    }

    /// `name=`, each once.
    fn key(&mut self, seen: &mut Vec<&'t str>) -> Result<&'t str, GenotypeFault> {
        let key = self.token("a name and `=`")?;
        if seen.contains(&key) {
            return Err(GenotypeFault::new(key, "is given twice"));
        }
        seen.push(key);
        self.expect("=")?;
        Ok(key)
    }

    fn number(&mut self) -> Result<i64, GenotypeFault> {
        let token = self.token("a whole number")?;
        token.parse().map_err(|_| GenotypeFault::new(token, "expected is a whole number"))
    }

    /// `('operation', input)`.
    fn pair(&mut self) -> Result<(String, i64), GenotypeFault> {
        let end = self.open()?;
        let token = self.token("an operation in quotes")?;
        let inner = token.strip_prefix(['\'', '"']).and_then(|text| text.strip_suffix(['\'', '"']));
        let Some(name) = inner else {
            return Err(GenotypeFault::new(token, "expected is an operation in quotes"));
        };
        self.expect(",")?;
        let input = self.number()?;
        self.take(",");
        self.expect(end)?;
        Ok((name.to_owned(), input))
    }

    /// The start of a list; gives what ends it.
    fn open(&mut self) -> Result<&'static str, GenotypeFault> {
        match self.token("`[` or `(`")? {
            "[" => Ok("]"),
            "(" => Ok(")"),
            token => Err(GenotypeFault::new(token, "expected is `[` or `(`")),
        }
    }

    fn list<T>(
        &mut self,
        item: fn(&mut Self) -> Result<T, GenotypeFault>,
    ) -> Result<Vec<T>, GenotypeFault> {
        let end = self.open()?;
        let mut items = Vec::new();
        while !self.take(end) {
            items.push(item(self)?);
            self.comma_before(end)?;
        }
        Ok(items)
    }

    /// A list of numbers or `range(first, behind the last)`.
    fn numbers(&mut self) -> Result<Vec<i64>, GenotypeFault> {
        if !self.take("range") {
            return self.list(Self::number);
        }
        self.expect("(")?;
        let first = self.number()?;
        self.expect(",")?;
        let end = self.number()?;
        self.expect(")")?;
        if end.checked_sub(first).is_none_or(|length| length > MAX_RANGE) {
            return Err(GenotypeFault::new(
                end,
                format!("a range has at most {MAX_RANGE} numbers"),
            ));
        }
        Ok((first..end).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_darts_is_read() {
        let text = "Genotype(normal=[('sep_conv_3x3', 1), (\"none\", 0,),], normal_concat=range(2, 4),\n \
                    reduce=[['skip_connect', 0]], reduce_concat=(2,)) , width=36 depth=20";
        let Ok(record) = read(text) else { panic!("not read") };
        let pair = |name: &str, input| (name.to_owned(), input);
        assert_eq!(record.genotype.normal, [pair("sep_conv_3x3", 1), pair("none", 0)]);
        assert_eq!(record.genotype.normal_concat, [2, 3]);
        assert_eq!(record.genotype.reduce, [pair("skip_connect", 0)]);
        assert_eq!(record.genotype.reduce_concat, [2]);
        assert_eq!((record.width, record.depth), (Some(36), Some(20)));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, token, part) in [
            ("Genotype", "Genotype", "the text ends here; expected is `(`"),
            ("Genotype[", "[", "expected is `(`"),
            ("Genotype(normal=[('a', x)])", "x", "a whole number"),
            ("Genotype(normal=[(a, 0)])", "a", "an operation in quotes"),
            ("Genotype(normal=[('a' 0)])", "0", "expected is `,`"),
            ("Genotype(normal=7)", "7", "expected is `[` or `(`"),
            ("Genotype(norm=[])", "norm", "the keys are normal, normal_concat"),
            ("Genotype(normal=[], normal=[])", "normal", "given twice"),
            ("Genotype(normal_concat=range(0, 9999999999))", "9999999999", "at most 256"),
            ("Genotype(normal=[])", "Genotype(normal=[])", "misses `normal_concat=`"),
            ("Genotype(normal='ä", "'ä", "expected is `[` or `(`"),
        ] {
            let Err(wrong) = read(text) else { panic!("{text} was read") };
            assert_eq!(wrong.token, token, "{text}");
            assert!(wrong.reason.contains(part), "{text}: {}", wrong.reason);
        }
    }
}
