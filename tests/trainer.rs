//! The user's own training programs, good and bad, written in the shell.
#![cfg(unix)]

use std::time::{Duration, Instant};

use untrained::trainer::{Trainer, TrainingRequest};

fn order(architecture: &str) -> TrainingRequest {
    TrainingRequest {
        space: "space".to_owned(),
        architecture: architecture.to_owned(),
        index: Some(3),
        choices: Vec::new(),
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
    assert!(answers[1].as_ref().unwrap().as_ref().unwrap_err().contains("ended with: bye"));
    let text = Trainer::new("sh -c 'echo \"{\\\"accuracy\\\": ${#1}}\"' trainer {arch}").unwrap();
    assert_eq!(text.train(&[order("12345")], &|| false)[0], Some(Ok(5.0)));
}

#[test]
fn bad_trainers_are_told_and_never_hold_up_the_search() {
    let fails = one(&script("echo oh no >&2; exit 3")).unwrap_err();
    assert!(fails.contains("exit status: 3") && fails.contains("oh no"), "{fails}");
    let nonsense = one(&script("echo {accuracy: 3}")).unwrap_err();
    assert!(nonsense.contains("printed no line such as"), "{nonsense}");
    let missing = one(&Trainer::new("no-such-program-here {arch}").unwrap()).unwrap_err();
    assert!(missing.contains("could not be started"), "{missing}");

    let begin = Instant::now();
    let mut hangs = script("sleep 60");
    hangs.limit = Duration::from_millis(300);
    let reason = one(&hangs).unwrap_err();
    assert!(reason.contains("took longer than 0.3 s"), "{reason}");
    // A program it started holds the pipe; it answers, and what it left is stopped.
    let mut forks = script(r#"sleep 60 & echo "{\"accuracy\": 1}""#);
    forks.limit = Duration::from_secs(20);
    assert_eq!(one(&forks), Ok(1.0));
    // A flood is read, and only its end kept.
    let floods = script(r#"yes 0123456789 | head -c 30000000; echo; echo "{\"accuracy\": 2}""#);
    assert_eq!(one(&floods), Ok(2.0));
    assert!(begin.elapsed() < Duration::from_secs(30));
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

#[test]
fn several_run_at_a_time_and_all_stop_when_asked() {
    let mut trainer = script(r#"sleep 0.5; echo "{\"accuracy\": 1}""#);
    trainer.parallel = 4;
    let orders: Vec<TrainingRequest> = (0..4).map(|n| order(&n.to_string())).collect();
    let begin = Instant::now();
    assert!(trainer.train(&orders, &|| false).iter().all(|answer| *answer == Some(Ok(1.0))));
    assert!(begin.elapsed() < Duration::from_millis(1_900), "they ran one after the other");
    let begin = Instant::now();
    let cancelled = || begin.elapsed() > Duration::from_millis(200);
    let answers = script("sleep 60").train(&orders, &cancelled);
    assert!(answers.iter().all(Option::is_none));
    assert!(begin.elapsed() < Duration::from_secs(10));
}
