use std::time::Duration;

use steeple_core::pipeline::{PipelineBuilder, RetryPolicy};

use super::{NetworkError, connection::Connector, framing::Framing, writing::Writing};
use crate::{Destination, Marker, Outlet};

/// Lines over TCP, or TLS, as a [`Destination`]: what Logstash reads with the codec `json_lines`, Fluent Bit with `tcp`, Vector with
/// `socket`.
///
/// A connection that breaks is made again, and the batch that was being sent is sent again as a whole, so that lines may come
/// twice, but begin where lines begin. The protocol acknowledges nothing: a line counts as exported once the system has taken it,
/// and what that has not delivered when the connection breaks is lost without a word.
///
/// ```
/// use steeple_logs::Tcp;
///
/// let logstash = Tcp::new("127.0.0.1:5000");
/// # let _ = logstash;
/// ```
#[derive(Clone, Debug)]
#[must_use = "it sends nothing until it is started"]
pub struct Tcp {
    address: String,
    #[cfg(feature = "tls")]
    tls: Option<steeple_client::Tls>,
    #[cfg(feature = "spool")]
    spool: Option<crate::spool::Spool>,
    pipeline: PipelineBuilder,
}

impl Tcp {
    /// To `address`, a host and a port, by a pipeline called `logs-tcp`.
    pub fn new(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            #[cfg(feature = "tls")]
            tls: None,
            #[cfg(feature = "spool")]
            spool: None,
            pipeline: pipeline("logs-tcp"),
        }
    }

    /// By TLS, to a server that `tls` trusts. Default: without.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: steeple_client::Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Keeps lines on disk while nobody takes them. Default: they wait in memory.
    #[cfg(feature = "spool")]
    pub fn spool(mut self, spool: crate::spool::Spool) -> Self {
        self.spool = Some(spool);
        self
    }

    /// Changes how many lines may wait and for how long. Default: [`Outlet::pipeline`], with at most a second between attempts.
    pub fn pipeline(mut self, change: impl FnOnce(PipelineBuilder) -> PipelineBuilder) -> Self {
        self.pipeline = change(self.pipeline);
        self
    }
}

/// For what is sent to another machine, on which not all should call at once.
pub(crate) fn pipeline(name: &'static str) -> PipelineBuilder {
    Outlet::pipeline(name).retry(
        RetryPolicy::default()
            .initial_backoff(Duration::from_millis(100))
            .max_backoff(Duration::from_secs(1))
            .max_elapsed(Duration::MAX),
    )
}

impl Destination for Tcp {
    type Error = NetworkError;

    fn start(self, marker: Marker) -> Result<Outlet, NetworkError> {
        let connector = Connector::new(self.address.parse()?);
        #[cfg(feature = "tls")]
        let connector = match &self.tls {
            Some(tls) => connector.tls(tls)?,
            None => connector,
        };
        let writers = move || Writing::new(connector.clone(), Framing::Lines);
        #[cfg(feature = "spool")]
        if let Some(spool) = self.spool {
            let writers = spool.before("logs-tcp-spool", writers)?;
            return Ok(Outlet::start(self.pipeline, marker, writers));
        }
        Ok(Outlet::start(self.pipeline, marker, writers))
    }
}
