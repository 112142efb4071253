//! Genotypes as tests change them, by way of their text.

use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};
use untrained::space::{Architecture, Space};

/// A record of the notation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub genotype: Genotype,
    pub width: usize,
    pub depth: usize,
}

/// Both cells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Genotype {
    pub normal: Vec<(String, usize)>,
    pub normal_concat: Vec<usize>,
    pub reduce: Vec<(String, usize)>,
    pub reduce_concat: Vec<usize>,
}

impl Record {
    pub fn of(architecture: &Architecture) -> Self {
        serde_json::from_str(&architecture.to_string()).unwrap()
    }

    pub fn architecture(&self, space: &Space) -> Architecture {
        let text = serde_json::to_string(self).unwrap();
        space.parse(&text).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The same with nodes in another order and pairs of nodes swapped.
    pub fn rewritten(&self, rng: &mut dyn Rng) -> Self {
        let Genotype { normal, normal_concat, reduce, reduce_concat } = &self.genotype;
        let (normal, normal_concat) = rewritten(normal, normal_concat, rng);
        let (reduce, reduce_concat) = rewritten(reduce, reduce_concat, rng);
        let genotype = Genotype { normal, normal_concat, reduce, reduce_concat };
        Self { genotype, ..self.clone() }
    }
}

fn rewritten(
    pairs: &[(String, usize)],
    concat: &[usize],
    rng: &mut dyn Rng,
) -> (Vec<(String, usize)>, Vec<usize>) {
    let values = 2 + pairs.len() / 2;
    let mut names: Vec<Option<usize>> = vec![None; values];
    (names[0], names[1]) = (Some(0), Some(1));
    let mut written = Vec::new();
    for name in 2..values {
        let ready = |node: &usize| {
            let reads = &pairs[2 * (node - 2)..][..2];
            names[*node].is_none() && reads.iter().all(|(_, input)| names[*input].is_some())
        };
        let open: Vec<usize> = (2..values).filter(ready).collect();
        let node = open[rng.random_range(0..open.len() as u32) as usize];
        let mut both: Vec<_> = pairs[2 * (node - 2)..][..2].to_vec();
        if rng.random_range(0..2_u32) == 1 {
            both.swap(0, 1);
        }
        let named = |(operation, input): (String, usize)| (operation, names[input].unwrap());
        written.extend(both.into_iter().map(named));
        names[node] = Some(name);
    }
    (written, concat.iter().map(|&node| names[node].unwrap()).collect())
}
