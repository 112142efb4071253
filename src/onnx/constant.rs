//! Constant tensors during the reading of a model: weights, and the small integer tensors from which
//! exported models compute shapes and paddings.

/// Most axes of a constant.
pub(super) const MAX_AXES: usize = 32;

/// A constant tensor, row-major.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ConstantTensor {
    /// The extents; none for a single value.
    pub dims: Vec<usize>,
    /// As many values as the extents' product.
    pub data: ConstantData,
    /// The axis along which the model repeats the values for every image; its extent is 1 here.
    pub images: Option<usize>,
}

/// The values of a constant.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum ConstantData {
    /// Numbers.
    Float(Vec<f32>),
    /// Whole numbers.
    Int(Vec<SymbolicInt>),
}

/// A whole number that may depend on the size of the mini-batch, where a model leaves that open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SymbolicInt {
    /// A number.
    Known(i64),
    /// So many times the number of images.
    Images(i64),
}

impl SymbolicInt {
    /// The number, if it does not depend on the size of the batch.
    pub fn known(self) -> Option<i64> {
        match self {
            Self::Known(value) => Some(value),
            Self::Images(_) => None,
        }
    }

    /// The sum, if it is a number or a multiple of the batch size.
    pub fn plus(self, other: Self) -> Option<Self> {
        match (self, other) {
            (Self::Known(a), Self::Known(b)) => a.checked_add(b).map(Self::Known),
            (Self::Images(a), Self::Images(b)) => a.checked_add(b).map(Self::of_images),
            (value, Self::Known(0)) | (Self::Known(0), value) => Some(value),
            _ => None,
        }
    }

    /// The product, if it is a number or a multiple of the batch size.
    pub fn times(self, other: Self) -> Option<Self> {
        match (self, other) {
            (Self::Known(a), Self::Known(b)) => a.checked_mul(b).map(Self::Known),
            (Self::Images(a), Self::Known(b)) | (Self::Known(a), Self::Images(b)) => {
                a.checked_mul(b).map(Self::of_images)
            }
            _ => None,
        }
    }

    /// The quotient, if it is exact and a number or a multiple of the batch size.
    pub fn over(self, other: Self) -> Option<Self> {
        let exact = |a: i64, b: i64| (a.checked_rem(b)? == 0).then(|| a.checked_div(b)).flatten();
        match (self, other) {
            (Self::Known(a), Self::Known(b)) | (Self::Images(a), Self::Images(b)) => {
                exact(a, b).map(Self::Known)
            }
            (Self::Images(a), Self::Known(b)) => exact(a, b).map(Self::of_images),
            (Self::Known(0), Self::Images(_)) => Some(Self::Known(0)),
            _ => None,
        }
    }

    /// Whether two numbers are equal, if that does not depend on the size of the batch, which is at
    /// least 1.
    pub fn equals(self, other: Self) -> Option<bool> {
        match (self, other) {
            (Self::Known(a), Self::Known(b)) | (Self::Images(a), Self::Images(b)) => Some(a == b),
            (Self::Images(a), Self::Known(b)) | (Self::Known(b), Self::Images(a)) => {
                (b == 0 || (a > 0) != (b > 0)).then_some(false)
            }
        }
    }

    /// A multiple of the batch size.
    fn of_images(times: i64) -> Self {
        if times == 0 { Self::Known(0) } else { Self::Images(times) }
    }
}

impl std::fmt::Display for SymbolicInt {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Known(value) => value.fmt(formatter),
            Self::Images(1) => formatter.write_str("n"),
            Self::Images(times) => write!(formatter, "{times}n"),
        }
    }
}

impl ConstantTensor {
    /// A tensor that is the same for every image.
    pub fn new(dims: Vec<usize>, data: ConstantData) -> Self {
        Self { dims, data, images: None }
    }

