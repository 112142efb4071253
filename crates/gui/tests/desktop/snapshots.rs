//! Pictures of whole views, compared point by point with those in `snapshots`.
//!
//! Only drawn by a software adapter (llvmpipe), where the same picture comes out everywhere; elsewhere
//! they are skipped with a line. What differs from machine to machine or from run to run (devices,
//! clocks, rates, names of studies) is covered before they are compared. New ones, once looked at:
//! `UPDATE_SNAPSHOTS=1 cargo test --test desktop snapshots`.

use std::path::Path;

use egui::Theme;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use image::RgbaImage;
use rand::SeedableRng;
use untrained::job::{JobConfig, Options, Task};
use untrained::space::Space;
use untrained::store::{
    FlushPolicy, Record, ResultRow, SpaceSnapshot, Status, Store, StudySetup, StudyState,
};
use untrained_gui::App;

use crate::data::skip;
use crate::stored::{by_naswot, record};
use crate::support::Window;

/// The folder of the pictures.
const FOLDER: &str = "tests/desktop/snapshots";
/// How much a part of a colour may differ: versions of llvmpipe round edges of letters differently.
const NEAR: u8 = 12;
/// Points of a thousand that may differ by more. A button of another colour is one in a thousand of the
/// smallest picture, a moved one two.
const FEW: f64 = 0.3;
/// The first line of a run's log, without the name of the device.
const LOG: &str = ":00  running on ";
/// Parts of labels that differ from run to run.
const CHANGING: [&str; 2] = ["study ", "studies.db"];

/// Whether pictures can be compared here.
fn can_draw() -> bool {
    let instance = wgpu::Instance::default();
    let all = pollster_block(instance.enumerate_adapters(wgpu::Backends::all()));
    let software = all.iter().any(|a| a.get_info().device_type == wgpu::DeviceType::Cpu);
    if !software {
        skip("no software adapter (mesa-vulkan-drivers) draws the same picture everywhere");
    }
    software
}

fn pollster_block<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let std::task::Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
}

/// A study that is the same every time: architectures drawn by a seed, counted params and macs, and a
/// number made of them in the place of the score.
fn study(path: &Path) {
    let space = Space::builtin("nas-bench-201").unwrap();
    let job = JobConfig::new(Options::default(), Task::Search(Box::new(by_naswot())));
    let name = SpaceSnapshot {
        id: space.id().to_owned(),
        fingerprint: "ab".repeat(32),
        text: Some(space.text().to_owned()),
    };
    let setup = StudySetup {
        space: Some(name),
        ..StudySetup::new(serde_json::to_value(&job).unwrap(), &"cd".repeat(32))
    };
    let study = Store::open(path).unwrap().begin(&setup, FlushPolicy::default()).unwrap();
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(4);
    for position in 0..120 {
        let architecture = space.sample(&mut rng);
        let graph = architecture.build().unwrap();
        let cost = untrained::graph::cost::Cost::of(&graph);
        let score = 1200.0 + 20.0 * (cost.params as f64).ln() + (position * 37 % 53) as f64;
        let record = Record {
            params: cost.params,
            macs: cost.macs,
            units: 300_000 + position * 512,
            seconds: 0.125,
            layers: 20,
            ..record(&architecture.to_string(), score, Status::Ok)
        };
        study.append(ResultRow::new(position, record)).unwrap();
    }
    study.finish(StudyState::Done).unwrap();
}

fn window(open: Option<&str>, folder: tempfile::TempDir, theme: Theme, scale: f32) -> Window {
    Window::built(folder, open, |builder| {
        // A small window where every point is drawn as four: the file stays small.
        let size = if scale > 1.0 { [1000.0, 600.0] } else { [1100.0, 700.0] };
        let builder = builder.with_size(size).with_theme(theme).with_pixels_per_point(scale);
        builder.with_render_cursor(false).wgpu()
    })
}

