//! Pair cells and the spaces of NDS that have them: laws, notation, files, costs, equal networks.

mod costs;
mod files;
mod genotype;
mod keys;
mod laws;
mod notation;
use crate::support;

use untrained::space::Space;

/// The built-in spaces of pair cells.
fn spaces() -> Vec<Space> {
    let spaces = Space::builtins().unwrap().into_iter();
    let spaces: Vec<Space> = spaces.filter(|space| space.topology() == "pair-cell").collect();
    assert_eq!(spaces.len(), 13);
    spaces
}

/// A small space of one's own: `none` among the operations, loose nodes concatenated.
const SMALL: &str = r#"
format = "untrained-space/1"
id = "small"
title = "Small"
input = { channels = 3, height = 9, width = 6 }
classes = 4

[topology]
kind = "pair-cell"
nodes = 2
operations = ["none", "skip_connect", "conv_3x3"]
concat = "loose"
widths = [4, 6]
depths = [3]

[skeleton]
stem = ["conv 3x3 out=out*3", "bn"]
preprocessing = "nor_conv_1x1"
preprocessing_after_reduction = "factorized_reduce"
reductions = ["1/3", "2/3"]
head = ["global_avg_pool", "linear"]
"#;

/// [`SMALL`] with parts replaced.
fn small(changes: &[(&str, &str)]) -> Space {
    Space::from_text(&changed(changes), "small.toml").unwrap()
}

fn changed(changes: &[(&str, &str)]) -> String {
    changes.iter().fold(SMALL.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from} is not in the file");
        text.replace(from, to)
    })
}
