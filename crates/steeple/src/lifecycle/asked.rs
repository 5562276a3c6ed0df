use std::{future, pin::Pin};

use futures_util::future::{Either, select};

/// Who may ask for the end.
pub(super) struct Asked {
    signals: Option<Signals>,
    until: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    /// Whether the application asked first, as for a hook that runs before `SIGTERM` is sent: that one is not the second to ask.
    expects_termination: bool,
}

/// How the end is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// By who runs services, and tells others of it.
    Terminated,
    /// By somebody at a terminal.
    Interrupted,
}

impl Asked {
    pub(super) fn listen(
        signals: bool,
        until: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    ) -> Self {
        let signals = signals.then(Signals::listen).flatten();
        Self {
            signals,
            until,
            expects_termination: false,
        }
    }

    /// Waits for the first to ask.
    pub(super) async fn first(&mut self) -> How {
        let until = async {
            match &mut self.until {
                Some(until) => until.await,
                None => future::pending().await,
            }
        };
        let signal = next(&mut self.signals);
        match select(std::pin::pin!(signal), std::pin::pin!(until)).await {
            Either::Left((how, _)) => how,
            Either::Right(_) => {
                self.expects_termination = true;
                How::Terminated
            }
        }
    }

    /// Waits for the second to ask, which is a signal.
    pub(super) async fn again(&mut self) {
        let how = next(&mut self.signals).await;
        if how == How::Terminated && self.expects_termination {
            self.expects_termination = false;
            next(&mut self.signals).await;
        }
    }
}

async fn next(signals: &mut Option<Signals>) -> How {
    match signals {
        Some(signals) => signals.next().await,
        None => future::pending().await,
    }
}

#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> Option<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        let signals = signal(SignalKind::terminate()).and_then(|terminate| {
            let interrupt = signal(SignalKind::interrupt())?;
            Ok(Self {
                terminate,
                interrupt,
            })
        });
        signals.inspect_err(warn).ok()
    }

    async fn next(&mut self) -> How {
        let terminate = std::pin::pin!(self.terminate.recv());
        let interrupt = std::pin::pin!(self.interrupt.recv());
        match select(terminate, interrupt).await {
            Either::Left(_) => How::Terminated,
            Either::Right(_) => How::Interrupted,
        }
    }
}

#[cfg(windows)]
struct Signals {
    shutdown: tokio::signal::windows::CtrlShutdown,
    interrupt: tokio::signal::windows::CtrlC,
}

#[cfg(windows)]
impl Signals {
    fn listen() -> Option<Self> {
        use tokio::signal::windows::{ctrl_c, ctrl_shutdown};

        let signals = ctrl_shutdown().and_then(|shutdown| {
            let interrupt = ctrl_c()?;
            Ok(Self {
                shutdown,
                interrupt,
            })
        });
        signals.inspect_err(warn).ok()
    }

    async fn next(&mut self) -> How {
        let shutdown = std::pin::pin!(self.shutdown.recv());
        let interrupt = std::pin::pin!(self.interrupt.recv());
        match select(shutdown, interrupt).await {
            Either::Left(_) => How::Terminated,
            Either::Right(_) => How::Interrupted,
        }
    }
}

fn warn(error: &std::io::Error) {
    let error: &dyn std::error::Error = error;
    tracing::warn!(
        error,
        "signals cannot be listened to: they end the process at once"
    );
}
