//! Python expressions, written on one line where they fit and on several where not.

/// The longest line.
pub(super) const WIDTH: usize = 100;

/// An expression.
#[derive(Clone, Debug)]
pub(super) enum Expression {
    /// A text that is not broken.
    Atom(String),
    /// A call.
    Call(String, Vec<Expression>),
    /// A list.
    List(Vec<Expression>),
    /// A sum.
    Sum(Vec<Expression>),
    /// `*(value for _ in range(count))`.
    Repeated(Box<Expression>, usize),
}

impl Expression {
    /// A text that is not broken.
    pub(super) fn atom(text: impl Into<String>) -> Self {
        Self::Atom(text.into())
    }

    /// On one line.
    pub(super) fn flat(&self) -> String {
        let joined = |parts: &[Self], separator: &str| {
            let parts: Vec<String> = parts.iter().map(Self::flat).collect();
            parts.join(separator)
        };
        match self {
            Self::Atom(text) => text.clone(),
            Self::Call(name, arguments) => format!("{name}({})", joined(arguments, ", ")),
            Self::List(parts) => format!("[{}]", joined(parts, ", ")),
            Self::Sum(parts) => joined(parts, " + "),
            Self::Repeated(value, count) => format!("*({} for _ in range({count}))", value.flat()),
        }
    }

    /// The text behind `before`, at `indent` columns; `after` follows on the last line.
    pub(super) fn written(&self, indent: usize, before: &str, after: &str) -> String {
        let flat = self.flat();
        let space = " ".repeat(indent);
        if indent + before.len() + flat.len() + after.len() <= WIDTH {
            return format!("{space}{before}{flat}{after}\n");
        }
        let lines = |parts: &[Self]| {
            parts.iter().map(|part| part.written(indent + 4, "", ",")).collect::<String>()
        };
        match self {
            Self::Call(name, parts) if !parts.is_empty() => {
                format!("{space}{before}{name}(\n{}{space}){after}\n", lines(parts))
            }
            Self::List(parts) if !parts.is_empty() => {
                format!("{space}{before}[\n{}{space}]{after}\n", lines(parts))
            }
            Self::Sum(parts) => {
                let terms = parts.iter().enumerate().map(|(position, part)| {
                    part.written(indent + 4, if position == 0 { "" } else { "+ " }, "")
                });
                format!("{space}{before}(\n{}{space}){after}\n", terms.collect::<String>())
            }
            Self::Repeated(value, count) => {
                let value = value.written(indent + 4, "", "");
                let end = format!("{space}    for _ in range({count})\n{space})");
                format!("{space}{before}*(\n{value}{end}{after}\n")
            }
            Self::Atom(_) | Self::Call(..) | Self::List(_) => {
                format!("{space}{before}{flat}{after}\n")
            }
        }
    }
}
