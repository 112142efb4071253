//! Jobs of somebody else, which ask before they run a command or write elsewhere.

use std::path::Path;

use egui::Key;

use crate::support::{Window, shows};

/// A job file that trains two architectures with a command that leaves a mark.
fn training_job(folder: &Path, more: &str) -> String {
    let mark = folder.join("mark");
    let path = folder.join("job.toml");
    let text = format!(
        "{more}\n[options]\ndevice = \"cpu\"\nset = [\"skeleton.cells=1\"]\n[task.search]\nstrategy = \"rs\"\n\
         samples = 2\ntrainer = '''sh -c \"echo x >> {}; echo '{{\\\"accuracy\\\": 1}}'\" {{arch}}'''\n",
        mark.display()
    );
    std::fs::write(&path, text).unwrap();
    path.to_string_lossy().into_owned()
}

#[test]
fn a_job_file_that_names_a_command_asks_before_it_runs_it() {
    let folder = tempfile::tempdir().unwrap();
    let mark = folder.path().join("mark");
    let job = training_job(folder.path(), "");
    let mut window = Window::in_folder(folder, Some(&job), [1280.0, 900.0]);
    // Cancel is the default: for Escape and for Enter.
    for key in [Key::Escape, Key::Enter] {
        window.press("Start search");
        window.see("Run a command?");
        window.see("echo x >>");
        window.see("job.toml asks for this");
        window.harness.run_steps(3);
        window.harness.key_press(key);
        window.until("no question", |harness| !shows(harness, "Run a command?"));
        window.harness.run_steps(3);
        assert!(!mark.exists() && shows(&window.harness, "Start search"), "{key:?}");
    }
    window.press("Start search");
    window.press("Cancel");
    assert!(!mark.exists());
    window.press("Start search");
    window.press("Run it");
    window.until("two trainings", |_| {
        std::fs::read_to_string(&mark).is_ok_and(|text| text.lines().count() == 2)
    });
    // A study that is continued asks again.
    window.see("Done");
    window.menu("Study", "Extend search");
    window.see("Run a command?");
    window.see("The stored study asks for this");
    window.press("Cancel");
    window.harness.run_steps(5);
    assert_eq!(std::fs::read_to_string(&mark).unwrap().lines().count(), 2);
}

#[test]
fn a_job_file_that_writes_elsewhere_asks_before_it_does() {
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let [inside, outside] =
        [folder.path(), elsewhere.path()].map(|folder| folder.join("written.csv"));
    for (out, asks) in [(&inside, false), (&outside, true)] {
        let path = folder.path().join("job.toml");
        let text = format!(
            "out = \"{}\"\n[options]\ndevice = \"cpu\"\nbatch-size = 4\nset = [\"skeleton.cells=1\"]\n\
             [task.search]\nscore = \"naswot\"\nsamples = 2\n",
            out.display()
        );
        std::fs::write(&path, text).unwrap();
        let own = tempfile::tempdir().unwrap();
        let mut window = Window::in_folder(own, path.to_str(), [1280.0, 900.0]);
        window.press("Start search");
        if asks {
            window.see("Write files?");
            window.see("written.csv.manifest.json");
            assert!(!out.exists());
            window.press("Run it");
        }
        window.until("a table", |_| {
            std::fs::read_to_string(out).is_ok_and(|text| text.lines().count() == 3)
        });
    }
}
