//! The fixture as an actix-web application.

use std::{
    convert::Infallible,
    future::{Future, Ready, ready},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use actix_web::{
    App, Error, FromRequest, HttpRequest, HttpResponse, HttpServer, Responder, ResponseError,
    Scope,
    body::{BodySize, BodyStream, BoxBody, MessageBody},
    dev::{Payload, Service, ServiceFactory, ServiceRequest, ServiceResponse},
    error::ErrorRequestTimeout,
    guard,
    http::{Method, StatusCode},
    middleware::Condition,
    web::{self, ServiceConfig},
};
use actix_ws::Message;
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt};
use http::Version;
use steeple::Steeple;
use tokio::net::TcpListener;

use crate::{
    adapter::{Adapter, Cells, Setup, Traits},
    fixture::{self, Content, Exact, INNER, LIMIT, NESTED, ROUTES, Refused, Reply},
};

pub(crate) struct ActixApp;

impl Adapter for ActixApp {
    fn traits(&self) -> Traits {
        Traits {
            counts_request_bodies: true,
            knows_addresses: true,
        }
    }

    fn cannot(&self) -> Cells {
        &[(
            "a_route_for_get_answers_head",
            "the method is a guard of actix-web's routes: HEAD wants a route of its own and is a 404 without one",
        )]
    }

    fn serve(
        &self,
        listener: TcpListener,
        steeple: &Steeple,
        setup: Setup,
    ) -> impl Future<Output = ()> + Send + 'static {
        serve(listener, steeple, setup, self.version(), configure)
    }
}

/// Serves what `configure` makes of an application in `version` of HTTP.
pub(crate) fn serve(
    listener: TcpListener,
    steeple: &Steeple,
    setup: Setup,
    version: Version,
    configure: fn(&mut ServiceConfig),
) -> impl Future<Output = ()> + Send + 'static {
    let observe = steeple.actix();
    let app = move || {
        let limit = match setup {
            Setup::TimeoutOutside => LIMIT,
            Setup::Once | Setup::Twice => Duration::MAX,
        };
        App::new()
            .configure(configure)
            .wrap(observe.clone())
            .wrap(Condition::new(setup == Setup::Twice, observe.clone()))
            .wrap_fn(move |request, service| {
                let answer = tokio::time::timeout(limit, service.call(request));
                async move {
                    answer
                        .await
                        .unwrap_or_else(|_| Err(ErrorRequestTimeout("")))
                }
            })
    };
    run(listener, steeple, version, app)
}

/// Serves the application that `app` makes in `version` of HTTP.
pub(crate) fn run<T, B>(
    listener: TcpListener,
    steeple: &Steeple,
    version: Version,
    app: impl Fn() -> App<T> + Send + Clone + 'static,
) -> impl Future<Output = ()> + Send + 'static
where
    T: ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse<B>,
            Error = Error,
            InitError = (),
        > + 'static,
    B: MessageBody + 'static,
{
    // By default actix-web goes on for a client that went away before the head: it may have closed but its own half.
    let server = HttpServer::new(app)
        .h1_allow_half_closed(false)
        .on_connect(steeple::actix::on_connect(steeple.observer()))
        .workers(1)
        .disable_signals();
    let listener = listener.into_std().unwrap();
    let server = match version {
        Version::HTTP_2 => server.listen_auto_h2c(listener),
        _ => server.listen(listener),
    };
    let running = server.unwrap().run();
    async move { running.await.unwrap() }
}

