//! Damaged and hostile pickles end in an error or a value within the limits.

use std::io::{BufReader, Cursor};

use proptest::prelude::*;
use untrained::data::pickle::{self, PickleError, PickleLimits, PickleValue, PickledArray};

use super::memory::peak;
use super::{fixture, fixture_bytes};

/// What a test may use beyond the limit: buffers of the reader and of this test.
const SLACK_BYTES: usize = 20_000;

/// Reads in both ways within a small limit; the largest peak over the limit would fail.
fn survive(bytes: &[u8]) -> Result<PickleValue, PickleError> {
    let limits = PickleLimits { memory_bytes: 200_000, depth: 50 };
    let (read, used) = peak(|| pickle::read(bytes, &limits));
    assert!(used <= limits.memory_bytes + SLACK_BYTES, "{used} bytes to read it");
    let file = BufReader::new(Cursor::new(bytes));
    let (_, used) = peak(|| drop(pickle::scan(file, bytes.len() as u64, &limits)));
    assert!(used <= limits.memory_bytes + SLACK_BYTES, "{used} bytes to scan it");
    if let Ok(value) = &read {
        use_up(value);
    }
    read
}

/// Asks a value and its parts for everything that they might be.
fn use_up(value: &PickleValue) {
    let parts = value.entries().unwrap_or_default().iter().map(|(_, entry)| entry);
    for part in parts.chain(value.sequence().unwrap_or_default()).chain([value]) {
        let _ = (part.get("data"), part.bytes(), part.text(), part.float());
        let _ = (pickle::integers(part), PickledArray::from_value(part), format!("{part:?}"));
    }
}

/// Every pickle of the fixtures that fits the small limit or not.
fn pickles() -> Vec<Vec<u8>> {
    let mut folders = vec![fixture("")];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_none_or(|ending| ending == "pickle") {
                found.push(std::fs::read(path).unwrap());
            }
        }
    }
    assert!(found.len() >= 20, "only {} pickles", found.len());
    found.sort();
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn flipped_bits_and_lost_ends_do_no_harm(
        which in any::<prop::sample::Index>(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), 0..8_u32), 0..6),
        end in any::<prop::sample::Index>(),
        cut in any::<bool>(),
    ) {
        let pickles = pickles();
        let mut bytes = which.get(&pickles).clone();
        for (place, bit) in flips {
            let place = place.index(bytes.len());
            bytes[place] ^= 1 << bit;
        }
        if cut {
            bytes.truncate(end.index(bytes.len()));
        }
        let _ = survive(&bytes);
    }

    #[test]
    fn any_operations_do_no_harm(operations in prop::collection::vec(operation(), 0..400)) {
        let _ = survive(&operations.concat());
    }

    #[test]
    fn any_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = survive(&bytes);
    }
}

/// An operation with short operands, so that many of them make sense together.
fn operation() -> impl Strategy<Value = Vec<u8>> {
    let single = prop::sample::select(
        &b"(012]l)t}daesuRobNQ.\x81\x92\x93\x94\x85\x86\x87\x88\x89\x8f\x90\x91\x98"[..],
    );
    let with_byte = (prop::sample::select(&b"Kqh"[..]), 0..4_u8);
    let with_text = prop::sample::select(&b"UC\x8c\x8a"[..]);
    prop_oneof![
        6 => single.prop_map(|opcode| vec![opcode]),
        3 => with_byte.prop_map(|(opcode, byte)| vec![opcode, byte]),
        2 => with_text.prop_map(|opcode| vec![opcode, 1, b'x']),
        1 => Just(b"cm\nC\n".to_vec()),
    ]
}

#[test]
fn every_beginning_of_a_pickle_is_told_to_be_cut_short() {
    for bytes in pickles().iter().filter(|bytes| bytes.len() < 4_000) {
        for end in 0..bytes.len() {
            let error = pickle::read(&bytes[..end], &PickleLimits::default()).unwrap_err();
            assert!(matches!(error, PickleError::Truncated { .. }), "{end}: {error}");
        }
        assert!(pickle::read(bytes, &PickleLimits::default()).is_ok());
    }
}

