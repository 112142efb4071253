//! Names and texts in generated Python code.
//!
//! Labels, names of operations and architectures come from files of other people. They reach the code only as
//! identifiers of ASCII letters, digits and `_` ([`identifier`], [`class_name`]), as string literals whose
//! unusual characters are escaped ([`literal`]), or as comments without quotes and line breaks ([`prose`]).

use std::collections::BTreeSet;

/// Words of the language, names that the code uses itself, and attributes of `nn.Module`.
const RESERVED: &[&str] = &[
    "False",
    "None",
    "True",
    "and",
    "as",
    "assert",
    "async",
    "await",
    "break",
    "case",
    "class",
    "continue",
    "def",
    "del",
    "elif",
    "else",
    "except",
    "finally",
    "for",
    "from",
    "global",
    "if",
    "import",
    "in",
    "is",
    "lambda",
    "match",
    "nonlocal",
    "not",
    "or",
    "pass",
    "raise",
    "return",
    "try",
    "type",
    "while",
    "with",
    "yield",
    "self",
    "super",
    "range",
    "torch",
    "nn",
    "F",
    "json",
    "struct",
    "math",
    "build",
    "load_weights",
    "initialise",
    "print",
    "add_module",
    "append",
    "apply",
    "bfloat16",
    "buffers",
    "call_super_init",
    "children",
    "compile",
    "cpu",
    "cuda",
    "double",
    "dump_patches",
    "eval",
    "extend",
    "extra_repr",
    "float",
    "forward",
    "get_buffer",
    "get_extra_state",
    "get_parameter",
    "get_submodule",
    "half",
    "insert",
    "ipu",
    "load_state_dict",
    "modules",
    "mtia",
    "named_buffers",
    "named_children",
    "named_modules",
    "named_parameters",
    "parameters",
    "pop",
    "register_backward_hook",
    "register_buffer",
    "register_forward_hook",
    "register_forward_pre_hook",
    "register_full_backward_hook",
    "register_full_backward_pre_hook",
    "register_load_state_dict_post_hook",
    "register_load_state_dict_pre_hook",
    "register_module",
    "register_parameter",
    "register_state_dict_post_hook",
    "register_state_dict_pre_hook",
    "requires_grad_",
    "set_extra_state",
    "set_submodule",
    "share_memory",
    "state_dict",
    "to",
    "to_empty",
    "train",
    "training",
    "xpu",
    "zero_grad",
    "Network",
    "NoneType",
    "Parameter",
    "ChannelLayerNorm",
    "HardSigmoid",
    "Picks",
    "Shrink",
    "Resample",
    "StoredBatchNorm2d",
    "PaddedAvgPool2d",
    "Ellipsis",
    "NotImplemented",
    "int",
    "str",
    "len",
    "list",
    "tuple",
    "sum",
    "max",
    "min",
    "abs",
    "open",
    "dict",
    "set",
    "object",
    "ValueError",
    "bytearray",
    "zip",
    "map",
    "iter",
    "next",
    "input",
];

/// The longest identifier.
const MAX_LENGTH: usize = 48;

/// An identifier made of a text: letters, digits and `_`, in lower case.
pub(super) fn identifier(text: &str) -> String {
    let mut name = String::new();
    for letter in text.chars() {
        let letter = if letter.is_ascii_alphanumeric() { letter } else { '_' };
        if letter == '_' && (name.is_empty() || name.ends_with('_')) {
            continue;
        }
        name.push(letter.to_ascii_lowercase());
        if name.len() == MAX_LENGTH {
            break;
        }
    }
    let name = name.trim_end_matches('_');
    match name.chars().next() {
        None => "node".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("node_{name}"),
        Some(_) => not_reserved(name.to_owned()),
    }
}

fn not_reserved(mut name: String) -> String {
    if RESERVED.contains(&name.as_str()) {
        name.push('_');
    }
    name
}

/// The name of a list of what an identifier names: of `a`, it is `as_`.
pub(super) fn plural(identifier: &str) -> String {
    let ending = if identifier.ends_with('s') { "list" } else { "s" };
    not_reserved(format!("{identifier}{ending}"))
}

/// A name of a class made of a text: `nor_conv_3x3` becomes `NorConv3x3`.
pub(super) fn class_name(text: &str) -> String {
    let mut name = String::new();
    for part in text.split(|letter: char| !letter.is_ascii_alphanumeric()) {
        let mut letters = part.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        name.extend(first.into_iter().chain(letters).take(MAX_LENGTH - name.len().min(MAX_LENGTH)));
    }
    match name.chars().next() {
        None => "Module".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("Module{name}"),
        Some(_) if RESERVED.contains(&name.as_str()) => format!("{name}Module"),
        Some(_) => name,
    }
}

