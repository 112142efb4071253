//! The buffers that all kernels share. They are kept from run to run, and grow when a network needs
//! more.

use wgpu::{BindGroup, Buffer, BufferUsages};

use super::device::GpuDevice;
use crate::backend::BackendError;

/// Launches of one submit at most.
pub const MAX_LAUNCHES: u64 = 256;
/// Bytes of the `KernelLaunch` uniform.
pub const LAUNCH_BYTES: u64 = 16;

/// One of the shared buffers, by its binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SharedBuffer {
    /// Parameters of launches.
    Launches,
    /// Images and tensors.
    Arena,
    /// Convolution and batch-norm values.
    Weights,
    /// Partial statistics, scales and shifts.
    Statistics,
    /// Packed codes.
    Codes,
    /// Summed distances.
    Distances,
    /// Parameters of kernels.
    Records,
}

const NAMES: [&str; 7] =
    ["launches", "arena", "weights", "statistics", "codes", "distances", "records"];

/// Sizes are rounded up to this, so that a slightly larger network needs no new buffer.
const GRAIN_BYTES: u64 = 1 << 16;

/// The buffers and the bind group over them.
pub struct GpuBuffers {
    buffers: [Option<Buffer>; 7],
    bind_group: Option<BindGroup>,
    readback: Option<Buffer>,
}

impl GpuBuffers {
    /// No buffers yet.
    pub const fn new() -> Self {
        Self { buffers: [const { None }; 7], bind_group: None, readback: None }
    }

    /// Makes a buffer at least that long; returns whether it is a new one, its old values lost.
    pub fn reserve(
        &mut self,
        gpu: &GpuDevice,
        shared: SharedBuffer,
        bytes: u64,
    ) -> Result<bool, BackendError> {
        let slot = &mut self.buffers[shared as usize];
        if slot.as_ref().is_some_and(|buffer| buffer.size() >= bytes) {
            return Ok(false);
        }
        // The old one goes first: two arenas may not fit.
        self.bind_group = None;
        if let Some(old) = slot.take() {
            old.destroy();
        }
        let largest = gpu.limits.max_buffer_size.min(gpu.limits.max_storage_buffer_binding_size);
        let size = bytes.next_multiple_of(GRAIN_BYTES).max(GRAIN_BYTES).min(largest.max(bytes));
        let kind = match shared {
            SharedBuffer::Launches => BufferUsages::UNIFORM,
            SharedBuffer::Arena
            | SharedBuffer::Weights
            | SharedBuffer::Statistics
            | SharedBuffer::Codes
            | SharedBuffer::Distances
            | SharedBuffer::Records => BufferUsages::STORAGE,
        };
        let usage = kind | BufferUsages::COPY_DST | BufferUsages::COPY_SRC;
        *slot = Some(create(gpu, NAMES[shared as usize], size, usage)?);
        Ok(true)
    }

    /// A buffer that was reserved.
    pub fn get(&self, gpu: &GpuDevice, shared: SharedBuffer) -> Result<&Buffer, BackendError> {
        let buffer = self.buffers[shared as usize].as_ref();
        buffer.ok_or_else(|| gpu.error(format!("no {} buffer", NAMES[shared as usize])))
    }

    /// Bytes of all shared buffers.
    pub fn bytes(&self) -> u64 {
        self.buffers.iter().flatten().map(Buffer::size).sum()
    }

    /// Writes to a buffer from a byte offset on.
    pub fn write(
        &self,
        gpu: &GpuDevice,
        shared: SharedBuffer,
        offset: u64,
        data: &[u8],
    ) -> Result<(), BackendError> {
        if !data.is_empty() {
            gpu.queue.write_buffer(self.get(gpu, shared)?, offset, data);
        }
        Ok(())
    }

    /// The bind group over all buffers.
    pub fn bind_group(&mut self, gpu: &GpuDevice) -> Result<BindGroup, BackendError> {
        if let Some(group) = &self.bind_group {
            return Ok(group.clone());
        }
        let mut entries = Vec::new();
        for (binding, buffer) in self.buffers.iter().enumerate() {
            let buffer = buffer
                .as_ref()
                .ok_or_else(|| gpu.error(format!("no {} buffer", NAMES[binding])))?;
            let size = if binding == SharedBuffer::Launches as usize {
                std::num::NonZeroU64::new(LAUNCH_BYTES)
            } else {
                None
            };
            let binding = binding as u32;
            let resource =
                wgpu::BindingResource::Buffer(wgpu::BufferBinding { buffer, offset: 0, size });
            entries.push(wgpu::BindGroupEntry { binding, resource });
        }
        let group = gpu.checked("bind group", || {
            gpu.device.create_bind_group(&wgpu::BindGroupDescriptor {
                label: Some("shared buffers"),
                layout: &gpu.layout,
                entries: &entries,
            })
        })?;
        self.bind_group = Some(group.clone());
        Ok(group)
    }

    /// Reads a stretch of a buffer; waits for all that was submitted before.
    pub fn read(
        &mut self,
        gpu: &GpuDevice,
        shared: SharedBuffer,
        offset: u64,
        bytes: u64,
    ) -> Result<Vec<u8>, BackendError> {
        if bytes == 0 {
            return Ok(Vec::new());
        }
        if self.readback.as_ref().is_none_or(|buffer| buffer.size() < bytes) {
            let usage = BufferUsages::MAP_READ | BufferUsages::COPY_DST;
            self.readback = None;
            self.readback =
                Some(create(gpu, "readback", bytes.next_multiple_of(GRAIN_BYTES), usage)?);
        }
        let source = self.get(gpu, shared)?;
        let Some(readback) = &self.readback else { return Err(gpu.error("no readback buffer")) };
        gpu.checked("read back", || {
            let label = wgpu::CommandEncoderDescriptor { label: Some("read back") };
            let mut encoder = gpu.device.create_command_encoder(&label);
            encoder.copy_buffer_to_buffer(source, offset, readback, 0, bytes);
            gpu.queue.submit([encoder.finish()]);
        })?;
        let (sender, receiver) = std::sync::mpsc::channel();
        readback.map_async(wgpu::MapMode::Read, 0..bytes, move |result| {
            // Nobody listens any more if the wait failed.
            let _ = sender.send(result);
        });
        gpu.wait(None)?;
        match receiver.try_recv() {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err(gpu.error(format!("read back: {error}"))),
            Err(error) => return Err(gpu.error(format!("read back: no answer: {error}"))),
        }
        let view = readback.get_mapped_range(0..bytes);
        let data = view.map(|view| view.to_vec());
        readback.unmap();
        data.map_err(|error| gpu.error(format!("read back: {error}")))
    }
}

fn create(
    gpu: &GpuDevice,
    name: &str,
    size: u64,
    usage: BufferUsages,
) -> Result<Buffer, BackendError> {
    gpu.checked(name, || {
        gpu.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some(name),
            size,
            usage,
            mapped_at_creation: false,
        })
    })
}
