//! What a frame of the results view costs the processor: table, scatter and parallel coordinates of a
//! study, laid out and cut into triangles, without a screen; and what results cost that other processes
//! add to it meanwhile.
//!
//! `cargo bench --bench desktop`

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use eframe::App as _;
use egui::{Event, Key, Modifiers, Pos2, Rect, accesskit, pos2, vec2};
use untrained::job::{JobConfig, Options, Task};
use untrained::seed;
use untrained::space::Space;
use untrained::store::{
    FlushPolicy, Record, ResultRow, Status, Store, Study, StudySetup, StudyState,
};
use untrained_gui::{App, StartOptions};

/// Frames of each measurement.
const FRAMES: usize = 240;
/// How long results are added.
const ADDING: Duration = Duration::from_secs(8);
/// Results per second that are added.
const RATE: u64 = 1_000;
/// Frames per second meanwhile.
const SHOWN: Duration = Duration::from_micros(16_667);
const SCREEN: Rect = Rect { min: Pos2::ZERO, max: pos2(1280.0, 800.0) };

/// What a window remembers: all plots are shown.
struct Remembered;

impl eframe::Storage for Remembered {
    fn get_string(&self, key: &str) -> Option<String> {
        (key == "remembered").then(|| r#"{"scatter": true, "parallel": true}"#.to_owned())
    }

    fn set_string(&mut self, _: &str, _: String) {}

    fn remove_string(&mut self, _: &str) {}

    fn flush(&mut self) {}
}

/// A window without a screen.
struct Window {
    context: egui::Context,
    app: App,
    frame: eframe::Frame,
    begun: Instant,
    /// What was in it in the last frame, by label.
    labels: Vec<(String, Pos2)>,
}

impl Window {
    fn new(store: &Path) -> Self {
        let context = egui::Context::default();
        let mut creation = eframe::CreationContext::_new_kittest(context.clone());
        creation.storage = Some(&Remembered);
        let start = StartOptions { store: Some(store.to_owned()), ..StartOptions::default() };
        let app = App::new(&creation, &start);
        let frame = eframe::Frame::_new_kittest();
        Self { context, app, frame, begun: Instant::now(), labels: Vec::new() }
    }

    /// Draws a frame; the milliseconds it took.
    fn draw(&mut self, events: Vec<Event>) -> f64 {
        let time = Some(self.begun.elapsed().as_secs_f64());
        let input =
            egui::RawInput { screen_rect: Some(SCREEN), time, events, ..Default::default() };
        let begin = Instant::now();
        let (app, frame) = (&mut self.app, &mut self.frame);
        let mut output = self.context.run_ui(input, |ui| {
            app.logic(&ui.ctx().clone(), frame);
            app.ui(ui, frame);
        });
        let primitives = self.context.tessellate(output.shapes, output.pixels_per_point);
        let took = begin.elapsed().as_secs_f64() * 1e3;
        assert!(!primitives.is_empty());
        // No screen has textures.
        output.textures_delta.clear();
        if let Some(update) = output.platform_output.accesskit_update {
            let named = |(_, node): (_, accesskit::Node)| {
                let bounds = node.bounds()?;
                let text = node.label().or_else(|| node.value())?.to_owned();
                let middle = pos2((bounds.x0 + bounds.x1) as f32, (bounds.y0 + bounds.y1) as f32);
                Some((text, (middle.to_vec2() / 2.0).to_pos2()))
            };
            self.labels = update.nodes.into_iter().filter_map(named).collect();
        }
        took
    }

    /// Draws frames until something is shown under a label; where that is.
    fn find(&mut self, label: &str) -> Pos2 {
        self.context.enable_accesskit();
        let begin = Instant::now();
        let found = loop {
            self.draw(Vec::new());
            // The last one: the table is below the axes of the plots.
            let found = self.labels.iter().filter(|(text, _)| text.contains(label));
            if let Some((_, place)) = found.max_by(|a, b| a.1.y.total_cmp(&b.1.y)) {
                break *place;
            }
            assert!(begin.elapsed() < Duration::from_secs(120), "no {label}: {:?}", self.labels);
            std::thread::sleep(Duration::from_millis(5));
        };
        self.context.disable_accesskit();
        found
    }

