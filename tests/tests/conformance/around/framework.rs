//! Where a middleware stands.

use axum::{Router, error_handling::HandleErrorLayer, http::StatusCode};
use futures_util::{FutureExt, future::BoxFuture};
use steeple::Steeple;
use tokio::net::TcpListener;
use tower::{ServiceBuilder, layer::util::Stack, load_shed, timeout, util::MapErrLayer};

use crate::{
    fixture::BoxError,
    hyper_service::{self, Boxed},
};

/// What the middleware and the layer are put around.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framework {
    Axum,
    Tower,
}

impl Framework {
    /// What differs: a router has routed before any middleware and must turn errors into answers.
    pub(crate) fn cell<T>(self, axum: T, tower: T) -> T {
        match self {
            Self::Axum => axum,
            Self::Tower => tower,
        }
    }
}

/// A stage whose server has a middleware `inside` or `outside` of the layer.
macro_rules! stage {
    ($framework:expr, inside $middleware:expr) => {
        $crate::around::framework::stage!(
            $framework,
            |router, observe| router
                .layer($crate::around::framework::answering($middleware))
                .layer(observe),
            |service, observe| tower::Layer::layer(
                &observe,
                tower::Layer::layer(&$middleware, service)
            )
        )
    };
    ($framework:expr, outside $middleware:expr) => {
        $crate::around::framework::stage!(
            $framework,
            |router, observe| router
                .layer(observe)
                .layer($crate::around::framework::answering($middleware)),
            |service, observe| tower::Layer::layer(
                &$middleware,
                tower::Layer::layer(&observe, service)
            )
        )
    };
    (
        $framework:expr,
        |$router:ident, $axum:ident| $layered:expr,
        |$service:ident, $tower:ident| $stacked:expr
    ) => {
        match $framework {
            $crate::around::framework::Framework::Axum => {
                $crate::stage::Stage::serving(|listener, steeple| {
                    let $axum = steeple.axum();
                    let $router = $crate::axum_router::router();
                    $crate::around::framework::serve_router(listener, move || $layered)
                })
            }
            $crate::around::framework::Framework::Tower => {
                $crate::stage::Stage::serving(|listener, steeple| {
                    let $tower = steeple.tower();
                    let $service = tower::service_fn($crate::hyper_service::route);
                    $crate::around::framework::serve_service(listener, steeple, move || {
                        $crate::hyper_service::boxed($stacked)
                    })
                })
            }
        }
    };
}
pub(crate) use stage;

/// Serves what `make` makes on the server's runtime, which some middleware asks for when it is made.
pub(crate) fn serve_router(
    listener: TcpListener,
    make: impl FnOnce() -> Router + Send + 'static,
) -> BoxFuture<'static, ()> {
    async move { axum::serve(listener, make()).await.unwrap() }.boxed()
}

pub(crate) fn serve_service(
    listener: TcpListener,
    steeple: &Steeple,
    make: impl FnOnce() -> Boxed + Send + 'static,
) -> BoxFuture<'static, ()> {
    let observer = steeple.observer().clone();
    async move { hyper_service::serve(listener, make(), observer).await }.boxed()
}

type HandleErrors = HandleErrorLayer<fn(BoxError) -> std::future::Ready<StatusCode>, ()>;
type Answering<M, E> = ServiceBuilder<
    Stack<
        M,
        Stack<MapErrLayer<fn(E) -> BoxError>, Stack<HandleErrors, tower::layer::util::Identity>>,
    >,
>;

/// `middleware` with its errors answered, which is what axum asks for.
pub(crate) fn answering<M, E: Into<BoxError>>(middleware: M) -> Answering<M, E> {
    let handle: fn(BoxError) -> _ = |error| std::future::ready(status(&error));
    ServiceBuilder::new()
        .layer(HandleErrorLayer::new(handle))
        .layer(MapErrLayer::new(Into::into as fn(E) -> BoxError))
        .layer(middleware)
}

fn status(error: &BoxError) -> StatusCode {
    if error.is::<timeout::error::Elapsed>() {
        StatusCode::GATEWAY_TIMEOUT
    } else if error.is::<load_shed::error::Overloaded>() {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::INTERNAL_SERVER_ERROR
    }
}
