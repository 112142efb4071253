//! Filter expressions, such as `params < 1M and (score > 1500 or architecture ~ nor_conv_3x3)`.
//!
//! A comparison consists of a column, one of `< <= > >= = !=`, and a number that may end in K, M or G, or
//! in us, ms or s for a latency. As in the constraints of a search, `=` also takes a range: `params=..1M`.
//! The columns `architecture` and `status` are compared with a word by `=`, `!=` and `~` (contains).
//! Comparisons are combined with `not`, `and`, `or` and brackets. A missing value satisfies no
//! comparison.

use super::table::ResultTable;
use untrained::store::Status;

/// Why a text is no filter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at character {}: {message}", at + 1)]
pub struct FilterError {
    /// The position of the error, in characters from 0.
    pub at: usize,
    /// What was expected there.
    pub message: String,
}

/// What a filter asks of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum RowFilter {
    /// A number of a column.
    Number(String, FilterComparison, f64),
    /// A text; whether the row is to meet the test.
    Text(TextColumn, TextTest, String),
    /// Both.
    And(Box<Self>, Box<Self>),
    /// At least one.
    Or(Box<Self>, Box<Self>),
    /// The opposite.
    Not(Box<Self>),
}

/// How numbers are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilterComparison {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
    /// `=`
    Equal,
    /// `!=`
    Unequal,
}

/// A column of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextColumn {
    /// The architecture.
    Architecture,
    /// Its status.
    Status,
}

/// How words are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextTest {
    /// `=`
    Is,
    /// `!=`
    IsNot,
    /// `~`
    Contains,
}

impl RowFilter {
    /// Parses an expression on the columns of a table; `None` if the text is empty.
    ///
    /// # Errors
    ///
    /// [`FilterError`] with the position and what was expected.
    pub fn parse(text: &str, table: &ResultTable) -> Result<Option<Self>, FilterError> {
        let mut parser =
            FilterParser { tokens: tokens(text)?, at: 0, end: text.chars().count(), table };
        if parser.tokens.is_empty() {
            return Ok(None);
        }
        let filter = parser.any()?;
        match parser.tokens.get(parser.at) {
            None => Ok(Some(filter)),
            Some(token) => {
                Err(wrong(token.at, format!("`{}`: expected `and` or `or`", token.text)))
            }
        }
    }

    /// The filter as a test of the rows of a table; columns are looked up once.
    pub fn on<'t>(&'t self, table: &'t ResultTable) -> RowTest<'t> {
        match self {
            Self::Number(name, comparison, bound) => {
                let values = table.column(name).unwrap_or_default();
                let (comparison, bound) = (*comparison, *bound);
                Box::new(move |row| comparison.holds(values[row as usize], bound))
            }
            Self::Text(column, test, word) => Box::new(move |row| {
                let text = match column {
                    TextColumn::Architecture => table.architecture(row),
                    TextColumn::Status => table.status(row).name(),
                };
                match test {
                    TextTest::Is => text == word,
                    TextTest::IsNot => text != word,
                    TextTest::Contains => text.contains(word.as_str()),
                }
            }),
            Self::And(left, right) => {
                let (left, right) = (left.on(table), right.on(table));
                Box::new(move |row| left(row) && right(row))
            }
            Self::Or(left, right) => {
                let (left, right) = (left.on(table), right.on(table));
                Box::new(move |row| left(row) || right(row))
            }
            Self::Not(inner) => {
                let inner = inner.on(table);
                Box::new(move |row| !inner(row))
            }
        }
    }
}

/// Whether a row is meant.
pub type RowTest<'t> = Box<dyn Fn(u32) -> bool + Send + Sync + 't>;

impl FilterComparison {
    fn holds(self, value: f64, bound: f64) -> bool {
        match self {
            Self::Less => value < bound,
            Self::AtMost => value <= bound,
            Self::Greater => value > bound,
            Self::AtLeast => value >= bound,
            Self::Equal => value == bound,
            Self::Unequal => !value.is_nan() && value != bound,
        }
    }
}

struct FilterToken {
    at: usize,
    text: String,
    quoted: bool,
}

fn wrong(at: usize, message: impl Into<String>) -> FilterError {
    FilterError { at, message: message.into() }
}