    /// A tensor of real numbers.
    pub fn reals(dims: Vec<usize>, values: Vec<f32>) -> Self {
        Self::new(dims, ConstantData::Float(values))
    }

    /// A tensor of whole numbers that do not depend on the size of the batch.
    pub fn ints_of(dims: Vec<usize>, values: impl Iterator<Item = i64>) -> Self {
        Self::new(dims, ConstantData::Int(values.map(SymbolicInt::Known).collect()))
    }

    /// A vector of whole numbers.
    pub fn wholes(values: Vec<SymbolicInt>) -> Self {
        Self::new(vec![values.len()], ConstantData::Int(values))
    }

    /// The same values, repeated for every image along an axis of extent 1.
    pub fn with_images(self, images: Option<usize>) -> Self {
        Self { images, ..self }
    }

    /// The model's extents.
    pub fn extents_of_batch(&self) -> Vec<SymbolicInt> {
        let extent = |(axis, &extent): (usize, &usize)| match self.images {
            Some(images) if images == axis => SymbolicInt::Images(1),
            _ => SymbolicInt::Known(i64::try_from(extent).unwrap_or(i64::MAX)),
        };
        self.dims.iter().enumerate().map(extent).collect()
    }

    /// The number of values.
    pub fn len(&self) -> usize {
        match &self.data {
            ConstantData::Float(values) => values.len(),
            ConstantData::Int(values) => values.len(),
        }
    }

    /// The values as numbers, or what they are instead.
    pub fn floats(&self) -> Result<&[f32], String> {
        match &self.data {
            ConstantData::Float(values) => Ok(values),
            ConstantData::Int(_) => {
                Err("holds whole numbers where real ones are expected".to_owned())
            }
        }
    }

    /// The values as whole numbers that may be the batch size, or what they are instead.
    pub fn extents(&self) -> Result<&[SymbolicInt], String> {
        match &self.data {
            ConstantData::Int(values) => Ok(values),
            ConstantData::Float(_) => {
                Err("holds real numbers where whole ones are expected".to_owned())
            }
        }
    }

    /// The values as whole numbers, or why they are not.
    pub fn ints(&self) -> Result<Vec<i64>, String> {
        let known = |value: &SymbolicInt| {
            value.known().ok_or_else(|| "depends on the size of the batch".to_owned())
        };
        self.extents()?.iter().map(known).collect()
    }

    /// Whether this is that one number.
    pub fn is_number(&self, number: f32) -> bool {
        match &self.data {
            ConstantData::Float(values) => values[..] == [number],
            ConstantData::Int(values) => {
                matches!(values[..], [SymbolicInt::Known(value)] if value as f32 == number)
            }
        }
    }

    /// A new tensor of the values at `indices`, in that order.
    pub fn pick(&self, dims: Vec<usize>, indices: impl Iterator<Item = usize>) -> Self {
        let data = match &self.data {
            ConstantData::Float(values) => {
                ConstantData::Float(indices.map(|index| values[index]).collect())
            }
            ConstantData::Int(values) => {
                ConstantData::Int(indices.map(|index| values[index]).collect())
            }
        };
        Self::new(dims, data)
    }

    /// The same values in another shape of equal volume.
    pub fn reshaped(&self, dims: Vec<usize>) -> Self {
        Self::new(dims, self.data.clone())
    }
}

/// The product of extents, unless it is too large to count.
pub(super) fn volume(dims: &[usize]) -> Option<usize> {
    dims.iter().try_fold(1_usize, |volume, &extent| volume.checked_mul(extent))
}

/// How far apart neighbours along each axis lie in a row-major tensor.
pub(super) fn strides(dims: &[usize]) -> Vec<usize> {
    let mut strides = vec![1_usize; dims.len()];
    for axis in (1..dims.len()).rev() {
        strides[axis - 1] = strides[axis].saturating_mul(dims[axis]);
    }
    strides
}

