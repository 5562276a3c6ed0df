//! The core of steeple: it observes one request or job and makes one record of it, from which every signal derives.
//!
//! An adapter for a web framework translates a request's head, polls the handler and the body inside the
//! [`Observation`], and tells it what it sees. All policy lives here: what a route is called, what an outcome is, which
//! labels exist, when a request is over.
//!
//! ```
//! use steeple_core::{HttpVersion, Observer, RequestHead, ResponseHead};
//!
//! let observer = Observer::builder()
//!     .sink(|record: &steeple_core::RequestRecord<'_>| assert_eq!(record.route(), "/users/{id}"))
//!     .build()?;
//!
//! let mut observation = observer.start(&RequestHead {
//!     method: "GET",
//!     scheme: None,
//!     version: HttpVersion::Http11,
//!     route: Some("/users/{id}".into()),
//!     headers: &(),
//!     body_size: Some(0),
//!     details: &Default::default,
//! });
//! let answer = observation.run(|| "the handler's answer")?;
//! observation.respond(&ResponseHead { status: 200, headers: &(), body_size: Some(answer.len() as u64) });
//! observation.chunk(answer.len());
//! observation.finish();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What it promises
//!
//! - A request settles exactly once, whether it completes, fails, panics or is dropped.
//! - In the steady state observing a request allocates nothing, locks nothing and does no I/O.
//! - Nothing that a client controls becomes a label or makes anything grow.
//! - A panic in a [`Sink`] is kept from the request.

mod clock;
mod connection;
pub mod current;
mod environment;
pub mod errors;
mod field_names;
mod grpc;
mod handler_error;
mod head;
mod headers;
mod hex;
mod insert_map;
mod kept_head;
mod kept_names;
mod label;
mod lifetime;
mod method;
mod observation;
mod observer;
pub mod ops;
mod outcome;
mod outgoing;
mod panic;
pub mod pipeline;
mod problem;
mod propagation;
mod reading;
mod record;
pub mod redaction;
mod request_id;
mod request_metrics;
mod route;
mod scope;
mod sink;
mod template;
#[doc(hidden)]
pub mod text;
mod trace_context;
mod traces;
mod upgrade;

#[doc(hidden)]
pub use self::environment::Variables;
pub use self::{
    clock::Timestamp,
    connection::Connection,
    environment::EnvironmentError,
    errors::log_error,
    field_names::FieldNames,
    grpc::{GrpcStatus, RpcCall},
    handler_error::HandlerError,
    head::{HttpVersion, RequestDetails, RequestHead, ResponseHead, Scheme},
    headers::{Fields, Headers, LookedUp},
    kept_head::KeptHead,
    kept_names::KeptNames,
    label::{Label, MOST_LABELS},
    method::MOST_METHODS,
    observation::{
        Answer, Job, JobFuture, Observation, Observed, ObservedFuture, RequestCounter, Unanswered,
    },
    observer::{Observer, ObserverBuilder, ObserverError},
    outcome::{ErrorType, Outcome},
    outgoing::{Attempts, CallRecord, CallTarget, OutgoingCall, OutgoingHead},
    panic::{PanicReport, Panicked},
    problem::Problem,
    propagation::{Propagator, Propagators, ResponseTrace, UnknownPropagator},
    record::{AttachedError, JobRecord, RequestRecord},
    request_id::RequestId,
    request_metrics::{MetricNames, UnknownMetricNames},
    route::RoutePolicy,
    scope::Scope,
    sink::Sink,
    template::Template,
    trace_context::{SpanId, TraceContext, TraceId},
    traces::{Carried, FinishedSpan, Recording, Sampler, SpanLink, TraceConfig, TraceScope, Trust},
    upgrade::Upgrade,
};
