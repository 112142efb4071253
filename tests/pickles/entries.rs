//! The entries of a dictionary come one by one, as they are when the pickle is read whole.

use std::io::{BufReader, Cursor};

use proptest::prelude::*;
use untrained::data::pickle::{
    self, EntryKeys, PickleEntries, PickleError, PickleLimits, PickleValue,
};

use super::fixture_bytes;
use super::memory::peak;

type Source<'b> = BufReader<Cursor<&'b [u8]>>;

fn open<'b>(
    bytes: &'b [u8],
    limits: &PickleLimits,
) -> Result<PickleEntries<Source<'b>>, PickleError> {
    let file = BufReader::new(Cursor::new(bytes));
    let all = &mut |_| true;
    Ok(pickle::entries(file, bytes.len() as u64, &["entries"], EntryKeys::Numbers, limits, all)?
        .unwrap())
}

/// A value as text, its numbers exact.
fn written(value: &PickleValue) -> String {
    let all = |items: &[PickleValue]| items.iter().map(written).collect::<Vec<_>>().join(", ");
    if let Some(entries) = value.entries() {
        let list = entries.iter().map(|(key, item)| format!("{}: {}", written(key), written(item)));
        return format!("{{{}}}", list.collect::<Vec<_>>().join(", "));
    }
    match value {
        PickleValue::List(items) => format!("[{}]", all(items)),
        PickleValue::Tuple(items) => format!("({})", all(items)),
        other => match (other.text(), pickle::number(other)) {
            (Some(text), _) => format!("{text:?}"),
            (None, Some(number)) => number.to_string(),
            (None, None) => panic!("{other:?}"),
        },
    }
}

#[test]
fn entries_are_those_of_the_whole_dictionary() {
    for protocol in [0, 2, 4] {
        let bytes = fixture_bytes(&format!("entries_{protocol}.pickle"));
        let whole = pickle::read(&bytes, &PickleLimits::default()).unwrap();
        let expected = whole.get("entries").unwrap().entries().unwrap();
        let found: Vec<(PickleValue, PickleValue)> =
            open(&bytes, &PickleLimits::default()).unwrap().map(Result::unwrap).collect();
        assert_eq!((found.len(), expected.len()), (1003, 1003), "protocol {protocol}");
        for ((key, value), (expected_key, expected)) in found.iter().zip(expected) {
            let number = key.int().unwrap();
            assert_eq!(key.int(), expected_key.int());
            assert_eq!(written(value), written(expected), "entry {number}, protocol {protocol}");
            // What `make_pickles.py` put there.
            let text = match number {
                7 => "{\"one\": (\"late\", {\"x\": 2})}".to_owned(),
                8 => "{}".to_owned(),
                number if number % 100 == 3 => {
                    "{\"only\": ((\"early\", [1]), (\"late\", {\"x\": 2}))}".to_owned()
                }
                number => format!("{{\"n\": {number}, \"half\": {}}}", number as f64 / 2.0),
            };
            assert_eq!(written(value), text, "entry {number}, protocol {protocol}");
        }
    }
}

/// Where the whole pickle does not fit into the limit, its entries do; a limit below one entry stops
/// both.
#[test]
fn memory_is_that_of_one_entry() {
    let bytes = fixture_bytes("entries_2.pickle");
    let limits = PickleLimits { memory_bytes: 60_000, ..PickleLimits::default() };
    assert!(matches!(pickle::read(&bytes, &limits), Err(PickleError::Memory { .. })));
    let (count, used) = peak(|| open(&bytes, &limits).unwrap().map(Result::unwrap).count());
    assert_eq!(count, 1003);
    assert!(used < limits.memory_bytes + 20_000, "{used} bytes");
    let tight = PickleLimits { memory_bytes: 5_000, ..PickleLimits::default() };
    assert!(matches!(open(&bytes, &tight).map(Iterator::count), Err(PickleError::Memory { .. })));
}

