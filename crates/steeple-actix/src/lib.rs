//! Observes every request of an actix-web application with steeple.
//!
//! ```no_run
//! use actix_web::{App, HttpServer, web};
//! use steeple_actix::Observe;
//! use steeple_core::{Observer, current};
//!
//! async fn greet(name: web::Path<String>) -> String {
//!     current::label("tenant", "acme");
//!     format!("hello {name}")
//! }
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let observe = Observe::new(&Observer::builder().build()?);
//! HttpServer::new(move || App::new().wrap(observe.clone()).route("/greet/{name}", web::get().to(greet)))
//!     .bind("127.0.0.1:3000")?
//!     .run()
//!     .await?;
//! # Ok(())
//! # }
//! ```
//!
//! Make the observer outside of the closure that makes the application: actix-web runs that closure once for each worker,
//! and an observer for each would count each worker on its own. The first worker that builds one is warned about.
//!
//! # Routes
//!
//! The route is the pattern that actix-web matched, `/greet/{name}`, with the prefix of every scope above it; asking for it
//! after the call is what makes it exact. A request that matched nothing counts under the one route `_UNMATCHED`. So does
//! one that a guard refused, unless its path is a resource's: then it counts under the pattern of that resource.
//!
//! A handler that panicked, that the client did not wait for, or that a middleware answers for with an `Err`, leaves no
//! request to ask. The route is then the first pattern that fits the path, in the order in which they were registered and
//! whatever the guards say. Where two patterns fit one path and only guards tell them apart, it is the first of them, whichever
//! was asked for; where only guards tell two scopes of one prefix apart, it is looked for in the first of them, and what is not
//! there is `_UNMATCHED`. The path is the one that came to this middleware: what `NormalizePath` inside of it makes of that is
//! not known then.
//!
//! A route that the handler names with [`current::route`](steeple_core::current::route) has precedence in any case.
//!
//! # Clients that leave
//!
//! By default actix-web goes on for an HTTP/1 client that closes the connection before the response's head: it may have
//! closed its own half only. The request then counts by how it ends. With
//! [`HttpServer::h1_allow_half_closed(false)`](actix_web::HttpServer::h1_allow_half_closed) it is cancelled, and counts so.
//!
//! For a client of HTTP/2 it goes on to the head in any case, be the stream reset or the connection gone, and the request
//! counts by how it is answered. In the body it learns of either when it sends the next piece: until there is one, the
//! request is under way. What may wait for long there needs a time-out, or a sign of life to send.
//!
//! # Other middleware
//!
//! `wrap` it last: then it stands outside of the other middleware, and what is recorded is what the client gets. With
//! `Compress` inside, the size is that of the bytes sent, with `Compress` outside that of the bytes of the handler. An answer
//! that `ErrorHandlers` replaces counts as the one that leaves, if they are inside, and as the handler's own otherwise.
//! `Logger` and `NormalizePath` may stand on either side.
//!
//! # Connections and upgrades
//!
//! [`on_connect`] observes the connections. A WebSocket is the body of its response: it is timed to its end, connections
//! observed or not.
//!
//! # Errors and panics
//!
//! [`HandlerError`] is what handlers may end with by `?`: the error is reported with all that caused it, and the client is told the
//! status and the id of the request, as problem details.
//!
//! An error that a handler, an extractor or a middleware answers with counts as
//! [attached](steeple_core::current::attach). A panic before the response's head becomes an empty 500, a
//! [`HandlerPanicked`] to the middleware outside of this one; a panic in its body ends the stream with
//! [`Panicked`](steeple_core::Panicked); the worker goes on. Each response carries `x-request-id`.
//!
//! An `Err` that a middleware inside of this one ends with is asked for its response here. The first that calls
//! [`Error::error_response`](actix_web::Error::error_response) after that gets this very response: most often the server. What
//! remains is an error that can answer once only, as those of
//! [`InternalError::from_response`](actix_web::error::InternalError::from_response). To the middleware outside its
//! [`status_code`](actix_web::ResponseError::status_code) is 500, whatever is sent; and if one of these answers with it by
//! [`ServiceResponse::from_err`](actix_web::dev::ServiceResponse::from_err), which asks the error past all that was added to it,
//! the client gets an empty 500.

mod answer;
mod body;
mod connection;
mod handler_error;
mod handler_panicked;
mod head;
mod ops;
mod serve_until;
mod service;

pub use self::{
    body::ObservedBody,
    connection::on_connect,
    handler_error::HandlerError,
    handler_panicked::HandlerPanicked,
    ops::{ops, probes},
    serve_until::serve_until,
    service::{Observe, ObserveService},
};
