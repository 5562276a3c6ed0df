//! A program of a Python package, in a virtual environment of its own.

use std::{fs, path::Path, process::Command};

use super::Cache;
use crate::process::{run, shell, succeed};

/// Installs with pip what each part of `installed` says, and puts its program into the cache as `name`; `locate` is Python that prints where
/// the program lies.
pub(super) fn fetch(
    cache: &Cache,
    installed: &[&[&str]],
    locate: &str,
    name: &str,
) -> anyhow::Result<()> {
    let environment = cache.root().join("python").join(name);
    let mut create = Command::new("python3");
    create.args(["-m", "venv", "--clear"]).arg(&environment);
    succeed(&mut create)?;
    let python = || Command::new(environment.join("bin/python"));
    for requirements in installed {
        let mut install = python();
        install.args(["-m", "pip", "install", "--quiet"]);
        succeed(install.args(*requirements))?;
    }
    let mut ask = python();
    let (status, printed) = run(ask.args(["-c", locate]), |_| {})?;
    anyhow::ensure!(status.success(), "`{}` failed: {printed}", shell(&ask));
    fs::create_dir_all(cache.programs())?;
    let program = cache.programs().join(name);
    let _old = fs::remove_file(&program);
    fs::hard_link(Path::new(printed.trim_end()), program)?;
    Ok(())
}
