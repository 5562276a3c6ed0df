//! Debian packages, downloaded with apt and unpacked into the cache; the system stays as it is.

use std::{fs, path::Path, process::Command};

use anyhow::Context as _;

use super::Cache;
use crate::process::succeed;

/// Downloads and unpacks `packages`, without their dependencies.
pub(crate) fn unpack(cache: &Cache, packages: &[&str]) -> anyhow::Result<()> {
    let downloads = cache.root().join("packages");
    fs::create_dir_all(&downloads)
        .with_context(|| format!("cannot create {}", downloads.display()))?;
    download(cache, &downloads, packages)?;
    for entry in fs::read_dir(&downloads)? {
        let package = entry?.path();
        if package
            .extension()
            .is_some_and(|extension| extension == "deb")
        {
            let mut command = Command::new("dpkg-deb");
            command.arg("--extract").arg(&package).arg(cache.unpacked());
            succeed(&mut command)?;
        }
    }
    fs::remove_dir_all(&downloads)?;
    Ok(())
}

/// Uses the system's package lists, or, where they are missing or out of date, lists of our own, which take no
/// root to update.
fn download(cache: &Cache, into: &Path, packages: &[&str]) -> anyhow::Result<()> {
    let fetch = |mut apt: Command| succeed(apt.current_dir(into).arg("download").args(packages));
    if fetch(apt_get()).is_ok() {
        return Ok(());
    }
    let state = cache.root().join("apt");
    for directory in ["lists/partial", "archives/partial"] {
        fs::create_dir_all(state.join(directory))?;
    }
    let private = || {
        let mut apt = apt_get();
        for (option, directory) in [("Dir::State::lists", "lists"), ("Dir::Cache", "")] {
            apt.arg("-o")
                .arg(format!("{option}={}", state.join(directory).display()));
        }
        apt
    };
    println!(
        "the package lists are missing or out of date: fetching lists into {}",
        state.display()
    );
    succeed(private().arg("update"))?;
    fetch(private())?;
    fs::remove_dir_all(&state)?;
    Ok(())
}

fn apt_get() -> Command {
    let mut apt = Command::new("apt-get");
    // Root's apt would download as the user _apt, who may not write here, and warn.
    apt.args(["--quiet=2", "-o", "APT::Sandbox::User=root"]);
    apt
}
