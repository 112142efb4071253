//! Decodes tensor messages: bytes or typed fields, in the file or in an external one.

use std::borrow::Cow;

use super::constant::{ConstantData, ConstantTensor, MAX_AXES, SymbolicInt, volume};
use super::error::OnnxProblem;
use super::external::ExternalData;
use super::proto::{DataLocation, DataType, TensorProto};

/// Decodes a tensor.
///
/// Real types become `f32`, whole types and truth values `i64`. The extents' product must match the
/// number of values that are there, so memory is bounded by the sizes of the files.
pub(super) fn decode(
    tensor: &TensorProto,
    external: &mut ExternalData<'_>,
) -> Result<ConstantTensor, OnnxProblem> {
    let fail = |reason: String| OnnxProblem::Tensor { tensor: tensor.name.clone(), reason };
    if tensor.dims.len() > MAX_AXES {
        return Err(fail(format!(
            "has {} axes, at most {MAX_AXES} are allowed",
            tensor.dims.len()
        )));
    }
    let dims: Option<Vec<usize>> = tensor.dims.iter().map(|&d| usize::try_from(d).ok()).collect();
    let sized = dims.and_then(|dims| volume(&dims).map(|count| (dims, count)));
    let (dims, count) =
        sized.ok_or_else(|| fail(format!("has the impossible shape {:?}", tensor.dims)))?;
    let kind = DataType::try_from(tensor.data_type).unwrap_or(DataType::Undefined);
    let size = size_bytes(kind).ok_or_else(|| fail(unknown_type(tensor.data_type)))?;
    let needed = count
        .checked_mul(size)
        .ok_or_else(|| fail(format!("has the impossible shape {dims:?}")))?;
    let bytes = if tensor.data_location == DataLocation::External as i32 {
        Some(Cow::Owned(external.read(tensor, needed)?))
    } else {
        tensor.raw_data.as_deref().map(Cow::Borrowed)
    };
    let data = match bytes {
        Some(bytes) if bytes.len() != needed => {
            return Err(fail(format!(
                "of shape {dims:?} needs {needed} bytes, has {}",
                bytes.len()
            )));
        }
        Some(bytes) => from_bytes(kind, &bytes),
        None => from_fields(kind, tensor),
    };
    let constant = ConstantTensor::new(dims, data);
    if constant.len() != count {
        let found = constant.len();
        return Err(fail(format!(
            "of shape {:?} needs {count} values, has {found}",
            constant.dims
        )));
    }
    Ok(constant)
}

fn unknown_type(found: i32) -> String {
    format!(
        "has values of type number {found}; supported: float32, float64, float16, bfloat16, whole \
         numbers of 8 to 64 bits and bool"
    )
}

fn size_bytes(kind: DataType) -> Option<usize> {
    match kind {
        DataType::Undefined => None,
        DataType::Bool | DataType::Uint8 | DataType::Int8 => Some(1),
        DataType::Float16 | DataType::Bfloat16 | DataType::Uint16 | DataType::Int16 => Some(2),
        DataType::Float | DataType::Int32 | DataType::Uint32 => Some(4),
        DataType::Double | DataType::Int64 | DataType::Uint64 => Some(8),
    }
}

