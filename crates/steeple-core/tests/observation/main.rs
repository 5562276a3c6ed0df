//! When an observation settles, and as what.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod errors;
mod fingerprint_rules;
mod once_routed;
mod outgoing_rpc;
mod propagation;
mod rpc;
mod scopes;
mod servers;
mod settlement;
mod sinks;
mod traces;

use std::sync::{Arc, Mutex};

use steeple_core::{
    Headers, HttpVersion, Observation, Observer, ObserverBuilder, Outcome, RequestHead,
    RequestRecord, ResponseHead,
};

/// What the tests look at of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    outcome: Outcome,
    error_type: Option<String>,
    status: Option<u16>,
    response_size: u64,
}

/// An observer whose records are kept.
struct Stage {
    observer: Observer,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Stage {
    fn new() -> Self {
        Self::with(|builder| builder)
    }

    fn with(configure: impl FnOnce(ObserverBuilder) -> ObserverBuilder) -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&seen);
        let observer = configure(Observer::builder())
            .sink(move |record: &RequestRecord<'_>| {
                sink.lock().unwrap().push(Seen {
                    outcome: record.outcome,
                    error_type: record.error_type.map(|error_type| error_type.to_string()),
                    status: record.status,
                    response_size: record.response_size,
                });
            })
            .build()
            .unwrap();
        Self { observer, seen }
    }

    fn start(&self, method: &str, headers: &dyn Headers) -> Observation {
        self.at(method, "/", headers)
    }

    fn at(&self, method: &str, route: &str, headers: &dyn Headers) -> Observation {
        self.observer.start(&RequestHead {
            method,
            scheme: None,
            version: HttpVersion::Http2,
            route: Some(route.into()),
            headers,
            body_size: None,
            details: &Default::default,
        })
    }

    fn get(&self) -> Observation {
        self.start("GET", &())
    }

    fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The one record there is.
    fn only(&self) -> Seen {
        let seen = self.seen();
        assert_eq!(seen.len(), 1, "{seen:?}");
        seen[0].clone()
    }
}

fn respond(observation: &mut Observation, status: u16, body_size: Option<u64>) {
    observation.respond(&ResponseHead {
        status,
        headers: &(),
        body_size,
    });
}
