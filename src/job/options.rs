//! How networks are scored: the space, the mini-batch, the device, seeds and weights.

use serde::{Deserialize, Serialize};

use super::{InvalidOption, JobOption};
use crate::data::{ImageOrder, ImageOverrides, ImageSource};
use crate::graph::Shape;
use crate::plan::Count;
use crate::score::{COMBINED, Components, DEFAULT_COMPONENTS, Score, ScoreSet};
use crate::space::{Space, SpaceError, SpaceOverride};
use crate::weights::Initialisation;

/// Which mini-batch scores see. Statistics over images and positions need few images, and of noise;
/// codes of images need many, and real ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MiniBatch {
    /// That of scores of binary codes: 128 images of the program, unless others are given.
    Codes,
    /// That of scores of channel moments: 4 images of noise, unless others are given.
    Moments,
}

impl MiniBatch {
    /// The other kind.
    pub const fn other(self) -> Self {
        match self {
            Self::Codes => Self::Moments,
            Self::Moments => Self::Codes,
        }
    }

    /// The kind of mini-batch these scores need; that of codes if they need none.
    pub fn of(scores: ScoreSet) -> Self {
        let mut passes = scores.iter().filter(|score| score.needs_forward_pass()).peekable();
        if passes.peek().is_some() && passes.all(Score::takes_few_images) {
            Self::Moments
        } else {
            Self::Codes
        }
    }
}

/// How networks are scored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Options {
    /// Search space: the ID of a built-in space (see `spaces`), or a space file (.toml, .json)
    pub space: String,
    /// Number of images in the mini-batch, at least 2; see [`Options::batch_size`]
    pub batch_size: Option<usize>,
    /// Source of the images: builtin, cifar10:DIR or cifar100:DIR (binary or Python version),
    /// imagenet16:DIR (train_data_batch_*), folder:DIR (picture files, also in sub-folders, or a .tar or
    /// .zip of them), idx:FILE (as of MNIST), stl10:DIR, svhn:FILE, npy:FILE, npz:FILE or npz:FILE:KEY
    /// (floating-point `[n, c, h, w]`, used as they are) or noise; see [`Options::images`]
    pub images: Option<ImageSource>,
    /// Per-channel mean to subtract from pixel values between 0 and 1; not for noise, and for npy and npz
    /// only with scale
    /// (default: that of the dataset)
    pub mean: Option<Vec<f64>>,
    /// Per-channel standard deviation to divide by after subtracting the mean; not for noise, and for npy
    /// and npz only with scale
    /// (default: that of the dataset)
    pub std: Option<Vec<f64>>,
    /// npy and npz only: values are pixels from 0 to 255, to be divided by 255 and normalised as pictures
    /// are
    #[serde(default)]
    pub scale: bool,
    /// imagenet16 only: use only images of the first N classes (default: 120)
    pub image_classes: Option<u32>,
    /// Which images to take: file (the first ones, in the order of the source) or random (drawn by the
    /// seed); by default file for arrays of exactly as many images as the batch, random for others
    #[serde(default)]
    pub image_order: Option<ImageOrder>,
    /// Device: auto (a discrete, integrated or virtual GPU if there is one, otherwise the CPU), cpu, gpu
    /// (the best hardware adapter), or part of the name of an adapter (see `devices`)
    pub device: String,
    /// Overall random seed: of the architectures, the images and the weights
    #[serde(with = "super::file::seed")]
    pub seed: u64,
    /// Random seed of the architectures only; see [`Options::architecture_seed`]
    #[serde(default)]
    pub architecture_seed: Option<u64>,
    /// Random seed of the images only; see [`Options::image_seed`]
    #[serde(default)]
    pub image_seed: Option<u64>,
    /// Random seed of the weights only; see [`Options::weight_seed`]
    #[serde(default)]
    pub weight_seed: Option<u64>,
    /// Which activations count: paper (each call once), published (as the published code does: twice for
    /// a ReLU at the start of a ReLUConvBN module), or live (only those on a path from input to output)
    pub count: Count,
    /// Weight initialisations per network; the score is their mean
    pub repeats: u32,
    /// Distribution of the initial weights: pytorch-default, kaiming-fan-out, kaiming-normal,
    /// xavier-normal, orthogonal, uniform:A or normal:S (default: that of the space; pytorch-default for an
    /// ONNX model)
    pub initialisation: Option<Initialisation>,
    /// Shape of one image, CxHxW (default: that of the space or the model)
    pub input: Option<Shape>,
    /// Number of classes (default: that of the space)
    pub classes: Option<usize>,
    /// Values of the space file to override, such as skeleton.cells=1 (see `spaces show`)
    #[serde(default)]
    pub set: Vec<SpaceOverride>,
    /// Further scores to compute in addition to the one that ranks
    #[serde(default)]
    pub also: Vec<String>,
}