fn from_bytes(kind: DataType, bytes: &[u8]) -> ConstantData {
    match kind {
        DataType::Float => ConstantData::Float(values(bytes, f32::from_le_bytes)),
        DataType::Double => ConstantData::Float(values(bytes, |b| f64::from_le_bytes(b) as f32)),
        DataType::Float16 => ConstantData::Float(values(bytes, |b| half(u16::from_le_bytes(b)))),
        DataType::Bfloat16 => ConstantData::Float(values(bytes, |b| brain(u16::from_le_bytes(b)))),
        DataType::Uint8 => wholes(bytes, |b| u8::from_le_bytes(b).into()),
        DataType::Int8 => wholes(bytes, |b| i8::from_le_bytes(b).into()),
        DataType::Uint16 => wholes(bytes, |b| u16::from_le_bytes(b).into()),
        DataType::Int16 => wholes(bytes, |b| i16::from_le_bytes(b).into()),
        DataType::Uint32 => wholes(bytes, |b| u32::from_le_bytes(b).into()),
        DataType::Int32 => wholes(bytes, |b| i32::from_le_bytes(b).into()),
        DataType::Uint64 | DataType::Int64 => wholes(bytes, i64::from_le_bytes),
        DataType::Bool => wholes(bytes, |[b]: [u8; 1]| i64::from(b != 0)),
        DataType::Undefined => ConstantData::Int(Vec::new()),
    }
}

fn values<const SIZE: usize, T>(bytes: &[u8], value: impl Fn([u8; SIZE]) -> T) -> Vec<T> {
    bytes.as_chunks::<SIZE>().0.iter().map(|&chunk| value(chunk)).collect()
}

fn wholes<const SIZE: usize>(bytes: &[u8], value: impl Fn([u8; SIZE]) -> i64) -> ConstantData {
    ConstantData::Int(values(bytes, |chunk| SymbolicInt::Known(value(chunk))))
}

fn from_fields(kind: DataType, tensor: &TensorProto) -> ConstantData {
    let bits = |convert: fn(u16) -> f32| {
        ConstantData::Float(tensor.int32_data.iter().map(|&bits| convert(bits as u16)).collect())
    };
    let wholes =
        |values: &[i32]| values.iter().map(|&value| SymbolicInt::Known(value.into())).collect();
    match kind {
        DataType::Float => ConstantData::Float(tensor.float_data.clone()),
        DataType::Double => {
            ConstantData::Float(tensor.double_data.iter().map(|&value| value as f32).collect())
        }
        DataType::Float16 => bits(half),
        DataType::Bfloat16 => bits(brain),
        DataType::Int32
        | DataType::Bool
        | DataType::Uint8
        | DataType::Int8
        | DataType::Uint16
        | DataType::Int16 => ConstantData::Int(wholes(&tensor.int32_data)),
        DataType::Int64 => {
            ConstantData::Int(tensor.int64_data.iter().copied().map(SymbolicInt::Known).collect())
        }
        DataType::Uint32 | DataType::Uint64 => {
            let value = |&value: &u64| SymbolicInt::Known(i64::try_from(value).unwrap_or(i64::MAX));
            ConstantData::Int(tensor.uint64_data.iter().map(value).collect())
        }
        DataType::Undefined => ConstantData::Int(Vec::new()),
    }
}

/// IEEE 754 half precision.
fn half(bits: u16) -> f32 {
    let bits = u32::from(bits);
    let (sign, exponent, fraction) = (bits >> 15 << 31, bits >> 10 & 31, bits & 1023);
    match exponent {
        0 => {
            let magnitude = fraction as f32 / (1 << 24) as f32;
            f32::from_bits(sign | magnitude.to_bits())
        }
        31 => f32::from_bits(sign | 0x7f80_0000 | fraction << 13),
        _ => f32::from_bits(sign | (exponent + 112) << 23 | fraction << 13),
    }
}

/// The upper half of a 32-bit number.
fn brain(bits: u16) -> f32 {
    f32::from_bits(u32::from(bits) << 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_precision_values() {
        for (bits, value) in [
            (0x0000, 0.0),
            (0x8000, -0.0),
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x3555, 0.333_251_95),
            (0x7bff, 65504.0),
            (0x0001, 5.960_464_5e-8),
            (0x7c00, f32::INFINITY),
        ] {
            assert_eq!(half(bits).to_bits(), f32::to_bits(value), "{bits:#06x}");
        }
        assert!(half(0x7e00).is_nan());
        assert_eq!(brain(0x3fc0), 1.5);
    }
}
