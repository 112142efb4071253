//! Names of image sources, as in `--images`.

use std::path::PathBuf;

/// Where images come from.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ImageSource {
    /// `builtin`: natural pictures that come with the program.
    #[default]
    Builtin,
    /// `cifar10:DIR`: the folder `cifar-10-batches-bin` of the official binary version; its
    /// training batches are used.
    Cifar10(PathBuf),
    /// `npy:FILE`: a NumPy array, float32 `[n, c, h, w]`, used as it is.
    Npy(PathBuf),
    /// `noise`: standard normal values.
    Noise,
}

/// A text that names no image source.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown image source `{0}`: use builtin, cifar10:DIR, npy:FILE or noise")]
pub struct UnknownSource(String);

impl std::str::FromStr for ImageSource {
    type Err = UnknownSource;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            None if text == "builtin" => Ok(Self::Builtin),
            None if text == "noise" => Ok(Self::Noise),
            Some(("cifar10", folder)) if !folder.is_empty() => Ok(Self::Cifar10(folder.into())),
            Some(("npy", file)) if !file.is_empty() => Ok(Self::Npy(file.into())),
            _ => Err(UnknownSource(text.to_owned())),
        }
    }
}

impl std::fmt::Display for ImageSource {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Builtin => formatter.write_str("builtin"),
            Self::Cifar10(folder) => write!(formatter, "cifar10:{}", folder.display()),
            Self::Npy(file) => write!(formatter, "npy:{}", file.display()),
            Self::Noise => formatter.write_str("noise"),
        }
    }
}

impl TryFrom<String> for ImageSource {
    type Error = UnknownSource;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ImageSource> for String {
    fn from(source: ImageSource) -> Self {
        source.to_string()
    }
}
