//! Relative positions of tokens, as in AutoFormer and in Shaw et al. 2018, for rows and columns of an
//! image.
//!
//! How far key `j` is from query `i`, in rows and in columns, names one entry of each of two tables; what
//! is farther than `reach` has the entry of `reach`, and entry 0 is for the class token. With the entries
//! as vectors `r`, `q_i . r` is added to the logits, and the attention's weights times `r` to its result.
//!
//! Neither needs a vector for each pair of tokens. All products of a query with entries are one small
//! product, of which a *place* of the keys (the class token, a row, or a column of the image) takes one,
//! and a key is the sum of its row and its column. For the result, weights are summed by place and then
//! by entry, and multiplied with the entries.

use crate::graph::TapTable;

/// The tokens and the tables of a layer.
#[derive(Clone, Copy, Debug)]
pub(super) struct RelativePositions {
    /// Rows and columns of patches.
    pub grid: [usize; 2],
    /// The largest distance with an entry of its own.
    pub reach: usize,
    /// Whether a class token stands before the patches.
    pub class_token: bool,
}

/// A token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    Class,
    /// Row and column of a patch.
    Patch([usize; 2]),
}

/// Where keys can be.
#[derive(Clone, Copy)]
enum Place {
    Class,
    Row(usize),
    Column(usize),
}

impl RelativePositions {
    fn tokens(&self) -> Vec<Token> {
        let [rows, columns] = self.grid;
        let class = self.class_token.then_some(Token::Class);
        let patch = |row| (0..columns).map(move |column| Token::Patch([row, column]));
        class.into_iter().chain((0..rows).flat_map(patch)).collect()
    }

    fn all_places(&self) -> Vec<Place> {
        let [rows, columns] = self.grid;
        let class = self.class_token.then_some(Place::Class);
        let of_patches = (0..rows).map(Place::Row).chain((0..columns).map(Place::Column));
        class.into_iter().chain(of_patches).collect()
    }

    /// Entries of one table.
    fn table(&self) -> usize {
        2 * self.reach + 2
    }

    /// Entries of both tables: first rows, then columns.
    pub(super) fn entries(&self) -> usize {
        2 * self.table()
    }

    /// The number of places.
    pub(super) fn places(&self) -> usize {
        self.all_places().len()
    }

    /// The entry of one table for a key so far behind a query.
    fn entry(&self, query: usize, key: usize) -> usize {
        (key + self.reach).saturating_sub(query).min(2 * self.reach) + 1
    }

    /// The entries that a place names for a query. A class token's is that of both tables.
    fn entries_of(&self, query: Token, place: Place) -> Vec<usize> {
        let columns = self.table();
        match (query, place) {
            (_, Place::Class) => vec![0, columns],
            (Token::Class, Place::Row(_)) => vec![0],
            (Token::Class, Place::Column(_)) => vec![columns],
            (Token::Patch([row, _]), Place::Row(key)) => vec![self.entry(row, key)],
            (Token::Patch([_, column]), Place::Column(key)) => {
                vec![columns + self.entry(column, key)]
            }
        }
    }

    /// Whether a key is at a place.
    fn is_at(key: Token, place: Place) -> bool {
        match (key, place) {
            (Token::Class, Place::Class) => true,
            (Token::Patch([row, _]), Place::Row(own)) => row == own,
            (Token::Patch([_, column]), Place::Column(own)) => column == own,
            _ => false,
        }
    }

    /// From `[query][entry]` to `[query][place]`.
    pub(super) fn places_of_entries(&self) -> Option<TapTable> {
        let mut rows = Vec::new();
        for (position, query) in self.tokens().into_iter().enumerate() {
            for place in self.all_places() {
                let entries = self.entries_of(query, place).into_iter();
                rows.push(entries.map(|at| (position * self.entries() + at, 1.0)).collect());
            }
        }
        TapTable::new(&rows)
    }

