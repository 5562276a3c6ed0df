//! A server in the foreground, which lives as long as its test.

use std::{
    fs::{self, File},
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::{BackendError, get, program::could_not_run};
use crate::waiting::within;

const GRACE: Duration = Duration::from_secs(5);

/// A running server with a directory of its own; dropping it stops the process and removes the directory.
#[derive(Debug)]
pub struct Server {
    child: Child,
    directory: TempDir,
}

impl Server {
    /// Starts `program`, configured by `configure`, which is given the server's directory, and waits until
    /// `ready` says so.
    ///
    /// # Errors
    ///
    /// When the program is not here, cannot be started, ends, or is not ready within `deadline`.
    pub fn start(
        program: &str,
        deadline: Duration,
        configure: impl FnOnce(&mut Command, &Path) -> io::Result<()>,
        mut ready: impl FnMut() -> bool,
    ) -> Result<Self, BackendError> {
        let mut server =
            Self::spawn(program, configure).map_err(|source| could_not_run(program, source))?;
        let state = within(deadline, || server.state(&mut ready));
        match state {
            Some(Ok(())) => Ok(server),
            Some(Err(status)) => Err(BackendError::Died {
                program: program.to_owned(),
                status,
                log: server.log(),
            }),
            None => Err(BackendError::NotReady {
                program: program.to_owned(),
                deadline,
                log: server.log(),
            }),
        }
    }

    /// As [`start`](Self::start), but on a free address, which `configure` is given too; it is ready when it answers at the
    /// path `ready`.
    ///
    /// # Errors
    ///
    /// As for `start`.
    pub fn listen(
        program: &str,
        deadline: Duration,
        ready: &str,
        configure: impl FnOnce(&mut Command, &Path, SocketAddr) -> io::Result<()>,
    ) -> Result<(Self, SocketAddr), BackendError> {
        Self::start_at(program, deadline, configure, |address| {
            get(&format!("http://{address}{ready}")).is_ok()
        })
    }

    /// As [`listen`](Self::listen), but what speaks no HTTP is ready when it takes a connection.
    ///
    /// # Errors
    ///
    /// As for `start`.
    pub fn accept(
        program: &str,
        deadline: Duration,
        configure: impl FnOnce(&mut Command, &Path, SocketAddr) -> io::Result<()>,
    ) -> Result<(Self, SocketAddr), BackendError> {
        Self::start_at(program, deadline, configure, |address| {
            TcpStream::connect(address).is_ok()
        })
    }

    fn start_at(
        program: &str,
        deadline: Duration,
        configure: impl FnOnce(&mut Command, &Path, SocketAddr) -> io::Result<()>,
        ready: impl Fn(SocketAddr) -> bool,
    ) -> Result<(Self, SocketAddr), BackendError> {
        let address = free_address().map_err(|source| could_not_run(program, source))?;
        let server = Self::start(
            program,
            deadline,
            |command, directory| configure(command, directory, address),
            || ready(address),
        )?;
        Ok((server, address))
    }

    /// All that the server has printed.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read(log_in(self.directory.path()))
            .map(|log| String::from_utf8_lossy(&log).into_owned())
            .unwrap_or_default()
    }

    /// Where it keeps what it has.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Tells it to end, waits until it has, and says how it ended and what it had printed.
    ///
    /// # Errors
    ///
    /// When it does not end within `deadline`.
    pub fn terminate(self, deadline: Duration) -> Result<(ExitStatus, String), BackendError> {
        self.tell_to_end();
        self.ended(deadline)
    }

    /// Sends it `SIGTERM`, and does not wait.
    pub fn tell_to_end(&self) {
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
    }

    /// Waits until it has ended, and says how and what it had printed.
    ///
    /// # Errors
    ///
    /// When it does not end within `deadline`.
    pub fn ended(mut self, deadline: Duration) -> Result<(ExitStatus, String), BackendError> {
        let ended = within(deadline, || self.child.try_wait().ok().flatten());
        ended
            .map(|status| (status, self.log()))
            .ok_or_else(|| BackendError::NotEnded {
                deadline,
                log: self.log(),
            })
    }

    /// The process, as `/proc` knows it.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Stops it and its children where they are, until [`go_on`](Self::go_on).
    pub fn freeze(&self) {
        self.signal_all(Signal::STOP);
    }

    /// Has them go on.
    pub fn go_on(&self) {
        self.signal_all(Signal::CONT);
    }

    fn signal_all(&self, signal: Signal) {
        let parent = Pid::from_child(&self.child);
        // First the parent, which then has no other children.
        let _ = kill_process(parent, signal);
        let id = self.id();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
        let children = children.unwrap_or_default();
        let ids = children.split_whitespace().filter_map(|id| id.parse().ok());
        for child in ids.filter_map(Pid::from_raw) {
            let _ = kill_process(child, signal);
        }
    }

    fn spawn(
        program: &str,
        configure: impl FnOnce(&mut Command, &Path) -> io::Result<()>,
    ) -> io::Result<Self> {
        let directory = tempfile::Builder::new().prefix("steeple-").tempdir()?;
        let log = File::create(log_in(directory.path()))?;
        let mut command = Command::new(program);
        configure(&mut command, directory.path())?;
        let child = command
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        Ok(Self { child, directory })
    }

    /// Nothing while the server starts, then that it is ready, or how it ended.
    fn state(&mut self, ready: &mut impl FnMut() -> bool) -> Option<Result<(), ExitStatus>> {
        match self.child.try_wait() {
            Ok(Some(status)) => Some(Err(status)),
            _ => ready().then_some(Ok(())),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        if within(GRACE, || self.child.try_wait().ok().flatten()).is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// A loopback address that nobody listens on.
///
/// # Errors
///
/// When the system has no port left.
pub fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

fn log_in(directory: &Path) -> std::path::PathBuf {
    directory.join("log")
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEADLINE: Duration = Duration::from_secs(10);

    fn shell(script: &str, ready: impl FnMut() -> bool) -> Result<Server, BackendError> {
        Server::start(
            "sh",
            DEADLINE,
            |command, _| {
                command.args(["-c", script]);
                Ok(())
            },
            ready,
        )
    }

    #[test]
    fn a_server_that_ends_is_noticed_with_its_log() {
        match shell("echo no such option >&2; exit 3", || false) {
            Err(BackendError::Died { status, log, .. }) => {
                assert_eq!(status.code(), Some(3));
                assert_eq!(log, "no such option\n");
            }
            other => panic!("not noticed: {other:?}"),
        }
    }

    #[test]
    fn a_dropped_server_is_gone_with_its_directory() {
        let server = shell("exec sleep 100", || true).unwrap();
        let process = Pid::from_child(&server.child);
        let directory = server.directory.path().to_owned();
        assert!(rustix::process::test_kill_process(process).is_ok());
        drop(server);
        assert!(rustix::process::test_kill_process(process).is_err());
        assert!(!directory.exists());
    }

    #[test]
    fn a_program_that_is_nowhere_is_named() {
        let error = Server::start("steeple-nowhere", DEADLINE, |_, _| Ok(()), || true).unwrap_err();
        assert!(
            matches!(&error, BackendError::NotHere { program } if program == "steeple-nowhere"),
            "{error}"
        );
    }
}
