//! What must not outlive the process: unfinished files and programs that it started.
//!
//! Both are cleared by whoever made them. For a process that ends without that, on a second signal for
//! example, they are registered here, and [`clear`] removes them all. Against `kill -9`, the system ends the
//! programs on Linux, and files of dead processes are removed by the next one ([`remove_stale`]).

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Something that must not outlive the process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leftover {
    /// A file to remove.
    File(PathBuf),
    /// A group of processes to end, by the number of its leader. Only Unix has such groups.
    Group(u32),
}

static REGISTERED: Mutex<Vec<Leftover>> = Mutex::new(Vec::new());

fn registered() -> MutexGuard<'static, Vec<Leftover>> {
    REGISTERED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps something registered until it is dropped.
#[derive(Debug)]
pub struct Registration(Leftover);

/// Registers something.
pub fn register(leftover: Leftover) -> Registration {
    registered().push(leftover.clone());
    Registration(leftover)
}

impl Drop for Registration {
    fn drop(&mut self) {
        let mut registered = registered();
        if let Some(at) = registered.iter().position(|known| *known == self.0) {
            registered.swap_remove(at);
        }
    }
}

/// Removes everything that is registered. The process is expected to end at once.
pub fn clear() {
    for leftover in std::mem::take(&mut *registered()) {
        match leftover {
            Leftover::File(path) => {
                // It may have been removed meanwhile, and there is nobody left to tell.
                let _ = std::fs::remove_file(path);
            }
            Leftover::Group(leader) => end_group(leader),
        }
    }
}

#[cfg(unix)]
fn end_group(leader: u32) {
    use nix::sys::signal::{Signal, killpg};
    let Ok(leader) = i32::try_from(leader) else { return };
    let _ = killpg(nix::unistd::Pid::from_raw(leader), Signal::SIGKILL);
}

#[cfg(not(unix))]
fn end_group(_leader: u32) {}

/// Makes the system end a program when the process that starts it ends, however that happens. Where it cannot
/// (outside Linux and Android), only [`clear`] does.
pub fn end_with_parent(command: &mut std::process::Command) {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        use std::os::unix::process::CommandExt;
        // SAFETY: between fork and exec, the closure makes one system call and touches no memory that other
        // threads may have locked.
        unsafe {
            command.pre_exec(|| {
                nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL)
                    .map_err(std::io::Error::from)
            });
        }
    }
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let _ = command;
}

/// Where process numbers mean what they mean here: this start of this computer, and this container. `None`
/// where the system does not tell.
fn numbering() -> Option<u64> {
    let start = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let container = std::fs::read_link("/proc/self/ns/pid").ok()?;
    let mut hasher = DefaultHasher::new();
    (start.trim(), container).hash(&mut hasher);
    Some(hasher.finish())
}

/// What tells this process from all others, also those of other computers; `None` where the system does not
/// tell.
pub fn process_mark() -> Option<String> {
    numbering().map(|numbering| format!("{numbering:x}-{}", std::process::id()))
}

/// Whether the process of a mark has surely ended. Of processes of other computers and containers, and of
/// earlier starts of this one, nothing is known.
pub fn has_surely_ended(mark: &str) -> bool {
    let Some((place, process)) = mark.split_once('-') else { return false };
    let is_here = numbering().is_some_and(|numbering| format!("{numbering:x}") == place);
    is_here && process.parse().is_ok_and(has_ended)
}

/// The beginning of the name of a temporary file of this process: `PREFIX-NUMBERING-PID-`.
pub fn temporary_prefix(prefix: &str) -> String {
    format!("{prefix}-{:x}-{}-", numbering().unwrap_or_default(), std::process::id())
}

/// Removes temporary files whose process has ended, by the numbers in their names. Those of other containers
/// and computers, which may share the folder, are left alone.
pub fn remove_stale(folder: &Path, prefix: &str) {
    let Some(own) = numbering().map(|numbering| format!("{prefix}-{numbering:x}-")) else { return };
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let number = name
            .to_str()
            .and_then(|name| name.strip_prefix(&own)?.split('-').next()?.parse::<u32>().ok());
        if number.is_some_and(has_ended) {
            // Somebody else's stays where it is.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// Whether there is surely no process of that number.
#[cfg(unix)]
fn has_ended(process: u32) -> bool {
    i32::try_from(process).is_ok_and(|process| {
        let process = nix::unistd::Pid::from_raw(process);
        nix::sys::signal::kill(process, None) == Err(nix::errno::Errno::ESRCH)
    })
}

#[cfg(not(unix))]
fn has_ended(_process: u32) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dropped_is_not_registered() {
        let file = Leftover::File(PathBuf::from("leftovers-test"));
        let first = register(file.clone());
        let second = register(file.clone());
        let count = || registered().iter().filter(|known| **known == file).count();
        assert_eq!(count(), 2);
        drop(first);
        assert_eq!(count(), 1);
        drop(second);
        assert_eq!(count(), 0);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn files_of_processes_that_ended_are_removed_and_no_others() {
        let folder = tempfile::tempdir().unwrap();
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let ended = child.id();
        child.wait().unwrap();
        let own = format!("{}1.json", temporary_prefix("arch"));
        let numbered = format!("arch-{:x}-{ended}-1.json", numbering().unwrap());
        let elsewhere = format!("arch-123abc-{ended}-1.json");
        let names = [numbered, own, elsewhere, "other".into()];
        names.iter().for_each(|name| std::fs::write(folder.path().join(name), "").unwrap());
        remove_stale(folder.path(), "arch");
        let is_there = |name: &String| folder.path().join(name).exists();
        assert_eq!(names.iter().map(is_there).collect::<Vec<_>>(), [false, true, true, true]);
    }
}
