//! Draws the pictures of the README without a screen: `cargo run --release -p untrained-gui --example window_pictures
//! docs/pictures` (without a folder, into one for temporary files). Needs a graphics driver, if only
//! Mesa's llvmpipe. Runs a search of 300 architectures of NAS-Bench-201 with its defaults, and looks at it
//! as a person would.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use untrained_gui::{App, FileDialogs, StartOptions};

/// How long a step may take.
const PATIENCE: Duration = Duration::from_secs(300);
/// The job whose run is shown.
const JOB: &str = "[options]\nspace = \"nas-bench-201\"\n[task.search]\nsamples = 300\n";
/// Results after which the picture of a run is taken, at least.
const MIDWAY: u64 = 180;

type Window = Harness<'static, App>;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let given = std::env::args_os().nth(1).map(PathBuf::from);
    let to = given.unwrap_or_else(|| std::env::temp_dir().join("untrained-pictures"));
    std::fs::create_dir_all(&to)?;
    let work = tempfile::tempdir()?;
    let job = work.path().join("job.toml");
    std::fs::write(&job, JOB)?;
    let start = StartOptions {
        open: Some(job),
        store: Some(work.path().join("studies.db")),
        dialogs: FileDialogs::answered(),
        ..StartOptions::default()
    };
    let mut window = Harness::builder()
        .with_size([1200.0, 760.0])
        .with_theme(egui::Theme::Light)
        .with_render_cursor(false)
        .wgpu()
        .build_eframe(move |creation| App::new(creation, &start));
    wait(&mut window, "Set up a search")?;
    press(&mut window, "Home")?;
    wait(&mut window, "Space nds-vanilla")?;
    save(&mut window, &to, "start")?;
    press(&mut window, "Set up")?;
    press(&mut window, "Start search")?;
    wait_for_results(&mut window, MIDWAY)?;
    save(&mut window, &to, "run")?;
    wait(&mut window, "Done")?;
    press(&mut window, "Results")?;
    wait(&mut window, "300 of 300 rows")?;
    // Once nothing moves any more, a row stays where it is clicked.
    window.run_steps(10);
    window.query_all_by_label("ok").next().ok_or("no rows")?.click();
    window.run_steps(4);
    wait(&mut window, "rank")?;
    press(&mut window, "Compute kernel matrix")?;
    wait(&mut window, "units active")?;
    save(&mut window, &to, "results")?;
    press(&mut window, "Compare")?;
    press(&mut window, "Compare extremes")?;
    press(&mut window, "Compute all kernel matrices")?;
    wait(&mut window, "Eigenvalues")?;
    // Of the one and of the other; each text has two nodes.
    wait_for(&mut window, "ln |det K|", 4)?;
    save(&mut window, &to, "compare")?;
    Ok(())
}

/// Draws until a text is shown.
fn wait(window: &mut Window, text: &str) -> Result<(), String> {
    wait_for(window, text, 1)
}

/// Draws until so many nodes have a text.
fn wait_for(window: &mut Window, text: &str, count: usize) -> Result<(), String> {
    let begin = Instant::now();
    while window.query_all_by_label_contains(text).count() < count {
        if begin.elapsed() > PATIENCE {
            return Err(format!("`{text}` is not shown"));
        }
        window.step();
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

/// Draws until so many of the 300 results are there.
fn wait_for_results(window: &mut Window, least: u64) -> Result<(), String> {
    let begin = Instant::now();
    let results = |window: &Window| {
        let nodes = window.query_all_by_label_contains("/300");
        let texts = nodes.filter_map(|node| node.accesskit_node().label());
        texts.filter_map(|text| text.split_once('/')?.0.trim().parse().ok()).max().unwrap_or(0)
    };
    while results(window) < least {
        if begin.elapsed() > PATIENCE {
            return Err(format!("{least} results do not come"));
        }
        window.step();
    }
    Ok(())
}

/// Presses what is called so, wherever it is.
fn press(window: &mut Window, name: &str) -> Result<(), String> {
    window.query_all_by_label(name).next().ok_or_else(|| format!("no `{name}`"))?.click_accesskit();
    window.run_steps(3);
    Ok(())
}

/// Writes what is shown.
fn save(window: &mut Window, folder: &Path, name: &str) -> Result<(), Box<dyn std::error::Error>> {
    window.run_steps(3);
    let path = folder.join(name).with_extension("png");
    let file = std::fs::File::create(&path)?;
    let encoder = PngEncoder::new_with_quality(file, CompressionType::Best, FilterType::NoFilter);
    image::DynamicImage::from(window.render()?).into_rgb8().write_with_encoder(encoder)?;
    println!("{}", path.display());
    Ok(())
}
