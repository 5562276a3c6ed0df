//! Child processes whose output is read line by line.

use std::{
    ffi::OsStr,
    fmt::Write as _,
    io::{BufRead as _, BufReader, IsTerminal as _},
    path::Path,
    process::{Command, ExitCode, ExitStatus, Stdio},
};

use anyhow::Context as _;

/// Runs `command` to its end, hands each line of its output to `line`, and returns its status and the whole output.
///
/// Standard output and standard error come in the order they were written. The child stays in xtask's process
/// group, so that Ctrl-C on a terminal ends both.
pub(crate) fn run(
    command: &mut Command,
    mut line: impl FnMut(&str),
) -> anyhow::Result<(ExitStatus, String)> {
    let (reader, writer) = std::io::pipe().context("cannot make a pipe")?;
    command
        .stdin(Stdio::null())
        .stdout(writer.try_clone().context("cannot share a pipe")?)
        .stderr(writer);
    let mut child = command
        .spawn()
        .with_context(|| format!("cannot start `{}`", shell(command)))?;
    // The command holds the pipe's writing end: as long as it is open, reading does not end.
    command.stdout(Stdio::null()).stderr(Stdio::null());

    let mut output = String::new();
    let mut reader = BufReader::new(reader);
    let mut bytes = Vec::new();
    while reader.read_until(b'\n', &mut bytes)? > 0 {
        let text = String::from_utf8_lossy(&bytes);
        line(text.trim_end_matches('\n'));
        output.push_str(&text);
        bytes.clear();
    }
    Ok((child.wait()?, output))
}

/// Runs `command` to its end with its output shown, and insists on success.
pub(crate) fn succeed(command: &mut Command) -> anyhow::Result<()> {
    let (status, _shown) = run(command, |line| println!("{line}"))?;
    anyhow::ensure!(status.success(), "`{}` failed", shell(command));
    Ok(())
}

/// Runs `command` unseen and returns its exit code; nothing where it does not start or is killed.
pub(crate) fn silently(command: &mut Command) -> Option<i32> {
    let status = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.ok()?.code()
}

/// Gives `command` our terminal until its end, and passes on whether it succeeded.
pub(crate) fn hand_over(command: &mut Command) -> anyhow::Result<ExitCode> {
    let status = command
        .status()
        .with_context(|| format!("cannot start `{}`", shell(command)))?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Lets the child use colours where ours are seen.
pub(crate) fn keep_colours(command: &mut Command) {
    if std::io::stdout().is_terminal() && std::env::var_os("CARGO_TERM_COLOR").is_none() {
        command.env("CARGO_TERM_COLOR", "always");
    }
}

/// The command as one would type it into a shell.
pub(crate) fn shell(command: &Command) -> String {
    let mut typed = String::new();
    if let Some(directory) = command.get_current_dir() {
        let _ = write!(typed, "cd {} && ", quoted(directory.as_os_str()));
    }
    for (name, value) in command.get_envs() {
        if let Some(value) = value.filter(|_| name != "CARGO_TERM_COLOR") {
            let value = value.to_string_lossy();
            let _ = match added(name, &value) {
                Some(directory) => write!(typed, "{0}={directory}:${0} ", name.display()),
                None => write!(
                    typed,
                    "{}={} ",
                    name.display(),
                    quoted(value.as_ref().as_ref())
                ),
            };
        }
    }
    // Cargo is started by its path, and typed by its name.
    let program = Path::new(command.get_program());
    typed.push_str(&quoted(program.file_name().unwrap_or(program.as_os_str())));
    for argument in command.get_args() {
        typed.push(' ');
        typed.push_str(&quoted(argument));
    }
    typed
}

/// What a search path has before our own value of it.
fn added<'a>(name: &OsStr, path: &'a str) -> Option<&'a str> {
    let ours = std::env::var(name).ok()?;
    path.strip_suffix(&ours)?.strip_suffix(':')
}

fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let plain = |character: char| character.is_alphanumeric() || "-_./=:,@+".contains(character);
    if !word.is_empty() && word.chars().all(plain) {
        word.into_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_streams_are_read_in_order() {
        let mut lines = Vec::new();
        let (status, output) = run(
            Command::new("sh").args(["-c", "echo one; echo two >&2; printf three; exit 4"]),
            |line| lines.push(line.to_owned()),
        )
        .unwrap();
        assert_eq!(status.code(), Some(4));
        assert_eq!(lines, ["one", "two", "three"]);
        assert_eq!(output, "one\ntwo\nthree");
    }

    #[test]
    fn what_fails_is_told_in_each_way() {
        let exit = |code: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", &format!("exit {code}")]);
            command
        };
        assert!(succeed(&mut exit("0")).is_ok());
        assert_eq!(
            succeed(&mut exit("2")).unwrap_err().to_string(),
            "`sh -c 'exit 2'` failed"
        );
        assert_eq!(silently(&mut exit("2")), Some(2));
        assert_eq!(silently(&mut Command::new("steeple-nowhere")), None);
        assert_eq!(hand_over(&mut exit("0")).unwrap(), ExitCode::SUCCESS);
        assert_eq!(hand_over(&mut exit("2")).unwrap(), ExitCode::FAILURE);
        assert!(hand_over(&mut Command::new("steeple-nowhere")).is_err());
    }

    #[test]
    fn a_command_can_be_typed_again() {
        let mut command = Command::new("/toolchain/bin/cargo");
        let path = std::env::var("PATH").unwrap();
        command
            .args(["doc", "a b", "it's"])
            .current_dir("/shop")
            .env("PATH", format!("/cache/bin:{path}"))
            .env("RUSTDOCFLAGS", "-D warnings");
        assert_eq!(
            shell(&command),
            r"cd /shop && PATH=/cache/bin:$PATH RUSTDOCFLAGS='-D warnings' cargo doc 'a b' 'it'\''s'"
        );
    }
}