impl Default for Options {
    /// The defaults of the command line.
    fn default() -> Self {
        Self {
            space: "nas-bench-201".to_owned(),
            batch_size: None,
            images: None,
            mean: None,
            std: None,
            scale: false,
            image_classes: None,
            image_order: None,
            device: "auto".to_owned(),
            seed: 0,
            architecture_seed: None,
            image_seed: None,
            weight_seed: None,
            count: Count::Paper,
            repeats: 1,
            initialisation: None,
            input: None,
            classes: None,
            set: Vec::new(),
            also: Vec::new(),
        }
    }
}

impl Options {
    /// The space, with overridden values.
    ///
    /// # Errors
    ///
    /// [`SpaceError`] if there is no such space, or if the overridden values are invalid.
    pub fn open_space(&self) -> Result<Space, SpaceError> {
        Space::open_with(&self.space, &settings(&self.set, self.input, self.classes))
    }

    /// The number of images in the mini-batch for scores of this kind.
    pub fn batch_size(&self, of: MiniBatch) -> usize {
        self.batch_size.unwrap_or(match of {
            MiniBatch::Codes => 128,
            MiniBatch::Moments => 4,
        })
    }

    /// The source of the images for scores of this kind.
    pub fn images(&self, of: MiniBatch) -> ImageSource {
        self.images.clone().unwrap_or(match of {
            MiniBatch::Codes => ImageSource::Builtin,
            MiniBatch::Moments => ImageSource::Noise,
        })
    }

    /// The mini-batch for scores of this kind, in words, such as `4 images (noise)`.
    pub fn images_text(&self, of: MiniBatch) -> String {
        format!("{} images ({})", self.batch_size(of), self.images(of))
    }

    /// The seed of sampling architectures and of the choices of strategies.
    pub fn architecture_seed(&self) -> u64 {
        self.architecture_seed.unwrap_or(self.seed)
    }

    /// The seed of the images.
    pub fn image_seed(&self) -> u64 {
        self.image_seed.unwrap_or(self.seed)
    }

    /// The seed of the weights.
    pub fn weight_seed(&self) -> u64 {
        self.weight_seed.unwrap_or(self.seed)
    }

    /// Whether both kinds of scores see the same mini-batch.
    pub fn shares_batch(&self) -> bool {
        let [codes, moments] = [MiniBatch::Codes, MiniBatch::Moments];
        self.batch_size(codes) == self.batch_size(moments)
            && self.images(codes) == self.images(moments)
    }

    /// The scores to compute in addition to the one that ranks.
    ///
    /// # Errors
    ///
    /// [`InvalidOption`] with similar names if a name is unknown.
    pub fn also(&self) -> Result<ScoreSet, InvalidOption> {
        let mut scores = ScoreSet::NONE;
        for name in &self.also {
            let refuse = |reason| InvalidOption::new(JobOption::Also, reason);
            if name == COMBINED {
                let components = DEFAULT_COMPONENTS.join(",");
                return Err(refuse(format!(
                    "cannot be `combined`, which compares the architectures of a search: use its \
                     components: {components}; `describe --scores` compares a single architecture with others"
                )));
            }
            scores = scores.and(Components::from_names([name.as_str()]).map_err(refuse)?.scores());
        }
        Ok(scores)
    }

    /// The settings that replace the image source's.
    pub fn image_overrides(&self) -> ImageOverrides {
        let (mean, deviation) = (self.mean.clone(), self.std.clone());
        let (classes, order, scale) = (self.image_classes, self.image_order, self.scale);
        ImageOverrides { mean, deviation, classes, order, scale, ..ImageOverrides::default() }
    }
}

/// Replaced values, with those that have a flag of their own.
fn settings(
    set: &[SpaceOverride],
    input: Option<Shape>,
    classes: Option<usize>,
) -> Vec<SpaceOverride> {
    let mut settings = set.to_vec();
    if let Some(Shape { channels, height, width }) = input {
        settings.push(SpaceOverride::new("input.channels", channels));
        settings.push(SpaceOverride::new("input.height", height));
        settings.push(SpaceOverride::new("input.width", width));
    }
    settings.extend(classes.map(|classes| SpaceOverride::new("classes", classes)));
    settings
}
