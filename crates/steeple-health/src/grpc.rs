use std::{
    future::{pending, ready},
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
    /// Its probes run checks as all others do; whoever watches is told within a second, and at once of a drain.
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
        let watch = if self.knows(&request.get_ref().service) {
            let health = self.health.clone();
            Watch {
                next: Box::pin({
                    let health = health.clone();
                    async move { of(health.is_ready().await) }
                }),
                health: Some(health),
            }
        } else {
            Watch {
                next: Box::pin(ready(ServingStatus::ServiceUnknown)),
                health: None,
            }
        };
        Ok(Response::new(watch))
    }
}

/// What one who watches is told: what is, and then each change, without an end.
pub struct Watch {
    /// Of a service that there is.
    health: Option<Health>,
    next: Pin<Box<dyn Future<Output = ServingStatus> + Send>>,
}

impl Stream for Watch {
    type Item = Result<HealthCheckResponse, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let status = task::ready!(self.next.as_mut().poll(context));
        self.next = match self.health.clone() {
            Some(health) => Box::pin(async move {
                let other = status != ServingStatus::Serving;
                of(health.once_ready_is(other).await)
            }),
            None => Box::pin(pending()),
        };
        Poll::Ready(Some(Ok(told(status))))
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
