//! The observer: what a service observes its requests with.

mod builder;
mod handle;
mod isolation;

use std::{
    fmt,
    sync::{Arc, Once},
};

pub use self::builder::{ObserverBuilder, ObserverError};
use self::handle::Handle;
pub(crate) use self::isolation::Isolation;
use crate::{
    clock::Moment,
    current,
    head::{HttpVersion, RequestHead, Scheme},
    headers::RequestFields,
    label::Labels,
    method::{Method, Methods},
    observation::{self, Beginning, Job, Observation, Subject},
    panic,
    record::{JobRecord, RequestRecord},
    request_id::RequestId,
    request_metrics::RequestMetrics,
    route::Routes,
    sink::Sink,
    trace_context::{Lineage, Traceparent},
};

/// Observes requests and jobs. Cloning it is cheap; the clones are one observer.
#[derive(Clone)]
pub struct Observer {
    shared: Handle,
}

/// What all observations of an observer share.
pub(crate) struct Shared {
    pub(crate) methods: Methods,
    pub(crate) routes: Routes,
    pub(crate) labels: Labels,
    pub(crate) isolation: Option<Arc<Isolation>>,
    scheme: Scheme,
    metrics: Vec<RequestMetrics>,
    sinks: Vec<Box<dyn Sink>>,
    warn_of_twice: Once,
    warn_of_sink: Once,
}

impl Observer {
    /// Begins to configure an observer.
    pub fn builder() -> ObserverBuilder {
        ObserverBuilder::default()
    }

    /// Begins to observe a request.
    ///
    /// If this observer observes the current request already, because its layer was applied twice, the result observes
    /// nothing: the request counts once.
    #[inline]
    pub fn start(&self, head: &RequestHead<'_>) -> Observation {
        if self.refine_current(head.route) {
            return Observation::of_nothing();
        }
        let shared = &self.shared;
        let fields = RequestFields::read(head.headers);
        let method = shared.methods.classify(head.method);
        let scheme = head.scheme.unwrap_or(shared.scheme);
        let route = shared.routes.resolve(head.route);
        let policy = shared.routes.policy(route);
        let active = !policy.ignore;
        if active {
            shared
                .metrics
                .iter()
                .for_each(|metrics| metrics.started(shared, method, scheme));
        }
        let mut state = observation::acquire(
            shared,
            Beginning {
                subject: Subject::Request,
                started: Moment::now(),
                method,
                scheme,
                version: head.version,
                grpc: fields.grpc,
                head_only: head.method == "HEAD",
                request_size: head.body_size.or(fields.content_length),
                request_id: fields.request_id.unwrap_or_else(RequestId::random),
                lineage: Lineage::of(fields.traceparent),
                active,
            },
        );
        state.progress.route = route;
        state.progress.policy = policy;
        state.progress.labels = shared.labels.read(head);
        Observation::new(state)
    }

    /// Begins to observe a job: `kind` says what sort it is (`job`, `queue`, `cron`), `name` which of its sort.
    pub fn observe(&self, kind: &'static str, name: &'static str) -> Job {
        let beginning = Beginning {
            subject: Subject::Job { kind, name },
            started: Moment::now(),
            method: Method::NONE,
            scheme: Scheme::Http,
            version: HttpVersion::Http11,
            grpc: false,
            head_only: false,
            request_size: None,
            request_id: RequestId::random(),
            lineage: Lineage::of(Traceparent::None),
            active: false,
        };
        Job::new(Observation::new(observation::acquire(
            &self.shared,
            beginning,
        )))
    }

    /// Whether the current observation is one of ours; if so it takes over the better known route.
    fn refine_current(&self, route: Option<&str>) -> bool {
        let refined = current::with(|state| {
            state
                .belongs_to(&self.shared)
                .then(|| state.refine_route(route))
        });
        let Some(refined) = refined.flatten() else {
            return false;
        };
        if !refined {
            self.shared
                .metrics
                .iter()
                .for_each(RequestMetrics::count_applied_twice);
            self.shared.warn_of_twice.call_once(|| {
                tracing::warn!("the steeple layer is applied twice to the same request; it counts once: remove one of the two");
            });
        }
        true
    }
}

impl Shared {
    /// Runs sinks and keeps the request safe from their panics.
    #[inline]
    pub(crate) fn deliver(&self, f: impl FnOnce()) {
        let delivered = panic::catch(|| Isolation::run(self.isolation.as_deref(), f));
        if let Err(report) = delivered {
            self.metrics
                .iter()
                .for_each(RequestMetrics::count_sink_panic);
            self.warn_of_sink.call_once(|| {
                tracing::warn!(
                    panic = report.message,
                    "a sink panicked; its record is lost"
                )
            });
        }
    }

    #[inline]
    pub(crate) fn request(&self, record: &RequestRecord<'_>, active: bool, ignored: bool) {
        for metrics in &self.metrics {
            if active {
                metrics.ended(self, record);
            }
            if !ignored {
                metrics.record(self, record);
            }
        }
        if !ignored {
            for sink in &self.sinks {
                sink.request(record);
            }
        }
    }

    pub(crate) fn job(&self, record: &JobRecord<'_>) {
        for metrics in &self.metrics {
            metrics.record_job(record);
        }
        for sink in &self.sinks {
            sink.job(record);
        }
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observer").finish_non_exhaustive()
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}
