//! The label of a node: its name, shortened to the available space.

/// How much of a name is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LabelBrevity {
    /// Characters of a line at most.
    pub characters: usize,
    /// Lines at most.
    pub lines: usize,
}

/// From complete to very short; a drawing takes the first one that fits.
pub const BREVITIES: [LabelBrevity; 6] = [
    LabelBrevity { characters: 28, lines: 5 },
    LabelBrevity { characters: 18, lines: 5 },
    LabelBrevity { characters: 14, lines: 3 },
    LabelBrevity { characters: 11, lines: 2 },
    LabelBrevity { characters: 8, lines: 1 },
    LabelBrevity { characters: 5, lines: 1 },
];

/// The lines of a name, a line for each part between commas.
pub fn lines(name: &str, brevity: LabelBrevity) -> Vec<String> {
    name.split(", ").take(brevity.lines).map(|part| shorten(part, brevity.characters)).collect()
}

/// A name shortened to at most this many characters: the middle is omitted, because the end (`3x3`) is
/// as informative as the beginning; in very short ones, the end is omitted.
pub fn shorten(name: &str, characters: usize) -> String {
    let all: Vec<char> = name.chars().collect();
    if all.len() <= characters {
        return name.to_owned();
    }
    // Of `2 x bottleneck`, a few letters of the name say less than the number alone.
    if let (Some((count, _)), true) = (name.split_once(" x "), characters <= 8) {
        return format!("{count} x");
    }
    let room = characters.saturating_sub(1);
    let end = if room >= 6 { room * 2 / 5 } else { 0 };
    let first: String = all[..room - end].iter().collect();
    let last: String = all[all.len() - end..].iter().collect();
    format!("{first}…{last}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_in_the_middle_and_split_at_commas() {
        assert_eq!(shorten("skip_connect", 12), "skip_connect");
        assert_eq!(shorten("conv3x3-bn-relu", 11), "conv3x…relu");
        assert_eq!(shorten("conv3x3-bn-relu", 5), "conv…");
        assert_eq!(shorten("größe_über_alles", 8), "größe…es");
        let stage = "2 x bottleneck, 128 channels, stride 2";
        assert_eq!(lines(stage, BREVITIES[0]), ["2 x bottleneck", "128 channels", "stride 2"]);
        assert_eq!(lines(stage, BREVITIES[4]), ["2 x"]);
    }

    // A longer text for less room would never be the one that fits.
    #[test]
    fn each_brevity_is_shorter_than_the_one_before() {
        for pair in BREVITIES.windows(2) {
            assert!(pair[1].characters < pair[0].characters && pair[1].lines <= pair[0].lines);
        }
    }
}
