//! Pictures that are taken away.

use crate::support::Window;

#[test]
fn a_dialog_is_answered_from_the_list_of_the_test() {
    let mut window = Window::new(Some("nas-bench-201"));
    window.see("15,625");
    window.press("Set up");
    let path = window.path("job.toml");
    window.dialogs.answer(&path);
    window.press("Save as job file…");
    window.see("written to");
    assert!(std::fs::read_to_string(path).unwrap().contains("nas-bench-201"));
    // Nothing is chosen where nothing is answered.
    window.press("Save as job file…");
    window.harness.run_steps(3);
}
