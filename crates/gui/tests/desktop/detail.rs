//! The chosen architecture and the comparison, in every state.

use egui_kittest::kittest::Queryable;
use untrained::backend::Cancel;
use untrained::job::{Event, JobConfig, Options, Task, run};
use untrained::store::Status;

use crate::stored::{by_naswot, quick, record, study};
use crate::support::{Window, shows};

const GOOD: &str = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|\
                    nor_conv_1x1~2|";
const POOR: &str = "|avg_pool_3x3~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|";
const CUT_OFF: &str = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|";

/// A window that shows a study of these architectures.
fn showing(options: Options, records: &[(&str, f64, Status)], size: [f32; 2]) -> Window {
    let folder = tempfile::tempdir().unwrap();
    let records = records.iter().map(|&(text, score, status)| record(text, score, status));
    let store = folder.path().join("studies.db");
    study(&store, options, by_naswot(), records.collect());
    let mut window = Window::in_folder(folder, None, size);
    window.press("Studies");
    window.press("Show");
    window.see("rows");
    window
}

fn three(options: Options) -> Window {
    let records = [
        (GOOD, 30.0, Status::Ok),
        (POOR, 10.0, Status::Ok),
        (CUT_OFF, f64::NEG_INFINITY, Status::Disconnected),
    ];
    showing(options, &records, [1280.0, 900.0])
}

/// Chooses a row by a text in it, and waits for what is known of it, which moves what is below.
fn choose(window: &mut Window, text: &str) {
    window.see(text);
    window.harness.query_all_by_label(text).last().unwrap().click();
    window.see("rank");
    window.until("the layers", |harness| {
        harness.query_all_by_label_contains(" layers").next().is_some()
    });
    window.harness.run_steps(3);
}

/// What a job says the score is.
fn score(options: Options, architecture: &str) -> f64 {
    let task = Task::Score { architectures: vec![architecture.to_owned()] };
    let mut found = f64::NAN;
    run(&JobConfig::new(options, task), &Cancel::new(), &mut |event| {
        if let Event::Scored { record, .. } = event {
            found = record.score;
        }
    })
    .unwrap();
    found
}

#[test]
fn nothing_is_chosen_at_first() {
    let mut window = three(quick());
    window.see("Choose a row or a point to see its details.");
    assert!(!shows(&window.harness, "Kernel matrix"));
}

#[test]
fn an_architecture_is_looked_into() {
    let mut window = three(quick());
    choose(&mut window, GOOD);
    window.see("rank 1 of 2, percentile 100.0, by score");
    window.see("all layers");
    assert!(!shows(&window.harness, "Eigenvalues of K"));
    window.press("Compute kernel matrix");
    let score = score(quick(), GOOD);
    window.see(&format!("Kernel matrix of 8 images, ln |det K| {score:.4}"));
    window.see("Eigenvalues of K");
    window.see("Active units per layer");
    window.see("% of units active");
    // Another one has a kernel matrix of its own.
    choose(&mut window, POOR);
    window.see("rank 2 of 2, percentile 0.0, by score");
    window.see("Compute kernel matrix");
    assert!(!shows(&window.harness, "Eigenvalues of K"));
}

#[test]
fn a_disconnected_architecture_is_told_as_such() {
    let mut window = three(quick());
    choose(&mut window, CUT_OFF);
    window.see("Disconnected: excluded from ranking");
    window.see("No rank: disconnected");
    window.press("Compute kernel matrix");
    window.see("more are inactive for every image");
}

#[test]
fn what_cannot_be_scored_again_says_why_in_its_place() {
    let mut window = three(Options { device: "no such adapter".to_owned(), ..quick() });
    choose(&mut window, GOOD);
    window.press("Compute kernel matrix");
    window.see("no kernel matrix: no usable adapter");
    window.press("Try again");
    window.see("no kernel matrix: no usable adapter");
}