#[test]
fn bombs_are_stopped_by_the_limits() {
    // A length of 2^62 that is not there.
    let claim = [&b"\x8e"[..], &(1_u64 << 62).to_le_bytes(), b"."].concat();
    assert!(matches!(survive(&claim), Err(PickleError::Truncated { .. })));
    // Nested a million deep, by marks and by tuples.
    let deep = [&b"(".repeat(1_000_000)[..], &b"t".repeat(1_000_000), b"."].concat();
    assert!(matches!(survive(&deep), Err(PickleError::Memory { .. })));
    let deep = [b")".to_vec(), b"\x85".repeat(60), b".".to_vec()].concat();
    assert!(matches!(survive(&deep), Err(PickleError::Depth { allowed: 50 })));
    // As deep, but every level is finished before the next one is looked at.
    let mut levels = b"](]q\0".to_vec();
    for _ in 0..60 {
        levels.extend(b"h\0\x85q\0");
    }
    levels.extend(b"e.");
    assert!(matches!(survive(&levels), Err(PickleError::Depth { .. })));
    // Sixty doublings: small as long as it is shared.
    let mut laughs = b"]q\0".to_vec();
    for _ in 0..40 {
        laughs.extend(b"0h\0h\0\x86q\0");
    }
    laughs.push(b'.');
    assert_eq!(survive(&laughs).unwrap().sequence().unwrap().len(), 2);
    // Pushing one remembered value again and again.
    let pushes = [&b"Nq\0("[..], &b"h\0".repeat(100_000), b"l."].concat();
    assert!(matches!(survive(&pushes), Err(PickleError::Memory { .. })));
    // A list that contains itself.
    assert!(matches!(survive(b"]q\0h\0a."), Err(PickleError::Cycle)));
    // A line, a text, a name and a memo that are too long.
    let line = [&b"S'"[..], &b"x".repeat(300_000), b"'\n."].concat();
    assert!(matches!(survive(&line), Err(PickleError::Memory { .. })));
    let text = [&b"X\xf0\x00\x02\x00"[..], &b"x".repeat(0x0002_00f0), b"q\0h\0h\0\x93."].concat();
    assert!(survive(&text).is_err());
    let memo: Vec<u8> =
        (0..100_000_u32).flat_map(|key| [&b"r"[..], &key.to_le_bytes()].concat()).collect();
    assert!(matches!(survive(&[b"N", &memo[..]].concat()), Err(PickleError::Memory { .. })));
}

/// The limit is what stops the bombs: with more of it the same bytes are read.
#[test]
fn a_larger_limit_reads_what_a_smaller_one_refuses() {
    let bytes = fixture_bytes("values_4.pickle");
    let tight = PickleLimits { memory_bytes: 100_000, ..PickleLimits::default() };
    assert!(matches!(pickle::read(&bytes, &tight), Err(PickleError::Memory { .. })));
    let (value, used) = peak(|| pickle::read(&bytes, &PickleLimits::default()).unwrap());
    assert!(used > SLACK_BYTES, "the allocator counts: {used}");
    drop(value);
}

#[test]
fn faults_say_what_and_where() {
    for (bytes, part) in [
        (&b"\x80\x04\xfe."[..], "byte 2 of the pickle is 0xfe"),
        (b"\x80\x09.", "asks for a protocol above 5"),
        (b".", "byte 0 of the pickle needs a value"),
        (b"t.", "needs a mark"),
        (b"0.", "drops a value, but there is none"),
        (b"h\x07.", "never remembered"),
        (b"(K\x01d.", "a key without a value"),
        (b"NK\x01a.", "puts values into something that takes none"),
        (b"NNb.", "something that is not an object"),
        (b"(o.", "an object of no class"),
        (b"K\x01K\x02\x93.", "names no class or function"),
        (b"Ixyz\n.", "an invalid number, or one beyond 64 bits"),
        (b"Sxyz\n.", "an invalid string"),
        (b"\x8c\x01\xff.", "text that is not UTF-8"),
        (b"gxyz\n.", "no number of a remembered value"),
        (b"\x82\x01.", "0x82"),
    ] {
        let error = survive(bytes).unwrap_err().to_string();
        assert!(error.contains(part), "{part}: {error}");
    }
}
