//! A PostgreSQL server of a test's own, with the programs that are installed; it ends with the test.

#![allow(dead_code, reason = "another test program uses a part of it")]

use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::data::skip;

/// The owner of all databases.
pub const USER: &str = "untrained";
/// The user without rights, as whom a server runs where the tests run as root, which it refuses.
const NOBODY: u32 = 65534;
/// Longer than a server takes to start on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(120);

pub struct Server {
    folder: tempfile::TempDir,
    programs: PathBuf,
    port: u16,
    password: String,
    is_root: bool,
    process: Option<Child>,
}

/// The folder of the server's programs: Debian keeps those that only a server needs out of the way.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = versions.map(|entry| entry.path().join("bin")).collect();
    folders.sort();
    folders.reverse();
    folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    folders
        .into_iter()
        .find(|folder| ["initdb", "postgres", "psql"].iter().all(|name| folder.join(name).exists()))
}

impl Server {
    /// A new server that lets everybody in; without one on this machine, the test is skipped.
    pub fn start() -> Option<Self> {
        Self::new("trust", "unused")
    }

    /// A new server that asks for a password.
    pub fn with_password(password: &str) -> Option<Self> {
        Self::new("scram-sha-256", password)
    }

    fn new(trust: &str, password: &str) -> Option<Self> {
        let Some(programs) = programs() else {
            skip("no PostgreSQL server is installed (Debian's package is `postgresql`)");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let is_root = std::fs::metadata(folder.path()).unwrap().uid() == 0;
        let (process, password) = (None, password.to_owned());
        let mut server = Self { folder, programs, port, password, is_root, process };
        let first = server.path("password");
        std::fs::write(&first, &server.password).unwrap();
        if server.is_root {
            std::fs::set_permissions(server.folder.path(), std::fs::Permissions::from_mode(0o755))
                .unwrap();
            for path in [server.folder.path(), &first] {
                chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
            }
        }
        let output = server
            .server_program("initdb")
            .args(["--no-sync", "-E", "UTF8", "--locale=C", "-U", USER, "-A", trust, "-D"])
            .arg(server.path("data"))
            .arg("--pwfile")
            .arg(first)
            .output()
            .unwrap();
        assert!(output.status.success(), "initdb: {}", String::from_utf8_lossy(&output.stderr));
        server.restart();
        Some(server)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A program that may not run as root.
    fn server_program(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command.current_dir(self.folder.path());
        if self.is_root {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    }

    /// Starts it, again if it was stopped, and waits until it answers.
    pub fn restart(&mut self) {
        let begin = Instant::now();
        loop {
            let log = std::fs::File::options().append(true).create(true).open(self.log()).unwrap();
            let process = self
                .server_program("postgres")
                .arg("-D")
                .arg(self.path("data"))
                .args(["-c", "listen_addresses=127.0.0.1", "-c", "max_connections=60", "-p"])
                .arg(self.port.to_string())
                .arg("-k")
                .arg(self.folder.path())
                .stdout(Stdio::null())
                .stderr(log)
                .spawn()
                .unwrap();
            self.process = Some(process);
            // It ends at once while processes of the one that was killed are still there.
            while self.process.as_mut().unwrap().try_wait().unwrap().is_none() {
                if self.sql("postgres", "SELECT 1").is_ok() {
                    return;
                }
                assert!(begin.elapsed() < PATIENCE, "no server: {}", self.logged());
                std::thread::sleep(Duration::from_millis(20));
            }
            assert!(begin.elapsed() < PATIENCE, "no server: {}", self.logged());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn log(&self) -> PathBuf {
        self.path("log")
    }

    /// What the server wrote to its log.
    pub fn logged(&self) -> String {
        std::fs::read_to_string(self.log()).unwrap_or_default()
    }

    /// Kills it as `kill -9` does, with the processes that serve its connections: these would go on until they
    /// notice, and might still commit.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            let id = process.id();
            let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
            process.kill().unwrap();
            for child in children.unwrap_or_default().split_whitespace() {
                // It may be gone already.
                let _ = Command::new("kill").args(["-9", child]).stderr(Stdio::null()).status();
            }
            process.wait().unwrap();
        }
    }

    /// Runs a statement in a database; what it gives, or what is wrong.
    pub fn sql(&self, database: &str, statement: &str) -> Result<String, String> {
        let output = Command::new(self.programs.join("psql"))
            .args(["-X", "-A", "-t", "-q", "-h", "127.0.0.1", "-U", USER, "-d", database, "-p"])
            .arg(self.port.to_string())
            .args(["-c", statement])
            .env("PGPASSWORD", &self.password)
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    /// A new database; its address.
    pub fn database(&self, name: &str) -> PathBuf {
        self.sql("postgres", &format!("CREATE DATABASE {name}")).unwrap();
        self.address(USER, name)
    }

    /// The address of a database that may not be there.
    pub fn address(&self, user: &str, database: &str) -> PathBuf {
        format!("postgres://{user}@127.0.0.1:{}/{database}", self.port).into()
    }

    /// Everything that a database holds, as its backup.
    pub fn dump(&self, database: &str) -> String {
        let output = Command::new(self.programs.join("pg_dump"))
            .args(["-h", "127.0.0.1", "-U", USER, "-p", &self.port.to_string(), database])
            .env("PGPASSWORD", &self.password)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// A file of passwords that nobody else can read.
    pub fn password_file(&self, path: &Path) {
        std::fs::write(path, format!("127.0.0.1:{}:*:*:{}\n", self.port, self.password)).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        // Its processes notice it one after the other, and the folder cannot go before them.
        std::thread::sleep(Duration::from_millis(100));
    }
}
