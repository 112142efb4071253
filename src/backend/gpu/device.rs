//! An open device with its pipelines; its errors are returned as values.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use wgpu::{
    Adapter, BindGroupLayout, ComputePipeline, Device, ErrorFilter, Limits, PipelineLayout,
    PollType, Queue, ShaderStages, SubmissionIndex,
};

use super::kernels::{ENTRY_POINT, GpuKernel, KERNELS};
use crate::backend::BackendError;
use crate::panics;

/// A submit is meant to take a tenth of a second; after this long the device counts as lost.
const PATIENCE: Duration = Duration::from_secs(120);

/// What the driver said outside any error scope, the first time it did.
#[derive(Clone, Default)]
struct DeviceFailure(Arc<Mutex<Option<String>>>);

impl DeviceFailure {
    fn set(&self, reason: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(reason);
    }

    fn get(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A device, its queue and its pipelines.
pub struct GpuDevice {
    /// The adapter's name.
    pub name: String,
    /// The device.
    pub device: Device,
    /// Its queue.
    pub queue: Queue,
    /// Its limits.
    pub limits: Limits,
    /// The layout of the only bind group.
    pub layout: BindGroupLayout,
    pipeline_layout: PipelineLayout,
    pipelines: Vec<Option<ComputePipeline>>,
    failure: DeviceFailure,
}

impl GpuDevice {
    /// Opens a device with all that the adapter allows.
    pub fn open(adapter: &Adapter) -> Result<Self, BackendError> {
        let name = adapter.get_info().name;
        let descriptor = wgpu::DeviceDescriptor {
            label: Some("untrained"),
            required_limits: adapter.limits(),
            memory_hints: wgpu::MemoryHints::Performance,
            ..wgpu::DeviceDescriptor::default()
        };
        let opened = pollster::block_on(adapter.request_device(&descriptor));
        let (device, queue) = opened.map_err(|error| BackendError::Device {
            device: name.clone(),
            reason: format!("the driver provided no device: {error}"),
        })?;
        let failure = DeviceFailure::default();
        let (uncaptured, lost) = (failure.clone(), failure.clone());
        device.on_uncaptured_error(Arc::new(move |error| uncaptured.set(error.to_string())));
        device.set_device_lost_callback(move |reason, message| {
            lost.set(format!("the device was lost ({reason:?}): {message}"));
        });
        let layout = bind_group_layout(&device);
        let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some("kernels"),
            bind_group_layouts: &[Some(&layout)],
            immediate_size: 0,
        });
        let pipelines = vec![None; KERNELS.len()];
        let limits = device.limits();
        Ok(Self { name, device, queue, limits, layout, pipeline_layout, pipelines, failure })
    }

    /// An error of this device.
    pub fn error(&self, reason: impl Into<String>) -> BackendError {
        BackendError::Device { device: self.name.clone(), reason: reason.into() }
    }

    /// Whether the device failed for good.
    pub fn failed(&self) -> bool {
        self.failure.get().is_some()
    }

    /// The failure outside any error scope, if there was one.
    pub fn check(&self) -> Result<(), BackendError> {
        self.failure.get().map_or(Ok(()), |reason| Err(self.error(reason)))
    }

    /// Does something with the device and returns what went wrong meanwhile.
    pub fn checked<T>(&self, what: &str, work: impl FnOnce() -> T) -> Result<T, BackendError> {
        let filters = [ErrorFilter::Internal, ErrorFilter::OutOfMemory, ErrorFilter::Validation];
        let scopes = filters.map(|filter| self.device.push_error_scope(filter));
        let value = work();
        let mut first = None;
        for scope in scopes.into_iter().rev() {
            first = first.or(pollster::block_on(scope.pop()));
        }
        match first {
            Some(wgpu::Error::OutOfMemory { .. }) => Err(self.error(format!(
                "{what}: out of device memory; use a smaller batch or fewer networks at once"
            ))),
            Some(error) => Err(self.error(format!("{what}: {error}"))),
            None => self.check().map(|()| value),
        }
    }

    /// Waits for a submission, or for all of them.
    pub fn wait(&self, submission_index: Option<SubmissionIndex>) -> Result<(), BackendError> {
        let poll =
            || self.device.poll(PollType::Wait { submission_index, timeout: Some(PATIENCE) });
        // wgpu panics here when the device is gone.
        match panics::catch(poll) {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => self.failure.set(format!("it does not respond: {error}")),
            Err(_) => self.failure.set("the device was lost".to_owned()),
        }
        self.check()
    }

    /// The pipeline of a kernel, compiled at its first use.
    pub fn pipeline(&mut self, kernel: GpuKernel) -> Result<ComputePipeline, BackendError> {
        if let Some(pipeline) = &self.pipelines[kernel as usize] {
            return Ok(pipeline.clone());
        }
        let source = kernel.source();
        let pipeline = self.checked(source.name, || {
            let module = self.device.create_shader_module(wgpu::ShaderModuleDescriptor {
                label: Some(source.name),
                source: wgpu::ShaderSource::Wgsl(source.wgsl().into()),
            });
            self.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                label: Some(source.name),
                layout: Some(&self.pipeline_layout),
                module: &module,
                entry_point: Some(ENTRY_POINT),
                compilation_options: wgpu::PipelineCompilationOptions {
                    constants: source.constants,
                    // Every kernel writes workgroup memory before it reads it.
                    zero_initialize_workgroup_memory: false,
                },
                cache: None,
            })
        })?;
        self.pipelines[kernel as usize] = Some(pipeline.clone());
        Ok(pipeline)
    }
}

/// The bindings of `shaders/shared/bindings.wgsl`.
fn bind_group_layout(device: &Device) -> BindGroupLayout {
    let storage = |read_only| wgpu::BufferBindingType::Storage { read_only };
    let uniform = wgpu::BufferBindingType::Uniform;
    let kinds = [
        uniform,
        storage(false),
        storage(true),
        storage(false),
        storage(false),
        storage(false),
        storage(true),
    ];
    let entry = |(binding, ty)| wgpu::BindGroupLayoutEntry {
        binding,
        visibility: ShaderStages::COMPUTE,
        ty: wgpu::BindingType::Buffer {
            ty,
            has_dynamic_offset: ty == uniform,
            min_binding_size: None,
        },
        count: None,
    };
    let entries: Vec<_> = (0..).zip(kinds).map(entry).collect();
    device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
        label: Some("kernels"),
        entries: &entries,
    })
}
