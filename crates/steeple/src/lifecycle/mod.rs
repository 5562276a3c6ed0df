//! From the first signal to the last line of the log.

mod asked;
mod report;

use std::{
    fmt,
    future::{Future, IntoFuture},
    pin::{Pin, pin},
    time::Duration,
};

use futures_util::future::{Either, select};
use tokio::{sync::watch, time::sleep};

use self::asked::{Asked, How};
pub use self::report::LifecycleReport;
use crate::Steeple;

/// Ends a service without losing requests or telemetry, from [`Steeple::lifecycle`].
///
/// On `SIGTERM`:
///
/// 1. Readiness is taken back, while everything is served as before for the [drain time](Self::drain): those who send requests learn
///    only by and by that they shall not.
/// 2. [`stopping`](Self::stopping) tells the server to take no more connections. Requests that are served have the
///    [grace time](Self::grace) to end.
/// 3. What was recorded is [flushed](Self::flush), and a report of what was delivered and lost is logged.
///
/// The defaults leave two seconds of the 30 s that
/// [Kubernetes](https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination) gives. A second signal cuts the
/// first two steps short, and `SIGINT`, which somebody at a terminal sends, does without the drain time.
///
/// ```no_run
/// # #[cfg(feature = "axum")]
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// use axum::{Router, routing::get};
/// use steeple::Steeple;
///
/// let steeple = Steeple::builder("shop").build()?;
/// let app = Router::new().route("/", get(async || "hello")).layer(steeple.axum());
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
///
/// let lifecycle = steeple.lifecycle();
/// let server = axum::serve(listener, app).with_graceful_shutdown(lifecycle.stopping());
/// lifecycle.run(server).await?;
/// # Ok(())
/// # }
/// ```
///
/// With actix-web, whose own handling of signals is to be disabled:
///
/// ```no_run
/// # #[cfg(feature = "actix")]
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// use actix_web::{App, HttpServer, web};
/// use steeple::Steeple;
///
/// let steeple = Steeple::builder("shop").build()?;
/// let observe = steeple.actix();
/// let server = HttpServer::new(move || App::new().wrap(observe.clone()).route("/", web::get().to(async || "hello")))
///     .disable_signals()
///     .bind("127.0.0.1:3000")?
///     .run();
///
/// let lifecycle = steeple.lifecycle();
/// let server = steeple::actix::serve_until(server, lifecycle.stopping());
/// lifecycle.run(server).await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing ends in order before `run`"]
pub struct Lifecycle {
    steeple: Steeple,
    drain: Duration,
    grace: Duration,
    flush: Duration,
    signals: bool,
    until: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    stopping: watch::Sender<bool>,
}

impl Lifecycle {
    pub(crate) fn of(steeple: Steeple) -> Self {
        Self {
            steeple,
            drain: Duration::from_secs(5),
            grace: Duration::from_secs(18),
            flush: Duration::from_secs(5),
            signals: true,
            until: None,
            stopping: watch::Sender::new(false),
        }
    }

    /// How long requests are still taken once the service is not ready any more. Default: 5 s.
    pub fn drain(mut self, time: Duration) -> Self {
        self.drain = time;
        self
    }

    /// How long requests that are served may take to end. Default: 18 s.
    pub fn grace(mut self, time: Duration) -> Self {
        self.grace = time;
        self
    }

    /// How long the delivery of what was recorded may take. Default: 5 s.
    pub fn flush(mut self, time: Duration) -> Self {
        self.flush = time;
        self
    }

    /// Ends the service, as `SIGTERM` does, once `asked` is done, too. Default: signals alone end it.
    pub fn until(mut self, asked: impl Future<Output = ()> + Send + 'static) -> Self {
        self.until = Some(Box::pin(asked));
        self
    }

    /// Leaves signals to the application. Default: `SIGTERM` and `SIGINT` end the service.
    pub fn without_signals(mut self) -> Self {
        self.signals = false;
        self
    }

    /// Is done when the server shall take no more connections.
    pub fn stopping(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut stopping = self.stopping.subscribe();
        async move {
            if stopping.wait_for(|stopping| *stopping).await.is_err() {
                // Nobody is left who could tell.
                std::future::pending::<()>().await;
            }
        }
    }

    /// Serves until the service is to end, and then ends it in order. A server that ends by itself ends it, too.
    ///
    /// # Errors
    ///
    /// What the server ends with, after all is flushed.
    ///
    /// # Panics
    ///
    /// Outside of a runtime of tokio whose drivers of time and, for signals, of I/O are enabled, as `#[tokio::main]` has them.
    pub async fn run<E>(
        mut self,
        server: impl IntoFuture<Output = Result<(), E>>,
    ) -> Result<LifecycleReport, E> {
        let server = pin!(server.into_future());
        let mut asked = Asked::listen(self.signals, self.until.take());
        let ended = self.serve(server, &mut asked).await;
        // Whoever else waits for it ends, too, if the server did so by itself.
        self.stopping.send_replace(true);
        let flushed = self.steeple.shutdown(self.flush).await;
        let served_all = ended.is_some();
        ended.transpose()?;
        Ok(LifecycleReport {
            served_all,
            flushed,
        })
    }

    /// What the server ended with, unless its time was over before.
    async fn serve<F: Future>(
        &self,
        mut server: Pin<&mut F>,
        asked: &mut Asked,
    ) -> Option<F::Output> {
        let how = match select(server.as_mut(), pin!(asked.first())).await {
            Either::Left((ended, _)) => return Some(ended),
            Either::Right((how, _)) => how,
        };
        #[cfg(feature = "health")]
        if let Some(health) = self.steeple.health() {
            health.begin_drain();
        }
        if how == How::Terminated {
            tracing::info!(drain = ?self.drain, "the service is to end and is not ready any more");
            if let Some(ended) = within(self.drain, server.as_mut(), asked).await {
                return Some(ended);
            }
        }
        tracing::info!(grace = ?self.grace, "the service takes no more connections");
        self.stopping.send_replace(true);
        let ended = within(self.grace, server, asked).await;
        if ended.is_none() {
            tracing::warn!("the service ends before all requests are served");
        }
        ended
    }
}

/// What the server ends with within `time`, which a signal cuts short.
async fn within<F: Future>(
    time: Duration,
    server: Pin<&mut F>,
    asked: &mut Asked,
) -> Option<F::Output> {
    let (over, again) = (pin!(sleep(time)), pin!(asked.again()));
    match select(server, select(over, again)).await {
        Either::Left((ended, _)) => Some(ended),
        Either::Right(_) => None,
    }
}

impl fmt::Debug for Lifecycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lifecycle")
            .field("drain", &self.drain)
            .field("grace", &self.grace)
            .field("flush", &self.flush)
            .finish_non_exhaustive()
    }
}
