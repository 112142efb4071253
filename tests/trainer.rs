//! The user's own training programs, good and bad, written in the shell.
#![cfg(unix)]

use std::time::Duration;

use untrained::trainer::{Trainer, TrainingRequest};

use crate::support::watchdog::{WATCHDOG, must_end};

fn order(architecture: &str) -> TrainingRequest {
    TrainingRequest {
        space: "space".to_owned(),
        architecture: architecture.to_owned(),
        index: Some(3),
        choices: Vec::new(),
        layers: Vec::new(),
        module: None,
        space_file: String::new(),
        input: [3, 32, 32],
        classes: 10,
        seed: 0,
    }
}

/// A trainer that is a shell script; `$1` is the file.
fn script(script: &str) -> Trainer {
    Trainer::new(&format!("sh -c '{script}' trainer {{arch.json}}")).unwrap()
}

fn one(trainer: &Trainer) -> Result<f64, String> {
    trainer.train(&[order("a")], &|| false).remove(0).unwrap()
}

#[test]
fn a_good_trainer_answers_and_gets_its_architecture() {
    let trainer = script(
        r#"echo start; grep -q "\"architecture\": \"a|b~0\"" "$1" && echo "{\"accuracy\": 91.25}"; echo bye"#,
    );
    let answers = trainer.train(&[order("a|b~0"), order("other")], &|| false);
    assert_eq!(answers[0], Some(Ok(91.25)));
    assert!(answers[1].as_ref().unwrap().as_ref().unwrap_err().contains("but with: bye"));
    let text = Trainer::new("sh -c 'echo \"{\\\"accuracy\\\": ${#1}}\"' trainer {arch}").unwrap();
    assert_eq!(text.train(&[order("12345")], &|| false)[0], Some(Ok(5.0)));
}

#[test]
fn bad_trainers_are_told_and_never_hold_up_the_search() {
    let fails = one(&script("echo oh no >&2; exit 3")).unwrap_err();
    assert!(fails.contains("exit status: 3") && fails.contains("oh no"), "{fails}");
    let nonsense = one(&script("echo {accuracy: 3}")).unwrap_err();
    assert!(nonsense.contains("did not end with a line such as"), "{nonsense}");
    let missing = one(&Trainer::new("no-such-program-here {arch}").unwrap()).unwrap_err();
    assert!(missing.contains("could not be started"), "{missing}");

    // These sleep longer than the watchdog, so that an answer shows that nothing waited for them.
    let mut hangs = script("sleep 100000");
    hangs.limit = Duration::from_millis(300);
    let reason = must_end("a program past its limit", move || one(&hangs)).unwrap_err();
    assert!(reason.contains("took longer than 0.3 s"), "{reason}");
    // A program it started holds the pipe; it answers, and what it left is stopped.
    let mut forks = script(r#"sleep 100000 & echo "{\"accuracy\": 1}""#);
    forks.limit = WATCHDOG;
    assert_eq!(must_end("a program that leaves another", move || one(&forks)), Ok(1.0));
    // A flood is read, and only its end kept.
    let floods = script(r#"yes 0123456789 | head -c 30000000; echo; echo "{\"accuracy\": 2}""#);
    assert_eq!(one(&floods), Ok(2.0));
}

#[test]
fn failed_runs_are_repeated_as_often_as_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let count = folder.path().join("count").display().to_string();
    let flaky = format!(
        r#"echo x >> {count}; test $(wc -l < {count}) -ge 3 && echo "{{\"accuracy\": 7}}""#
    );
    let mut trainer = script(&flaky);
    trainer.retries = 1;
    assert!(one(&trainer).unwrap_err().contains("(2 attempts)"));
    assert_eq!(one(&trainer), Ok(7.0));
}

/// Trainers that each wait until all four of them have begun.
fn meeting(folder: &std::path::Path) -> Trainer {
    let folder = folder.display();
    script(&format!(
        r#"touch "{folder}/$$"; while test $(ls "{folder}" | wc -l) -lt 4; do sleep 0.02; done;
        echo "{{\"accuracy\": 1}}""#
    ))
}

fn four_orders() -> Vec<TrainingRequest> {
    (0..4).map(|n| order(&n.to_string())).collect()
}

#[test]
fn several_run_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let mut together = meeting(folder.path());
    together.parallel = 4;
    together.limit = WATCHDOG;
    let answers = together.train(&four_orders(), &|| false);
    assert!(answers.iter().all(|answer| *answer == Some(Ok(1.0))), "{answers:?}");
    // One after the other, the first never meets the others.
    let folder = tempfile::tempdir().unwrap();
    let mut alone = meeting(folder.path());
    alone.limit = Duration::from_millis(300);
    let answers = alone.train(&four_orders(), &|| false);
    assert!(matches!(answers[0], Some(Err(_))), "{answers:?}");
}

#[test]
fn all_stop_when_asked_and_no_further_one_starts() {
    let folder = tempfile::tempdir().unwrap();
    let begun = folder.path().join("begun");
    let endless = script(&format!("echo x >> {}; sleep 100000", begun.display()));
    let seen = begun.clone();
    let answers =
        must_end("a cancelled training", move || endless.train(&four_orders(), &|| seen.exists()));
    assert!(answers.iter().all(Option::is_none), "{answers:?}");
    // The file may be there before its line is.
    assert!(std::fs::read_to_string(&begun).unwrap().lines().count() <= 1);
}