/// Words, quoted words, brackets and signs.
fn tokens(text: &str) -> Result<Vec<FilterToken>, FilterError> {
    let characters: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < characters.len() {
        let begin = at;
        let run = |from: usize, accept: fn(char) -> bool| {
            (from..characters.len()).find(|&end| !accept(characters[end]))
        };
        let end = |found: Option<usize>| found.unwrap_or(characters.len());
        let (stop, quoted) = match characters[at] {
            c if c.is_whitespace() => {
                at += 1;
                continue;
            }
            '(' | ')' => (at + 1, false),
            '"' => match run(at + 1, |c| c != '"') {
                Some(close) => (close, true),
                None => return Err(wrong(begin, "the quotation mark is not closed")),
            },
            c if is_sign(c) => (end(run(at, is_sign)), false),
            _ => (end(run(at, is_word)), false),
        };
        let from = begin + usize::from(quoted);
        let text = characters[from..stop].iter().collect();
        tokens.push(FilterToken { at: begin, text, quoted });
        at = stop + usize::from(quoted);
    }
    Ok(tokens)
}

fn is_sign(c: char) -> bool {
    "<>=!~".contains(c)
}

fn is_word(c: char) -> bool {
    !c.is_whitespace() && !is_sign(c) && !"()\"".contains(c)
}

struct FilterParser<'t> {
    tokens: Vec<FilterToken>,
    at: usize,
    end: usize,
    table: &'t ResultTable,
}

impl FilterParser<'_> {
    fn take_word(&mut self, word: &str) -> bool {
        let token = self.tokens.get(self.at);
        let taken = token.is_some_and(|one| !one.quoted && one.text.eq_ignore_ascii_case(word));
        self.at += usize::from(taken);
        taken
    }

    fn expect(&mut self, what: &str) -> Result<(usize, String), FilterError> {
        let token = self.tokens.get(self.at);
        let token = token.ok_or_else(|| wrong(self.end, format!("expected {what}")))?;
        self.at += 1;
        Ok((token.at, token.text.clone()))
    }

    fn any(&mut self) -> Result<RowFilter, FilterError> {
        let mut left = self.all()?;
        while self.take_word("or") {
            left = RowFilter::Or(Box::new(left), Box::new(self.all()?));
        }
        Ok(left)
    }

    fn all(&mut self) -> Result<RowFilter, FilterError> {
        let mut left = self.one()?;
        while self.take_word("and") {
            left = RowFilter::And(Box::new(left), Box::new(self.one()?));
        }
        Ok(left)
    }

    fn one(&mut self) -> Result<RowFilter, FilterError> {
        if self.take_word("not") {
            return Ok(RowFilter::Not(Box::new(self.one()?)));
        }
        if self.take_word("(") {
            let inner = self.any()?;
            let (at, text) = self.expect("`)`")?;
            return if text == ")" { Ok(inner) } else { Err(wrong(at, "expected `)`")) };
        }
        let (at, name) = self.expect("a column, such as `params < 1M`")?;
        match name.as_str() {
            "architecture" => self.text(TextColumn::Architecture),
            "status" => self.text(TextColumn::Status),
            _ if self.table.column(&name).is_some() => self.number(name),
            _ => {
                let known: Vec<&str> = self.table.names().collect();
                let known = known.join(", ");
                Err(wrong(at, format!("no column `{name}`: architecture, status, {known}")))
            }
        }
    }

    fn number(&mut self, name: String) -> Result<RowFilter, FilterError> {
        let (at, sign) = self.expect("one of < <= > >= = !=")?;
        let comparison = match sign.as_str() {
            "<" => FilterComparison::Less,
            "<=" => FilterComparison::AtMost,
            ">" => FilterComparison::Greater,
            ">=" => FilterComparison::AtLeast,
            "=" | "==" => FilterComparison::Equal,
            "!=" => FilterComparison::Unequal,
            _ => return Err(wrong(at, format!("`{sign}`: expected one of < <= > >= = !="))),
        };
        let (at, text) = self.expect("a number")?;
        let read = |text: &str| {
            let expected = || format!("`{text}`: expected a number, such as 1.5M");
            number(text).ok_or_else(|| wrong(at, expected()))
        };
        if let (FilterComparison::Equal, Some((least, most))) = (comparison, text.split_once(".."))
        {
            let end = |text: &str, open: f64| if text.is_empty() { Ok(open) } else { read(text) };
            let least = end(least, f64::NEG_INFINITY)?;
            let most = end(most, f64::INFINITY)?;
            let above = RowFilter::Number(name.clone(), FilterComparison::AtLeast, least);
            let below = RowFilter::Number(name, FilterComparison::AtMost, most);
            return Ok(RowFilter::And(Box::new(above), Box::new(below)));
        }
        Ok(RowFilter::Number(name, comparison, read(&text)?))
    }

    fn text(&mut self, column: TextColumn) -> Result<RowFilter, FilterError> {
        let (at, sign) = self.expect("one of = != ~")?;
        let test = match sign.as_str() {
            "=" | "==" => TextTest::Is,
            "!=" => TextTest::IsNot,
            "~" => TextTest::Contains,
            _ => return Err(wrong(at, format!("`{sign}`: expected one of = != ~ (contains)"))),
        };
        let (at, word) = self.expect("a word, in quotation marks if it has spaces")?;
        let known = Status::ALL.map(Status::name);
        if column == TextColumn::Status && test != TextTest::Contains && !known.contains(&&*word) {
            return Err(wrong(at, format!("`{word}`: a status is one of {}", known.join(", "))));
        }
        Ok(RowFilter::Text(column, test, word))
    }
}

