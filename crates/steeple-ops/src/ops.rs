use std::{
    fmt, io,
    net::SocketAddr,
    sync::{Arc, mpsc},
    thread,
    time::Duration,
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
    shutdown::{Shutdown, Stop},
    socket::{DEFAULT_ADDRESS, listen},
};

/// A running ops listener.
///
/// It lives on the thread `steeple-ops` with a runtime of its own, so that an application whose
/// runtime is blocked still answers probes and scrapes.
#[must_use = "dropping it stops the listener"]
pub struct Ops {
    local_addr: SocketAddr,
    shutdown: Shutdown,
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
        let (shutdown, stopped) = Shutdown::new();
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
        Ok(Self {
            local_addr,
            shutdown,
        })
    }

    /// The address listened on, with the port that was taken.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Stops accepting, lets answers under way end until the deadline, and cuts off the rest. Needs
    /// no particular runtime. Dropping the future ends the wait, not the shutdown.
    ///
    /// # Errors
    ///
    /// When connections had to be cut off, or when the listener's thread has ended before or does not
    /// answer within half a second of the deadline.
    pub async fn shutdown(self, deadline: Duration) -> Result<(), ShutdownError> {
        self.shutdown.off_thread(deadline).await
    }

    /// As [`shutdown`](Self::shutdown), for code that is not async: blocks until half a second after
    /// the deadline at most.
    ///
    /// # Errors
    ///
    /// As those of [`shutdown`](Self::shutdown).
    pub fn shutdown_blocking(self, deadline: Duration) -> Result<(), ShutdownError> {
        self.shutdown.blocking(deadline)
    }
}

impl fmt::Debug for Ops {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ops")
            .field("local_addr", &self.local_addr)
            .finish_non_exhaustive()
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
        // Nobody hears it who has waited long enough.
        let _ = report.send(cut);
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
