use bytes::Bytes;
use steeple_core::ops::{OpsBody, OpsFuture, OpsRequest, OpsResponse, OpsService};

use crate::{Health, HealthStatus, json, negotiation::Form};

/// Answers with all that is known of each check, after those have run whose last outcome counts no more: 200, or 503 while the
/// service is unhealthy.
///
/// It is JSON, as in `{"status":"healthy","checks":{"database":{"status":"up","duration_ms":0.8}}}`, or, where `Accept` names it,
/// [`application/health+json`](https://datatracker.ietf.org/doc/html/draft-inadarei-api-health-check-06). What checks say
/// themselves when they fail is told only to those who [gave the token](OpsRequest::is_authorized); others learn that they failed, and
/// when.
#[derive(Clone, Debug)]
pub struct Details(Health);

impl Details {
    pub(crate) fn of(health: Health) -> Self {
        Self(health)
    }
}

impl OpsService for Details {
    fn call(&self, request: OpsRequest) -> OpsFuture {
        let health = self.0.clone();
        Box::pin(async move {
            let report = health.report().await;
            let form = Form::negotiate(&request);
            let write = match form {
                Form::Plain => json::plain,
                Form::HealthJson => json::health_json,
            };
            let status = if report.status == HealthStatus::Unhealthy {
                503
            } else {
                200
            };
            let text = write(&report, request.is_authorized());
            OpsResponse::new(status)
                .with_header("content-type", form.content_type())
                .with_header("cache-control", "no-store")
                .with_header("vary", "accept, authorization")
                .with_body(OpsBody::Full(Bytes::from(text)))
        })
    }
}
