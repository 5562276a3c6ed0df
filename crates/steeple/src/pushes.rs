//! What is pushed, and where to.

use std::time::Duration;

use futures_util::future::{OptionFuture, join};
use steeple_metrics::Registry;
use steeple_push::{
    PushError, PushGateway, PushGatewayBuilder, PushReport, RemoteWrite, RemoteWriteBuilder,
};

use crate::{environment::Environment, report::FlushReport, service_name::ServiceName};

/// What is to be pushed.
#[derive(Default)]
pub(crate) struct PushSettings {
    pub(crate) gateway: Option<PushGatewayBuilder>,
    pub(crate) remote_write: Option<RemoteWriteBuilder>,
}

impl PushSettings {
    /// With the operator's endpoints and the service's name as job; checked.
    pub(crate) fn resolve(
        self,
        environment: &Environment,
        name: &ServiceName,
    ) -> Result<Self, PushError> {
        let gateway = match (self.gateway, environment.push_gateway.clone()) {
            (Some(gateway), Some(endpoint)) => Some(gateway.endpoint(endpoint)),
            (gateway, endpoint) => gateway.or(endpoint.map(Into::into)),
        };
        let remote_write = match (self.remote_write, environment.remote_write.clone()) {
            (Some(remote_write), Some(endpoint)) => Some(remote_write.endpoint(endpoint)),
            (remote_write, endpoint) => remote_write.or(endpoint.map(Into::into)),
        };
        let settings = Self {
            gateway: gateway.map(|gateway| gateway.default_job(name.as_str())),
            remote_write: remote_write.map(|remote| remote.default_job(name.as_str())),
        };
        if let Some(gateway) = &settings.gateway {
            gateway.check()?;
        }
        if let Some(remote_write) = &settings.remote_write {
            remote_write.check()?;
        }
        Ok(settings)
    }

    pub(crate) fn start(self, registry: &Registry) -> Result<Pushes, PushError> {
        let start_gateway = |gateway: PushGatewayBuilder| gateway.start(registry.clone());
        let start_write = |remote: RemoteWriteBuilder| remote.start(registry.clone());
        Ok(Pushes {
            gateway: self.gateway.map(start_gateway).transpose()?,
            remote_write: self.remote_write.map(start_write).transpose()?,
        })
    }
}

/// What pushes, if anything does.
#[derive(Debug, Default)]
pub(crate) struct Pushes {
    gateway: Option<PushGateway>,
    remote_write: Option<RemoteWrite>,
}

impl Pushes {
    pub(crate) async fn flush(&self, deadline: Duration) -> FlushReport {
        let gateway = self.gateway.as_ref().map(|push| push.flush(deadline));
        let remote_write = self.remote_write.as_ref().map(|push| push.flush(deadline));
        side_by_side(gateway, remote_write).await
    }

    pub(crate) async fn shutdown(self, deadline: Duration) -> FlushReport {
        let gateway = self.gateway.map(|push| push.shutdown(deadline));
        let remote_write = self.remote_write.map(|push| push.shutdown(deadline));
        side_by_side(gateway, remote_write).await
    }
}

/// So that a backend that does not answer takes nothing from the time of the other.
async fn side_by_side(
    gateway: Option<impl Future<Output = PushReport>>,
    remote_write: Option<impl Future<Output = PushReport>>,
) -> FlushReport {
    let both = join(
        OptionFuture::from(gateway),
        OptionFuture::from(remote_write),
    );
    let (push_gateway, remote_write) = both.await;
    FlushReport {
        push_gateway,
        remote_write,
        ..FlushReport::default()
    }
}
