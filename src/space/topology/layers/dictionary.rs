//! Architectures as the dictionaries of the published code: `{'ks': [..], 'e': [..], 'd': [..]}`.

use serde_json::Value;

use crate::graph::Shape;
use crate::nearest;

/// A list of a dictionary: its name and entries.
type NamedList = (String, Vec<String>);

/// The lists of a dictionary, as JSON or as Python prints it; else what is wrong with which part.
pub(super) fn read(text: &str, input: Shape) -> Result<Vec<NamedList>, (String, String)> {
    let json = text.replace('\'', "\"").replace("None", "null");
    let value: Value = serde_json::from_str(&json)
        .map_err(|error| (text.to_owned(), format!("is not a dictionary: {error}")))?;
    let mut lists = Vec::new();
    for (name, value) in value.as_object().into_iter().flatten() {
        match (name.as_str(), value) {
            // What a space does not decide is written as nothing.
            (_, Value::Null) => {}
            ("r" | "image_size", value) => check_resolution(name, value, input)?,
            (_, Value::Array(list)) => {
                lists.push((name.clone(), list.iter().map(entry).collect()));
            }
            (_, other) => {
                let reason = format!("of `{}` is not a list", nearest::excerpt(name));
                return Err((other.to_string(), reason));
            }
        }
    }
    Ok(lists)
}

fn entry(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The size of the images is the space's; another one is not silently replaced.
fn check_resolution(name: &str, value: &Value, input: Shape) -> Result<(), (String, String)> {
    let first = value.as_array().and_then(|list| list.first()).unwrap_or(value);
    let size = first.as_u64().and_then(|size| usize::try_from(size).ok());
    if size == Some(input.height) && size == Some(input.width) {
        return Ok(());
    }
    let reason = format!(
        "of `{name}` is the size of images, which here are {}x{}; override input.height and \
         input.width, or leave `{name}` out",
        input.height, input.width
    );
    Err((value.to_string(), reason))
}
