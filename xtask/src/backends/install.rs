//! Packages installed on the system, where they cannot be had otherwise.

use std::{
    io::{IsTerminal as _, Write as _},
    process::Command,
};

use anyhow::Context as _;

use crate::process::{silently, succeed};

/// Installs `packages`, after asking on a terminal; a service among them is not left running.
pub(crate) fn install(packages: &[&str]) -> anyhow::Result<()> {
    let names = packages.join(" ");
    anyhow::ensure!(
        agreed(&names)?,
        "these Debian packages are needed and not installed: {names}; install them, or leave out what needs \
         them with `cargo xtask test --offline`"
    );
    // Services start when installed, but those that ran before are the user's.
    let running: Vec<_> = packages.iter().map(|package| is_running(package)).collect();
    let result = succeed(&mut apt_get(&["update"]))
        .and_then(|()| {
            succeed(apt_get(&["install", "--yes", "--no-install-recommends"]).args(packages))
        })
        .with_context(|| format!("cannot install {names}"));
    for (package, ran) in packages.iter().zip(running) {
        if !ran && is_running(package) {
            let service = service_of(package);
            println!("stopping the service {service}, which the installation started");
            succeed(as_root("service").args([service, "stop"]))?;
            succeed(as_root("update-rc.d").args([service, "disable"]))?;
        }
    }
    result
}

/// Asks on a terminal; CI agrees, and says so.
fn agreed(names: &str) -> anyhow::Result<bool> {
    if !starts("apt-get") {
        return Ok(false);
    }
    if std::env::var("CI").is_ok_and(|ci| ci == "true") {
        println!("CI: installing with apt-get: {names}");
        return Ok(true);
    }
    if !std::io::stdin().is_terminal() {
        return Ok(false);
    }
    print!("these packages are needed: {names}\ninstall them on this system with apt-get? [y/N] ");
    std::io::stdout().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn apt_get(arguments: &[&str]) -> Command {
    let mut command = as_root("apt-get");
    command
        .env("DEBIAN_FRONTEND", "noninteractive")
        .args(arguments);
    command
}

/// With sudo where we are not root; sudo asks for its password itself.
fn as_root(program: &str) -> Command {
    let root = Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    if root {
        Command::new(program)
    } else {
        let mut command = Command::new("sudo");
        command.arg(program);
        command
    }
}

/// Most are called as their packages are.
fn service_of(package: &str) -> &str {
    match package {
        "mariadb-server" => "mariadb",
        package => package,
    }
}

fn is_running(package: &str) -> bool {
    let service = service_of(package);
    silently(Command::new("service").args([service, "status"])) == Some(0)
}

fn starts(program: &str) -> bool {
    silently(Command::new(program).arg("--version")) == Some(0)
}