/// Names that are taken.
#[derive(Clone, Debug, Default)]
pub(super) struct TakenNames(BTreeSet<String>);

impl TakenNames {
    /// The name, or if it is taken the name with the lowest number that is free.
    pub(super) fn take(&mut self, name: &str) -> String {
        let separator =
            if name.ends_with(|letter: char| letter.is_ascii_digit()) { "_" } else { "" };
        let numbered = |number: usize| match name.chars().next().is_some_and(char::is_uppercase) {
            true => format!("{name}{separator}{number}"),
            false => format!("{name}_{number}"),
        };
        let mut number = 1;
        let mut free = name.to_owned();
        while !self.0.insert(free.clone()) {
            number += 1;
            free = numbered(number);
        }
        free
    }

    /// Gives a name back.
    pub(super) fn release(&mut self, name: &str) {
        self.0.remove(name);
    }
}

/// A text as a string literal, on one line and in ASCII.
pub(super) fn literal(text: &str) -> String {
    let mut written = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => written.extend(['\\', letter]),
            '\n' => written.push_str("\\n"),
            ' '..='~' => written.push(letter),
            _ if letter as u32 <= 0xffff => written.push_str(&format!("\\u{:04x}", letter as u32)),
            _ => written.push_str(&format!("\\U{:08x}", letter as u32)),
        }
    }
    written.push('"');
    written
}

/// A text for comments: letters and digits of any script, and harmless signs.
pub(super) fn prose(text: &str) -> String {
    let harmless =
        |letter: char| letter.is_alphanumeric() || " .,:;()[]{}|~+-_/=@#<>*&%".contains(letter);
    text.chars().map(|letter| if harmless(letter) { letter } else { '?' }).collect()
}

/// A number as Python writes it; read as single precision, it is the same.
pub(super) fn number(value: f32) -> String {
    match value {
        _ if value.is_nan() => "float(\"nan\")".to_owned(),
        f32::INFINITY => "float(\"inf\")".to_owned(),
        f32::NEG_INFINITY => "float(\"-inf\")".to_owned(),
        _ => format!("{value:?}"),
    }
}

/// One number, or a pair of different ones.
pub(super) fn pair([a, b]: [usize; 2]) -> String {
    if a == b { a.to_string() } else { format!("({a}, {b})") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: [&str; 12] = [
        "import",
        "__import__('os').system('x')",
        "a\"\"\"b\nraise SystemExit",
        "",
        "9lives",
        "\u{202e}name",
        "None",
        "forward",
        "naïve café",
        "x' + exit() + '",
        "\\",
        "___",
    ];

    #[test]
    fn no_plural_is_a_word_of_the_language() {
        assert_eq!(plural("cell"), "cells");
        assert_eq!(plural("cells"), "cellslist");
        for (name, list) in [("a", "as_"), ("i", "is_"), ("pas", "paslist")] {
            assert_eq!(plural(name), list);
        }
    }

    #[test]
    fn hostile_names_become_identifiers() {
        for text in HOSTILE {
            for name in [identifier(text), class_name(text)] {
                let mut letters = name.chars();
                assert!(letters.next().is_some_and(|first| first.is_ascii_alphabetic()), "{name}");
                assert!(letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_'));
                assert!(!RESERVED.contains(&name.as_str()), "{name}");
            }
            let quoted = literal(text);
            assert!(quoted.is_ascii() && !quoted.contains('\n'), "{quoted}");
            assert!(!prose(text).contains(['"', '\'', '\\', '\n', '\u{202e}']));
        }
        assert_eq!(identifier("conv3x3-bn-relu"), "conv3x3_bn_relu");
        assert_eq!(class_name("nor_conv_3x3"), "NorConv3x3");
        assert_eq!(class_name("none"), "NoneModule");
        assert_eq!(literal("a\"\\\n\u{e9}\u{1f600}"), "\"a\\\"\\\\\\n\\u00e9\\U0001f600\"");
    }

    #[test]
    fn names_are_taken_once() {
        let mut taken = TakenNames::default();
        let names = ["conv", "conv", "conv", "Cell", "Cell", "Conv3x3", "Conv3x3"];
        let names = names.map(|name| taken.take(name));
        assert_eq!(names, ["conv", "conv_2", "conv_3", "Cell", "Cell2", "Conv3x3", "Conv3x3_2"]);
    }
}
