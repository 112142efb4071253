//! Every shader parses, validates, translates to all languages that wgpu's backends speak, and
//! declares the records that the host writes.
#![cfg(feature = "gpu")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use naga::back::{glsl, hlsl, msl, pipeline_constants::process_overrides, spv};
use naga::valid::{Capabilities, ModuleInfo, ValidationFlags, Validator};
use naga::{Module, ShaderStage};
use untrained::backend::gpu::kernels::{ENTRY_POINT, KERNELS, KernelSource};
use untrained::backend::gpu::records::{RECORD_BYTES, TermRecord};

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

fn shader_files() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("shaders");
    let mut found = Vec::new();
    files(&root, &mut found);
    assert!(!found.is_empty(), "no file under {}", root.display());
    found
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect()
}

fn parse(source: &KernelSource) -> (Module, ModuleInfo) {
    let text = source.wgsl();
    let module = naga::front::wgsl::parse_str(&text)
        .unwrap_or_else(|error| panic!("{}: {}", source.name, error.emit_to_string(&text)));
    let info = Validator::new(ValidationFlags::all(), Capabilities::default())
        .validate(&module)
        .unwrap_or_else(|error| panic!("{}: {}", source.name, error.emit_to_string(&text)));
    (module, info)
}

/// The module with its `override` constants replaced by values.
fn resolved(source: &KernelSource) -> (Module, ModuleInfo) {
    let (module, info) = parse(source);
    let constants =
        source.constants.iter().map(|&(name, value)| (name.to_owned(), value)).collect();
    let entry = Some((ShaderStage::Compute, ENTRY_POINT));
    let (module, info) = process_overrides(&module, &info, entry, &constants)
        .unwrap_or_else(|error| panic!("{}: {error}", source.name));
    (module.into_owned(), info.into_owned())
}

#[test]
fn every_file_belongs_to_a_kernel() {
    let texts: BTreeSet<&str> = KERNELS.iter().flat_map(|kernel| kernel.parts).copied().collect();
    for (name, text) in shader_files() {
        assert!(name.ends_with(".wgsl"), "{name} is no shader");
        assert!(texts.contains(text.as_str()), "no kernel uses shaders/{name}");
        let complete = text.contains("@compute");
        assert_eq!(complete, !name.starts_with("shared/"), "{name} is in the wrong folder");
    }
    for (index, kernel) in KERNELS.iter().enumerate() {
        assert_eq!(
            kernel.kernel as usize, index,
            "{} is not in the order of the enum",
            kernel.name
        );
    }
}

#[test]
fn validation_sees_a_broken_kernel() {
    for (from, to) in
        [("fn main(", "fn other("), ("vec4<f32>", "vec3<f32>"), ("= ", "= nothing + ")]
    {
        let text = KERNELS[0].wgsl().replacen(from, to, if from == "vec4<f32>" { 99 } else { 1 });
        let good = naga::front::wgsl::parse_str(&text).is_ok_and(|module| {
            Validator::new(ValidationFlags::all(), Capabilities::default())
                .validate(&module)
                .is_ok()
                && module.entry_points.iter().any(|entry| entry.name == ENTRY_POINT)
        });
        assert!(!good, "{from} -> {to} went unnoticed");
    }
}

#[test]
fn kernels_translate_to_spirv() {
    for source in &KERNELS {
        let (module, info) = resolved(source);
        let pipeline = spv::PipelineOptions {
            shader_stage: ShaderStage::Compute,
            entry_point: ENTRY_POINT.to_owned(),
        };
        let words = spv::write_vec(&module, &info, &spv::Options::default(), Some(&pipeline))
            .unwrap_or_else(|error| panic!("{}: {error}", source.name));
        assert!(!words.is_empty(), "{}", source.name);
    }
}

#[test]
fn kernels_translate_to_msl() {
    for source in &KERNELS {
        let (module, info) = resolved(source);
        let options = msl::Options { fake_missing_bindings: true, ..msl::Options::default() };
        let pipeline = msl::PipelineOptions {
            entry_point: Some((ShaderStage::Compute, ENTRY_POINT.to_owned())),
            ..msl::PipelineOptions::default()
        };
        let (text, translation) = msl::write_string(&module, &info, &options, &pipeline)
            .unwrap_or_else(|error| panic!("{}: {error}", source.name));
        assert!(translation.entry_point_names.iter().all(Result::is_ok), "{}", source.name);
        assert!(text.contains("kernel void"), "{}", source.name);
    }
}

#[test]
fn kernels_translate_to_hlsl() {
    for source in &KERNELS {
        let (module, info) = resolved(source);
        let options = hlsl::Options { fake_missing_bindings: true, ..hlsl::Options::default() };
        let pipeline = hlsl::PipelineOptions {
            entry_point: Some((ShaderStage::Compute, ENTRY_POINT.to_owned())),
        };
        let mut text = String::new();
        let translation = hlsl::Writer::new(&mut text, &options, &pipeline)
            .write(&module, &info, None)
            .unwrap_or_else(|error| panic!("{}: {error}", source.name));
        assert!(translation.entry_point_names.iter().all(Result::is_ok), "{}", source.name);
        assert!(text.contains("numthreads"), "{}", source.name);
    }
}

#[test]
fn kernels_translate_to_glsl() {
    for source in &KERNELS {
        for version in [glsl::Version::new_gles(310), glsl::Version::Desktop(430)] {
            let (module, info) = resolved(source);
            let options = glsl::Options { version, ..glsl::Options::default() };
            let pipeline = glsl::PipelineOptions {
                shader_stage: ShaderStage::Compute,
                entry_point: ENTRY_POINT.to_owned(),
                multiview: None,
            };
            let mut text = String::new();
            glsl::Writer::new(
                &mut text,
                &module,
                &info,
                &options,
                &pipeline,
                naga::proc::BoundsCheckPolicies::default(),
            )
            .and_then(|mut writer| writer.write())
            .unwrap_or_else(|error| panic!("{} as {version:?}: {error}", source.name));
            assert!(text.contains("local_size_x"), "{}", source.name);
        }
    }
}

fn members(module: &Module, name: &str) -> (Vec<(String, usize)>, usize) {
    let (_, found) = module
        .types
        .iter()
        .find(|(_, kind)| kind.name.as_deref() == Some(name))
        .unwrap_or_else(|| panic!("no struct {name}"));
    let naga::TypeInner::Struct { members, span } = &found.inner else { panic!("{name}") };
    let offsets = members
        .iter()
        .map(|member| (member.name.clone().unwrap(), member.offset as usize))
        .collect();
    (offsets, *span as usize)
}

#[test]
fn records_lie_in_memory_as_the_shaders_read_them() {
    for source in &KERNELS {
        let (module, _) = parse(source);
        let (shader, span) = members(&module, "Record");
        let host: Vec<(String, usize)> =
            source.fields.iter().map(|&(name, offset)| (name.to_owned(), offset)).collect();
        assert_eq!(shader, host, "{}", source.name);
        assert_eq!(span, RECORD_BYTES, "{}", source.name);
    }
    let combine = KERNELS.iter().find(|kernel| kernel.name == "combine").unwrap();
    let (terms, span) = members(&parse(combine).0, "Term");
    assert_eq!(terms.iter().map(|term| term.1).collect::<Vec<_>>(), [0, 4, 8]);
    assert_eq!(span, size_of::<TermRecord>());
}
