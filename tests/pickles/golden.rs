//! Pickles of every protocol hold what Python put in, as `make_pickles.py` wrote it down.

use std::io::{BufReader, Cursor};

use serde_json::{Value as Json, json};
use untrained::data::pickle::{self, ArrayData, PickleLimits, PickleValue, PickledArray};

use super::{fixture, fixture_bytes};

fn read(bytes: &[u8]) -> PickleValue {
    pickle::read(bytes, &PickleLimits::default()).unwrap()
}

fn expected(name: &str) -> Json {
    let text = std::fs::read_to_string(fixture("expected.json")).unwrap();
    serde_json::from_str::<Json>(&text).unwrap()[name].clone()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn array(array: &PickledArray) -> Json {
    let ArrayData::Here(bytes) = &array.data else { panic!("the data were read") };
    let order = if array.fortran_order { "F" } else { "C" };
    let kind = format!("{}{}", array.kind, array.item_bytes);
    json!({ "array": [array.shape, kind, order, hexadecimal(bytes)] })
}

fn class(value: &PickleValue) -> Option<(&str, &str)> {
    match value {
        PickleValue::Object(object) => object.class.global(),
        _ => None,
    }
}

/// A value as the script writes it.
fn plain(value: &PickleValue) -> Json {
    if let Ok(found) = PickledArray::from_value(value) {
        return array(&found);
    }
    if let Some(bytes) = value.bytes() {
        return json!({ "bytes": hexadecimal(&bytes) });
    }
    let all = |items: &[PickleValue]| items.iter().map(plain).collect::<Vec<_>>();
    match value {
        PickleValue::None => Json::Null,
        PickleValue::Bool(truth) => json!(truth),
        PickleValue::Int(number) => json!(number),
        PickleValue::Float(number) => json!({ "float": hexadecimal(&number.to_be_bytes()) }),
        PickleValue::Str(text) => json!(&**text),
        PickleValue::List(items) => json!(all(items)),
        PickleValue::Tuple(items) => json!({ "tuple": all(items) }),
        PickleValue::Dict(_) | PickleValue::Object(_) if value.entries().is_some() => {
            let entries = value.entries().unwrap().iter();
            json!({ "dict": entries.map(|(key, item)| [plain(key), plain(item)]).collect::<Vec<_>>() })
        }
        PickleValue::Set(_) | PickleValue::Object(_) => {
            let items = value.sequence();
            let items = items.unwrap_or_else(|| panic!("{:?} {:?}", class(value), value));
            let mut numbers: Vec<_> = items.iter().map(|item| item.int().unwrap()).collect();
            numbers.sort_unstable();
            json!({ "set": numbers })
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_protocol_gives_the_values_that_python_wrote() {
    for name in ["values", "arrays"] {
        let expected = expected(name);
        for protocol in 0..6 {
            let found = plain(&read(&fixture_bytes(&format!("{name}_{protocol}.pickle"))));
            assert_eq!(found, expected, "{name} in protocol {protocol}");
        }
    }
    // The comparison sees a difference: one byte of a text, one sign.
    let bytes = fixture_bytes("values_4.pickle");
    let place = bytes.windows(5).position(|part| part == b"plain").unwrap();
    let mut changed = bytes.clone();
    changed[place] = b'P';
    assert_ne!(plain(&read(&changed)), expected("values"));
}

#[test]
fn whole_numbers_come_from_lists_arrays_and_numpy_scalars() {
    for protocol in 0..6 {
        let value = read(&fixture_bytes(&format!("scalars_{protocol}.pickle")));
        let found = pickle::integers(&value).unwrap();
        assert_eq!(json!(found), expected("scalars"), "protocol {protocol}");
    }
    let arrays = read(&fixture_bytes("arrays_4.pickle"));
    let integers = |name: &str| pickle::integers(arrays.get(name).unwrap());
    assert_eq!(integers("i8").unwrap(), [-1, 1 << 40, i64::MIN]);
    assert_eq!(integers("big").unwrap(), [1, -2, 300]);
    assert_eq!(integers("f4"), None, "floats are no whole numbers");
}

#[test]
fn a_pickle_of_python_2_is_read() {
    let value = read(&fixture_bytes("python_2.pickle"));
    let data = PickledArray::from_value(value.get("data").unwrap()).unwrap();
    assert_eq!((data.shape.as_slice(), data.kind, data.item_bytes), (&[4, 8][..], 'u', 1));
    let pixels: Vec<i64> =
        (0..4).flat_map(|image| (0..8).map(move |place| (37 * image + 11 * place) % 256)).collect();
    assert_eq!(data.integers().unwrap(), pixels);
    assert_eq!(&*value.get("text").unwrap().bytes().unwrap(), b"caf\xe9");
    assert_eq!(pickle::integers(value.get("n").unwrap()).unwrap(), [1, 1 << 40]);
    assert!(value.get("missing").is_none());
}

/// A scanned file keeps its long byte strings; what is then read from the file is the same.
#[test]
fn scanning_leaves_long_strings_in_the_file() {
    for name in ["cifar-10-official/data_batch_1", "cifar-10-protocol-2/data_batch_1"] {
        let bytes = fixture_bytes(name);
        let whole = read(&bytes);
        let whole = PickledArray::from_value(whole.get("data").unwrap()).unwrap();
        let ArrayData::Here(expected) = whole.data else { panic!() };
        let file = BufReader::new(Cursor::new(&bytes));
        let scanned = pickle::scan(file, bytes.len() as u64, &PickleLimits::default()).unwrap();
        let array = PickledArray::from_value(scanned.get("data").unwrap()).unwrap();
        let ArrayData::Stored(stored) = array.data else { panic!("{name} was read whole") };
        let raw = bytes[stored.offset as usize..][..stored.length as usize].to_vec();
        assert_eq!(stored.decode(raw).unwrap(), &*expected);
        assert_eq!(scanned.get("labels").unwrap().sequence().unwrap().len(), 5);
    }
}

#[test]
fn calls_are_written_down_and_not_made() {
    let value = read(b"cos\nsystem\n(S'touch it'\ntR.");
    let PickleValue::Object(object) = &value else { panic!("{value:?}") };
    assert_eq!(object.class.global(), Some(("os", "system")));
    assert_eq!(object.arguments.sequence().unwrap()[0].text(), Some("touch it"));
    // The other operations that make objects, and states, items and entries put into them.
    let value = read(b"\x80\x04\x8c\x01m\x8c\x01C\x93)}\x92(K\x01K\x02e(K\x03K\x04uK\x05b.");
    let PickleValue::Object(object) = &value else { panic!("{value:?}") };
    assert_eq!(object.class.global(), Some(("m", "C")));
    assert_eq!((object.items.len(), object.entries.len()), (2, 1));
    assert_eq!(object.state.as_ref().and_then(PickleValue::int), Some(5));
    for made in [&b"(im\nC\n."[..], b"(cm\nC\no.", b"cm\nC\n)\x81."] {
        let PickleValue::Object(object) = read(made) else { panic!() };
        assert_eq!(object.class.global(), Some(("m", "C")));
        assert!(object.arguments.sequence().unwrap().is_empty());
    }
    let named = read(b"Pname\n.");
    assert!(matches!(named, PickleValue::Persistent(name) if name.text() == Some("name")));
    assert!(matches!(read(b"\x8a\x09\0\0\0\0\0\0\0\0\x01."), PickleValue::Long(_)));
}
