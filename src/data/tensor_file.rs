//! Tensors in files of safetensors and of `torch.save`: where the values of the only one stand. Pickles
//! are read as data.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};

use serde_json::{Map, Value};
use zip::{CompressionMethod, ZipArchive};

use super::npy_header::{NpyHeader, ValueType};
use super::pickle::{self, PickleLimits, PickleValue};
use crate::tabular::{MAX_DIRECTORY_BYTES, check_directory};

/// How zip archives begin.
const ZIP: &[u8] = b"PK\x03\x04";
/// The longest header of a safetensors file, and the longest pickle of a tensor.
const MAX_HEADER_BYTES: u64 = 16 << 20;
const MAX_PICKLE_BYTES: u64 = 4 << 20;
/// What the pickle of a tensor may take.
const LIMITS: PickleLimits = PickleLimits { memory_bytes: 64 << 20, depth: 20 };
/// Tensors that a message names.
const NAMED: usize = 5;

/// The header of the tensor and the number of bytes up to its end, if a file is of these kinds; the file
/// stands before the values then.
pub(super) fn find(
    file: &mut BufReader<File>,
    size: u64,
) -> Result<Option<(NpyHeader, u64)>, String> {
    let mut head = Vec::new();
    let read = |error: std::io::Error| format!("cannot be read: {error}");
    file.by_ref().take(9).read_to_end(&mut head).map_err(read)?;
    file.seek(SeekFrom::Start(0)).map_err(read)?;
    let found = if head.starts_with(ZIP) {
        torch(file.get_ref(), size)?
    } else if head.get(8) == Some(&b'{') && !head.starts_with(b"\x93NUMPY") {
        safetensors(file, size)?
    } else {
        return Ok(None);
    };
    let Tensor { values, extents, start } = found;
    let header = NpyHeader::of_tensor(start, values, extents);
    let end = header.end().filter(|&end| end <= size);
    let end = end.ok_or("is damaged: the tensor extends beyond the end of the file")?;
    file.seek(SeekFrom::Start(start)).map_err(read)?;
    Ok(Some((header, end)))
}

/// A tensor in a file.
struct Tensor {
    values: ValueType,
    extents: Vec<u64>,
    start: u64,
}

/// One tensor, or what to do about several.
fn only<T>(mut tensors: Vec<(String, T)>) -> Result<T, String> {
    match tensors.len() {
        1 => Ok(tensors.remove(0).1),
        0 => Err("has no tensor: save the images as one tensor [n, c, h, w]".to_owned()),
        count => {
            let names = tensors.into_iter().take(NAMED).map(|(name, _)| name);
            let names = names.collect::<Vec<_>>().join(", ");
            Err(format!("has {count} tensors ({names}): save the images alone"))
        }
    }
}

fn safetensors(file: &mut BufReader<File>, size: u64) -> Result<Tensor, String> {
    let damaged = || "is a damaged safetensors file: save it again".to_owned();
    let mut length = [0; 8];
    file.read_exact(&mut length).map_err(|_| damaged())?;
    let length = u64::from_le_bytes(length);
    if length > MAX_HEADER_BYTES || length + 8 > size {
        return Err(damaged());
    }
    let mut text = Vec::new();
    file.by_ref().take(length).read_to_end(&mut text).map_err(|_| damaged())?;
    let header: Map<String, Value> = serde_json::from_slice(&text).map_err(|_| damaged())?;
    let tensors = header.into_iter().filter(|(name, _)| name != "__metadata__").collect();
    let tensor: Value = only(tensors)?;
    let dtype = tensor["dtype"].as_str().ok_or_else(damaged)?;
    let name = match dtype {
        "F16" => "<f2",
        "BF16" => ValueType::BFLOAT,
        "F32" => "<f4",
        "F64" => "<f8",
        "U8" | "BOOL" => "|u1",
        "I8" => "|i1",
        "I16" => "<i2",
        "I32" => "<i4",
        "I64" => "<i8",
        other => return Err(format!("holds values of type {other}: save a float32 tensor")),
    };
    let extents: Option<Vec<u64>> =
        tensor["shape"].as_array().and_then(|axes| axes.iter().map(Value::as_u64).collect());
    let start = tensor["data_offsets"][0].as_u64().and_then(|start| start.checked_add(8 + length));
    Ok(Tensor {
        values: ValueType::of(name)?,
        extents: extents.ok_or_else(damaged)?,
        start: start.ok_or_else(damaged)?,
    })
}

