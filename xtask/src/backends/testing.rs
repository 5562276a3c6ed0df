//! A program of Debian's coming release, where the system's own release has an older one.

use std::fs;

use super::{Cache, apt::Apt, download::extract};
use crate::process::succeed;

/// Puts `program` of a Debian `package`, as the release `testing` has it, into the cache as `name`.
///
/// It has to run with the libraries of this system.
pub(super) fn fetch(cache: &Cache, package: &str, program: &str, name: &str) -> anyhow::Result<()> {
    let state = cache.root().join("testing");
    let unpacked = state.join("unpacked");
    fs::create_dir_all(&unpacked)?;
    let mirror = Apt::of_the_system()
        .debian()
        .or_else(|_| Apt::private(&state, None)?.debian())?;
    let sources = state.join("sources.list");
    fs::write(&sources, format!("deb {mirror} testing main\n"))?;
    let apt = Apt::private(&state, Some(&sources))?;
    let mut download = apt.command();
    succeed(download.current_dir(&state).args(["download", package]))?;
    extract(&state, &unpacked)?;
    fs::create_dir_all(cache.programs())?;
    let unpacked = unpacked.join("usr/bin").join(program);
    fs::rename(unpacked, cache.programs().join(name))?;
    fs::remove_dir_all(&state)?;
    Ok(())
}
