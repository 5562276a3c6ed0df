//! Where unpacked packages lie, and how programs find what is in them.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::workspace::Workspace;

/// The cache directory: `STEEPLE_CACHE`, otherwise `.cache` in the checkout.
#[derive(Debug)]
pub(crate) struct Cache {
    root: PathBuf,
}

impl Cache {
    /// The cache of this checkout.
    pub(crate) fn of(workspace: &Workspace) -> Self {
        let chosen = std::env::var_os("STEEPLE_CACHE").filter(|chosen| !chosen.is_empty());
        Self {
            root: workspace.root.join(chosen.unwrap_or(".cache".into())),
        }
    }

    /// The directory itself.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The root of the file tree that packages are unpacked into.
    pub(crate) fn unpacked(&self) -> PathBuf {
        self.root.join("debian")
    }

    /// The directory of the programs that come from elsewhere.
    pub(crate) fn programs(&self) -> PathBuf {
        self.root.join("bin")
    }

    /// Lets `command` and what it starts find the unpacked programs and modules, before those of the system.
    pub(crate) fn equip(&self, command: &mut Command) {
        let unpacked = self.unpacked().join("usr");
        let daemons = before(unpacked.join("sbin"), std::env::var_os("PATH"));
        let programs = before(unpacked.join("bin"), Some(daemons));
        let mut path = before(self.programs(), Some(programs));
        for directory in off_the_path() {
            path.push(":");
            path.push(directory);
        }
        command.env("PATH", path);
        let modules = unpacked.join("lib/python3/dist-packages");
        command.env(
            "PYTHONPATH",
            before(modules, std::env::var_os("PYTHONPATH")),
        );
        // Not a search path: it must not hide what an installed valgrind brings.
        let valgrind = unpacked.join("libexec/valgrind");
        if valgrind.is_dir() {
            command.env("VALGRIND_LIB", valgrind);
        }
    }
}

/// Where Debian has servers that are on nobody's search path, or on root's alone.
fn off_the_path() -> Vec<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let mut directories: Vec<_> = versions
        .flatten()
        .map(|version| version.path().join("bin"))
        .collect();
    directories.sort_unstable_by(|one, other| other.cmp(one));
    directories.push("/usr/sbin".into());
    directories
}

/// A search path that begins with `directory`.
fn before(directory: PathBuf, path: Option<OsString>) -> OsString {
    let mut joined = OsString::from(directory);
    if let Some(path) = path.filter(|path| !path.is_empty()) {
        joined.push(":");
        joined.push(path);
    }
    joined
}
