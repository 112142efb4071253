//! Suggestions for mistyped names.

/// The most names a hint lists.
const MOST: usize = 8;

/// A clause that lists the valid names, the nearest first: "did you mean `a`? valid: ...".
pub(crate) fn hint<'n>(wrong: &str, names: impl IntoIterator<Item = &'n str>) -> String {
    let mut ranked: Vec<(usize, &str)> =
        names.into_iter().map(|name| (distance(wrong, name), name)).collect();
    ranked.sort_by_key(|(distance, _)| *distance);
    let Some(&(distance, nearest)) = ranked.first() else { return "none is defined".to_owned() };
    let list: Vec<&str> = ranked.iter().take(MOST).map(|(_, name)| *name).collect();
    let more = if ranked.len() > MOST { ", ..." } else { "" };
    let meant = if distance <= 1 + nearest.chars().count() / 3 {
        format!("did you mean `{nearest}`? ")
    } else {
        String::new()
    };
    format!("{meant}valid: {}{more}", list.join(", "))
}

/// The first characters of a text, for messages.
pub(crate) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 80;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

/// The Levenshtein distance; a text too long to be a name is as far away as it is long.
fn distance(from: &str, to: &str) -> usize {
    const LONGEST: usize = 64;
    let length = from.chars().take(LONGEST + 1).count();
    if length > LONGEST { length } else { strsim::levenshtein(from, to) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_too_long_to_be_a_name_is_not_compared() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance(&"a".repeat(1_000_000), "a"), 65);
    }

    #[test]
    fn a_hint_names_the_nearest_first_and_only_if_it_is_near() {
        assert_eq!(hint("skip", ["none", "skap"]), "did you mean `skap`? valid: skap, none");
        assert_eq!(hint("zzzzzz", ["none"]), "valid: none");
    }
}