/// The picture of a window, what changes covered.
fn picture(harness: &mut Harness<'static, App>) -> RgbaImage {
    harness.run_steps(3);
    let mut image = harness.render().unwrap();
    let scale = harness.ctx.pixels_per_point();
    let size = harness.ctx.content_rect();
    let bar = egui::Rect::from_min_max(egui::pos2(0.0, size.bottom() - 26.0), size.max);
    let changing = harness.query_all_by(|node| {
        node.label().is_some_and(|label| CHANGING.iter().any(|part| label.contains(part)))
            || node.value().is_some_and(|text| CHANGING.iter().any(|part| text.contains(part)))
    });
    // Letters of a name are of different widths, and what stands beside it moves with them.
    let wide = egui::vec2(260.0, 0.0);
    let whole = |rect: egui::Rect| egui::Rect::from_min_size(rect.min, rect.size().max(wide));
    let mut covered: Vec<egui::Rect> = changing.map(|node| whole(node.rect())).collect();
    // The line of rate and clock is as wide as they are, and may go on in a second one.
    if let Some(rate) = harness.query_all_by_label("rate").next() {
        let last = ["rejected", "cached", "study"]
            .iter()
            .flat_map(|part| harness.query_all_by_label(part))
            .map(|node| node.rect().bottom() + 18.0);
        let bottom = last.fold(rate.rect().bottom() + 18.0, f32::max);
        let begin = egui::pos2(105.0, rate.rect().top());
        covered.push(egui::Rect::from_min_max(begin, egui::pos2(size.right(), bottom)));
    }
    // The log of a run begins with the device, and every line with a clock; it fills the lower part of the view.
    if let Some(line) = harness.query_all_by_label_contains(LOG).next() {
        covered.push(egui::Rect::from_min_max(line.rect().min, size.max));
    }
    covered.push(bar);
    for rect in covered {
        let rect = (rect * scale).expand(2.0);
        for y in rect.top().max(0.0) as u32..(rect.bottom() as u32).min(image.height()) {
            for x in rect.left().max(0.0) as u32..(rect.right() as u32).min(image.width()) {
                image.put_pixel(x, y, image::Rgba([128, 128, 128, 255]));
            }
        }
    }
    image
}

/// Why a picture is not the one of that file; `None` if it is.
fn difference(image: &RgbaImage, path: &Path) -> Option<String> {
    let known = match image::open(path) {
        Ok(known) => known.to_rgba8(),
        Err(error) => return Some(error.to_string()),
    };
    if known.dimensions() != image.dimensions() {
        return Some(format!("{:?} instead of {:?}", image.dimensions(), known.dimensions()));
    }
    let differs = |(a, b): &(&image::Rgba<u8>, &image::Rgba<u8>)| {
        a.0.iter().zip(&b.0).any(|(a, b)| a.abs_diff(*b) > NEAR)
    };
    let count = image.pixels().zip(known.pixels()).filter(differs).count();
    let all = f64::from(image.width()) * f64::from(image.height());
    let share = count as f64 * 1000.0 / all;
    (share > FEW).then(|| format!("{count} points differ, {share:.2} of a thousand"))
}

/// Compares with the picture of that name, or makes it so where that was asked for.
fn check(image: &RgbaImage, name: &str) -> Option<String> {
    let path = Path::new(FOLDER).join(name).with_extension("png");
    let why = difference(image, &path)?;
    let update = std::env::var_os("UPDATE_SNAPSHOTS").is_some();
    let to = if update { path } else { path.with_extension("new.png") };
    write(image, &to);
    println!("{name}: {why}; drawn now: {}", to.display());
    (!update).then(|| format!("{name}: {why}; see {}", to.display()))
}

/// Writes a small file.
fn write(image: &RgbaImage, path: &Path) {
    use image::codecs::png::{CompressionType, FilterType, PngEncoder};
    std::fs::create_dir_all(FOLDER).unwrap();
    let file = std::fs::File::create(path).unwrap();
    let encoder = PngEncoder::new_with_quality(file, CompressionType::Best, FilterType::NoFilter);
    image::DynamicImage::from(image.clone()).into_rgb8().write_with_encoder(encoder).unwrap();
}