/// A number with K, M or G behind it, or a unit of time, which becomes milliseconds.
fn number(text: &str) -> Option<f64> {
    const UNITS: [(&str, f64); 7] =
        [("K", 1e3), ("k", 1e3), ("M", 1e6), ("G", 1e9), ("ms", 1.0), ("us", 1e-3), ("s", 1e3)];
    let unit = UNITS.iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, *factor)));
    let (digits, factor) = unit.unwrap_or((text, 1.0));
    digits.replace('_', "").parse::<f64>().ok().filter(|value| !value.is_nan()).map(|v| v * factor)
}

#[cfg(test)]
mod tests {
    use super::super::samples::table;
    use super::*;

    fn accepted(text: &str) -> Vec<u32> {
        let rows = [
            ("|nor_conv_3x3~0|", 1600.0, 900_000),
            ("|none~0|", f64::NEG_INFINITY, 1_000),
            ("|skip_connect~0|", 1400.0, 2_000_000),
        ];
        let table = table(&rows);
        let filter = RowFilter::parse(text, &table).unwrap().unwrap();
        let accepts = filter.on(&table);
        (0..3).filter(|&row| accepts(row)).collect()
    }

    #[test]
    fn expressions_choose_rows() {
        assert_eq!(accepted("params < 1M and score > 1500"), [0]);
        assert_eq!(accepted("params < 1M or score < 1500"), [0, 1, 2]);
        assert_eq!(accepted("not params < 1M"), [2]);
        assert_eq!(accepted("status = singular"), [1]);
        assert_eq!(accepted("architecture ~ conv and (params>=900K or score<0)"), [0]);
        assert_eq!(accepted("architecture = \"|none~0|\""), [1]);
        assert_eq!(accepted("params != 1000"), [0, 2]);
        assert_eq!(accepted("accuracy < 1 or not accuracy < 1 and params = 1e3"), [1]);
        // Ranges as in the constraints of a search, their ends included.
        assert_eq!(accepted("params=..1M"), [0, 1]);
        assert_eq!(accepted("params = 1K..900K and score > 1500"), [0]);
        assert_eq!(accepted("params=1M.. or score=1500..1700"), [0, 2]);
        // `and` binds closer than `or`.
        assert_eq!(accepted("score > 1500 or score > 1300 and params > 1M"), [0, 2]);
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        let table = table(&[("a", 1.0, 1)]);
        for (text, at, part) in [
            ("parms < 1M", 0, "no column `parms`"),
            ("params", 6, "expected one of"),
            ("params ~ 3", 7, "`~`"),
            ("params < many", 9, "`many`"),
            ("params = 1..many", 9, "`many`"),
            ("params < 1M score > 2", 12, "expected `and` or `or`"),
            ("(params < 1M", 12, "expected `)`"),
            ("status = good", 9, "disconnected"),
            ("architecture = \"a", 15, "not closed"),
        ] {
            let error = RowFilter::parse(text, &table).unwrap_err();
            assert_eq!(error.at, at, "{text}: {error}");
            assert!(error.message.contains(part), "{text}: {error}");
        }
        assert_eq!(RowFilter::parse("  ", &table), Ok(None));
    }
}
