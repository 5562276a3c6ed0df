//! A program of Debian packages that runs with libraries and modules of theirs, unpacked into the cache.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;

use super::{Cache, apt::Apt, download::extract};
use crate::process::succeed;

/// Unpacks `packages` with what they depend on and the system has not, and puts what starts `program` of them into the cache as
/// `name`; the variable `modules` tells it of the directory `directory` among their libraries.
pub(super) fn fetch(
    cache: &Cache,
    packages: &[&str],
    program: &str,
    (modules, directory): (&str, &str),
    name: &str,
) -> anyhow::Result<()> {
    let state = cache.root().join("libraries");
    let downloads = state.join("packages");
    fs::create_dir_all(downloads.join("partial"))?;
    let fetch = |apt: &Apt| {
        let mut install = apt.command();
        install
            // Nothing is installed, so that nobody has to be kept from it, nor need this be root.
            .args(["-o", "Debug::NoLocking=1", "-o"])
            .arg(format!("Dir::Cache::archives={}", downloads.display()))
            .args(["--download-only", "--yes", "--no-install-recommends"]);
        succeed(install.args(["--reinstall", "install"]).args(packages))
    };
    fetch(&Apt::of_the_system()).or_else(|_| fetch(&Apt::private(&state, None)?))?;
    let unpacked = cache.root().join(name);
    fs::create_dir_all(&unpacked)?;
    extract(&downloads, &unpacked)?;
    fs::remove_dir_all(&state)?;

    let libraries = libraries(&unpacked)?;
    let started = unpacked.join(program);
    fs::create_dir_all(cache.programs())?;
    write_program(
        &cache.programs().join(name),
        &format!(
            "#!/bin/sh\nexport LD_LIBRARY_PATH='{0}'\nexport {modules}='{0}/{directory}'\nexec '{1}' \"$@\"\n",
            libraries.display(),
            started.display(),
        ),
    )
}

/// The directory of the libraries, which is named after the machine.
fn libraries(unpacked: &Path) -> anyhow::Result<PathBuf> {
    let all = unpacked.join("usr/lib");
    for entry in fs::read_dir(&all)? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with("-linux-gnu") {
            return Ok(path);
        }
    }
    Err(anyhow::anyhow!("no libraries")).with_context(|| format!("in {}", all.display()))
}

fn write_program(path: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(path, text)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}