fn torch(file: &File, size: u64) -> Result<Tensor, String> {
    let damaged = |error: &dyn std::fmt::Display| {
        format!("is not a readable archive of torch.save ({error}): save it again")
    };
    check_directory(file, size, MAX_DIRECTORY_BYTES).map_err(|error| damaged(&error))?;
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|error| damaged(&error))?;
    let names: Vec<String> = (0..archive.len())
        .filter_map(|place| Some(archive.name_for_index(place)?.ok()?.to_string()))
        .collect();
    let Some(name) = names.iter().find(|name| name.ends_with("data.pkl")) else {
        return Err("is an archive, not a .npy file: give a .npz file as npz:FILE".to_owned());
    };
    let prefix = name.trim_end_matches("data.pkl").to_owned();
    let member = archive.by_name(name).map_err(|error| damaged(&error))?;
    let mut bytes = Vec::new();
    let read = member.take(MAX_PICKLE_BYTES).read_to_end(&mut bytes);
    read.map_err(|error| damaged(&error))?;
    let value = pickle::read(&bytes, &LIMITS).map_err(|error| damaged(&error))?;
    let mut tensors = Vec::new();
    if let Some(tensor) = StoredTensor::of(&value) {
        tensors.push((String::new(), tensor));
    }
    for (name, value) in value.entries().unwrap_or_default() {
        let name = name.text().unwrap_or("?").to_owned();
        tensors.extend(StoredTensor::of(value).map(|tensor| (name, tensor)));
    }
    let StoredTensor { storage, values, offset, extents } = only(tensors)?;
    let values = values?;
    let member = archive.by_name(&format!("{prefix}data/{storage}"));
    let member = member.map_err(|error| damaged(&error))?;
    if member.compression() != CompressionMethod::Stored {
        return Err(damaged(&"its values are compressed"));
    }
    let start = member.data_start().ok_or_else(|| damaged(&"its values are missing"))?;
    let skipped = offset.checked_mul(values.bytes() as u64);
    let start = skipped.and_then(|skipped| skipped.checked_add(start));
    let start = start.ok_or_else(|| damaged(&"its values are missing"))?;
    Ok(Tensor { values, extents, start })
}

/// A tensor as `torch.save` writes it.
struct StoredTensor {
    /// The name of the file of values.
    storage: String,
    values: Result<ValueType, String>,
    /// Values before the first one.
    offset: u64,
    extents: Vec<u64>,
}

impl StoredTensor {
    /// A call of `_rebuild_tensor_v2(storage, offset, size, stride, ..)`, also within a parameter.
    fn of(value: &PickleValue) -> Option<Self> {
        let PickleValue::Object(object) = value else { return None };
        let arguments = object.arguments.sequence()?;
        match object.class.global()? {
            ("torch._utils", "_rebuild_parameter") => return Self::of(arguments.first()?),
            ("torch._utils", "_rebuild_tensor_v2") => {}
            _ => return None,
        }
        let [PickleValue::Persistent(storage), offset, size, stride, ..] = arguments else {
            return None;
        };
        let [_, class, key, ..] = storage.sequence()? else { return None };
        let whole = |value: &PickleValue| value.int().and_then(|number| u64::try_from(number).ok());
        let axes = |value: &PickleValue| -> Option<Vec<u64>> {
            value.sequence()?.iter().map(whole).collect()
        };
        let (extents, strides) = (axes(size)?, axes(stride)?);
        let mut values = value_type(class.global()?.1);
        if !is_contiguous(&extents, &strides) {
            values = Err("holds a tensor in another order: save tensor.contiguous()".to_owned());
        }
        Some(Self { storage: key.text()?.to_owned(), values, offset: whole(offset)?, extents })
    }
}

/// The type of the values of a storage of PyTorch.
fn value_type(storage: &str) -> Result<ValueType, String> {
    ValueType::of(match storage {
        "HalfStorage" => "<f2",
        "BFloat16Storage" => ValueType::BFLOAT,
        "FloatStorage" => "<f4",
        "DoubleStorage" => "<f8",
        "ByteStorage" | "BoolStorage" => "|u1",
        "CharStorage" => "|i1",
        "ShortStorage" => "<i2",
        "IntStorage" => "<i4",
        "LongStorage" => "<i8",
        other => return Err(format!("holds a {other}: save a float32 tensor")),
    })
}

/// Whether rows come one after the other.
fn is_contiguous(extents: &[u64], strides: &[u64]) -> bool {
    let mut expected = 1_u64;
    let mut axes = extents.iter().zip(strides).rev();
    extents.len() == strides.len()
        && axes.all(|(&extent, &stride)| {
            let fits = extent == 1 || stride == expected;
            expected = expected.saturating_mul(extent);
            fits
        })
}
