//! From a space to a chosen network.

use egui_kittest::kittest::Queryable;
use untrained::job::JobConfig;
use untrained::store::Store;

use crate::support::{Window, ranked_job, shows, with_job};

#[test]
fn twenty_architectures_are_scored_sorted_chosen_and_compared() {
    let mut window = with_job(20);
    window.see("Set up a search");
    window.press("Start search");
    window.see("Done");
    window.press("Results");
    window.see("20 of 20 rows");
    // The table agrees with the study: the same best value is in both.
    let store = Store::read(&window.path("studies.db")).unwrap();
    let study = store.list().unwrap().remove(0);
    assert_eq!(study.counts.total(), 20);
    let best = format!("{:.4}", study.best.unwrap());
    window.see(&best);
    window.press("params");
    let first = store.best(&study, 2).unwrap();
    for row in &first {
        let name = row.record.architecture.clone();
        window.harness.query_all_by_label(&name).next().unwrap().click();
        window.harness.run_steps(3);
        window.see("rank");
        window.press("Add to comparison");
    }
    window.press("Compute kernel matrix");
    window.see("ln |det K|");
    window.press("Compare");
    window.see("decision");
    assert!(shows(&window.harness, &first[0].record.architecture));
    assert!(shows(&window.harness, &first[1].record.architecture));
}

/// By the combined rank, the chosen one and those that are compared show where they stand in each score.
#[test]
fn the_combined_rank_places_architectures_in_each_score() {
    let folder = tempfile::tempdir().unwrap();
    let job = ranked_job(folder.path(), 20, "combined");
    let mut window = Window::in_folder(folder, Some(&job), [1280.0, 900.0]);
    window.see("Set up a search");
    window.press("Start search");
    window.see("Done");
    // The run is drawn by the rank among all that came.
    assert!(!shows(&window.harness, "no combined yet"));
    window.press("Results");
    window.see("20 of 20 rows");
    window.harness.run_steps(4);
    window.see("Scatter of params and combined");
    let ok = window.harness.query_all_by_label("ok").next().expect("a row that may be chosen");
    ok.click();
    window.see("by combined");
    for label in ["decorrelation", "independence", "path-norm"] {
        window.see(label);
    }
    // The best of all is in the top of some score, in words.
    window.see(": top ");
    window.press("Add to comparison");
    window.press("Compare");
    window.see(": top ");
    window.menu("Study", "Compare extremes");
    window.see("rank 1 of");
    window.see(": bottom ");
}

#[test]
fn a_filter_chooses_rows_and_can_be_undone() {
    let mut window = with_job(20);
    window.see("Set up a search");
    window.press("Start search");
    window.see("Done");
    window.press("Results");
    window.see("20 of 20 rows");
    let filter = window.harness.get_by_label("Filter");
    filter.focus();
    filter.type_text("params < 0");
    window.see("0 of 20 rows");
    window.harness.key_press_modifiers(egui::Modifiers::NONE, egui::Key::Escape);
    window.press("Clear filter");
    window.see("20 of 20 rows");
    window.harness.get_by_label("Filter").focus();
    window.harness.get_by_label("Filter").type_text("parms < 1");
    window.see("no column `parms`");
}

#[test]
fn a_search_is_stopped_and_goes_on_in_another_window() {
    let mut window = with_job(3000);
    window.see("Set up a search");
    window.press("Start search");
    window.see("Running");
    window.until("a result", |harness| !shows(harness, "0/3,000"));
    window.press("Stop search");
    window.see("Stopped");
    let store = Store::read(&window.path("studies.db")).unwrap();
    let study = store.list().unwrap().remove(0);
    let done = study.counts.total();
    assert_eq!(study.standing(), "interrupted");
    assert!(done < 3000, "it was not stopped");
    let job: JobConfig = serde_json::from_value(study.setup.job.clone()).unwrap();
    assert!(job.repeats_exactly());
    drop(window.harness);
    let mut window = Window::in_folder(window.folder, None, [1280.0, 900.0]);
    window.press("Studies");
    window.see("interrupted");
    window.press("Show");
    window.see(&format!("study {}", study.id));
    // Its name may be seen before its rows are there.
    window.see("Select Pareto front");
    window.press("Run");
    window.press("Study");
    window.press("Resume search");
    window.see("Running");
    window.press("Stop search");
    window.see("Stopped");
    let after = store.find(&study.id).unwrap();
    assert!(after.counts.total() >= done, "{} < {done}", after.counts.total());
    assert_eq!(store.list().unwrap().len(), 1);
}

#[test]
fn what_is_wrong_stands_in_the_form() {
    let mut window = with_job(0);
    window.see("Architectures must be at least 1");
}

#[test]
fn a_search_that_fails_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("job.toml");
    std::fs::write(&path, "[options]\ndevice = \"no such adapter\"\n").unwrap();
    let name = path.to_string_lossy().into_owned();
    let mut window = Window::in_folder(folder, Some(&name), [1280.0, 900.0]);
    window.see("Set up a search");
    window.press("Start search");
    window.see("Failed");
    window.see("no usable adapter");
}

#[test]
fn results_are_written_whole_as_shown_and_by_their_stars() {
    let mut window = with_job(20);
    window.see("Set up a search");
    window.press("Start search");
    window.see("Done");
    window.press("Results");
    window.see("20 of 20 rows");
    let store = Store::read(&window.path("studies.db")).unwrap();
    let study = store.list().unwrap().remove(0);
    let best = store.best(&study, 1).unwrap().remove(0).record;
    let export = |window: &mut Window, entry: &str, name: &str| {
        let path = window.path(name);
        window.dialogs.answer(&path);
        window.menu("File", entry);
        window.see(&format!("results to {}", path.display()));
        let mut reader = csv::Reader::from_path(path).unwrap();
        reader.records().map(|record| record.unwrap()[0].to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(export(&mut window, "Export results…", "all.csv").len(), 20);
    window.harness.query_all_by_label(&best.architecture).next().unwrap().click();
    window.see("rank 1 of");
    window.press("Marked");
    window.until("the star", |_| {
        store.remarks(&study).unwrap().get(&best.architecture).is_some_and(|one| one.marked)
    });
    let marked = export(&mut window, "Export marked results…", "marked.csv");
    assert_eq!(marked, [best.architecture.as_str()]);
    let filter = window.harness.get_by_label("Filter");
    filter.focus();
    filter.type_text(&format!("params < {}", best.params));
    window.until("fewer rows", |harness| !shows(harness, "20 of 20 rows"));
    let smaller =
        store.rows(&study).unwrap().filter(|row| row.as_ref().unwrap().record.params < best.params);
    let shown = export(&mut window, "Export filtered results…", "shown.csv");
    assert_eq!(shown.len(), smaller.count());
    assert!(!shown.contains(&best.architecture));
}
