use std::{
    future::ready,
    pin::Pin,
    sync::Arc,
    task::{self, Context, Poll},
};

use futures_core::Stream;
use tonic::{Request, Response, Status};
use tonic_health::pb::{
    HealthCheckRequest, HealthCheckResponse,
    health_check_response::ServingStatus,
    health_server::{Health as Service, HealthServer},
};

use crate::Health;

/// Answers by the [health checking protocol](https://github.com/grpc/grpc/blob/master/doc/health-checking.md) of gRPC, to be
/// added to a server of tonic: `SERVING` while requests may be sent to the service, and `NOT_SERVING` while not.
/// [`Health::grpc`] makes it.
#[derive(Clone, Debug)]
pub struct GrpcHealth {
    health: Health,
    services: Arc<[String]>,
}

impl Health {
    /// Makes `grpc.health.v1.Health` of this health, for the whole server and for the `services` of these names, such as
    /// `shop.Orders`. Others are unknown.
    ///
    /// Its probes run checks as all others do; whoever watches is told within a second, and at once of a drain. A second after
    /// that the watching ends, so that the server can.
    ///
    /// ```no_run
    /// use steeple_health::Health;
    /// use tonic::transport::Server;
    ///
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// let health = Health::builder().start()?;
    /// Server::builder()
    ///     .add_service(health.grpc(["shop.Orders"]))
    ///     .serve("127.0.0.1:50051".parse()?)
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn grpc(
        &self,
        services: impl IntoIterator<Item = impl Into<String>>,
    ) -> HealthServer<GrpcHealth> {
        HealthServer::new(GrpcHealth {
            health: self.clone(),
            services: services.into_iter().map(Into::into).collect(),
        })
    }
}

impl GrpcHealth {
    fn knows(&self, service: &str) -> bool {
        service.is_empty() || self.services.iter().any(|known| known == service)
    }
}

#[tonic::async_trait]
impl Service for GrpcHealth {
    type WatchStream = Watch;

    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        if !self.knows(&request.get_ref().service) {
            return Err(Status::not_found("the service is unknown"));
        }
        Ok(Response::new(told(of(self.health.is_ready().await))))
    }

    async fn watch(&self, request: Request<HealthCheckRequest>) -> Result<Response<Watch>, Status> {
        let health = self.health.clone();
        let next: Next = if self.knows(&request.get_ref().service) {
            let health = health.clone();
            Box::pin(async move { Some(of(health.is_ready().await)) })
        } else {
            Box::pin(ready(Some(ServingStatus::ServiceUnknown)))
        };
        Ok(Response::new(Watch { health, next }))
    }
}

type Next = Pin<Box<dyn Future<Output = Option<ServingStatus>> + Send>>;

/// What one who watches is told: what is, and then each change, until the service has drained.
pub struct Watch {
    health: Health,
    next: Next,
}

impl Stream for Watch {
    type Item = Result<HealthCheckResponse, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let status = task::ready!(self.next.as_mut().poll(context));
        let health = self.health.clone();
        self.next = Box::pin(async move {
            match status? {
                ServingStatus::ServiceUnknown => {
                    health.drained().await;
                    None
                }
                status => {
                    let was_ready = status == ServingStatus::Serving;
                    health.readiness_after(was_ready).await.map(of)
                }
            }
        });
        Poll::Ready(status.map(|status| Ok(told(status))))
    }
}

fn of(is_ready: bool) -> ServingStatus {
    if is_ready {
        ServingStatus::Serving
    } else {
        ServingStatus::NotServing
    }
}

fn told(status: ServingStatus) -> HealthCheckResponse {
    HealthCheckResponse {
        status: status.into(),
    }
}
