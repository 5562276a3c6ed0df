use std::{
    convert::Infallible,
    net::SocketAddr,
    task::{Context, Poll},
};

use axum::{
    Router,
    extract::{ConnectInfo, NestedPath, Request},
};
use steeple_core::{
    current,
    ops::{OpsService, PROBES},
};
use steeple_tower::MountedOps;
use tower_service::Service;

/// Mounts `service` under `prefix`, which begins with `/`, with everything below it.
///
/// Bodies of requests over 1 KiB are refused with a 413. Whom the service answers is for the service to say; layers on the
/// router can narrow it down. It sees the address of the client where the application is served with
/// [connect info](Router::into_make_service_with_connect_info).
///
/// ```
/// use std::sync::Arc;
///
/// use axum::Router;
/// use steeple_core::ops::OpsService;
///
/// fn mount(service: Arc<dyn OpsService>) {
///     let app: Router = Router::new().merge(steeple_axum::ops("/internal", service));
/// #   let _ = app;
/// }
/// ```
///
/// # Panics
///
/// As [`Router::nest_service`] does, if `prefix` is no path that can be nested at, such as `/`.
pub fn ops<S>(prefix: &str, service: impl OpsService) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    let mounted = MountedOps::new(service).peer(|extensions| {
        let ConnectInfo(peer) = extensions.get::<ConnectInfo<SocketAddr>>()?;
        Some(*peer)
    });
    Router::new().nest_service(prefix, Named(mounted))
}

/// Mounts the probes of `service` alone, at `/livez`, `/readyz` and `/startupz`.
///
/// ```
/// use axum::Router;
/// use steeple_core::ops::OpsService;
///
/// fn mount(probes: impl OpsService) {
///     let app: Router = Router::new().merge(steeple_axum::probes(probes));
/// #   let _ = app;
/// }
/// ```
pub fn probes<S>(service: impl OpsService) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    let mounted = MountedOps::new(service);
    PROBES.into_iter().fold(Router::new(), |router, path| {
        router.route_service(path, mounted.clone())
    })
}

/// Tells the route below the prefix, where axum has none.
#[derive(Clone)]
struct Named(MountedOps);

impl Service<Request> for Named {
    type Response = <MountedOps as Service<Request>>::Response;
    type Error = Infallible;
    type Future = <MountedOps as Service<Request>>::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Service::<Request>::poll_ready(&mut self.0, context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        if let Some(prefix) = request.extensions().get::<NestedPath>() {
            current::matched_route(&format!("{}/{{*path}}", prefix.as_str()));
        }
        self.0.call(request)
    }
}
