//! The available adapters, and the choice of one.

use wgpu::{Adapter, AdapterInfo, Backend, Backends, DeviceType, Instance, InstanceDescriptor};

use crate::backend::{BackendError, DeviceInfo};

/// Which adapter to run on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AdapterChoice {
    /// The best hardware adapter: discrete, then integrated, then virtual.
    #[default]
    BestHardware,
    /// The best adapter whose name contains this text, ignoring case; software adapters included.
    Named(String),
}

/// An adapter with its properties and limits.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct AdapterSummary {
    /// Name, kind, graphics interface and driver.
    #[serde(flatten)]
    pub device: DeviceInfo,
    /// Whether it is a software adapter, which is used only if it is named.
    pub software: bool,
    /// Bytes of the largest storage binding: bounds the tensors of one run.
    pub max_storage_binding_bytes: u64,
    /// Bytes of the largest buffer.
    pub max_buffer_bytes: u64,
    /// Bytes of workgroup memory.
    pub workgroup_memory_bytes: u32,
    /// Invocations per workgroup.
    pub max_invocations: u32,
    /// Why it cannot be used, if it cannot.
    pub unusable: Option<String>,
}

/// Workgroup memory that the kernels need.
const WORKGROUP_MEMORY_BYTES: u32 = 16 << 10;
/// Invocations per workgroup that the kernels need.
const INVOCATIONS: u32 = 64;
/// Storage buffers that a kernel binds.
const STORAGE_BUFFERS: u32 = 6;

/// All adapters of this machine, best first. OpenGL is queried only if no other API drives a GPU.
pub fn adapters() -> Vec<AdapterSummary> {
    let mut all = enumerate(Backends::PRIMARY);
    if all.iter().all(|adapter| is_software(&adapter.get_info())) {
        all.extend(enumerate(Backends::SECONDARY));
        sort(&mut all);
    }
    all.iter().map(AdapterSummary::of).collect()
}

impl AdapterSummary {
    fn of(adapter: &Adapter) -> Self {
        let (info, limits) = (adapter.get_info(), adapter.limits());
        let lacks = if limits.max_storage_buffers_per_shader_stage < STORAGE_BUFFERS {
            Some("storage buffers per kernel")
        } else if limits.max_compute_workgroup_storage_size < WORKGROUP_MEMORY_BYTES {
            Some("workgroup memory")
        } else if limits.max_compute_invocations_per_workgroup < INVOCATIONS {
            Some("invocations per workgroup")
        } else {
            None
        };
        Self {
            device: device_info(&info),
            software: is_software(&info),
            max_storage_binding_bytes: limits.max_storage_buffer_binding_size,
            max_buffer_bytes: limits.max_buffer_size,
            workgroup_memory_bytes: limits.max_compute_workgroup_storage_size,
            max_invocations: limits.max_compute_invocations_per_workgroup,
            unusable: lacks.map(|what| format!("too few {what}")),
        }
    }

    /// Whether the device `auto` may take it: hardware that has what the kernels need.
    pub fn is_automatic(&self) -> bool {
        self.is(&AdapterChoice::BestHardware)
    }

    fn is(&self, choice: &AdapterChoice) -> bool {
        self.unusable.is_none()
            && match choice {
                AdapterChoice::BestHardware => !self.software,
                AdapterChoice::Named(part) => {
                    self.device.name.to_lowercase().contains(&part.to_lowercase())
                }
            }
    }
}

/// The best adapter of the choice; OpenGL's only where no other interface has one.
pub(super) fn choose(choice: &AdapterChoice) -> Result<Adapter, BackendError> {
    let mut seen = Vec::new();
    for backends in [Backends::PRIMARY, Backends::SECONDARY] {
        for adapter in enumerate(backends) {
            let summary = AdapterSummary::of(&adapter);
            if summary.is(choice) {
                return Ok(adapter);
            }
            seen.push(summary);
        }
    }
    Err(BackendError::NoDevice(explain(choice, &seen)))
}

fn explain(choice: &AdapterChoice, summaries: &[AdapterSummary]) -> String {
    let wanted = match choice {
        AdapterChoice::BestHardware => "no usable GPU was found".to_owned(),
        AdapterChoice::Named(part) => format!("no usable adapter has \"{part}\" in its name"),
    };
    if summaries.is_empty() {
        return format!("{wanted}: no adapter was found; use the device `cpu`");
    }
    let one = |summary: &AdapterSummary| {
        let DeviceInfo { name, kind, api, .. } = &summary.device;
        let unusable = summary.unusable.as_ref().map(|why| format!(", {why}")).unwrap_or_default();
        format!("{name} ({kind}, {api}{unusable})")
    };
    let list: Vec<String> = summaries.iter().map(one).collect();
    format!("{wanted}; available: {}; use the device `cpu` or name one of these", list.join("; "))
}

/// The adapters of some interfaces, best first, through an instance of our own.
fn enumerate(backends: Backends) -> Vec<Adapter> {
    let mut descriptor = InstanceDescriptor::new_without_display_handle();
    descriptor.backends = backends;
    descriptor.flags = wgpu::InstanceFlags::empty();
    let instance = Instance::new(descriptor);
    let mut all = pollster::block_on(instance.enumerate_adapters(backends));
    sort(&mut all);
    all
}

/// Best first; of one device that several interfaces list, Vulkan's comes first.
fn sort(adapters: &mut [Adapter]) {
    adapters.sort_by_key(|adapter| {
        let info = adapter.get_info();
        (device_rank(info.device_type), backend_rank(info.backend))
    });
}

const fn device_rank(kind: DeviceType) -> u8 {
    match kind {
        DeviceType::DiscreteGpu => 0,
        DeviceType::IntegratedGpu => 1,
        DeviceType::VirtualGpu => 2,
        DeviceType::Other => 3,
        DeviceType::Cpu => 4,
    }
}

const fn backend_rank(backend: Backend) -> u8 {
    match backend {
        Backend::Vulkan => 0,
        Backend::Metal => 1,
        Backend::Dx12 => 2,
        Backend::Gl | Backend::BrowserWebGpu | Backend::Noop => 3,
    }
}

pub(super) fn is_software(info: &AdapterInfo) -> bool {
    info.device_type == DeviceType::Cpu
}

pub(super) fn device_info(info: &AdapterInfo) -> DeviceInfo {
    let kind = match info.device_type {
        DeviceType::DiscreteGpu => "discrete-gpu",
        DeviceType::IntegratedGpu => "integrated-gpu",
        DeviceType::VirtualGpu => "virtual-gpu",
        DeviceType::Cpu => "software",
        DeviceType::Other => "other",
    };
    DeviceInfo {
        name: info.name.clone(),
        kind: kind.to_owned(),
        api: info.backend.to_str().to_owned(),
        driver: format!("{} {}", info.driver, info.driver_info).trim().to_owned(),
    }
}