    /// The whole of the first label with a text in it.
    fn find_text(&mut self, part: &str) -> String {
        self.find(part);
        let found = self.labels.iter().map(|(text, _)| text);
        found.filter(|text| text.contains(part) && text.contains(" of ")).min().unwrap().clone()
    }

    /// What is shown under labels that begin so.
    fn shown(&mut self, label: &str) -> Vec<String> {
        self.find(label);
        let mut found: Vec<String> = self.labels.iter().map(|(text, _)| text.clone()).collect();
        found.retain(|text| text.starts_with(label));
        found.sort();
        found
    }

    fn click(&mut self, place: Pos2) {
        self.draw(vec![Event::PointerMoved(place)]);
        for pressed in [true, false] {
            let button = egui::PointerButton::Primary;
            let modifiers = Modifiers::NONE;
            self.draw(vec![Event::PointerButton { pos: place, button, pressed, modifiers }]);
        }
    }

    fn press(&mut self, key: Key, modifiers: Modifiers) {
        let event = Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers };
        self.draw(vec![Event::ModifiersChanged(modifiers), event]);
        self.draw(vec![Event::ModifiersChanged(Modifiers::NONE)]);
    }

    /// Lets threads end.
    fn settle(&mut self) {
        for _ in 0..60 {
            self.draw(Vec::new());
            std::thread::sleep(Duration::from_millis(25));
        }
    }

    /// Times frames with the events of each.
    fn time(&mut self, what: &str, events: impl Fn(usize) -> Vec<Event>) {
        let mut times: Vec<f64> = (0..FRAMES).map(|at| self.draw(events(at))).collect();
        tell(what, &mut times);
    }
}

/// Prints the median, the 95th percentile and the longest of times; their mean.
fn tell(what: &str, times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    println!("  {what:<44} {:>6.2} {:>6.2} {:>6.2} ms", at(0.5), at(0.95), at(1.0));
    times.iter().sum::<f64>() / times.len() as f64
}

/// Results of a space as a search makes them.
struct Results {
    space: Space,
    names: Vec<String>,
}

impl Results {
    fn new(id: &str) -> Self {
        let space = Space::builtin(id).unwrap();
        let mut rng = seed::stream(0, &["bench"]);
        let names = (0..20_000).map(|_| space.sample(&mut rng).to_string()).collect();
        Self { space, names }
    }

    fn row(&self, position: u64) -> ResultRow {
        let score = 1500.0 + (position as f64 * 0.37).sin() * 300.0 + position as f64 * 1e-4;
        ResultRow::new(
            position,
            Record {
                architecture: self.names[position as usize % self.names.len()].clone(),
                score,
                sd: None,
                status: Status::Ok,
                params: 1_000_000 + position * 6007 % 2_000_003,
                macs: 100_000_000 + position * 9973 % 50_000_017,
                units: 900_000 + position % 1000,
                seconds: 0.03,
                layers: 7 + position % 5,
                regions: Some(128.0),
                accuracy: None,
                index: Some(position),
                seed: 7,
                repeats: 1,
                device: "AMD EPYC".to_owned(),
                driver: "native".to_owned(),
                version: env!("CARGO_PKG_VERSION").into(),
                message: None,
                draws: Default::default(),
                value: score,
                scores: Default::default(),
            },
        )
    }

    /// Writes so many results to a study that goes on.
    fn study(&self, store: &Store, rows: u64) -> Study {
        let options = Options { space: self.space.id().to_owned(), ..Options::default() };
        let job = JobConfig::new(options, Task::default());
        let setup = StudySetup::new(serde_json::to_value(&job).unwrap(), "batch");
        let study = store.begin(&setup, FlushPolicy::default()).unwrap();
        (0..rows).for_each(|position| study.append(self.row(position)).unwrap());
        study.flush().unwrap();
        study
    }
}

fn moved(place: Pos2) -> Vec<Event> {
    vec![Event::PointerMoved(place)]
}

