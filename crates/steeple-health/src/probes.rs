use std::future::ready;

use bytes::Bytes;
use steeple_core::ops::{OpsBody, OpsFuture, OpsRequest, OpsResponse, OpsService, PROBES};

use crate::Health;

/// Answers `/livez`, `/startupz` and `/readyz` with `ok` and 200, or `unavailable` and 503, and with nothing else: whoever asks learns
/// no more. There are no redirects, since Kubernetes takes a 3xx for success, and no answer may be kept.
///
/// The adapters mount it in the application's own router; the ops listener has it as well.
///
/// By default they are those of a service of which nothing is checked, and all are `ok`.
#[derive(Clone, Debug, Default)]
pub struct Probes(Option<Health>);

impl Probes {
    pub(crate) fn of(health: Health) -> Self {
        Self(Some(health))
    }
}

impl OpsService for Probes {
    fn call(&self, request: OpsRequest) -> OpsFuture {
        if !matches!(request.method(), "GET" | "HEAD") {
            let refusal = answer(405, "only GET and HEAD are answered here\n");
            return Box::pin(ready(refusal.with_header("allow", "GET, HEAD")));
        }
        match (request.path(), self.0.clone()) {
            ("/livez", Some(health)) => Box::pin(ready(verdict(health.is_live()))),
            ("/startupz", Some(health)) => {
                Box::pin(async move { verdict(health.is_started().await) })
            }
            ("/readyz", Some(health)) => Box::pin(async move { verdict(health.is_ready().await) }),
            (path, None) if PROBES.contains(&path) => Box::pin(ready(verdict(true))),
            _ => Box::pin(ready(answer(404, "nothing is here\n"))),
        }
    }
}

fn verdict(holds: bool) -> OpsResponse {
    if holds {
        answer(200, "ok\n")
    } else {
        answer(503, "unavailable\n")
    }
}

fn answer(status: u16, text: &'static str) -> OpsResponse {
    OpsResponse::new(status)
        .with_header("content-type", "text/plain; charset=utf-8")
        .with_header("cache-control", "no-store")
        .with_header("x-content-type-options", "nosniff")
        .with_body(OpsBody::Full(Bytes::from_static(text.as_bytes())))
}
