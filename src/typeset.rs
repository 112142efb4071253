//! Tables for papers and web pages: LaTeX with booktabs, and Markdown. Texts may come from anywhere, so all that
//! these languages would understand is written as plain characters.

use crate::format::printable;

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableFormat {
    /// A `tabular` for LaTeX, with the rules of the package booktabs.
    Latex,
    /// A table of GitHub's dialect of Markdown.
    Markdown,
}

impl TableFormat {
    /// The format of a file by the ending of its name, without the dot; `None` for other endings.
    pub fn by_ending(ending: &str) -> Option<Self> {
        match ending.to_ascii_lowercase().as_str() {
            "tex" => Some(Self::Latex),
            "md" | "markdown" => Some(Self::Markdown),
            _ => None,
        }
    }

    /// A table of a header and rows. Columns of numbers stand on the right, the others on the left.
    pub fn table(self, header: &[String], rows: &[Vec<String>]) -> String {
        let columns = rows.iter().map(Vec::len).fold(header.len(), usize::max);
        let is_right: Vec<bool> = (0..columns).map(|column| is_numbers(rows, column)).collect();
        match self {
            Self::Latex => latex(header, rows, &is_right),
            Self::Markdown => markdown(header, rows, &is_right),
        }
    }
}

/// Whether every cell of a column that is not empty is a number.
fn is_numbers(rows: &[Vec<String>], column: usize) -> bool {
    let mut cells = rows.iter().filter_map(|row| row.get(column)).filter(|cell| !cell.is_empty());
    cells.clone().next().is_some() && cells.all(|cell| is_number(cell))
}

/// Numbers, with their deviations and ranges, and what stands where there is none.
fn is_number(cell: &str) -> bool {
    let is_one = |word: &str| {
        let plain = word.trim_start_matches(['-', '+', '\u{2212}']).trim_end_matches('%');
        ["inf", "nan", "to", "±"].contains(&plain)
            || plain.is_empty()
            || plain.starts_with(|letter: char| letter.is_ascii_digit())
                && plain.chars().all(|letter| letter.is_ascii_digit() || ".,e+-".contains(letter))
    };
    cell.split_whitespace().all(is_one)
}

fn latex(header: &[String], rows: &[Vec<String>], is_right: &[bool]) -> String {
    let columns: String = is_right.iter().map(|&right| if right { 'r' } else { 'l' }).collect();
    let line = |cells: &[String]| {
        let cells: Vec<String> = (0..is_right.len())
            .map(|column| cells.get(column).map(|cell| latex_text(cell)).unwrap_or_default())
            .collect();
        format!("  {} \\\\\n", cells.join(" & "))
    };
    let body: String = rows.iter().map(|row| line(row)).collect();
    format!(
        "% \\usepackage{{booktabs}}\n\\begin{{tabular}}{{{columns}}}\n  \\toprule\n{}  \\midrule\n{body}  \
         \\bottomrule\n\\end{{tabular}}\n",
        line(header)
    )
}

/// A text for LaTeX.
pub fn latex_text(text: &str) -> String {
    let text = printable(text);
    let is_negative = text.starts_with('-') && is_number(&text) && text.len() > 1;
    let mut out = String::new();
    for (at, letter) in text.chars().enumerate() {
        match letter {
            '-' if at == 0 && is_negative => out.push_str("$-$"),
            '\\' => out.push_str("\\textbackslash{}"),
            '{' | '}' | '$' | '&' | '#' | '_' | '%' => {
                out.push('\\');
                out.push(letter);
            }
            '^' => out.push_str("\\textasciicircum{}"),
            '~' => out.push_str("\\textasciitilde{}"),
            '<' => out.push_str("\\textless{}"),
            '>' => out.push_str("\\textgreater{}"),
            '|' => out.push_str("\\textbar{}"),
            '`' => out.push_str("\\textasciigrave{}"),
            // Behind the end of a row these would be its options; hyphens and quotes join with their like.
            '-' if !out.ends_with('-') => out.push('-'),
            '[' | '*' | '-' | '\'' | '"' => {
                out.push('{');
                out.push(letter);
                out.push('}');
            }
            '±' => out.push_str("$\\pm$"),
            '×' => out.push_str("$\\times$"),
            '∞' => out.push_str("$\\infty$"),
            '\u{2212}' => out.push_str("$-$"),
            '…' => out.push_str("\\ldots{}"),
            letter => out.push(letter),
        }
    }
    out
}

