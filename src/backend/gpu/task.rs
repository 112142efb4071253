//! One kernel on one step of one network, and the memory it touches.

use super::kernels::GpuKernel;
use super::records::RawRecord;
use crate::plan::{NormId, TensorId};

/// Something that tasks read and write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GpuResource {
    /// A stretch of the arena, by its home; several tensors may share it.
    Home(usize),
    /// The partial statistics of a tensor.
    Partials(TensorId),
    /// Scale and shift of a norm.
    Norm(NormId),
}

/// A read or write of a part of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResourceAccess {
    /// The memory it touches.
    pub resource: GpuResource,
    /// First and last element touched, in a unit of the resource's own; all of it unless told.
    pub range: [u32; 2],
    /// Whether it is written.
    pub write: bool,
}

impl ResourceAccess {
    /// A read of the whole resource.
    pub const fn read(resource: GpuResource) -> Self {
        Self { resource, range: [0, u32::MAX], write: false }
    }

    /// A write of the whole resource.
    pub const fn write(resource: GpuResource) -> Self {
        Self { resource, range: [0, u32::MAX], write: true }
    }

    /// Whether two accesses must keep their order.
    pub fn conflicts(&self, other: &Self) -> bool {
        self.resource == other.resource
            && (self.write || other.write)
            && self.range[0] <= other.range[1]
            && other.range[0] <= self.range[1]
    }
}

/// One kernel on one step.
#[derive(Clone, Debug)]
pub struct KernelTask {
    /// The pipeline.
    pub kernel: GpuKernel,
    /// Its parameters.
    pub record: RawRecord,
    /// How many workgroups it takes.
    pub workgroups: u32,
    /// What it costs, in floating-point operations; a byte moved counts as [`BYTE_WORK`].
    pub work: f64,
    /// The memory it touches.
    pub accesses: Vec<ResourceAccess>,
    /// Whether it runs after everything else.
    pub last: bool,
}

/// Operations that take about as long as moving one byte.
pub const BYTE_WORK: f64 = 4.0;
