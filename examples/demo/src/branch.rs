//! A branch of the shop, on actix-web: the same routes and the same records.

use std::{convert::Infallible, future::Future, io, net::TcpListener};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer, Scope,
    error::{ErrorBadGateway, ErrorNotFound},
    rt, web,
};
use actix_ws::Message;
use bytes::Bytes;
use futures_util::StreamExt;
use steeple::{
    Observer,
    actix::{Observe, on_connect},
    current,
};

use crate::stock;

/// Serves the branch on `listener`.
pub(crate) fn serve(
    listener: TcpListener,
    observe: Observe,
    observer: &Observer,
) -> io::Result<impl Future<Output = io::Result<()>> + Send + use<>> {
    let server = HttpServer::new(move || {
        App::new()
            .wrap(observe.clone())
            .service(shop())
            .route("/healthz", web::get().to(async || "ok"))
    });
    Ok(server
        .on_connect(on_connect(observer))
        .h1_allow_half_closed(false)
        .workers(1)
        .disable_signals()
        .listen(listener)?
        .run())
}

fn shop() -> Scope {
    web::scope("/shop")
        .route("/items", web::get().to(async || stock::ITEMS))
        .route("/items/{item}", web::get().to(item))
        .route("/cart", web::post().to(cart))
        .route("/checkout", web::post().to(checkout))
        .route("/export", web::get().to(export))
        .route("/events", web::get().to(events))
        .route("/chat", web::get().to(chat))
        .route("/report", web::get().to(stock::report))
        .route("/legacy", web::get().to(stock::legacy))
}

async fn item(item: web::Path<String>) -> actix_web::Result<String> {
    stock::look_up(&item).ok_or_else(|| ErrorNotFound("no such item\n"))
}

async fn cart(wishes: Bytes) -> String {
    stock::note_wishes(&wishes)
}

/// Says why it fails.
async fn checkout() -> actix_web::Result<&'static str> {
    stock::pay().await.map_err(|error| {
        current::attach(&error);
        ErrorBadGateway(error)
    })
}

async fn export() -> HttpResponse {
    HttpResponse::Ok().streaming(stock::rows().map(|row| Ok::<_, Infallible>(Bytes::from(row))))
}

async fn events() -> HttpResponse {
    let event = |order| Ok::<_, Infallible>(Bytes::from(format!("data: {order}\n\n")));
    HttpResponse::Ok()
        .content_type("text/event-stream")
        .streaming(stock::orders().map(event))
}

/// Says back what it hears.
async fn chat(request: HttpRequest, body: web::Payload) -> actix_web::Result<HttpResponse> {
    let (response, mut session, mut messages) = actix_ws::handle(&request, body)?;
    rt::spawn(async move {
        while let Some(Ok(Message::Text(text))) = messages.next().await {
            if session.text(text).await.is_err() {
                return;
            }
        }
        // Who went away hears nothing of it.
        let _ = session.close(None).await;
    });
    Ok(response)
}
