//! What all lines of a request or a job tell from some point on.
//!
//! ```
//! use steeple::log;
//!
//! # fn handler(user: &str, items: usize) {
//! log::bind("user.id", user); // one of the fields of ECS
//! log::bind("items", items); // one of its labels
//! tracing::info!("checking out"); // tells both, and so does all that this request logs later
//! log::unbind("items");
//! # }
//! ```

pub use steeple_logs::{bind, unbind};
