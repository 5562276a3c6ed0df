//! What went wrong, told once for each failure, with all that is known of it.

mod backtrace;
mod cause;
mod courier;
mod fingerprint;
mod frame;
mod glob;
mod logged;
mod machinery;
mod report;
mod reporting;
mod scene;
mod sink;

pub use self::{
    backtrace::Backtrace,
    cause::Cause,
    fingerprint::{FingerprintRule, FingerprintRuleError},
    frame::Frame,
    logged::log_error,
    report::{ErrorKind, ErrorReport, Facts, FailedRequest, Subject},
    scene::{Breadcrumb, Scene, UserId},
    sink::ErrorSink,
};
pub(crate) use self::{
    courier::{of_process, send, send_last, serve_process, start},
    fingerprint::MOST_RULES,
    report::Failure,
    reporting::Reporting,
    scene::LONGEST_CRUMB,
};
