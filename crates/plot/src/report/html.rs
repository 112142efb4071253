//! Pieces of a page. Every text that is not the program's own goes through [`escape`].

use untrained::format::printable_lines;

/// A text as HTML, in an element or an attribute in double quotes. Lines stay; other control characters, and
/// those that reverse the direction of writing, are shown as text.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::new();
    for letter in printable_lines(text).chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            letter => out.push(letter),
        }
    }
    out
}

/// The address of a text that is part of the page.
pub(super) fn data_address(text: &str) -> String {
    let mut out = "data:text/plain;charset=utf-8,".to_owned();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => out.push(byte.into()),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// A table. The first row of cells is the header; the last column is text, the others are numbers.
pub(super) fn table(header: &[String], rows: &[Vec<String>]) -> String {
    let row = |cells: &[String], tag: &str| {
        let last = cells.len().saturating_sub(1);
        let cell = |(at, text): (usize, &String)| {
            let class = match (at == last, tag) {
                (true, "td") => " class=\"text code\"",
                (true, _) => " class=\"text\"",
                (false, _) => "",
            };
            format!("<{tag}{class}>{}</{tag}>", escape(text))
        };
        let cells: String = cells.iter().enumerate().map(cell).collect();
        format!("<tr>{cells}</tr>\n")
    };
    let body: String = rows.iter().map(|cells| row(cells, "td")).collect();
    format!("<table><thead>{}</thead><tbody>\n{body}</tbody></table>\n", row(header, "th"))
}

/// A text to be copied, with a link that saves it as a file.
pub(super) fn copyable(title: &str, file: &str, text: &str) -> String {
    format!(
        "<h3>{}</h3>\n<p class=\"note screen\">A click selects all of it; or <a download=\"{}\" href=\"{}\">save it as {}</a>.</p>\n\
         <pre>{}</pre>\n",
        escape(title),
        escape(file),
        data_address(text),
        escape(file),
        escape(text)
    )
}

/// A figure with its caption.
pub(super) fn figure(svg: &str, caption: &str) -> String {
    format!("<figure>{svg}<figcaption>{}</figcaption></figure>\n", escape(caption))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_leaves_its_place() {
        let hostile = "</td><script>alert(1)</script>\" onload='x' & \u{202e}\u{1b}";
        let safe = escape(hostile);
        assert!(!safe.contains(['<', '>', '"', '\'', '\u{202e}', '\u{1b}']), "{safe}");
        assert!(safe.contains("&lt;script&gt;") && safe.contains(" &amp; "));
        let address = data_address("a = \"b\"\n</a>");
        assert_eq!(address, "data:text/plain;charset=utf-8,a%20%3D%20%22b%22%0A%3C%2Fa%3E");
        let cells = table(&["<a>".to_owned()], &[vec!["<b>".to_owned()]]);
        assert!(
            cells.contains("&lt;a&gt;") && cells.contains("&lt;b&gt;") && !cells.contains("<b>")
        );
    }
}