#[test]
fn kernel_matrices_come_unasked_where_that_is_wanted() {
    let mut window = three(quick());
    choose(&mut window, GOOD);
    window.press("Always compute");
    window.see("Eigenvalues of K");
    choose(&mut window, POOR);
    window.see("Eigenvalues of K");
}

#[test]
fn a_long_computation_is_stopped() {
    let (device, images) = ("cpu".to_owned(), Some("noise".parse().unwrap()));
    let options = Options { device, images, batch_size: Some(2048), ..Options::default() };
    let mut window = three(options);
    choose(&mut window, GOOD);
    window.press("Compute kernel matrix");
    window.see("Computing the kernel matrix");
    window.press("Stop computing");
    window.see("Compute kernel matrix");
    assert!(!shows(&window.harness, "Computing the kernel matrix"));
}

#[test]
fn the_details_have_a_window_of_their_own() {
    let mut window =
        showing(quick(), &[(GOOD, 3.0, Status::Ok), (POOR, 1.0, Status::Ok)], [800.0, 600.0]);
    // There is no room for the inspector beside the results.
    window.harness.query_all_by_label("3.0000").last().unwrap().click();
    window.harness.run_steps(4);
    assert!(!shows(&window.harness, "rank"));
    window.press("Details in a window");
    window.see("Details of the chosen architecture");
    window.see("rank");
    // Until it lies where it stays.
    window.harness.run_steps(10);
    window.press("Close window");
    window.until("the window is closed", |harness| {
        !shows(harness, "Details of the chosen architecture")
    });
}

#[test]
fn the_extremes_are_compared_on_one_scale() {
    let mut window = three(quick());
    window.press("Compare");
    window.see("Nothing to compare yet");
    window.press("Compare extremes");
    window.see("rank 1 of 2 by score");
    window.see("rank 2 of 2 by score");
    assert!(shows(&window.harness, GOOD) && shows(&window.harness, POOR));
    window.press("Compute all kernel matrices");
    let alt =
        |text: &str| format!("Kernel matrix of 8 images, ln |det K| {:.4}", score(quick(), text));
    let (good, poor) = (alt(GOOD), alt(POOR));
    window.see(&good);
    window.see(&poor);
    window.see("Eigenvalues of K");
    // Both scales begin at the same share: the least of both.
    let scales = window.texts().into_iter().filter(|text| text.starts_with("0.")).count();
    assert!(scales >= 2, "{:?}", window.texts());
    window.see("decision");
    window.press("Remove A");
    window.until("A is taken off", |harness| !shows(harness, &good));
    assert!(shows(&window.harness, &poor));
    window.press("Clear comparison");
    window.see("Nothing to compare yet");
}

// The same text is another network in another space: each is scored as its own study says.
#[test]
fn architectures_of_different_studies_are_compared() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("studies.db");
    let wide = Options {
        set: vec!["skeleton.cells=1".parse().unwrap(), "skeleton.channels=8".parse().unwrap()],
        ..quick()
    };
    let ids = [quick(), wide.clone()]
        .map(|options| study(&store, options, by_naswot(), vec![record(GOOD, 5.0, Status::Ok)]));
    let mut window = Window::in_folder(folder, None, [1280.0, 900.0]);
    for id in &ids {
        window.press("Studies");
        window.see(id);
        // The newest study stands first.
        let at = ids.iter().rev().position(|known| known == id).unwrap();
        window.harness.query_all_by_label("Show").nth(at).unwrap().click();
        window.see(&format!("study {id}"));
        choose(&mut window, GOOD);
        window.press("Add to comparison");
    }
    window.press("Compare");
    for id in &ids {
        window.see(&format!("study {id}: rank 1 of 1 by score"));
    }
    window.press("Compute all kernel matrices");
    for options in [quick(), wide] {
        let score = score(options, GOOD);
        window.see(&format!("Kernel matrix of 8 images, ln |det K| {score:.4}"));
    }
}
