//! NumPy arrays of images, `[n, c, h, w]` of floating-point numbers, in separate files or in archives.
//!
//! Values are used as they are, or scaled as pixels ([`super::array_values`]). Images of a different height or
//! width are resized, and the user is notified.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use super::array_values::ArrayValues;
use super::npy_header::NpyHeader;
use super::{Batch, DataError, ImageFacts, ImageRequest, LoadedImages, draw, resize, tensor_file};
use crate::graph::Shape;
use crate::input::{InputError, InputKind, open_input};

/// A file.
pub(super) fn load(request: &ImageRequest<'_>, path: &Path) -> Result<LoadedImages, DataError> {
    let advice = "give a .npy file that you have permission to read";
    let (file, size_bytes) = open(path, advice)?;
    let mut file = BufReader::new(file);
    let origin = path.display().to_string();
    let wrong = |reason| DataError::Content { path: path.to_owned(), reason };
    let array = match tensor_file::find(&mut file, size_bytes).map_err(wrong)? {
        Some((header, end)) => NpyArray::new(request, path, &origin, end, header)?,
        None => NpyArray::read(request, path, &origin, size_bytes, &mut file)?,
    };
    array.images(request, &mut SeekableFile(file))
}

/// The three extents of an image in an array.
pub(super) fn extents(path: &Path) -> Result<[usize; 3], DataError> {
    let (file, size_bytes) = open(path, "give a .npy file that you have permission to read")?;
    let mut file = BufReader::new(file);
    let wrong = |reason| DataError::Content { path: path.to_owned(), reason };
    match tensor_file::find(&mut file, size_bytes).map_err(wrong)? {
        Some((header, _)) => header.shape().map(|[_, a, b, c]| [a, b, c]).map_err(wrong),
        None => extents_of(path, &mut file),
    }
}