fn markdown(header: &[String], rows: &[Vec<String>], is_right: &[bool]) -> String {
    let texts = |cells: &[String]| -> Vec<String> {
        (0..is_right.len())
            .map(|column| cells.get(column).map(|cell| markdown_text(cell)).unwrap_or_default())
            .collect()
    };
    let all: Vec<Vec<String>> =
        std::iter::once(texts(header)).chain(rows.iter().map(|row| texts(row))).collect();
    let widths: Vec<usize> = (0..is_right.len())
        .map(|column| all.iter().map(|row| row[column].chars().count()).fold(3, usize::max))
        .collect();
    let line = |cells: &[String]| {
        let padded = cells.iter().zip(&widths).zip(is_right).map(|((cell, &width), &right)| {
            if right { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
        });
        format!("| {} |\n", padded.collect::<Vec<_>>().join(" | "))
    };
    let rule: Vec<String> = widths
        .iter()
        .zip(is_right)
        .map(|(&width, &right)| {
            let dashes = "-".repeat(width - usize::from(right));
            if right { format!("{dashes}:") } else { dashes }
        })
        .collect();
    let mut text = line(&all[0]) + &line(&rule);
    all[1..].iter().for_each(|row| text.push_str(&line(row)));
    text
}

/// A text for Markdown.
pub fn markdown_text(text: &str) -> String {
    let mut out = String::new();
    for letter in printable(text).chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // These would become links and mentions.
            '@' => out.push_str("&#64;"),
            ':' => out.push_str("&#58;"),
            '\\' | '|' | '*' | '_' | '`' | '[' | ']' | '#' | '~' | '!' | '$' => {
                out.push('\\');
                out.push(letter);
            }
            letter => out.push(letter),
        }
    }
    out.replace("www.", "www&#46;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|cell| (*cell).to_owned()).collect()
    }

    const HOSTILE: &str =
        "[9cm] \\input{/etc/passwd} & % $x$ | <script> *a* `b` http://x @me ~ # ^ _ {";

    #[test]
    fn columns_of_numbers_stand_on_the_right() {
        let header = texts(&["rank", "score", "architecture"]);
        let rows = [texts(&["1", "-0.5 ± 0.1", "a_b"]), texts(&["10", "-", "c|d"])];
        let latex = TableFormat::Latex.table(&header, &rows);
        assert_eq!(
            latex,
            "% \\usepackage{booktabs}\n\\begin{tabular}{rrl}\n  \\toprule\n  rank & score & architecture \\\\\n  \
             \\midrule\n  1 & $-$0.5 $\\pm$ 0.1 & a\\_b \\\\\n  10 & - & c\\textbar{}d \\\\\n  \\bottomrule\n\
             \\end{tabular}\n"
        );
        let markdown = TableFormat::Markdown.table(&header, &rows);
        assert_eq!(
            markdown,
            "| rank |      score | architecture |\n| ---: | ---------: | ------------ |\n|    1 | -0.5 ± 0.1 | \
             a\\_b         |\n|   10 |          - | c\\|d         |\n"
        );
    }

    /// Of LaTeX nothing is left but braces around single characters, and commands that print one.
    #[test]
    fn hostile_texts_stay_in_their_cells() {
        let latex = latex_text(HOSTILE);
        assert!(latex.starts_with("{[}9cm] \\textbackslash{}input\\{/etc"), "{latex}");
        let mut letters = latex.chars().peekable();
        while let Some(letter) = letters.next() {
            match letter {
                '\\' => {
                    let next = letters.next().unwrap();
                    let name: String = std::iter::once(next)
                        .chain(std::iter::from_fn(|| letters.next_if(char::is_ascii_alphabetic)))
                        .collect();
                    assert!(name.starts_with("text") || "{}$&#_%".contains(&name[..1]), "{name}");
                }
                '&' | '%' | '$' | '#' | '~' | '^' | '_' => panic!("{letter} in {latex}"),
                _ => {}
            }
        }
        let markdown = markdown_text(HOSTILE);
        for part in ["<script>", " | ", " *a*", " `b`", "http://", "@me"] {
            assert!(!markdown.contains(part), "{part}: {markdown}");
        }
        let row = TableFormat::Markdown.table(&texts(&["a"]), &[texts(&["x\ny|z"])]);
        assert_eq!(row.lines().count(), 3, "{row}");
    }

    #[test]
    fn numbers_are_told_from_names() {
        for number in
            ["1", "1,234", "-0.5", "0.1 to 0.2", "93.5 ± 0.1", "-inf", "1.5e16", "-", "12%"]
        {
            assert!(is_number(number), "{number}");
        }
        for name in ["a", "3x32x32", "|none~0|", "1 a", "nas-bench-201"] {
            assert!(!is_number(name), "{name}");
        }
    }
}