#[test]
fn a_reader_that_says_no_stops_the_first_reading() {
    let bytes = fixture_bytes("entries_4.pickle");
    let mut calls = 0;
    let two = &mut |_| {
        calls += 1;
        calls < 2
    };
    let length = bytes.len() as u64;
    let file = BufReader::new(Cursor::new(&bytes));
    assert!(
        pickle::entries(
            file,
            length,
            &["entries"],
            EntryKeys::Numbers,
            &PickleLimits::default(),
            two
        )
        .unwrap()
        .is_none()
    );
    assert_eq!(calls, 2);
}

#[test]
fn what_is_there_is_no_matter_how_it_is_written() {
    let count =
        |bytes: &[u8]| open(bytes, &PickleLimits::default())?.collect::<Result<Vec<_>, _>>();
    let numbers = |bytes: &[u8]| {
        let found = count(bytes).unwrap();
        found.iter().map(|(_, value)| value.int().unwrap()).collect::<Vec<_>>()
    };
    const NONE: [i64; 0] = [];
    // One entry without a mark; keys that are text; nothing; another key; no dictionary.
    assert_eq!(numbers(b"}U\x07entries}K\x01K\x02ss."), [2]);
    assert_eq!(numbers(b"}U\x07entries}(U\x01aK\x02U\x01bK\x03us."), [2, 3]);
    assert_eq!(numbers(b"}U\x07entries}s."), NONE);
    assert_eq!(numbers(b"}U\x07entriez}K\x01K\x02ss."), NONE);
    assert_eq!(numbers(b"}U\x07entriesK\x02s."), NONE);
    assert_eq!(numbers(b"K\x02."), NONE);
    // A value that was forgotten may be pushed again, but not changed.
    assert_eq!(count(b"}U\x07entries}(K\x01]q\x01K\x02h\x01us.").unwrap().len(), 2);
    let changed = count(b"}U\x07entries}(K\x01]q\x01K\x02h\x01Naus.").unwrap_err();
    assert!(changed.to_string().contains("changes a value of an entry that is over"), "{changed}");
    let unknown = count(b"}U\x07entries}(K\x01]K\x02h\x01us.").unwrap_err();
    assert!(unknown.to_string().contains("never remembered"), "{unknown}");
    let cut = count(b"}U\x07entries}(K\x01K\x02K\x03us.").unwrap_err();
    assert!(cut.to_string().contains("a key without a value"), "{cut}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    /// Damage ends in an error or other values, within the limit.
    #[test]
    fn damage_does_no_harm(
        protocol in prop::sample::select(vec![0, 2, 4]),
        length in 500..20_000_usize,
        flips in prop::collection::vec((any::<prop::sample::Index>(), 0..8_u32), 0..4),
    ) {
        let mut bytes = fixture_bytes(&format!("entries_{protocol}.pickle"));
        // Flips where the dictionary has just begun, in bytes that often matter.
        for (place, bit) in flips {
            let place = place.index(length.min(bytes.len()));
            bytes[place] ^= 1 << bit;
        }
        let limits = PickleLimits { memory_bytes: 100_000, depth: 50 };
        let (_, used) = peak(|| open(&bytes, &limits).map(|entries| entries.map(drop).count()));
        prop_assert!(used < limits.memory_bytes + 30_000, "{used} bytes");
    }

    #[test]
    fn any_operations_do_no_harm(operations in prop::collection::vec(operation(), 0..200)) {
        let bytes = [b"}U\x07entries}".to_vec(), operations.concat()].concat();
        let limits = PickleLimits { memory_bytes: 100_000, depth: 50 };
        let (_, used) = peak(|| open(&bytes, &limits).map(|entries| entries.map(drop).count()));
        prop_assert!(used < limits.memory_bytes + 30_000, "{used} bytes");
    }
}

/// The dictionary becomes a part of a tuple, which then stands where it stood; entries that are put into
/// the tuple are none of the dictionary's.
#[test]
fn a_dictionary_that_is_put_away_has_no_further_entries() {
    let bytes = b"}U\x07entries}h\0\x86K\x002sh\0a.";
    let entries = |bytes: &[u8]| {
        open(bytes, &PickleLimits::default()).map(|entries| entries.filter(Result::is_ok).count())
    };
    assert!(!entries(bytes).is_ok_and(|count| count > 0));
    // The control: the same entry in the dictionary itself.
    assert_eq!(entries(b"}U\x07entries}K\x00K\x01ss.").unwrap(), 1);
}

/// Two dictionaries with texts as keys, as Python writes them: entries come one by one, those of both, and a
/// single entry, which is not filled at once, with the next one at the latest.
#[test]
fn entries_with_texts_as_keys_come_one_by_one() {
    // {"b": 1, "one": {"x": {"p": 1, "q": 2}, "y": {"p": 3, "q": 4}}, "two": {"z": {"p": 5, "q": 6}}}
    let of = |name: &str, p: u8| {
        format!("U\x01{name}}}(U\x01pK{}U\x01qK{}u", char::from(p), char::from(p + 1))
    };
    let bytes = format!(
        "}}(U\x01bK\x01U\x03one}}({}{}uU\x03two}}{}su.",
        of("x", 1),
        of("y", 3),
        of("z", 5)
    );
    let (file, all) = (BufReader::new(Cursor::new(bytes.as_bytes())), &mut |_: u64| true);
    let (keys, limits) = (["two", "one"], PickleLimits::default());
    let length = bytes.len() as u64;
    let entries = pickle::entries(file, length, &keys, EntryKeys::Texts, &limits, all).unwrap();
    let mut read = Vec::new();
    for entry in entries.unwrap() {
        let (key, value) = entry.unwrap();
        read.push(format!("{} {}", key.text().unwrap(), written(&value)));
    }
    let whole = pickle::read(bytes.as_bytes(), &limits).unwrap();
    let mut expected = Vec::new();
    for name in ["one", "two"] {
        for (key, value) in whole.get(name).unwrap().entries().unwrap() {
            expected.push(format!("{} {}", key.text().unwrap(), written(value)));
        }
    }
    assert_eq!(read, expected);
    assert_eq!(read.len(), 3);
}

/// Memory is that of a few entries, although their keys are texts.
#[test]
fn entries_with_texts_as_keys_need_little_memory() {
    let mut bytes = b"}U\x04data}(".to_vec();
    for entry in 0..900_u32 {
        bytes.extend(format!("U\x04{entry:04}}}(U\x01p](").into_bytes());
        (0..200).for_each(|_| bytes.extend(b"G\x3f\xf0\0\0\0\0\0\0"));
        bytes.extend(b"eU\x01qK\x01u");
    }
    bytes.extend(b"us.");
    let read = |memory_bytes: usize, of: EntryKeys| {
        let file = BufReader::new(Cursor::new(bytes.as_slice()));
        let limits = PickleLimits { memory_bytes, depth: 20 };
        let entries =
            pickle::entries(file, bytes.len() as u64, &["data"], of, &limits, &mut |_| true);
        entries.map(|entries| entries.unwrap().filter(Result::is_ok).count())
    };
    assert_eq!(read(2 << 20, EntryKeys::Texts).unwrap(), 900);
    // The control: with keys that are not told, all entries come at once.
    assert!(read(2 << 20, EntryKeys::Numbers).is_err());
}

/// Operations as entries have them, and a few others.
fn operation() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => prop::sample::select(&b"((usub0012]})tl\x85\x86\x94aesRQ."[..]).prop_map(|one| vec![one]),
        3 => (prop::sample::select(&b"Kqh"[..]), 0..4_u8).prop_map(|(one, byte)| vec![one, byte]),
        1 => Just(b"cm\nC\n".to_vec()),
        1 => Just(b"U\x07entries}(".to_vec()),
    ]
}
