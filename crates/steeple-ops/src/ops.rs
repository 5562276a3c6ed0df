use std::{
    fmt, io,
    net::SocketAddr,
    sync::{Arc, mpsc},
    thread,
    time::{self, Duration},
};

use steeple_metrics::Registry;
use tokio::{
    net::TcpListener,
    runtime::{self, Runtime},
    sync::oneshot,
    time::Instant,
};
use tracing::warn;

use crate::{
    OpsBuilder,
    connection::Server,
    error::{BindError, ShutdownError},
    listener::accept_until,
    socket::{DEFAULT_ADDRESS, listen},
};

/// Longer ones could not be added to the clock.
const LONGEST_DEADLINE: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// A running ops listener.
///
/// It lives on the thread `steeple-ops` with a runtime of its own, so that an application whose
/// runtime is blocked still answers probes and scrapes.
#[must_use = "dropping it stops the listener"]
pub struct Ops {
    local_addr: SocketAddr,
    stop: oneshot::Sender<Stop>,
}

/// Ends the listener; one that is dropped instead ends it at once.
struct Stop {
    deadline: time::Instant,
    /// Told how many connections were cut off.
    report: Box<dyn FnOnce(usize) + Send>,
}

impl Ops {
    /// Configures a listener that serves the metrics of `registry` and counts itself there.
    pub fn builder(registry: Registry) -> OpsBuilder {
        OpsBuilder::new(registry)
    }

    pub(crate) fn start(
        configured: Option<SocketAddr>,
        server: Arc<Server>,
    ) -> Result<Self, BindError> {
        let (started, start) = mpsc::sync_channel(1);
        let (stop, stopped) = oneshot::channel();
        thread::Builder::new()
            .name("steeple-ops".to_owned())
            .spawn(move || run(configured, server, &started, stopped))
            .map_err(BindError::Thread)?;
        let local_addr = start
            .recv()
            .map_err(|gone| BindError::Thread(io::Error::other(gone)))??;
        if configured.is_none() && local_addr != DEFAULT_ADDRESS {
            warn!(
                default = %DEFAULT_ADDRESS,
                address = %local_addr,
                "the default ops address is in use, another port was taken; configure one to keep it"
            );
        }
        Ok(Self { local_addr, stop })
    }

    /// The address listened on, with the port that was taken.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Stops accepting, lets answers under way end until the deadline, and cuts off the rest. Needs
    /// no particular runtime.
    ///
    /// # Errors
    ///
    /// When connections had to be cut off. The listener has stopped then as well.
    pub async fn shutdown(self, deadline: Duration) -> Result<(), ShutdownError> {
        let (report, cut) = oneshot::channel();
        self.stop_within(deadline, move |cut| {
            let _ = report.send(cut);
        });
        outcome(cut.await.ok(), deadline)
    }

    /// As [`shutdown`](Self::shutdown), for code that is not async: blocks until the deadline at
    /// most.
    ///
    /// # Errors
    ///
    /// When connections had to be cut off. The listener has stopped then as well.
    pub fn shutdown_blocking(self, deadline: Duration) -> Result<(), ShutdownError> {
        let (report, cut) = mpsc::sync_channel(1);
        self.stop_within(deadline, move |cut| {
            let _ = report.send(cut);
        });
        outcome(cut.recv().ok(), deadline)
    }

    fn stop_within(self, deadline: Duration, report: impl FnOnce(usize) + Send + 'static) {
        // Fails only if the thread has ended; `report` is dropped then, which tells the waiter.
        let _ = self.stop.send(Stop {
            deadline: time::Instant::now() + deadline.min(LONGEST_DEADLINE),
            report: Box::new(report),
        });
    }
}

impl fmt::Debug for Ops {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ops")
            .field("local_addr", &self.local_addr)
            .finish_non_exhaustive()
    }
}

fn outcome(cut: Option<usize>, deadline: Duration) -> Result<(), ShutdownError> {
    match cut.unwrap_or(0) {
        0 => Ok(()),
        cut => Err(ShutdownError { cut, deadline }),
    }
}

/// The listener's thread from its first to its last moment.
fn run(
    configured: Option<SocketAddr>,
    server: Arc<Server>,
    started: &mpsc::SyncSender<Result<SocketAddr, BindError>>,
    stopped: oneshot::Receiver<Stop>,
) {
    let (runtime, listener) = match open(configured) {
        Ok((runtime, listener, local_addr)) => {
            let _ = started.send(Ok(local_addr));
            (runtime, listener)
        }
        Err(error) => {
            let _ = started.send(Err(error));
            return;
        }
    };
    let mut report = None;
    let stop = async {
        match stopped.await {
            Ok(stop) => {
                report = Some(stop.report);
                Instant::from_std(stop.deadline)
            }
            Err(_dropped) => Instant::now(),
        }
    };
    let cut = runtime.block_on(accept_until(listener, server, stop));
    if let Some(report) = report {
        report(cut);
    }
}

fn open(configured: Option<SocketAddr>) -> Result<(Runtime, TcpListener, SocketAddr), BindError> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(BindError::Thread)?;
    let context = runtime.enter();
    let listener = listen(configured)?;
    let local_addr = listener.local_addr().map_err(|source| BindError::Address {
        address: configured.unwrap_or(DEFAULT_ADDRESS),
        source,
    })?;
    drop(context);
    Ok((runtime, listener, local_addr))
}
