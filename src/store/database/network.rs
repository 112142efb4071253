//! Files on other computers, where SQLite's locks and shared memory do not reach all who have them open.

use std::path::Path;

/// The network file system that a file is on, or would be on, by its name; `None` where it is on a disk of this
/// computer, or where the system does not tell. SQLite cannot keep processes of several computers from
/// damaging such a file: see <https://sqlite.org/wal.html>.
pub fn network_file_system(path: &Path) -> Option<&'static str> {
    let path = std::path::absolute(path).ok()?;
    // The file may be yet to come.
    path.ancestors().find(|place| place.exists()).and_then(kind)
}

/// Numbers of file systems, from the header `linux/magic.h` and the sources of those that are not in it.
#[cfg(any(target_os = "linux", target_os = "android"))]
const KINDS: [(u64, &str); 15] = [
    (0x6969, "NFS"),
    (0x517b, "SMB"),
    (0xfe53_4d42, "SMB"),
    (0xff53_4d42, "CIFS"),
    (0x564c, "NCP"),
    (0x5346_414f, "AFS"),
    (0x7375_7245, "Coda"),
    (0x0102_1997, "9P"),
    (0x00c3_6400, "Ceph"),
    (0x0bd0_0bd0, "Lustre"),
    (0x4750_4653, "GPFS"),
    (0x1983_0326, "BeeGFS"),
    (0x7461_636f, "OCFS2"),
    (0x0116_1970, "GFS2"),
    (0xaad7_aaea, "PanFS"),
];

#[cfg(any(target_os = "linux", target_os = "android"))]
fn kind(path: &Path) -> Option<&'static str> {
    let found = nix::sys::statfs::statfs(path).ok()?;
    named(found.filesystem_type().0 as u64)
}

/// The numbers have 32 bits; a system whose own are signed extends them.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn named(number: u64) -> Option<&'static str> {
    KINDS.iter().find(|(known, _)| *known == number & 0xffff_ffff).map(|(_, name)| *name)
}

#[cfg(target_os = "macos")]
fn kind(path: &Path) -> Option<&'static str> {
    let found = nix::sys::statfs::statfs(path).ok()?;
    match found.filesystem_type_name() {
        "nfs" => Some("NFS"),
        "smbfs" => Some("SMB"),
        "afpfs" => Some("AFP"),
        "webdav" => Some("WebDAV"),
        _ => None,
    }
}

#[cfg(windows)]
fn kind(path: &Path) -> Option<&'static str> {
    use std::path::{Component, Prefix};
    match path.components().next() {
        Some(Component::Prefix(prefix))
            if matches!(prefix.kind(), Prefix::UNC(..) | Prefix::VerbatimUNC(..)) =>
        {
            Some("SMB")
        }
        _ => None,
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "macos", windows)))]
fn kind(_: &Path) -> Option<&'static str> {
    None
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn network_file_systems_are_told_from_disks() {
        // ext4, tmpfs and overlayfs.
        for disk in [0xef53, 0x0102_1994, 0x794c_7630] {
            assert_eq!(named(disk), None);
        }
        assert_eq!(named(0x6969), Some("NFS"));
        assert_eq!(named(0xff53_4d42), Some("CIFS"));
        assert_eq!(named(0xffff_ffff_fe53_4d42), Some("SMB"));
        // What this system says of its own: processes are on no disk anywhere.
        assert_eq!(network_file_system(Path::new("/proc/self/no such file")), None);
    }
}
