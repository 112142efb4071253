//! Numbers as spreadsheets and scripts write them.

/// Words that stand for no value, in small letters.
const MISSING: [&str; 30] = [
    "", "-", "--", "---", "\u{2013}", "\u{2014}", "?", ".", "na", "n/a", "n.a.", "#na", "#n/a",
    "#n/a n/a", "<na>", "nan", "-nan", "+nan", "none", "null", "#null!", "nil", "nat", "missing",
    "#div/0!", "#num!", "#value!", "#ref!", "1.#ind", "1.#qnan",
];

/// What a cell says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CellNumber {
    /// No value.
    Missing,
    /// A number; infinite where the cell says so.
    Value(f64),
}

impl CellNumber {
    /// The number; NaN where there is none.
    pub fn or_nan(self) -> f64 {
        match self {
            Self::Missing => f64::NAN,
            Self::Value(value) => value,
        }
    }
}

/// Which character stands before the fraction of a number; the other one may separate thousands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecimalMark {
    /// `1,234.5`
    Point,
    /// `1.234,5`
    Comma,
}

/// How a column writes its numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NumberStyle {
    /// `None` where no cell tells.
    pub mark: Option<DecimalMark>,
    /// Whether thousands are separated.
    pub grouped: bool,
    /// Whether numbers are followed by `%`.
    pub percent: bool,
}

/// Why a cell is not a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberFault {
    /// It is something else.
    Text,
    /// It may be one of two numbers.
    Ambiguous,
    /// It has a percent sign that others lack, or lacks one.
    Percent,
}

impl NumberFault {
    /// What is wrong with a cell, and what to do.
    pub fn describe(self, cell: &str) -> String {
        let cell = super::excerpt(cell);
        match self {
            Self::Text => {
                format!(
                    "`{cell}` is not a number: correct it, or leave the cell empty if there is none"
                )
            }
            Self::Ambiguous => format!(
                "`{cell}` has a mark that may separate thousands or a fraction: write numbers \
                 such as 1234.5"
            ),
            Self::Percent => format!(
                "`{cell}` is mixed with numbers that do and do not have a percent sign: write all \
                 in one unit"
            ),
        }
    }
}

/// A number without what is around it: its text, and whether a percent sign followed.
struct BareNumber<'c> {
    text: std::borrow::Cow<'c, str>,
    percent: bool,
}

/// Removes what does not matter: blanks, a percent sign, blanks and apostrophes between thousands.
fn bare(cell: &str) -> BareNumber<'_> {
    let text = cell.trim();
    let (text, percent) = match text.strip_suffix('%') {
        Some(text) => (text.trim_end(), true),
        None => (text, false),
    };
    let is_gap =
        |sign: char| matches!(sign, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '\'' | '\u{2019}');
    let text = if text.contains('\u{2212}') {
        text.replace('\u{2212}', "-").into()
    } else {
        std::borrow::Cow::Borrowed(text)
    };
    let whole = text.split(['.', ',']).next().unwrap_or_default();
    if whole.contains(is_gap) && is_grouped(whole, is_gap) {
        let joined: String = text.chars().filter(|sign| !is_gap(*sign)).collect();
        return BareNumber { text: joined.into(), percent };
    }
    BareNumber { text, percent }
}

/// Whether a whole number is digits in groups of three: `1,234,567`.
fn is_grouped(whole: &str, is_gap: impl Fn(char) -> bool) -> bool {
    let digits = whole.strip_prefix(['-', '+']).unwrap_or(whole);
    let mut groups = digits.split(is_gap);
    let first = groups.next().unwrap_or_default();
    let is_digits = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
    (1..=3).contains(&first.len())
        && is_digits(first)
        && !first.starts_with('0')
        && groups.all(|group| group.len() == 3 && is_digits(group))
}

/// Whether a text begins like a number, not like a word such as `infinity`.
fn plain(text: &str) -> Option<f64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let starts = digits.starts_with(|sign: char| sign.is_ascii_digit() || sign == '.');
    text.parse().ok().filter(|value: &f64| starts && value.is_finite())
}

/// The number with that mark before its fraction.
fn with_mark(text: &str, mark: DecimalMark) -> Option<f64> {
    let (point, group) = match mark {
        DecimalMark::Point => ('.', ','),
        DecimalMark::Comma => (',', '.'),
    };
    let (whole, fraction) = match text.split_once(point) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    if fraction.is_some_and(|fraction| fraction.contains(['.', ','])) {
        return None;
    }
    let whole = if whole.contains(group) {
        if !is_grouped(whole, |sign| sign == group) {
            return None;
        }
        whole.replace(group, "")
    } else {
        whole.to_owned()
    };
    plain(&fraction.map_or(whole.clone(), |fraction| format!("{whole}.{fraction}")))
}

