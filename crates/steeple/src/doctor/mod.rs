//! What is wrong with an instance and what it is built into, and what to do about it.

mod diagnosis;
mod examination;
#[cfg(feature = "otlp")]
mod exporter;
mod json;
mod opentelemetry;
#[cfg(feature = "otlp")]
mod subscriber;
mod versions;

pub use self::diagnosis::{Code, Diagnosis, Severity};
pub(crate) use self::examination::{Doctor, Patient};
#[cfg(feature = "otlp")]
pub(crate) use self::exporter::Exporter;
