//! Servers that refuse to run as root.

use std::{fs, io, path::Path, process::Command};

use rustix::process::getuid;

const NOBODY: &str = "nobody:";

/// Has `command` run in `directory`, as somebody without privileges who owns it where we are root.
pub(crate) fn unprivileged(command: &mut Command, directory: &Path) -> io::Result<()> {
    command.current_dir(directory);
    if !getuid().is_root() {
        return Ok(());
    }
    #[cfg(unix)]
    {
        use std::os::unix::{fs::chown, process::CommandExt as _};

        let (user, group) = nobody()?;
        chown(directory, Some(user), Some(group))?;
        command.uid(user).gid(group);
    }
    Ok(())
}

/// Runs what prepares a server to its successful end.
pub(crate) fn prepare(command: &mut Command) -> io::Result<()> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(io::Error::other(
        String::from_utf8_lossy(&said).into_owned(),
    ))
}

fn nobody() -> io::Result<(u32, u32)> {
    let users = fs::read_to_string("/etc/passwd")?;
    let line = users.lines().find(|line| line.starts_with(NOBODY));
    let ids = line.and_then(|line| {
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    });
    ids.ok_or_else(|| io::Error::other("the system has no user `nobody`"))
}
