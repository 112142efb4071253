//! Names that a mistyped one may have meant.

/// The most names a hint lists.
const MOST: usize = 8;

/// A sentence part that lists the valid names, the nearest first: "did you mean `a`? valid: ...".
pub(super) fn hint<'n>(wrong: &str, names: impl IntoIterator<Item = &'n str>) -> String {
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

/// At most the first characters of a text that goes into a message.
pub(super) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 80;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

/// Levenshtein's distance; a text too long to be a name counts as its length.
fn distance(from: &str, to: &str) -> usize {
    const LONGEST: usize = 64;
    let from: Vec<char> = from.chars().take(LONGEST + 1).collect();
    if from.len() > LONGEST {
        return from.len();
    }
    let mut row: Vec<usize> = (0..=from.len()).collect();
    for (above, letter) in to.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = above + 1;
        for column in 0..from.len() {
            let change = diagonal + usize::from(from[column] != letter);
            diagonal = row[column + 1];
            row[column + 1] = change.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[from.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_counts_single_letter_edits() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("same", "same"), 0);
    }

    #[test]
    fn a_hint_names_the_nearest_first_and_only_if_it_is_near() {
        assert_eq!(hint("skip", ["none", "skap"]), "did you mean `skap`? valid: skap, none");
        assert_eq!(hint("zzzzzz", ["none"]), "valid: none");
    }
}
