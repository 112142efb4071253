//! The program with studies on a PostgreSQL server.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use untrained::store::{Store, StoreError};

use crate::postgres::{Server, USER};
use crate::program::{Folder, run, text};

/// Looks at many architectures in little time: no forward passes.
const COUNTED: [&str; 8] =
    ["search", "--device", "cpu", "--score", "params", "--set", "skeleton.cells=1", "--samples"];

fn start(arguments: &[&str], variables: &[(&str, &str)]) -> Child {
    Command::new(assert_cmd::cargo::cargo_bin("untrained"))
        .arg("--batch")
        .args(arguments)
        .envs(variables.iter().copied())
        .env_remove("PGPASSWORD")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn id_of_the_only_study(store: &Path) -> Option<String> {
    Some(Store::read(store).ok()?.list().ok()?.first()?.id.clone())
}

#[test]
fn eight_processes_score_two_thousand_architectures_once_each() {
    const SAMPLES: u64 = 2000;
    let Some(server) = Server::start() else { return };
    let (address, folder) = (server.database("shared"), Folder::new());
    let store = text(&address);
    let samples = SAMPLES.to_string();
    let options = [&COUNTED[..], &[&samples, "--store", store]].concat();
    let mut children = vec![start(&options, &[])];
    let id = loop {
        if let Some(id) = id_of_the_only_study(&address) {
            break id;
        }
        assert!(children[0].try_wait().unwrap().is_none(), "it ended without a study");
        std::thread::sleep(std::time::Duration::from_millis(5));
    };
    let joining = [&options[..], &["--join", &id]].concat();
    children.extend((1..8).map(|_| start(&joining, &[])));
    let outputs: Vec<_> =
        children.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
    for output in &outputs {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let facts = Store::read(&address).unwrap();
    let study = facts.find(&id).unwrap();
    assert_eq!((study.standing(), study.counts.total()), ("done", SAMPLES));
    let rows: Vec<_> = facts.rows(&study).unwrap().collect::<Result<_, StoreError>>().unwrap();
    assert!(rows.iter().enumerate().all(|(at, row)| row.position == at as u64));
    // One process alone gives the same.
    let file = folder.path("alone.db");
    let alone = [&COUNTED[..], &[&samples, "--store", text(&file)]].concat();
    assert_eq!(run(&alone).0, 0);
    let alone = Store::read(&file).unwrap();
    let study = alone.list().unwrap().remove(0);
    for (row, other) in rows.iter().zip(alone.rows(&study).unwrap()) {
        let other = other.unwrap();
        assert_eq!(row.record.architecture, other.record.architecture);
        assert_eq!(row.record.rank_score().to_bits(), other.record.rank_score().to_bits());
    }
    // The verbs that read studies.
    for (verb, word) in [
        (&["studies", "list"][..], &*id),
        (&["studies", "show", &id], "2,000"),
        (&["studies", "show", &id, "--job"], "samples"),
        (&["cite", "--study", &id], "@"),
    ] {
        let (code, shown, error) = run(&[verb, &["--store", store]].concat());
        assert!(
            code == 0 && (shown.contains(word) || shown.contains("2000")),
            "{verb:?}: {shown}{error}"
        );
    }
    let (page, table) = (folder.text("report.html"), folder.text("out.csv"));
    for verb in [&["report", &id, "--out", &page][..], &["studies", "export", &id, &table]] {
        let (code, _, error) = run(&[verb, &["--store", store]].concat());
        assert_eq!(code, 0, "{verb:?}: {error}");
    }
    assert_eq!(std::fs::read_to_string(&table).unwrap().lines().count() as u64, SAMPLES + 1);
}

#[test]
fn a_password_never_shows() {
    const SECRET: &str = "s3cret-pa:ss";
    let Some(server) = Server::with_password(SECRET) else { return };
    let (address, folder) = (server.database("kept"), Folder::new());
    let (store, out) = (text(&address).to_owned(), folder.text("out.csv"));
    let passwords = folder.path("passwords");
    server.password_file(&passwords);
    // A colon has a backslash before it in that file.
    let line = std::fs::read_to_string(&passwords).unwrap().replace(SECRET, "s3cret-pa\\:ss");
    std::fs::write(&passwords, line).unwrap();
    let variables = [("PGPASSFILE", text(&passwords))];
    let mut shown = Vec::new();
    let mut call = |arguments: &[&str], variables: &[(&str, &str)]| {
        let child = start(arguments, variables);
        let list = format!("/proc/{}/cmdline", child.id());
        shown.push(std::fs::read_to_string(list).unwrap_or_default());
        let output = child.wait_with_output().unwrap();
        let told = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
        shown.extend(told.clone());
        (output.status.code().unwrap(), told.concat())
    };
    let options = [&COUNTED[..], &["20", "--store", &store, "--out", &out]].concat();
    let (code, told) = call(&options, &variables);
    assert_eq!(code, 0, "{told}");
    let (code, told) = call(&["studies", "--store", &store], &variables);
    assert!(code == 0 && told.contains("done"), "{told}");
    // Without it, and with a wrong one.
    let none = [("PGPASSFILE", "/nonexistent")];
    let wrong = folder.path("wrong");
    std::fs::write(&wrong, "*:*:*:*:wr0ng-one\n").unwrap();
    let (code, told) = call(&["studies", "--store", &store], &none);
    assert!(code == 2 && told.contains("PGPASSFILE"), "{told}");
    let (_, told) = call(&["studies", "--store", &store], &[("PGPASSFILE", text(&wrong))]);
    assert!(told.contains("chmod 600"), "others can read it: {told}");
    std::fs::set_permissions(&wrong, std::fs::metadata(&passwords).unwrap().permissions()).unwrap();
    let (code, told) = call(&["studies", "--store", &store], &[("PGPASSFILE", text(&wrong))]);
    assert!(code == 2 && told.contains("refused the user or the password"), "{told}");
    assert!(!told.contains("wr0ng-one"), "{told}");
    // In an address it would be seen by everybody: no verb accepts it, and none repeats it.
    let typed = store.replace(USER, &format!("{USER}:typed-s3cret"));
    let job = folder.text("job.toml");
    std::fs::write(&job, format!("store = \"{typed}\"\n[task.search]\nsamples = 5\n")).unwrap();
    for verb in [
        &["studies", "--store", &typed][..],
        &["report", "abcd", "--out", &folder.text("r.html"), "--store", &typed],
        &["cite", "--study", "abcd", "--store", &typed],
        &[&COUNTED[..], &["5", "--out", &folder.text("t.csv"), "--store", &typed]].concat(),
        &["run", &job],
    ] {
        let output = start(verb, &variables).wait_with_output().unwrap();
        let told = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert_eq!(output.status.code(), Some(2), "{verb:?}: {told}");
        assert!(told.contains("PGPASSFILE") && !told.contains("typed-s3cret"), "{verb:?}: {told}");
    }
    // Whatever was written.
    shown.push(server.dump("kept"));
    shown.push(server.logged());
    for entry in std::fs::read_dir(folder.path("")).unwrap() {
        let path = entry.unwrap().path();
        if path != passwords && path != Path::new(&job) {
            shown.push(String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned());
        }
    }
    assert!(shown.iter().any(|text| text.contains("\"command\"")), "no manifest was looked at");
    assert!(shown.iter().any(|text| text.contains("CREATE TABLE untrained.result")), "no dump");
    for text in &shown {
        assert!(!text.contains("s3cret"), "{text}");
    }
}

#[test]
fn the_tasks_of_a_job_array_work_on_one_study() {
    const TASKS: usize = 3;
    let Some(server) = Server::start() else { return };
    let (address, folder) = (server.database("cluster"), Folder::new());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/cluster/slurm-array.sh");
    let program = assert_cmd::cargo::cargo_bin("untrained");
    let mut path = vec![program.parent().unwrap().to_owned()];
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
    let tasks: Vec<Child> = (4..4 + TASKS)
        .map(|task| {
            Command::new(script)
                .args(&COUNTED[1..])
                .arg("600")
                .current_dir(folder.path(""))
                .env("PATH", std::env::join_paths(&path).unwrap())
                .env("STORE", &address)
                .env("SLURM_ARRAY_JOB_ID", "17")
                .env("SLURM_ARRAY_TASK_ID", task.to_string())
                .env("SLURM_ARRAY_TASK_MIN", "4")
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    for task in tasks {
        let output = task.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let store = Store::read(&address).unwrap();
    let studies = store.list().unwrap();
    assert_eq!((studies.len(), studies[0].counts.total()), (1, 600));
    let joined = store.events(&studies[0]).unwrap();
    assert_eq!(joined.iter().filter(|event| event.kind.name() == "join").count(), TASKS - 1);
}
