use std::time::Duration;

use steeple_client::http::Method;
use steeple_core::pipeline::{Occasion, RetryPolicy, Scheduled};
use steeple_metrics::Registry;

use super::{
    PushGateway,
    exporter::{GatewayExporter, Order},
    path,
};
use crate::{
    Endpoint, EndpointError, PushError,
    delivery::{self, Delivery},
};

const PIPELINE: &str = "push_gateway";

/// Configures a [`PushGateway`].
#[derive(Clone, Debug)]
#[must_use = "nothing is pushed before `start`"]
pub struct PushGatewayBuilder {
    delivery: Delivery,
    merge: bool,
    delete_at_end: bool,
}

impl PushGatewayBuilder {
    pub(super) fn new(endpoint: Result<Endpoint, EndpointError>) -> Self {
        Self {
            delivery: Delivery::to(endpoint, None),
            merge: false,
            delete_at_end: false,
        }
    }

    /// Pushes to another endpoint.
    pub fn endpoint(mut self, endpoint: Endpoint) -> Self {
        self.delivery.endpoint = Ok(endpoint);
        self
    }

    /// The job that the metrics are of. Default: none, and one is needed.
    pub fn job(mut self, job: impl Into<String>) -> Self {
        self.delivery.job = Some(job.into());
        self
    }

    /// The job, unless one was set.
    pub fn default_job(mut self, job: impl Into<String>) -> Self {
        self.delivery.job.get_or_insert_with(|| job.into());
        self
    }

    /// A further label of the group of metrics, such as `shard`. A push touches those of its own group only. Default: the
    /// group is the job alone.
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.delivery.labels.push((name.into(), value.into()));
        self
    }

    /// Keeps what the group has besides: a push replaces metrics of the same name, as a POST does. Default: a push replaces
    /// the whole group, as a PUT does.
    pub fn merge(mut self) -> Self {
        self.merge = true;
        self
    }

    /// Deletes the group at the end instead of pushing a last time; for what runs for long. Default: the last push stays.
    pub fn delete_at_end(mut self) -> Self {
        self.delete_at_end = true;
        self
    }

    /// Pushes at an interval as well, from 1 ms to 24 h. Default: at a flush and at the end alone.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.delivery.interval = Some(interval);
        self
    }

    /// Sends a user's name and password, unless the URL has credentials. Default: none.
    pub fn basic_auth(mut self, user: &str, password: &str) -> Self {
        self.delivery.basic_auth(user, password);
        self
    }

    /// Sends a token, unless the URL has credentials. Default: none.
    pub fn bearer_token(mut self, token: &str) -> Self {
        self.delivery.bearer_token(token);
        self
    }

    /// How often and how long a push is tried. Default: [`RetryPolicy::default`], 10 s for an attempt and 5 min in all.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.delivery.retry = policy;
        self
    }

    /// How long dropping the [`PushGateway`] may block. Default: 1 s.
    pub fn drop_deadline(mut self, deadline: Duration) -> Self {
        self.delivery.drop_deadline = deadline;
        self
    }

    /// Tells whether it can start.
    ///
    /// # Errors
    ///
    /// As for [`start`](Self::start).
    pub fn check(&self) -> Result<(), PushError> {
        delivery::client(self.group()?).map(drop)
    }

    /// Starts to push what is in `registry`, where its own figures are as well.
    ///
    /// # Errors
    ///
    /// [`PushError`] if something is configured wrongly. That the gateway does not answer is no error: it is tried again.
    pub fn start(self, registry: Registry) -> Result<PushGateway, PushError> {
        let client = delivery::client(self.group()?)?;
        let push = if self.merge {
            Method::POST
        } else {
            Method::PUT
        };
        let exporter = {
            let registry = registry.clone();
            move || GatewayExporter {
                client: client.clone(),
                registry: registry.clone(),
                push: push.clone(),
            }
        };
        let pipeline = metrics::with_local_recorder(&registry, || {
            self.delivery
                .pipeline(PIPELINE)
                .max_delay(Duration::ZERO)
                .spawn(exporter)
        });
        let producer = pipeline.producer();
        let last = if self.delete_at_end {
            Order::Delete
        } else {
            Order::Push
        };
        let collect = move |occasion| {
            producer.push(match occasion {
                Occasion::Passing => Order::Push,
                Occasion::Last => last,
            });
        };
        let interval = self.delivery.interval;
        let scheduled = Scheduled::start(PIPELINE, interval, pipeline, collect);
        Ok(PushGateway::new(scheduled))
    }

    /// The endpoint of the group.
    fn group(&self) -> Result<Endpoint, PushError> {
        let endpoint = self.delivery.checked(&["job"])?;
        let url = endpoint.to_string();
        // As other clients want it.
        if url.contains("/metrics/job/") {
            return Err(PushError::Group { url });
        }
        let job = self.delivery.job.as_deref().filter(|job| !job.is_empty());
        let path = path::group(job.ok_or(PushError::NoJob)?, &self.delivery.labels);
        // It is of characters that a path can hold, and may only be too long.
        endpoint.append_path(&path).map_err(|_| PushError::TooLong)
    }
}

impl From<&str> for PushGatewayBuilder {
    fn from(url: &str) -> Self {
        PushGateway::builder(url)
    }
}

impl From<String> for PushGatewayBuilder {
    fn from(url: String) -> Self {
        PushGateway::builder(&url)
    }
}

impl From<Endpoint> for PushGatewayBuilder {
    fn from(endpoint: Endpoint) -> Self {
        Self::new(Ok(endpoint))
    }
}