/// The same of an opened array.
pub(super) fn extents_of(path: &Path, file: &mut impl Read) -> Result<[usize; 3], DataError> {
    let wrong = |reason| DataError::Content { path: path.to_owned(), reason };
    let [_, a, b, c] = NpyHeader::read(file).and_then(|header| header.shape()).map_err(wrong)?;
    Ok([a, b, c])
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
    /// The shape of its images, channels first.
    shape: Shape,
    /// The extents of an image as they are stored.
    extents: [usize; 3],
    values: ArrayValues,
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
        Self::new(request, path, origin, size_bytes, header)
    }

    /// An array of that header, of `size_bytes` bytes with what stands before it.
    fn new(
        request: &ImageRequest<'_>,
        path: &'p Path,
        origin: &str,
        size_bytes: u64,
        header: NpyHeader,
    ) -> Result<Self, DataError> {
        let wrong = |reason| DataError::Content { path: path.to_owned(), reason };
        let overrides = request.overrides;
        if !overrides.scale && !overrides.bytes {
            header.check_float().map_err(wrong)?;
        }
        let [images, a, b, c] = header.shape().map_err(wrong)?;
        let extents = [a, b, c];
        let values = ArrayValues::new(request, extents)?;
        let shape = values.shape;
        let Shape { channels, height, width } = shape;
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
        Ok(Self { path, origin, header, images, shape, extents, values })
    }

    /// Reads the drawn images, in the order in which they lie in the file.
    pub(super) fn images(
        &self,
        request: &ImageRequest<'_>,
        file: &mut impl ArrayRead,
    ) -> Result<LoadedImages, DataError> {
        let indices = draw::select(request, &self.origin, self.images)?;
        let mut order: Vec<usize> = (0..indices.len()).collect();
        order.sort_unstable_by_key(|&place| indices[place]);
        let volume = request.shape.volume();
        let mut values = vec![0.0; indices.len() * volume];
        let bytes = request.overrides.bytes;
        let mut put = |place: usize, image: Vec<f32>| {
            let image = self.prepared(image, indices[place], bytes)?;
            let image = self.values.finish(self.resized(image, request.shape));
            values[place * volume..][..volume].copy_from_slice(&image);
            Ok::<(), DataError>(())
        };
        if self.header.fortran_order {
            let images = self.scattered(request, file, &indices, &order)?;
            order.into_iter().zip(images).try_for_each(|(place, image)| put(place, image))?;
        } else {
            let mut next = 0;
            for place in order {
                request.check_cancelled()?;
                put(place, self.image(file, indices[place], &mut next)?)?;
            }
        }
        let batch = Batch { images: indices.len(), shape: request.shape, values, indices };
        let notices = self.notice(request.shape).into_iter().collect();
        let [mean, std] = match self.values.normalisation() {
            Some(both) => both.map(Some),
            None => [None, None],
        };
        Ok(LoadedImages {
            batch,
            facts: ImageFacts { mean, std, notices, ..ImageFacts::default() },
        })
    }

    /// The values of an image as the network takes them.
    fn prepared(&self, image: Vec<f32>, index: usize, bytes: bool) -> Result<Vec<f32>, DataError> {
        self.values.prepare(image).map_err(|value| {
            if bytes {
                let found = format!("the value {value} in image {index}");
                return DataError::NotBytes { origin: self.origin.clone(), found };
            }
            let reason = format!(
                "image {index} holds {value}: the option `scale` is for pixels from 0 to 255; leave it out \
                 for values that are normalised"
            );
            DataError::Content { path: self.path.to_owned(), reason }
        })
    }

    /// An error in reading.
    fn read_error(&self, source: std::io::Error) -> DataError {
        let advice = "the file is damaged or truncated: save the array again";
        DataError::Read { path: self.path.to_owned(), advice, source }
    }

    /// Reads `count` values.
    fn read_values(&self, file: &mut impl ArrayRead, count: usize) -> Result<Vec<f32>, DataError> {
        let value_bytes = self.header.value_bytes();
        let wanted = count * value_bytes;
        let mut bytes = Vec::new();
        let read = file.by_ref().take(wanted as u64).read_to_end(&mut bytes);
        if read.map_err(|error| self.read_error(error))? != wanted {
            return Err(self.read_error(std::io::ErrorKind::UnexpectedEof.into()));
        }
        let value = |bytes: &[u8]| self.header.value(bytes) as f32;
        Ok(bytes.chunks_exact(value_bytes).map(value).collect())
    }

    /// The values of one image; `next` is the image that the file stands before.
    fn image(
        &self,
        file: &mut impl ArrayRead,
        index: usize,
        next: &mut usize,
    ) -> Result<Vec<f32>, DataError> {
        let image_bytes = (self.shape.volume() * self.header.value_bytes()) as u64;
        let skipped = file.skip((index - *next) as u64 * image_bytes);
        skipped.map_err(|error| self.read_error(error))?;
        *next = index + 1;
        let values = self.read_values(file, self.shape.volume())?;
        self.check_finite(index, &values)?;
        Ok(values)
    }

    /// The values of the images of an array in Fortran order, in which images vary fastest, in the order
    /// of their numbers.
    fn scattered(
        &self,
        request: &ImageRequest<'_>,
        file: &mut impl ArrayRead,
        indices: &[usize],
        order: &[usize],
    ) -> Result<Vec<Vec<f32>>, DataError> {
        let [first, second, third] = self.extents;
        let mut images = vec![vec![0.0; self.shape.volume()]; order.len()];
        for k in 0..third {
            for j in 0..second {
                request.check_cancelled()?;
                for i in 0..first {
                    let values = self.read_values(file, self.images)?;
                    let place = (i * second + j) * third + k;
                    for (image, &number) in images.iter_mut().zip(order) {
                        image[place] = values[indices[number]];
                    }
                }
            }
        }
        for (image, &number) in images.iter().zip(order) {
            self.check_finite(indices[number], image)?;
        }
        Ok(images)
    }

    fn check_finite(&self, index: usize, values: &[f32]) -> Result<(), DataError> {
        match values.iter().find(|value| !value.is_finite()) {
            None => Ok(()),
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
