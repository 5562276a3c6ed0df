use std::{
    borrow::Cow,
    fmt,
    sync::{Arc, OnceLock},
    time::{Duration, SystemTime},
};

use sentry_core::{ClientOptions, Envelope, protocol::Event};
use steeple_client::{
    Client, Compression,
    http::{HeaderName, HeaderValue},
};
use steeple_core::pipeline::{PipelineBuilder, RetryPolicy, Scheduled};

use crate::{
    Dsn, DsnError, Sentry, SentryError,
    backoff::Backoff,
    exporter::{Clerk, Courier, Post},
    integration::CurrentPlace,
    isolation::Hubs,
    limiter::Limiter,
    mailbox::{Mailbox, Opening},
    requests::Share,
    scrub::{Scrubber, UserIds},
    sentry::Binding,
    sessions::Sessions,
};

const NAME: &str = concat!("steeple-sentry/", env!("CARGO_PKG_VERSION"));
const AUTH: HeaderName = HeaderName::from_static("x-sentry-auth");
/// How often sessions are told of, and losses that nothing else could tell.
const INTERVAL: Duration = Duration::from_secs(60);

type BeforeSend = Arc<dyn Fn(Event<'static>) -> Option<Event<'static>> + Send + Sync>;

/// Configures a [`Sentry`].
#[derive(Clone)]
#[must_use = "nothing is sent before `start`"]
pub struct SentryBuilder {
    dsn: Option<Result<Dsn, DsnError>>,
    environment: Option<Cow<'static, str>>,
    release: Option<Cow<'static, str>>,
    server_name: Option<Cow<'static, str>>,
    sample_rate: f32,
    traces_sample_rate: f32,
    sessions: bool,
    isolates: bool,
    events_per_second: usize,
    send_pii: bool,
    before_send: Option<BeforeSend>,
    retry: RetryPolicy,
    drop_deadline: Duration,
    is_private: bool,
}

impl SentryBuilder {
    pub(crate) fn new() -> Self {
        Self {
            dsn: None,
            environment: None,
            release: None,
            server_name: None,
            sample_rate: 1.0,
            traces_sample_rate: 0.0,
            sessions: false,
            isolates: false,
            events_per_second: 10,
            send_pii: false,
            before_send: None,
            retry: RetryPolicy::default(),
            drop_deadline: Duration::from_secs(1),
            is_private: false,
        }
    }

    /// Where to send to, such as `https://KEY@sentry.example/7`. Default: none, and [`start`](Self::start) fails.
    pub fn dsn(mut self, dsn: &str) -> Self {
        self.dsn = Some(dsn.parse());
        self
    }

    /// Whether there is a DSN, be it right or wrong.
    #[must_use]
    pub fn has_dsn(&self) -> bool {
        self.dsn.is_some()
    }

    /// Where the service runs, such as `staging`. Default: Sentry takes it for `production`.
    pub fn environment(mut self, environment: impl Into<Cow<'static, str>>) -> Self {
        self.environment = Some(environment.into());
        self
    }

    /// The version of the service, such as `shop@1.2.3`. Default: none.
    pub fn release(mut self, release: impl Into<Cow<'static, str>>) -> Self {
        self.release = Some(release.into());
        self
    }

    /// The machine. Default: its host name.
    pub fn server_name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.server_name = Some(name.into());
        self
    }

    /// The share of events that are sent, from 0.0 to 1.0. Default: 1.0.
    pub fn sample_rate(mut self, rate: f32) -> Self {
        self.sample_rate = rate;
        self
    }

    /// The share of requests that a [transaction](https://docs.sentry.io/product/insights/overview/transaction-summary/) is sent of,
    /// from 0.0 to 1.0: the span of the request alone, with the ids that all signals have, one at a time. Those that Sentry is too slow
    /// for are counted as lost. Default: 0.0.
    ///
    /// What the application begins itself by `sentry::start_transaction` is sampled by the same rate.
    pub fn traces_sample_rate(mut self, rate: f32) -> Self {
        self.traces_sample_rate = rate;
        self
    }

    /// Tells the [health of the release](https://docs.sentry.io/product/releases/health/): how many requests ended well, failed and
    /// panicked, each minute, each request as a session. It needs a [release](Self::release). Default: off.
    pub fn sessions(mut self, sessions: bool) -> Self {
        self.sessions = sessions;
        self
    }

    /// Gives each request and job a hub of its own: what it says by `sentry::configure_scope` and `sentry::add_breadcrumb`, on
    /// whichever threads, is told of what it captures and of its failure, and of nothing else. Tasks that it spawns need
    /// `bind_hub(Hub::current())`, as ever. Default: off, and scopes are those of threads; what [`current`](steeple_core::current)
    /// is told is kept apart in any case.
    pub fn isolate_scopes(mut self, isolate: bool) -> Self {
        self.isolates = isolate;
        self
    }

    /// How many events are sent in any second; the others are counted, and Sentry is told how many. Default: 10.
    pub fn events_per_second(mut self, most: usize) -> Self {
        self.events_per_second = most;
        self
    }

    /// Sends what is personal, too: ids of users and their addresses, paths and queries, values in statements of SQL, addresses of
    /// mail. Secrets are taken out in any case. Default: off.
    pub fn send_pii(mut self, send: bool) -> Self {
        self.send_pii = send;
        self
    }

    /// Changes events or, by `None`, leaves them out, after what is known of their requests was added and before secrets are taken
    /// out of them. It runs on the thread that sends, or on that of the application for what it captures itself. Default: all are
    /// sent.
    pub fn before_send(
        mut self,
        before_send: impl Fn(Event<'static>) -> Option<Event<'static>> + Send + Sync + 'static,
    ) -> Self {
        self.before_send = Some(Arc::new(before_send));
        self
    }

    /// How often and how long is tried to send. Default: [`RetryPolicy::default`].
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// How long dropping a [`Sentry`] sends at most. Default: 1 s.
    pub fn drop_deadline(mut self, deadline: Duration) -> Self {
        self.drop_deadline = deadline;
        self
    }

    /// Leaves the hubs of the process alone, as tests need it: what the application captures itself is not sent, and what it says in
    /// the scope of the process is not told. Default: off.
    pub fn private(mut self) -> Self {
        self.is_private = true;
        self
    }

    /// Checks what is configured.
    ///
    /// # Errors
    ///
    /// [`SentryError`] if something is wrong; it does not show the key.
    pub fn check(&self) -> Result<(), SentryError> {
        self.client().map(drop)?;
        for (of, rate) in [
            ("events", self.sample_rate),
            ("traces", self.traces_sample_rate),
        ] {
            if !(0.0..=1.0).contains(&rate) {
                let rate = rate.to_string();
                return Err(SentryError::SampleRate { of, rate });
            }
        }
        if self.sessions && self.release.is_none() {
            return Err(SentryError::NoRelease);
        }
        Ok(())
    }

    /// Starts, and binds the client to the hubs of the process, so that `sentry::capture_message` and others send through it; call
    /// it before threads use Sentry.
    ///
    /// # Errors
    ///
    /// As for [`check`](Self::check).
    pub fn start(self) -> Result<Sentry, SentryError> {
        self.check()?;
        let (dsn, client) = self.client()?;
        let users = UserIds::keyed_by(dsn.0.public_key());
        let backoff = Arc::new(Backoff::default());
        let clerk = Arc::new(Clerk {
            hubs: OnceLock::new(),
        });
        let post = Arc::new(Post {
            client,
            backoff: Arc::clone(&backoff),
            clerk: Arc::clone(&clerk),
        });
        let send_pii = self.send_pii;
        let pipeline = PipelineBuilder::new("sentry")
            // Each is tried again for itself.
            .max_batch_items(1)
            .retry(self.retry.clone())
            .drop_deadline(self.drop_deadline)
            .spawn(move || Courier {
                post: Arc::clone(&post),
                scrubber: Scrubber::new(users.clone(), send_pii),
            });
        let limiter = Limiter::new(self.events_per_second);
        let mailbox = Arc::new(Mailbox::new(
            pipeline.producer(),
            limiter,
            backoff,
            self.isolates,
        ));
        let opening = Opening(Arc::clone(&mailbox));
        let client = sentry_core::Client::with_options(self.options(dsn, opening));
        let client = Arc::new(client);
        let hubs = Hubs {
            client: Arc::clone(&client),
            is_private: self.is_private,
        };
        // It was made here.
        let _ = clerk.hubs.set(hubs.clone());
        let sessions = self.counted_sessions().map(Arc::new);
        let (teller, counted) = (Arc::clone(&client), sessions.clone());
        let pipeline = Scheduled::start("sentry", Some(INTERVAL), pipeline, move |_| {
            let mut envelope = Envelope::new();
            let counted = counted.as_ref();
            if let Some(counted) = counted.and_then(|counted| counted.take(SystemTime::now())) {
                envelope.add_item(counted);
            }
            teller.send_envelope(envelope);
        });
        let binding = if self.is_private {
            Binding::none(client)
        } else {
            Binding::to_process(client)
        };
        Ok(Sentry {
            pipeline,
            mailbox,
            binding,
            hubs: self.isolates.then_some(hubs),
            sessions,
            transactions: (self.traces_sample_rate > 0.0)
                .then(|| Share::of(self.traces_sample_rate)),
        })
    }

    fn counted_sessions(&self) -> Option<Sessions> {
        let release = self.release.clone().filter(|_| self.sessions)?;
        let environment = self.environment.clone();
        Some(Sessions::of(release, environment, SystemTime::now()))
    }

    fn client(&self) -> Result<(Dsn, Client), SentryError> {
        let dsn = self.dsn.clone().ok_or(DsnError::Missing)??;
        let key = dsn.0.to_auth(Some(NAME)).to_string();
        let key = HeaderValue::from_str(&key).map_err(|_| DsnError::NoKey)?;
        let client = Client::builder(dsn.endpoint()?)
            .header(AUTH, key)
            .compression(Compression::Gzip)
            .build()?;
        Ok((dsn, client))
    }

    fn options(&self, dsn: Dsn, transport: Opening) -> ClientOptions {
        let mut options = ClientOptions::new()
            .transport(transport)
            .add_integration(CurrentPlace)
            .sample_rate(self.sample_rate)
            .traces_sample_rate(self.traces_sample_rate)
            .send_default_pii(self.send_pii)
            .server_name(self.server_name.clone().unwrap_or_else(host_name));
        options.dsn = Some(dsn.0);
        options.environment.clone_from(&self.environment);
        options.release.clone_from(&self.release);
        options.before_send.clone_from(&self.before_send);
        options
    }
}

fn host_name() -> Cow<'static, str> {
    gethostname::gethostname()
        .to_string_lossy()
        .into_owned()
        .into()
}

impl fmt::Debug for SentryBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SentryBuilder")
            .field("dsn", &self.dsn)
            .field("environment", &self.environment)
            .field("release", &self.release)
            .field("server_name", &self.server_name)
            .field("sample_rate", &self.sample_rate)
            .field("traces_sample_rate", &self.traces_sample_rate)
            .field("sessions", &self.sessions)
            .field("isolate_scopes", &self.isolates)
            .field("events_per_second", &self.events_per_second)
            .field("send_pii", &self.send_pii)
            .finish_non_exhaustive()
    }
}