/// Compares a view in light and simple, and in dark and double.
fn compare(name: &str, mut prepare: impl FnMut(Theme, f32) -> Window) {
    if !can_draw() {
        return;
    }
    let mut wrong = Vec::new();
    for (theme, scale, suffix) in [(Theme::Light, 1.0, "light-1x"), (Theme::Dark, 2.0, "dark-2x")] {
        let mut window = prepare(theme, scale);
        let image = picture(&mut window.harness);
        wrong.extend(check(&image, &format!("{name}-{suffix}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn snapshots_of_the_start() {
    compare("start", |theme, scale| {
        let mut window = window(None, tempfile::tempdir().unwrap(), theme, scale);
        let last = Space::builtin_ids().last().unwrap().to_owned();
        window.see(&format!("Space {last}"));
        window
    });
}

fn results(theme: Theme, scale: f32) -> Window {
    let folder = tempfile::tempdir().unwrap();
    study(&folder.path().join("studies.db"));
    let mut window = window(None, folder, theme, scale);
    window.press("Studies");
    window.press("Show");
    window.see("120 of 120 rows");
    window
}

/// Chooses the row in that place.
fn choose(window: &mut Window, place: usize) {
    let rows = window
        .texts()
        .into_iter()
        .filter_map(|text| text.strip_prefix("Mark row ").map(str::to_owned));
    let number = rows.into_iter().nth(place).unwrap();
    // Once nothing moves any more, a row stays where it is clicked.
    window.harness.run_steps(6);
    window.harness.query_all_by_label(&number).next().unwrap().click();
    window.harness.run_steps(4);
    window.see("rank");
    // The graph comes from a thread.
    window.see("cell: input");
}

#[test]
fn snapshots_of_results() {
    compare("results", |theme, scale| {
        let mut window = results(theme, scale);
        choose(&mut window, 1);
        window
    });
}

#[test]
fn snapshots_of_a_comparison() {
    compare("compare", |theme, scale| {
        let mut window = results(theme, scale);
        for place in [0, 2] {
            choose(&mut window, place);
            window.press("Add to comparison");
        }
        window.press("Compare");
        window.see("decision");
        window
    });
}

#[test]
fn snapshots_of_the_editor() {
    compare("editor", |theme, scale| {
        let folder = tempfile::tempdir().unwrap();
        let mut window = window(Some("nas-bench-macro"), folder, theme, scale);
        window.see("6,561");
        window.press("Edit space…");
        window.see("my-nas-bench-macro");
        if theme == Theme::Light {
            window.see("memory per image");
        } else {
            // Another part of it, and without the preview beside it.
            window.press("Operations");
            window.see("operations.skip");
        }
        window
    });
}

// The count of parameters in the place of the score: it is the same on every machine.
#[test]
fn snapshots_of_a_run() {
    compare("run", |theme, scale| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("job.toml");
        let text = "[options]\ndevice = \"cpu\"\nbatch-size = 4\nset = [\"skeleton.cells=1\", \
                    \"skeleton.channels=4\"]\n[task.search]\nsamples = 60\nscore = \"params\"\n";
        std::fs::write(&path, text).unwrap();
        let mut window = window(Some(&path.to_string_lossy()), folder, theme, scale);
        window.see("Set up a search");
        window.press("Start search");
        window.see("Done");
        // Each of the best five is drawn as soon as it was looked at.
        window.until("five drawings", |harness| {
            harness.query_all_by_label_contains(": input ").count() >= 5
        });
        // Otherwise the picture would hold the name of this computer's device.
        window.until("the log", |harness| harness.query_all_by_label_contains(LOG).count() == 1);
        window
    });
}

// Without this, pictures that are never compared would pass.
#[test]
fn a_snapshot_of_another_view_fails() {
    let known = |name: &str| {
        image::open(Path::new(FOLDER).join(name).with_extension("png")).unwrap().to_rgba8()
    };
    let path = Path::new(FOLDER).join("start-light-1x.png");
    let mut start = known("start-light-1x");
    assert_eq!(difference(&start, &path), None);
    assert!(difference(&known("run-light-1x"), &path).is_some());
    // A small button in another colour.
    for at in 0..40 * 18 {
        start.put_pixel(200 + at % 40, 100 + at / 40, image::Rgba([200, 0, 0, 255]));
    }
    assert!(difference(&start, &path).is_some());
}
