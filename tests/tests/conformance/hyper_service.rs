//! The fixture as a tower service on bare hyper.

use std::{convert::Infallible, future::Future, time::Duration};

use futures_util::{SinkExt, StreamExt};
use http::{
    HeaderValue, Method, Request, Response, Version,
    header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, UPGRADE},
};
use http_body::Body;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
    service::TowerToHyperService,
};
use steeple::{
    Observer, Steeple, current,
    tower::{ObservedIo, OnConnection},
};
use tokio::net::TcpListener;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{handshake::derive_accept_key, protocol::Role},
};
use tower::{Layer, Service, ServiceExt, service_fn, util::BoxCloneSyncService};

use crate::{
    adapter::{Adapter, Cells, Setup, Traits},
    fixture::{self, BoxError, FAILURES, INNER, NESTED, ROUTES},
    http_fixture::{self, AnyBody, timeout},
};

/// The route until the handler tells one.
pub(crate) const NO_ROUTER: &str = "_UNMATCHED";

pub(crate) struct HyperService;

pub(crate) type Boxed = BoxCloneSyncService<Request<Incoming>, Response<AnyBody>, BoxError>;

impl Adapter for HyperService {
    fn traits(&self) -> Traits {
        Traits {
            counts_request_bodies: true,
            knows_addresses: false,
        }
    }

    fn cannot(&self) -> Cells {
        &[(
            "a_guard_chooses_the_route",
            "tower has no routes, and so no guards",
        )]
    }

    fn route_of_extractor(&self, _: &'static str) -> &'static str {
        NO_ROUTER
    }

    fn serve(
        &self,
        listener: TcpListener,
        steeple: &Steeple,
        setup: Setup,
    ) -> impl Future<Output = ()> + Send + 'static {
        let observer = steeple.observer().clone();
        serve(listener, observed(steeple, setup), observer)
    }
}

/// The fixture with the layer around it.
fn observed(steeple: &Steeple, setup: Setup) -> Boxed {
    let observe = steeple.tower().count_bodies(AnyBody::new);
    let service = observe.layer(service_fn(route));
    match setup {
        Setup::Once => boxed(service),
        Setup::Twice => boxed(observe.layer(service)),
        Setup::TimeoutOutside => boxed(timeout().layer(service)),
    }
}

/// Serves `service` over the version of HTTP that the client speaks.
pub(crate) async fn serve(listener: TcpListener, service: Boxed, observer: Observer) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let io = ObservedIo::new(stream, &observer);
        let service = OnConnection::new(service.clone(), io.connection());
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder.http2().enable_connect_protocol();
        tokio::spawn(
            builder
                .serve_connection_with_upgrades(TokioIo::new(io), TowerToHyperService::new(service))
                .into_owned(),
        );
    }
}

pub(crate) fn boxed<S, B>(service: S) -> Boxed
where
    S: Service<Request<AnyBody>, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: http_body::Body<Data = bytes::Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let service = service
        .map_request(|request: Request<Incoming>| {
            request.map(|body| body.map_err(Into::into).boxed_unsync())
        })
        .map_response(|response: Response<B>| {
            response.map(|body| body.map_err(Into::into).boxed_unsync())
        })
        .map_err(Into::into);
    BoxCloneSyncService::new(service)
}

/// What a router does for other frameworks. It is no async function, so that a panic can come from the call itself.
pub(crate) fn route<B>(
    request: Request<B>,
) -> impl Future<Output = Result<Response<AnyBody>, Infallible>> + Send
where
    B: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
{
    let path = request.uri().path().to_owned();
    assert!(path != "/panic-in-extractor", "lost in the extractor");
    let below_api = [
        format!("/api{NESTED}"),
        format!("/api{}{}", INNER.0, INNER.1),
    ];
    let template = ROUTES
        .into_iter()
        .chain(FAILURES)
        .chain(["/timeout-inside", "/websocket"])
        .chain(below_api.iter().map(String::as_str))
        .find(|route| matches(route, &path))
        .map(ToOwned::to_owned);
    async move {
        let Some(template) = template else {
            return Ok(match *request.method() {
                Method::CONNECT => http_fixture::tunnel(request),
                _ => http_fixture::status(404),
            });
        };
        current::route(&template);
        if template == "/ok" && !["GET", "HEAD"].contains(&request.method().as_str()) {
            return Ok(http_fixture::status(405));
        }
        if FAILURES.contains(&path.as_str()) {
            return Ok(http_fixture::response(fixture::fail(&path)));
        }
        if template == "/websocket" {
            return Ok(websocket(request));
        }
        if template != "/timeout-inside" {
            return Ok(http_fixture::handle(request).await);
        }
        let slow = timeout().layer(service_fn(async |_: Request<B>| {
            tokio::time::sleep(Duration::from_secs(60)).await;
            Ok::<_, Infallible>(http_fixture::response(fixture::text("too late")))
        }));
        Ok(slow
            .oneshot(request)
            .await?
            .map(|body| body.map_err(Into::into).boxed_unsync()))
    }
}

/// The opening handshake in [HTTP/1](https://www.rfc-editor.org/rfc/rfc6455#section-4.2.2) and in
/// [HTTP/2](https://www.rfc-editor.org/rfc/rfc8441#section-5), and what comes after.
fn websocket<B: Send + 'static>(request: Request<B>) -> Response<AnyBody> {
    let key = request.headers().get(SEC_WEBSOCKET_KEY);
    let accept = key.map(|key| derive_accept_key(key.as_bytes()));
    // The end of a connection is seen, that of a stream is not.
    let open = (request.version() == Version::HTTP_2).then(current::upgrade);
    tokio::spawn(async {
        let _open = open;
        let upgraded = TokioIo::new(hyper::upgrade::on(request).await.unwrap());
        let mut socket = WebSocketStream::from_raw_socket(upgraded, Role::Server, None).await;
        while let Some(Ok(message)) = socket.next().await {
            if socket.send(message).await.is_err() {
                break;
            }
        }
    });
    let Some(accept) = accept else {
        return http_fixture::status(200);
    };
    let accept = HeaderValue::try_from(accept).unwrap();
    let mut response = http_fixture::status(101);
    let upgrade = [
        (UPGRADE, HeaderValue::from_static("websocket")),
        (CONNECTION, HeaderValue::from_static("upgrade")),
        (SEC_WEBSOCKET_ACCEPT, accept),
    ];
    response.headers_mut().extend(upgrade);
    response
}

/// Whether `path` fits `template`, segment by segment.
fn matches(template: &str, path: &str) -> bool {
    let (template, path) = (template.split('/'), path.split('/'));
    template.clone().count() == path.clone().count()
        && template
            .zip(path)
            .all(|(expected, segment)| expected.starts_with('{') || expected == segment)
}
