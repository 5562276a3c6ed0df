//! Observes every request of a [reqwest] client with steeple, as middleware of [reqwest_middleware].
//!
//! ```
//! use reqwest_middleware::ClientBuilder;
//! use steeple_core::Observer;
//! use steeple_reqwest::ObserveRequests;
//!
//! let observer = Observer::builder().build()?;
//! let client = ClientBuilder::new(reqwest::Client::new())
//!     .with(ObserveRequests::new(&observer))
//!     .build();
//! # let _ = client;
//! # Ok::<(), steeple_core::ObserverError>(())
//! ```
//!
//! Each request tells the callee of the trace, is timed and counted in `http.client.request.duration`, and is a span below the
//! one that it is sent from, to the end of the answer's body. Behind middleware that sends requests again, each attempt is one
//! of its own, and tells how many there were before.

mod answer;
mod middleware;

pub use self::middleware::ObserveRequests;