/// Frames of a study that nobody adds to.
fn still(window: &mut Window) {
    let scatter = window.find("Scatter of ");
    let parallel = window.find("Parallel coordinates of ");
    let (heading, filter) = (window.find("params"), window.find("Filter"));
    let table = pos2(heading.x, SCREEN.max.y - 80.0);
    let wheel = |at: usize| Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: vec2(0.0, if at % 120 < 60 { -400.0 } else { 390.0 }),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Wheel,
        modifiers: Modifiers::NONE,
    };
    window.time("nothing changes", |_| Vec::new());
    window.time("pointer over the scatter", |at| moved(scatter + vec2(at as f32 - 120.0, 0.0)));
    window.time("pointer over parallel coordinates", |at| {
        moved(parallel + vec2(at as f32 * 2.0 - 240.0, at as f32 % 20.0))
    });
    let first = window.shown("Mark row ");
    window.time("scrolled", |at| [moved(table), vec![wheel(at)]].concat());
    let then = window.shown("Mark row ");
    assert_ne!(first, then, "nothing was scrolled");
    window.click(heading);
    window.time("sorted anew meanwhile", |_| Vec::new());
    window.settle();
    assert_ne!(then, window.shown("Mark row "), "nothing was sorted");
    let all = window.find_text(" rows");
    window.click(filter + vec2(60.0, 0.0));
    window.draw(vec![Event::Text("params < 2M and score > 1400".to_owned())]);
    window.time("filtered meanwhile", |_| Vec::new());
    window.press(Key::Escape, Modifiers::NONE);
    window.settle();
    assert_ne!(all, window.find_text(" rows"), "nothing was filtered");
    window.time("filtered, scrolled", |at| [moved(table), vec![wheel(at)]].concat());
    window.press(Key::Z, Modifiers::COMMAND);
    window.settle();
}

/// Frames while results are added at a rate, against frames of the same pace while none are.
fn grown(window: &mut Window, results: &Results, study: &Study, rows: u64) {
    let paced = |window: &mut Window| {
        let (begin, mut times) = (Instant::now(), Vec::new());
        while begin.elapsed() < ADDING {
            let frame = Instant::now();
            times.push(window.draw(Vec::new()));
            std::thread::sleep(SHOWN.saturating_sub(frame.elapsed()));
        }
        times
    };
    let before = tell("60 frames a second", &mut paced(window));
    let over = AtomicBool::new(false);
    let mut times = std::thread::scope(|scope| {
        scope.spawn(|| {
            let (begin, mut position) = (Instant::now(), rows);
            while !over.load(Ordering::Relaxed) {
                let due = rows + (begin.elapsed().as_secs_f64() * RATE as f64) as u64;
                for at in position..due {
                    study.append(results.row(at)).unwrap();
                }
                position = due;
                std::thread::sleep(Duration::from_millis(10));
            }
        });
        let times = paced(window);
        over.store(true, Ordering::Relaxed);
        times
    });
    let with = tell("the same with 1,000 results added a second", &mut times);
    println!("  {:<44} {:>6.2} ms", "more in the mean", with - before);
}

fn main() {
    println!("milliseconds of a frame at 1280x800: median, 95th percentile, longest");
    for (id, rows) in [("nas-bench-201", 15_625), ("nas-bench-101", 423_624)] {
        let folder = tempfile::tempdir().unwrap();
        let path: PathBuf = folder.path().join("bench.db");
        let store = Store::open(&path).unwrap();
        let results = Results::new(id);
        let study = results.study(&store, rows);
        let mut window = Window::new(&path);
        window.press(Key::Num8, Modifiers::COMMAND);
        let show = window.find("Show");
        window.click(show);
        window.find(" rows");
        let begin = Instant::now();
        while window.context.has_requested_repaint() && begin.elapsed() < Duration::from_secs(30) {
            window.draw(Vec::new());
            std::thread::sleep(Duration::from_millis(20));
        }
        println!("{rows} rows of {id}");
        still(&mut window);
        grown(&mut window, &results, &study, rows);
        study.finish(StudyState::Done).unwrap();
    }
}