    /// From places to keys.
    pub(super) fn keys_of_places(&self) -> Option<TapTable> {
        let at = |key| {
            let places = self.all_places().into_iter().enumerate();
            let own = places.filter(move |&(_, place)| Self::is_at(key, place));
            own.map(|(position, _)| (position, 1.0)).collect::<Vec<_>>()
        };
        TapTable::new(&self.tokens().into_iter().map(at).collect::<Vec<_>>())
    }

    /// From keys to places.
    pub(super) fn places_of_keys(&self) -> Option<TapTable> {
        let at = |place| {
            let keys = self.tokens().into_iter().enumerate();
            let own = keys.filter(move |&(_, key)| Self::is_at(key, place));
            own.map(|(position, _)| (position, 1.0)).collect::<Vec<_>>()
        };
        TapTable::new(&self.all_places().into_iter().map(at).collect::<Vec<_>>())
    }

    /// From `[query][place]` to `[query][entry]`.
    pub(super) fn entries_of_places(&self) -> Option<TapTable> {
        let places = self.all_places();
        let mut rows: Vec<Vec<(usize, f32)>> = Vec::new();
        for (position, query) in self.tokens().into_iter().enumerate() {
            let mut entries = vec![Vec::new(); self.entries()];
            for (at, &place) in places.iter().enumerate() {
                for entry in self.entries_of(query, place) {
                    entries[entry].push((position * places.len() + at, 1.0));
                }
            }
            rows.extend(entries);
        }
        TapTable::new(&rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Entries of rows and columns for a pair of tokens, by the authors' code: distances of positions
    /// divided by, and modulo, the root of the number of patches, clipped, then moved by `reach` + 1.
    fn published(side: usize, reach: i64, query: usize, key: usize) -> [usize; 2] {
        if query == 0 || key == 0 {
            return [0, 0];
        }
        let [query, key] = [query - 1, key - 1];
        let entry =
            |a: usize, b: usize| ((b as i64 - a as i64).clamp(-reach, reach) + reach + 1) as usize;
        [entry(query / side, key / side), entry(query % side, key % side)]
    }

    /// Both ways through the tables name the published entries for every pair of tokens.
    #[test]
    fn every_pair_of_tokens_has_its_entries() {
        for (side, reach) in [(3, 1), (4, 14), (2, 1), (5, 2)] {
            let relative = RelativePositions { grid: [side, side], reach, class_token: true };
            let tokens = side * side + 1;
            let (entries, places) = (relative.entries(), relative.places());
            assert_eq!(entries, 4 * reach + 4);
            let to_places = relative.places_of_entries().unwrap();
            let to_keys = relative.keys_of_places().unwrap();
            let from_keys = relative.places_of_keys().unwrap();
            let to_entries = relative.entries_of_places().unwrap();
            let taps = |table: &TapTable, position: usize| -> Vec<usize> {
                table.of(position).filter(|tap| tap.1 == 1.0).map(|tap| tap.0).collect()
            };
            for query in 0..tokens {
                for key in 0..tokens {
                    let [row, column] = published(side, reach as i64, query, key);
                    let expected = [row, entries / 2 + column].map(|entry| query * entries + entry);
                    let found = taps(&to_keys, key).into_iter();
                    let mut found: Vec<usize> =
                        found.flat_map(|place| taps(&to_places, query * places + place)).collect();
                    found.sort_unstable();
                    assert_eq!(found, expected, "{side} {query} {key}");
                    let reading = |entry: usize| {
                        let own = taps(&to_entries, entry).into_iter().map(|at| at % places);
                        own.flat_map(|place| taps(&from_keys, place)).any(|read| read == key)
                    };
                    let entries = query * entries..(query + 1) * entries;
                    let found: Vec<usize> = entries.filter(|&entry| reading(entry)).collect();
                    assert_eq!(found, expected, "{side} {query} {key}");
                }
            }
        }
    }
}
