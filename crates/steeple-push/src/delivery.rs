//! What all pushes can be told: of what they are, and how they are sent.

use std::{ops::RangeInclusive, time::Duration};

use steeple_client::{
    Authorization, Client,
    http::{HeaderValue, header::USER_AGENT},
};
use steeple_core::pipeline::{PipelineBuilder, RetryPolicy};

use crate::{CredentialsError, Endpoint, EndpointError, PushError, label};

const INTERVALS: RangeInclusive<Duration> =
    Duration::from_millis(1)..=Duration::from_secs(24 * 60 * 60);

/// Of what the pushes are, how they are sent, and when.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) endpoint: Result<Endpoint, EndpointError>,
    authorization: Option<Result<Authorization, CredentialsError>>,
    pub(crate) job: Option<String>,
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) interval: Option<Duration>,
    pub(crate) retry: RetryPolicy,
    pub(crate) drop_deadline: Duration,
}

impl Delivery {
    pub(crate) fn to(
        endpoint: Result<Endpoint, EndpointError>,
        interval: Option<Duration>,
    ) -> Self {
        Self {
            endpoint,
            authorization: None,
            job: None,
            labels: Vec::new(),
            interval,
            retry: RetryPolicy::default(),
            drop_deadline: Duration::from_secs(1),
        }
    }

    pub(crate) fn basic_auth(&mut self, user: &str, password: &str) {
        self.authorization = Some(Authorization::basic(user, password));
    }

    pub(crate) fn bearer_token(&mut self, token: &str) {
        self.authorization = Some(Authorization::bearer(token));
    }

    /// The endpoint with its credentials, once everything here is right; for labels, see [`label::check`].
    pub(crate) fn checked(&self, reserved: &[&str]) -> Result<Endpoint, PushError> {
        if let Some(interval) = self.interval
            && !INTERVALS.contains(&interval)
        {
            return Err(PushError::Interval { interval });
        }
        let endpoint = self.endpoint.clone()?;
        let authorization = self.authorization.clone().transpose()?;
        label::check(&self.labels, reserved)?;
        Ok(match authorization {
            Some(authorization) => endpoint.or_authorization(authorization),
            None => endpoint,
        })
    }

    pub(crate) fn pipeline(&self, name: &'static str) -> PipelineBuilder {
        PipelineBuilder::new(name)
            .retry(self.retry.clone())
            .drop_deadline(self.drop_deadline)
    }
}

/// What sends to `endpoint`.
pub(crate) fn client(endpoint: Endpoint) -> Result<Client, PushError> {
    let name = HeaderValue::from_static(concat!("steeple-push/", env!("CARGO_PKG_VERSION")));
    Ok(Client::builder(endpoint).header(USER_AGENT, name).build()?)
}