/// The fixture.
pub(crate) fn configure(app: &mut ServiceConfig) {
    for route in ROUTES {
        // `/ok` knows its methods, so that others are refused by the framework.
        app.service(match route {
            "/ok" => web::resource(route)
                .route(web::get().to(handle))
                .route(web::head().to(handle)),
            route => web::resource(route).to(handle),
        });
    }
    let paid = web::resource("/plans/{paid}").guard(guard::Header("x-plan", "paid"));
    app.route("/panic-in-extractor", web::get().to(async |_: Panics| ""))
        .route("/extractor-refuses", web::get().to(async |_: Refuses| ""))
        .route(
            "/handler-refuses",
            web::get().to(async || Err::<String, _>(Refused(503))),
        )
        .route(
            "/responder-refuses",
            web::get().to(async || RespondsWith(|| HttpResponse::from_error(Refused(500)))),
        )
        .route(
            "/responder-panics",
            web::get().to(async || RespondsWith(|| panic!("lost in the responder"))),
        )
        .route("/timeout-inside", web::get().to(handle_slowly))
        .route("/websocket", web::get().to(websocket))
        .default_service(web::to(tunnel))
        .service(paid.to(handle))
        .route("/plans/{any}", web::get().to(handle))
        .service(api());
}

fn api() -> Scope {
    let inner = web::scope(INNER.0).route(INNER.1, web::get().to(handle));
    web::scope("/api")
        .route(NESTED, web::get().to(handle))
        .service(inner)
}

async fn handle(request: HttpRequest, body: web::Payload) -> HttpResponse {
    let length = async {
        let body = body.to_bytes().await.map_err(|error| error.to_string())?;
        Ok(body.len())
    };
    response(fixture::answer(request.path(), length).await)
}

async fn websocket(request: HttpRequest, body: web::Payload) -> Result<HttpResponse, Error> {
    let (response, mut session, mut messages) = actix_ws::handle(&request, body)?;
    actix_web::rt::spawn(async move {
        while let Some(Ok(message)) = messages.next().await {
            let sent = match message {
                Message::Text(text) => session.text(text).await,
                _ => break,
            };
            if sent.is_err() {
                return;
            }
        }
        let _ = session.close(None).await;
    });
    Ok(response)
}

/// Answers a CONNECT with a tunnel back to the client, and all that no route matches with a 404.
async fn tunnel(request: HttpRequest, body: web::Payload) -> HttpResponse {
    if request.method() != Method::CONNECT {
        return HttpResponse::NotFound().finish();
    }
    HttpResponse::Ok().upgrade("tunnel").streaming(body)
}

async fn handle_slowly() -> HttpResponse {
    let slow = tokio::time::sleep(Duration::from_secs(60));
    match tokio::time::timeout(LIMIT, slow).await {
        Ok(()) => HttpResponse::Ok().body("too late"),
        Err(_) => HttpResponse::RequestTimeout().finish(),
    }
}

fn response(reply: Reply) -> HttpResponse {
    let mut response = HttpResponse::build(StatusCode::from_u16(reply.status).unwrap());
    for (name, value) in reply.headers {
        match name {
            // actix-web has words of its own for these.
            "content-length" => response.no_chunking(value.parse().unwrap()),
            _ => response.insert_header((name, value)),
        };
    }
    match reply.content {
        Content::Text(text) => response.body(text),
        Content::Exact(exact) => response.body(exact),
        Content::Stream(parts) => {
            let parts = parts.map_err(|error| -> Box<dyn std::error::Error> { error });
            response.body(BodyStream::new(parts))
        }
    }
}

impl MessageBody for Exact {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(Exact::size(self))
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        Poll::Ready(self.next().map(Ok))
    }
}

impl ResponseError for Refused {
    fn error_response(&self) -> HttpResponse {
        response(fixture::refuse(self))
    }
}

struct Panics;

impl FromRequest for Panics {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(_: &HttpRequest, _: &mut Payload) -> Self::Future {
        panic!("lost in the extractor")
    }
}

struct Refuses;

impl FromRequest for Refuses {
    type Error = Refused;
    type Future = Ready<Result<Self, Refused>>;

    fn from_request(_: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Err(Refused(422)))
    }
}

struct RespondsWith(fn() -> HttpResponse);

impl Responder for RespondsWith {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        (self.0)()
    }
}
