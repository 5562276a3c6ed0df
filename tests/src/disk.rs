//! Disks that have no room.

use std::{
    fs::{self, File},
    io::Write as _,
    path::PathBuf,
    process::Command,
};

use tempfile::TempDir;

/// The capability to mount, of <https://man7.org/linux/man-pages/man7/capabilities.7.html>.
const CAP_SYS_ADMIN: u64 = 1 << 21;

/// A file system of 1 MiB in memory.
#[derive(Debug)]
pub struct SmallDisk(TempDir);

impl SmallDisk {
    /// Mounts it; there is none for whoever may not.
    ///
    /// # Panics
    ///
    /// If it cannot be mounted by who is root and may.
    #[must_use]
    pub fn mount() -> Option<Self> {
        let directory = tempfile::tempdir().expect("a directory");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"]);
        let mounted = mount.arg(directory.path()).output();
        if mounted.as_ref().is_ok_and(|mount| mount.status.success()) {
            return Some(Self(directory));
        }
        assert!(!may_mount(), "no file system can be mounted: {mounted:?}");
        eprintln!("skipped: no file system can be mounted here: {mounted:?}");
        None
    }

    /// A file there.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Takes all the room.
    ///
    /// # Panics
    ///
    /// If there is none for a file of nothing.
    pub fn fill(&self) {
        let mut ballast = File::create(self.file("ballast")).expect("a file");
        while ballast.write_all(&[0; 4_096]).is_ok() {}
    }

    /// Gives it back.
    ///
    /// # Panics
    ///
    /// If it was not taken.
    pub fn make_room(&self) {
        fs::remove_file(self.file("ballast")).expect("it is there");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // A thread that ends may have a file open still.
        let mut unmount = Command::new("umount");
        let _ = unmount.arg("--lazy").arg(self.0.path()).status();
    }
}

/// Whether this process is that of root, with the capability, which containers often leave out.
fn may_mount() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let field = |name: &str| {
        let mut lines = status.lines();
        let value = lines.find_map(|line| line.strip_prefix(name))?;
        value.split_whitespace().next()
    };
    let capabilities = field("CapEff:").and_then(|bits| u64::from_str_radix(bits, 16).ok());
    field("Uid:") == Some("0") && capabilities.is_some_and(|bits| bits & CAP_SYS_ADMIN != 0)
}
