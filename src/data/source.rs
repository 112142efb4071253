//! Image sources and how they are written, such as `cifar10:DIR`.

use std::path::{Path, PathBuf};

/// Where images come from.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ImageSource {
    /// `builtin`: natural pictures that come with the program.
    #[default]
    Builtin,
    /// `cifar10:DIR`: the training batches of CIFAR-10, `data_batch_*.bin` of the binary version or
    /// `data_batch_*` of the Python version.
    Cifar10(PathBuf),
    /// `cifar100:DIR`: the training images of CIFAR-100, `train.bin` or `train`.
    Cifar100(PathBuf),
    /// `imagenet16:DIR`: 16x16 down-sampled ImageNet, `train_data_batch_*`.
    ImageNet16(PathBuf),
    /// `folder:DIR`: pictures in a folder and its sub-folders, or in a `.tar` or `.zip` file.
    Folder(PathBuf),
    /// `idx:FILE`: grey pictures as MNIST has them, packed by gzip or not, or the folder of the file.
    Idx(PathBuf),
    /// `stl10:DIR`: the training images of STL-10, `train_X.bin`.
    Stl10(PathBuf),
    /// `svhn:FILE`: the cropped digits of SVHN, `train_32x32.mat`, or the folder of the file.
    Svhn(PathBuf),
    /// `npy:FILE`: a NumPy array, floating-point `[n, c, h, w]`, used as it is.
    Npy(PathBuf),
    /// `npz:FILE` or `npz:FILE:KEY`: such an array in an archive of NumPy's.
    Npz {
        /// The archive.
        file: PathBuf,
        /// The name of the array; without one, the only array is used.
        key: Option<String>,
    },
    /// `noise`: standard normal values.
    Noise,
}

/// All ways to write an image source.
const SOURCES: &str = "builtin, cifar10:DIR, cifar100:DIR, imagenet16:DIR, folder:DIR, idx:FILE, \
                       stl10:DIR, svhn:FILE, npy:FILE, npz:FILE[:KEY] or noise";

/// A text that names no image source.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown image source `{0}`: use {SOURCES}")]
pub struct UnknownSource(String);

impl ImageSource {
    /// The word before the colon.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Builtin => "builtin",
            Self::Cifar10(_) => "cifar10",
            Self::Cifar100(_) => "cifar100",
            Self::ImageNet16(_) => "imagenet16",
            Self::Folder(_) => "folder",
            Self::Idx(_) => "idx",
            Self::Stl10(_) => "stl10",
            Self::Svhn(_) => "svhn",
            Self::Npy(_) => "npy",
            Self::Npz { .. } => "npz",
            Self::Noise => "noise",
        }
    }

    /// Whether it holds images as bytes, which are normalised, rather than values used as they are.
    pub fn is_image_data(&self) -> bool {
        !matches!(self, Self::Npy(_) | Self::Npz { .. } | Self::Noise)
    }

    /// Whether it is an array, whose values may be anything.
    pub fn is_array(&self) -> bool {
        matches!(self, Self::Npy(_) | Self::Npz { .. })
    }

    fn path(&self) -> Option<&Path> {
        match self {
            Self::Builtin | Self::Noise => None,
            Self::Cifar10(path)
            | Self::Cifar100(path)
            | Self::ImageNet16(path)
            | Self::Folder(path)
            | Self::Idx(path)
            | Self::Stl10(path)
            | Self::Svhn(path)
            | Self::Npy(path)
            | Self::Npz { file: path, .. } => Some(path),
        }
    }
}

/// Archive and key; a key stands behind a name that ends in .npz.
fn npz(text: &str) -> ImageSource {
    let is_archive = |name: &str| name.to_ascii_lowercase().ends_with(".npz");
    match text.rsplit_once(':').filter(|(file, _)| is_archive(file)) {
        Some((file, key)) => ImageSource::Npz { file: file.into(), key: Some(key.to_owned()) },
        None => ImageSource::Npz { file: text.into(), key: None },
    }
}

impl std::str::FromStr for ImageSource {
    type Err = UnknownSource;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, rest) = text.split_once(':').unwrap_or((text, ""));
        match (name, text.contains(':')) {
            ("builtin", false) => Ok(Self::Builtin),
            ("noise", false) => Ok(Self::Noise),
            _ if rest.is_empty() => Err(UnknownSource(text.to_owned())),
            ("cifar10", _) => Ok(Self::Cifar10(rest.into())),
            ("cifar100", _) => Ok(Self::Cifar100(rest.into())),
            ("imagenet16", _) => Ok(Self::ImageNet16(rest.into())),
            ("folder", _) => Ok(Self::Folder(rest.into())),
            ("idx", _) => Ok(Self::Idx(rest.into())),
            ("stl10", _) => Ok(Self::Stl10(rest.into())),
            ("svhn", _) => Ok(Self::Svhn(rest.into())),
            ("npy", _) => Ok(Self::Npy(rest.into())),
            ("npz", _) => Ok(npz(rest)),
            _ => Err(UnknownSource(text.to_owned())),
        }
    }
}

impl std::fmt::Display for ImageSource {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name())?;
        if let Some(path) = self.path() {
            write!(formatter, ":{}", path.display())?;
        }
        match self {
            Self::Npz { key: Some(key), .. } => write!(formatter, ":{key}"),
            _ => Ok(()),
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
