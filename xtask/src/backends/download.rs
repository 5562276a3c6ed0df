//! Debian packages, downloaded with apt and unpacked into the cache; the system stays as it is.

use std::{fs, path::Path, process::Command};

use anyhow::Context as _;

use super::{Cache, apt::Apt};
use crate::process::succeed;

/// Downloads and unpacks `packages`, without their dependencies.
pub(crate) fn unpack(cache: &Cache, packages: &[&str]) -> anyhow::Result<()> {
    let downloads = cache.root().join("packages");
    fs::create_dir_all(&downloads)
        .with_context(|| format!("cannot create {}", downloads.display()))?;
    download(cache, &downloads, packages)?;
    extract(&downloads, &cache.unpacked())?;
    fs::remove_dir_all(&downloads)?;
    Ok(())
}

/// Unpacks the packages in a directory.
pub(super) fn extract(downloads: &Path, into: &Path) -> anyhow::Result<()> {
    for entry in fs::read_dir(downloads)? {
        let package = entry?.path();
        if package
            .extension()
            .is_some_and(|extension| extension == "deb")
        {
            let mut command = Command::new("dpkg-deb");
            command.arg("--extract").arg(&package).arg(into);
            succeed(&mut command)?;
        }
    }
    Ok(())
}

/// Uses the system's package lists, or lists of our own where they are missing or out of date.
fn download(cache: &Cache, into: &Path, packages: &[&str]) -> anyhow::Result<()> {
    let fetch = |apt: &Apt| {
        let mut command = apt.command();
        succeed(command.current_dir(into).arg("download").args(packages))
    };
    if fetch(&Apt::of_the_system()).is_ok() {
        return Ok(());
    }
    println!("the package lists are missing or out of date");
    let state = cache.root().join("apt");
    fetch(&Apt::private(&state, None)?)?;
    fs::remove_dir_all(&state)?;
    Ok(())
}
