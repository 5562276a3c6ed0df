//! Observes every request of a tower HTTP service with steeple: hyper, tonic, or anything else that speaks `http` 1.
//!
//! ```
//! use std::convert::Infallible;
//!
//! use http::{Request, Response};
//! use http_body_util::Full;
//! use steeple_core::{Observer, current};
//! use steeple_tower::ObserveLayer;
//! use tower::{ServiceBuilder, service_fn};
//!
//! let observer = Observer::builder().build()?;
//! let service = ServiceBuilder::new().layer(ObserveLayer::new(&observer)).service(service_fn(
//!     |_: Request<Full<&'static [u8]>>| async {
//!         current::route("/greet/{name}");
//!         Ok::<_, Infallible>(Response::new(Full::new(&b"hello"[..])))
//!     },
//! ));
//! # let _ = service;
//! # Ok::<(), steeple_core::ObserverError>(())
//! ```
//!
//! A panic before the response's head becomes an empty 500 (gRPC: `grpc-status: 13`), a panic in its body ends the
//! stream with [`BodyError::Panicked`], and the service goes on. Each response carries `x-request-id`.
//!
//! Where panics abort (`panic = "abort"` in the profile) there is nothing to catch: the process ends with the first panic,
//! as it does without this layer, once the panic hook that was there before has printed it. The requests under way leave
//! no record.
//!
//! # gRPC
//!
//! `tonic::transport::Server::builder().layer(ObserveLayer::new(&observer))` observes every call of a tonic server, streams
//! in both directions included. The status in the headers or the trailers decides the outcome; the route is the path of the
//! method, `/package.Service/Method`, once a call has shown that there is such a method. tonic keeps its own
//! `Server::timeout` outside of all layers: it drops the call, which counts as cancelled, or as timed out if the client had
//! set a deadline that was over.
//!
//! gRPC-Web is gRPC inside of the layer that translates it, `tonic_web::GrpcWebLayer`, whatever its version of HTTP, and plain
//! HTTP outside of it: put this layer inside, behind it.
//!
//! # Routes
//!
//! tower has no routes of its own: name them with [`current::route`](steeple_core::current::route), or let a
//! [`Framework`] tell them.
//!
//! # Bodies of requests
//!
//! The size of a request's body is known from its head, and not at all where that tells none, as those of gRPC do. Where the
//! type of the service's bodies can be made of any other, as tonic's and axum's and the boxed ones of `http-body-util` can,
//! [`ObserveLayer::count_bodies`] has them counted as they are read, and tells of those that break off:
//!
//! ```
//! use bytes::Bytes;
//! use http_body_util::{BodyExt, combinators::BoxBody};
//! use steeple_core::Observer;
//! use steeple_tower::ObserveLayer;
//!
//! let observer = Observer::builder().build()?;
//! let layer = ObserveLayer::new(&observer).count_bodies(|body| BoxBody::<Bytes, std::io::Error>::new(body));
//! // With tonic: `.count_bodies(tonic::body::Body::new)`.
//! # let _ = layer;
//! # Ok::<(), steeple_core::ObserverError>(())
//! ```
//!
//! # Connections and upgrades
//!
//! A server that accepts its connections itself reads and writes through an [`ObservedIo`], which tells how many are open
//! and for how long, and gives each an [`OnConnection`] service, which tells what requests upgrade it to:
//!
//! ```
//! use steeple_core::Observer;
//! use steeple_tower::{ObservedIo, OnConnection};
//!
//! fn accepted<I, S>(stream: I, service: S, observer: &Observer) -> (ObservedIo<I>, OnConnection<S>) {
//!     let io = ObservedIo::new(stream, observer);
//!     let service = OnConnection::new(service, io.connection());
//!     (io, service) // for hyper's `serve_connection`
//! }
//! ```
//!
//! # Clients
//!
//! A [`ClientLayer`] around a client observes the requests that go out: see there.
//!
//! # Features
//!
//! | feature | what |
//! |---|---|
//! | `tower-http` | `ObserveLayer::classify` takes a classifier of tower-http as outcome policy |

mod answer;
mod body;
#[cfg(feature = "tower-http")]
mod classify;
mod client;
mod counted_body;
mod counting;
mod framework;
mod head;
mod io;
mod layer;
mod on_connection;
mod ops;
mod service;

#[cfg(feature = "tower-http")]
pub use self::classify::{ClassifiedBody, Classify, ClassifyFuture, ClassifyLayer};
pub use self::{
    body::{BodyError, ObservedBody},
    client::{Client, ClientBody, ClientFuture, ClientLayer, inject},
    counted_body::CountedBody,
    counting::Counting,
    framework::{Framework, Plain},
    head::version,
    io::ObservedIo,
    layer::ObserveLayer,
    on_connection::{OnConnection, OnConnectionFuture},
    ops::{MountedOps, OpsResponseBody},
    service::Observe,
};
