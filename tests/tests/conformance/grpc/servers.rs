//! Where the service is served.

use std::future::Future;

use futures_util::FutureExt;
use steeple::Steeple;
use tokio::net::TcpListener;
use tonic::{
    body::Body,
    server::NamedService,
    service::Routes,
    transport::server::{Server, TcpIncoming},
};
use tower::Layer;

use crate::{
    adapter::{Adapter, Setup, Traits},
    fixture::LIMIT,
    grpc::service::Fixture,
    http_fixture::timeout,
    hyper_service::{self, boxed},
};

/// The route of `method` for a router that knows the service, and takes any method of it for `rest`.
pub(super) fn route_by_service(method: &str, rest: &str) -> String {
    match method.split_once('/') {
        Some((service @ Fixture::NAME, _)) => format!("/{service}/{rest}"),
        _ => "_UNMATCHED".to_owned(),
    }
}

/// tonic's own server.
pub(crate) struct TonicServer;

impl Adapter for TonicServer {
    fn traits(&self) -> Traits {
        Traits {
            counts_request_bodies: true,
            knows_addresses: false,
        }
    }

    fn serve(
        &self,
        listener: TcpListener,
        steeple: &Steeple,
        setup: Setup,
    ) -> impl Future<Output = ()> + Send + 'static {
        let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
        let server = Server::builder();
        let observe = steeple.tower().count_bodies(Body::new);
        let serving = match setup {
            Setup::Once => server
                .layer(observe)
                .add_service(Fixture)
                .serve_with_incoming(incoming)
                .boxed(),
            Setup::Twice => server
                .layer(observe.clone())
                .layer(observe)
                .add_service(Fixture)
                .serve_with_incoming(incoming)
                .boxed(),
            Setup::TimeoutOutside => server
                .timeout(LIMIT)
                .layer(observe)
                .add_service(Fixture)
                .serve_with_incoming(incoming)
                .boxed(),
        };
        serving.map(Result::unwrap)
    }
}

/// tonic's routes as an axum router.
pub(crate) struct RoutesInAxum;

impl Adapter for RoutesInAxum {
    fn traits(&self) -> Traits {
        Traits {
            counts_request_bodies: true,
            knows_addresses: false,
        }
    }

    fn route_of_call(&self, method: &str, _: bool) -> String {
        route_by_service(method, "{*rest}")
    }

    fn serve(
        &self,
        listener: TcpListener,
        steeple: &Steeple,
        setup: Setup,
    ) -> impl Future<Output = ()> + Send + 'static {
        let router = Routes::new(Fixture)
            .into_axum_router()
            .layer(steeple.axum());
        let router = match setup {
            Setup::Once => router,
            Setup::Twice => router.layer(steeple.axum()),
            Setup::TimeoutOutside => router.layer(timeout()),
        };
        async move { axum::serve(listener, router).await.unwrap() }
    }
}

/// tonic's routes as a tower service on bare hyper.
pub(crate) struct RoutesOnHyper;

impl Adapter for RoutesOnHyper {
    fn traits(&self) -> Traits {
        Traits {
            counts_request_bodies: false,
            knows_addresses: false,
        }
    }

    fn serve(
        &self,
        listener: TcpListener,
        steeple: &Steeple,
        setup: Setup,
    ) -> impl Future<Output = ()> + Send + 'static {
        let service = steeple.tower().layer(Routes::new(Fixture));
        let service = match setup {
            Setup::Once => boxed(service),
            Setup::Twice => boxed(steeple.tower().layer(service)),
            Setup::TimeoutOutside => boxed(timeout().layer(service)),
        };
        hyper_service::serve(listener, service, steeple.observer().clone())
    }
}