/// All positions of a tensor of extents `dims`, as offsets under other strides.
pub(super) fn offsets(dims: &[usize], strides: &[usize]) -> impl Iterator<Item = usize> + use<> {
    let axes: Vec<(usize, usize)> = dims.iter().copied().zip(strides.iter().copied()).collect();
    let mut position = vec![0; axes.len()];
    let mut offset = 0;
    (0..volume(dims).unwrap_or(0)).map(move |_| {
        let here = offset;
        for (at, &(extent, stride)) in position.iter_mut().zip(&axes).rev() {
            *at += 1;
            offset += stride;
            if *at < extent {
                break;
            }
            offset -= extent * stride;
            *at = 0;
        }
        here
    })
}

/// The positions `first + k * step` that one axis of a slice keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StridedRange {
    /// The first position kept.
    pub first: usize,
    /// The step, not 0.
    pub step: i64,
    /// Positions kept.
    pub count: usize,
}

impl StridedRange {
    /// Resolves start, end and step of a slice as defined by ONNX: negative positions count from the
    /// end, and positions outside are clamped. `None` if the step is 0.
    pub fn resolve(start: i64, end: i64, step: i64, extent: usize) -> Option<Self> {
        let size = i64::try_from(extent).ok()?;
        let from_end = |position: i64| if position < 0 { position + size } else { position };
        let (low, high) = if step > 0 { (0, size) } else { (-1, size - 1) };
        let start = from_end(start).clamp(if step > 0 { 0 } else { low.max(0) }, high.max(0));
        let end = from_end(end).clamp(low, high.max(low));
        let span = i128::from(end) - i128::from(start);
        let step = (step != 0).then_some(step)?;
        let count =
            span.checked_add(i128::from(step) - i128::from(step.signum()))? / i128::from(step);
        let count = if extent == 0 { 0 } else { usize::try_from(count).unwrap_or(0) };
        Some(Self { first: usize::try_from(start).ok()?, step, count })
    }

    /// The positions in order.
    pub fn positions(self) -> impl Iterator<Item = usize> {
        // Every position lies inside the axis, so the sum neither wraps nor turns negative.
        (0..self.count).map(move |k| (self.first as i64 + k as i64 * self.step) as usize)
    }

    /// Whether all of an axis is kept in order.
    pub fn is_whole(self, extent: usize) -> bool {
        self.first == 0 && self.count == extent && (self.step == 1 || extent == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(start: i64, end: i64, step: i64, extent: usize) -> Vec<usize> {
        StridedRange::resolve(start, end, step, extent).unwrap().positions().collect()
    }

    #[test]
    fn ranges_follow_the_standard() {
        assert_eq!(kept(1, i64::MAX, 1, 4), [1, 2, 3]);
        assert_eq!(kept(-1, i64::MIN + 1, -1, 4), [3, 2, 1, 0]);
        assert_eq!(kept(-1, i64::MIN, -1, 3), [2, 1, 0]);
        assert_eq!(kept(0, -1, 2, 6), [0, 2, 4]);
        assert_eq!(kept(i64::MIN, i64::MAX, i64::MAX, 5), [0]);
        assert_eq!(kept(i64::MAX, i64::MIN, i64::MIN, 5), [4]);
        assert_eq!(kept(3, 1, 1, 5), [0; 0]);
        assert_eq!(kept(1, 3, -1, 5), [0; 0]);
        assert_eq!(kept(9, 12, 1, 5), [0; 0]);
        assert_eq!(kept(0, 5, 1, 0), [0; 0]);
        assert_eq!(kept(-1, i64::MIN, -1, 0), [0; 0]);
        assert!(StridedRange::resolve(0, 1, 0, 4).is_none());
    }

    #[test]
    fn offsets_transpose() {
        let transposed: Vec<usize> = offsets(&[3, 2], &[1, 3]).collect();
        assert_eq!(transposed, [0, 3, 1, 4, 2, 5]);
    }
}
