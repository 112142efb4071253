//! NumPy arrays of images, float32 `[n, c, h, w]`, in separate files or in archives.
//!
//! Values are used as they are. Images of a different height or width are resized, and the user is
//! notified.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use super::npy_header::NpyHeader;
use super::{Batch, DataError, ImageFacts, ImageRequest, LoadedImages, draw, resize};
use crate::graph::Shape;
use crate::input::{InputError, InputKind, open_input};

/// A file.
pub(super) fn load(request: &ImageRequest<'_>, path: &Path) -> Result<LoadedImages, DataError> {
    let advice = "give a .npy file that you have permission to read";
    let (file, size_bytes) = open(path, advice)?;
    let mut file = BufReader::new(file);
    let array = NpyArray::read(request, path, &path.display().to_string(), size_bytes, &mut file)?;
    array.images(request, &mut SeekableFile(file))
}

/// A file and its size.
pub(super) fn open(path: &Path, advice: &'static str) -> Result<(File, u64), DataError> {
    let read = |source| DataError::Read { path: path.to_owned(), advice, source };
    let file = open_input(path, InputKind::Images).map_err(|error| match error {
        InputError::NotAFile { .. } => {
            DataError::Kind { path: path.to_owned(), needed: "file", advice }
        }
        other => read(other.into()),
    })?;
    let size_bytes = file.metadata().map_err(read)?.len();
    Ok((file, size_bytes))
}

/// Bytes that come one after the other, some of which are not needed.
pub(super) trait ArrayRead: Read {
    /// Goes past `count` bytes.
    fn skip(&mut self, count: u64) -> std::io::Result<()>;
}

/// Goes past bytes without reading them.
struct SeekableFile(BufReader<File>);

impl Read for SeekableFile {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(buffer)
    }
}

impl ArrayRead for SeekableFile {
    fn skip(&mut self, count: u64) -> std::io::Result<()> {
        let distance = i64::try_from(count).map_err(std::io::Error::other)?;
        self.0.seek_relative(distance)
    }
}

/// An array whose header was read.
pub(super) struct NpyArray<'p> {
    path: &'p Path,
    /// The array, as the user knows it.
    origin: String,
    header: NpyHeader,
    images: usize,
    /// The shape of its images.
    shape: Shape,
}

impl<'p> NpyArray<'p> {
    /// Reads the header of an array of `size_bytes` bytes, header included.
    pub(super) fn read(
        request: &ImageRequest<'_>,
        path: &'p Path,
        origin: &str,
        size_bytes: u64,
        file: &mut impl Read,
    ) -> Result<Self, DataError> {
        let wrong = |reason| DataError::Content { path: path.to_owned(), reason };
        let header = NpyHeader::read(file).map_err(wrong)?;
        let [images, channels, height, width] = header.shape().map_err(wrong)?;
        let shape = Shape::new(channels, height, width);
        let found = || shape.to_string();
        let (origin, needed) = (origin.to_owned(), request.shape);
        let fits = header.is_of_images() || shape == needed;
        if channels != needed.channels || !fits {
            let advice = "save the array as [n, c, h, w] with the channels of the network's input";
            return Err(DataError::Shape { origin, found: found(), needed, advice });
        }
        if height == 0 || width == 0 {
            return Err(DataError::EmptyImage(shape));
        }
        header.check_size(size_bytes).map_err(wrong)?;
        Ok(Self { path, origin, header, images, shape })
    }

    /// Reads the drawn images, in the order in which they lie in the file.
    pub(super) fn images(
        &self,
        request: &ImageRequest<'_>,
        file: &mut impl ArrayRead,
    ) -> Result<LoadedImages, DataError> {
        let indices = draw::select(&self.origin, self.images, request.batch_size, request.seed)?;
        let mut order: Vec<usize> = (0..indices.len()).collect();
        order.sort_unstable_by_key(|&place| indices[place]);
        let volume = request.shape.volume();
        let mut values = vec![0.0; indices.len() * volume];
        let mut next = 0;
        for place in order {
            request.check_cancelled()?;
            let image = self.image(file, indices[place], &mut next)?;
            values[place * volume..][..volume].copy_from_slice(&self.resized(image, request.shape));
        }
        let batch = Batch { images: indices.len(), shape: request.shape, values, indices };
        let notices = self.notice(request.shape).into_iter().collect();
        Ok(LoadedImages { batch, facts: ImageFacts { notices, ..ImageFacts::default() } })
    }

    /// The values of one image; `next` is the image that the file stands before.
    fn image(
        &self,
        file: &mut impl ArrayRead,
        index: usize,
        next: &mut usize,
    ) -> Result<Vec<f32>, DataError> {
        let advice = "the file is damaged or truncated: save the array again";
        let read = |source| DataError::Read { path: self.path.to_owned(), advice, source };
        let image_bytes = self.shape.volume() as u64 * 4;
        file.skip((index - *next) as u64 * image_bytes).map_err(read)?;
        *next = index + 1;
        let mut bytes = Vec::new();
        file.by_ref().take(image_bytes).read_to_end(&mut bytes).map_err(read)?;
        if bytes.len() as u64 != image_bytes {
            return Err(read(std::io::ErrorKind::UnexpectedEof.into()));
        }
        let values = bytes.as_chunks().0.iter().map(|&word| self.header.value(word));
        let values: Vec<f32> = values.collect();
        match values.iter().find(|value| !value.is_finite()) {
            None => Ok(values),
            Some(value) => {
                let reason = format!("image {index} holds {value}: every value must be finite");
                Err(DataError::Content { path: self.path.to_owned(), reason })
            }
        }
    }

    fn resized(&self, image: Vec<f32>, to: Shape) -> Vec<f32> {
        let Shape { height, width, .. } = self.shape;
        if self.shape == to {
            return image;
        }
        let planes = image.chunks_exact(height * width);
        let resized = planes
            .map(|plane| resize::resize(plane.to_vec(), [height, width], [to.height, to.width]));
        resized.flatten().collect()
    }

    fn notice(&self, to: Shape) -> Option<String> {
        let Self { origin, shape, .. } = self;
        (*shape != to).then(|| format!("{origin} has images of {shape}: they are resized to {to}"))
    }
}
