//! The values that a pickle can contain.

use std::borrow::Cow;
use std::sync::Arc;

/// A Python value. Clones share their parts.
///
/// Nothing is ever called: classes and functions are names, and the objects that a pickle constructs
/// with them are represented by a [`PickleObject`].
#[derive(Clone)]
pub enum PickleValue {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number beyond 64 bits, little-endian two's complement.
    Long(Arc<[u8]>),
    /// A floating-point number.
    Float(f64),
    /// `bytes`, `bytearray`, or a `str` of Python 2.
    Bytes(Arc<[u8]>),
    /// A `str`.
    Str(Arc<str>),
    /// A long byte string that stayed in the file; see [`super::scan`].
    Stored(StoredBytes),
    /// A list.
    List(Arc<[Self]>),
    /// A tuple.
    Tuple(Arc<[Self]>),
    /// A set or frozen set, in the order of the pickle.
    Set(Arc<[Self]>),
    /// Keys and values of a dictionary, in the order of the pickle.
    Dict(Arc<[(Self, Self)]>),
    /// The name of a class or function.
    Global(Arc<GlobalName>),
    /// What a class or function was to make.
    Object(Arc<PickleObject>),
    /// The name of something outside the pickle.
    Persistent(Arc<Self>),
}

/// Where a byte string stands in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredBytes {
    /// Its first byte, counted from where the pickle starts.
    pub offset: u64,
    /// Its bytes.
    pub length: u64,
    /// Whether it is a `str` in UTF-8 rather than bytes.
    pub text: bool,
}

impl StoredBytes {
    /// The bytes that are meant, of the `length` bytes that stand in the file at `offset`; `None` if
    /// they are text that stands for no bytes.
    pub fn decode(&self, raw: Vec<u8>) -> Option<Vec<u8>> {
        if self.text { latin1(std::str::from_utf8(&raw).ok()?) } else { Some(raw) }
    }
}

/// The name of a class or function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GlobalName {
    /// Its module, with dots.
    pub module: String,
    /// Its name in the module.
    pub name: String,
}

/// What a class or function was to make of its arguments, and what was then put into it.
#[derive(Clone)]
pub struct PickleObject {
    /// The class or function, usually a [`PickleValue::Global`].
    pub class: PickleValue,
    /// The arguments, usually a [`PickleValue::Tuple`].
    pub arguments: PickleValue,
    /// What was handed to `__setstate__`.
    pub state: Option<PickleValue>,
    /// What was appended or added.
    pub items: Vec<PickleValue>,
    /// What was set by key.
    pub entries: Vec<(PickleValue, PickleValue)>,
}

impl PickleValue {
    /// The kind of value, as a word of Python's.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Bool(_) => "bool",
            Self::Int(_) | Self::Long(_) => "int",
            Self::Float(_) => "float",
            Self::Bytes(_) | Self::Stored(StoredBytes { text: false, .. }) => "bytes",
            Self::Str(_) | Self::Stored(_) => "str",
            Self::List(_) => "list",
            Self::Tuple(_) => "tuple",
            Self::Set(_) => "set",
            Self::Dict(_) => "dict",
            Self::Global(_) => "class or function",
            Self::Object(_) => "object",
            Self::Persistent(_) => "persistent object",
        }
    }

    /// A whole number (`True` is 1).
    pub fn int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            Self::Bool(truth) => Some(i64::from(*truth)),
            _ => None,
        }
    }

    /// A number as floating point.
    pub fn float(&self) -> Option<f64> {
        match self {
            Self::Float(number) => Some(*number),
            _ => self.int().map(|number| number as f64),
        }
    }

    /// Text; the bytes of a Python 2 `str` are read as UTF-8.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            Self::Bytes(bytes) => std::str::from_utf8(bytes).ok(),
            _ => None,
        }
    }

    /// Bytes, also where protocols 0 to 2 wrap them into calls: `_codecs.encode(text, "latin1")`,
    /// `bytes()` and `bytearray(..)`.
    pub fn bytes(&self) -> Option<Cow<'_, [u8]>> {
        if let Self::Bytes(bytes) = self {
            return Some(Cow::Borrowed(bytes));
        }
        let Self::Object(object) = self else { return None };
        match object.class.global()? {
            ("_codecs", "encode") => latin1(object.latin1_argument()?.text()?).map(Cow::Owned),
            ("__builtin__" | "builtins", "bytes" | "bytearray") => {
                match object.arguments.sequence()? {
                    [] => Some(Cow::Borrowed(&[])),
                    [Self::Str(text), ..] => latin1(text).map(Cow::Owned),
                    [bytes] => bytes.bytes(),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The items of a list, tuple or set, or of an object that is a list or set.
    pub fn sequence(&self) -> Option<&[Self]> {
        match self {
            Self::List(items) | Self::Tuple(items) | Self::Set(items) => Some(items),
            Self::Object(object) if !object.items.is_empty() => Some(&object.items),
            Self::Object(object) => match (object.class.global()?, &object.arguments) {
                (("__builtin__" | "builtins", "set" | "frozenset"), Self::Tuple(arguments)) => {
                    match &**arguments {
                        [] => Some(&[]),
                        [Self::List(items)] => Some(items),
                        _ => None,
                    }
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// Keys and values of a dictionary or of an object that is one, such as `OrderedDict` or
    /// `defaultdict`.
    pub fn entries(&self) -> Option<&[(Self, Self)]> {
        match self {
            Self::Dict(entries) => Some(entries),
            Self::Object(object) if !object.entries.is_empty() => Some(&object.entries),
            Self::Object(object) => match (object.class.global()?, &object.arguments) {
                (("collections", "defaultdict"), _) => Some(&[]),
                (("collections", "OrderedDict"), Self::Tuple(items)) if items.is_empty() => {
                    Some(&[])
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// The value of a key that is text or the bytes of text; of equal keys the last one counts.
    pub fn get(&self, key: &str) -> Option<&Self> {
        let is_key = |name: &Self| match name {
            Self::Str(text) => &**text == key,
            other => other.bytes().is_some_and(|bytes| *bytes == *key.as_bytes()),
        };
        self.entries()?.iter().rev().find_map(|(name, value)| is_key(name).then_some(value))
    }

    /// Module and name of a class or function.
    pub fn global(&self) -> Option<(&str, &str)> {
        match self {
            Self::Global(global) => Some((&global.module, &global.name)),
            _ => None,
        }
    }
}

impl PickleObject {
    /// The text of `_codecs.encode(text, "latin1")`.
    pub fn latin1_argument(&self) -> Option<&PickleValue> {
        if self.class.global()? != ("_codecs", "encode") {
            return None;
        }
        match self.arguments.sequence()? {
            [text, encoding] if matches!(encoding.text()?, "latin1" | "latin-1") => Some(text),
            _ => None,
        }
    }
}

/// The bytes that text stands for, one for each character.
pub fn latin1(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|character| u8::try_from(u32::from(character)).ok()).collect()
}

impl std::fmt::Debug for PickleValue {
    /// The kind only: a small pickle may hold a value whose text fills a disk.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.kind())
    }
}

impl std::fmt::Debug for PickleObject {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "object of {:?}", self.class.global())
    }
}