/// What a cell says without a style: words, and numbers without marks but a point.
fn undoubted(cell: &str) -> Option<CellNumber> {
    let small = cell.trim().to_lowercase();
    if MISSING.contains(&small.as_str()) || small.starts_with("-1.#") {
        return Some(CellNumber::Missing);
    }
    match small.as_str() {
        "inf" | "+inf" | "infinity" | "+infinity" | "1.#inf" => {
            return Some(CellNumber::Value(f64::INFINITY));
        }
        "-inf" | "-infinity" => return Some(CellNumber::Value(f64::NEG_INFINITY)),
        _ => {}
    }
    None
}

/// What a cell says in a column of that style.
///
/// # Errors
///
/// [`NumberFault`] if it is not a number or may be one of two.
pub fn number(cell: &str, style: NumberStyle) -> Result<CellNumber, NumberFault> {
    // Most cells are such numbers.
    if !style.percent
        && style.mark != Some(DecimalMark::Comma)
        && let Some(value) = plain(cell.trim())
    {
        return Ok(CellNumber::Value(value));
    }
    if let Some(found) = undoubted(cell) {
        return Ok(found);
    }
    let BareNumber { text, percent } = bare(cell);
    let marks = [DecimalMark::Point, DecimalMark::Comma];
    let read = marks.map(|mark| with_mark(&text, mark));
    let value = match (style.mark, read) {
        (_, [None, None]) => return Err(NumberFault::Text),
        (None, [Some(value), None]) | (None, [None, Some(value)]) => value,
        (None, [Some(point), Some(comma)]) => {
            if point != comma && text.contains(',') {
                return Err(NumberFault::Ambiguous);
            }
            point
        }
        (Some(mark), read) => {
            let (own, other) = match mark {
                DecimalMark::Point => (read[0], read[1]),
                DecimalMark::Comma => (read[1], read[0]),
            };
            let Some(value) = own else { return Err(NumberFault::Ambiguous) };
            if other.is_some_and(|other| other != value) && groups(&text, mark) && !style.grouped {
                return Err(NumberFault::Ambiguous);
            }
            value
        }
    };
    if percent != style.percent {
        return Err(NumberFault::Percent);
    }
    Ok(CellNumber::Value(value))
}

/// Whether thousands are separated in a number.
fn groups(text: &str, mark: DecimalMark) -> bool {
    text.contains(if mark == DecimalMark::Point { ',' } else { '.' })
}

/// What the cells of a column tell about its style.
#[derive(Clone, Copy, Debug, Default)]
pub struct StyleEvidence {
    /// Cells that are numbers with a point, or with a comma, only.
    point: bool,
    comma: bool,
    /// Cells that may be one of two numbers.
    doubtful: bool,
    /// Cells that separate thousands without a doubt.
    grouped: bool,
    percent: bool,
}

impl StyleEvidence {
    /// Looks at a cell; whether it is a number or says that there is none.
    pub fn add(&mut self, cell: &str) -> bool {
        if undoubted(cell).is_some() {
            return true;
        }
        let BareNumber { text, percent } = bare(cell);
        self.percent |= percent;
        match [DecimalMark::Point, DecimalMark::Comma].map(|mark| with_mark(&text, mark)) {
            [None, None] => return false,
            [Some(_), None] => {
                self.point = true;
                self.grouped |= groups(&text, DecimalMark::Point);
            }
            [None, Some(_)] => {
                self.comma = true;
                self.grouped |= groups(&text, DecimalMark::Comma);
            }
            [Some(point), Some(comma)] => self.doubtful |= point != comma,
        }
        true
    }

    /// The style of the column; `others` is what all columns tell together.
    pub fn style(self, others: Self) -> NumberStyle {
        let told = |evidence: Self| match (evidence.point, evidence.comma) {
            (true, false) => Some(DecimalMark::Point),
            (false, true) => Some(DecimalMark::Comma),
            _ => None,
        };
        let own = told(self);
        let mark = match own {
            // Points are fractions where nothing says otherwise.
            None if self.doubtful && !(self.point || self.comma) => told(others),
            own => own,
        };
        // A column of nothing but doubtful cells follows the others in everything.
        let all_doubtful = own.is_none() && mark.is_some() && self.doubtful;
        let grouped = self.grouped || all_doubtful;
        NumberStyle { mark, grouped, percent: self.percent }
    }

    /// What two columns tell together.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self {
            point: self.point || other.point,
            comma: self.comma || other.comma,
            doubtful: self.doubtful || other.doubtful,
            grouped: self.grouped || other.grouped,
            percent: self.percent || other.percent,
        }
    }
}
