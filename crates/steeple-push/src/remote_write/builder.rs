use std::time::Duration;

use steeple_client::Client;
use steeple_core::pipeline::{RetryPolicy, Scheduled};
use steeple_metrics::Registry;

use super::{RemoteWrite, collector::Collector, encoder::Style, exporter::WriteExporter};
use crate::{
    Endpoint, EndpointError, PushError,
    delivery::{self, Delivery},
};

const PIPELINE: &str = "remote_write";
const INTERVAL: Duration = Duration::from_secs(15);
const QUEUE_BYTES: usize = 8 << 20;
const BATCH_SERIES: usize = 500;

/// Configures a [`RemoteWrite`].
#[derive(Clone, Debug)]
#[must_use = "nothing is written before `start`"]
pub struct RemoteWriteBuilder {
    delivery: Delivery,
    instance: Option<String>,
    native_histograms: bool,
    queue_bytes: usize,
    batch_series: usize,
}

impl RemoteWriteBuilder {
    pub(super) fn new(endpoint: Result<Endpoint, EndpointError>) -> Self {
        Self {
            delivery: Delivery::to(endpoint, Some(INTERVAL)),
            instance: None,
            native_histograms: false,
            queue_bytes: QUEUE_BYTES,
            batch_series: BATCH_SERIES,
        }
    }

    /// Writes to another endpoint.
    pub fn endpoint(mut self, endpoint: Endpoint) -> Self {
        self.delivery.endpoint = Ok(endpoint);
        self
    }

    /// The label `job` of all series, as the job of a scrape is. Default: none.
    pub fn job(mut self, job: impl Into<String>) -> Self {
        self.delivery.job = Some(job.into());
        self
    }

    /// The job, unless one was set.
    pub fn default_job(mut self, job: impl Into<String>) -> Self {
        self.delivery.job.get_or_insert_with(|| job.into());
        self
    }

    /// The label `instance` of all series. Two processes that write the same series at once must differ in it, or in another
    /// label. Default: the name of the host.
    pub fn instance(mut self, instance: impl Into<String>) -> Self {
        self.instance = Some(instance.into());
        self
    }

    /// A further label of all series, such as `cluster`. One that a series has of its own stays. Default: none.
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.delivery.labels.push((name.into(), value.into()));
        self
    }

    /// Writes native histograms, where the registry has them, for a receiver that is known to take them: Prometheus 2 without
    /// its feature `native-histograms` refuses all that is written with them. Default: what they have as classic ones.
    pub fn native_histograms(mut self) -> Self {
        self.native_histograms = true;
        self
    }

    /// How often all series are written. From 1 ms to 24 h. Default: 15 s.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.delivery.interval = Some(interval);
        self
    }

    /// Writes at a flush and at the end alone. Default: at an interval as well.
    pub fn without_interval(mut self) -> Self {
        self.delivery.interval = None;
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

    /// The most series in a request; a histogram is one, and makes as many time series as it has buckets and two more.
    /// 0 counts as 1. Default: 500.
    pub fn batch_series(mut self, series: usize) -> Self {
        self.batch_series = series;
        self
    }

    /// The most bytes of samples that wait while the backend does not answer; what is beyond them is dropped and counted.
    /// A number takes 48 bytes, a histogram of 14 bounds some 350. Default: 8 MiB, 100 of each for 50 minutes.
    pub fn max_queue_bytes(mut self, bytes: usize) -> Self {
        self.queue_bytes = bytes;
        self
    }

    /// How often and how long a request is tried; then the next one has its turn. Default: [`RetryPolicy::default`], 10 s for
    /// an attempt and 5 min in all.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.delivery.retry = policy;
        self
    }

    /// How long dropping the [`RemoteWrite`] may block. Default: 1 s.
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
        self.target().map(drop)
    }

    /// Starts to write what is in `registry`, where its own figures are as well.
    ///
    /// # Errors
    ///
    /// [`PushError`] if something is configured wrongly. That the backend does not answer is no error: it is tried again.
    pub fn start(self, registry: Registry) -> Result<RemoteWrite, PushError> {
        let (client, labels) = self.target()?;
        let style = Style {
            labels,
            native_histograms: self.native_histograms,
        };
        let exporter = move || WriteExporter {
            client: client.clone(),
            style: style.clone(),
        };
        let pipeline = metrics::with_local_recorder(&registry, || {
            self.delivery
                .pipeline(PIPELINE)
                .max_queue_bytes(self.queue_bytes)
                .max_batch_items(self.batch_series)
                .max_delay(Duration::from_millis(100))
                .spawn(exporter)
        });
        let collector = Collector::new(registry, pipeline.producer());
        let collect = move |_| collector.collect();
        let interval = self.delivery.interval;
        let scheduled = Scheduled::start(PIPELINE, interval, pipeline, collect);
        Ok(RemoteWrite::new(scheduled))
    }

    /// What sends, and what all series get.
    fn target(&self) -> Result<(Client, Vec<(String, String)>), PushError> {
        let client = delivery::client(self.delivery.checked(&["job", "instance"])?)?;
        let instance = self
            .instance
            .clone()
            .unwrap_or_else(|| gethostname::gethostname().to_string_lossy().into_owned());
        let own = [
            ("instance", Some(instance)),
            ("job", self.delivery.job.clone()),
        ];
        let own = own
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)));
        let labels = self.delivery.labels.iter().cloned().chain(own);
        // As in Prometheus, an empty value is an absent label.
        let labels = labels.filter(|(_, value)| !value.is_empty()).collect();
        Ok((client, labels))
    }
}

impl From<&str> for RemoteWriteBuilder {
    fn from(url: &str) -> Self {
        RemoteWrite::builder(url)
    }
}

impl From<String> for RemoteWriteBuilder {
    fn from(url: String) -> Self {
        RemoteWrite::builder(&url)
    }
}

impl From<Endpoint> for RemoteWriteBuilder {
    fn from(endpoint: Endpoint) -> Self {
        Self::new(Ok(endpoint))
    }
}
