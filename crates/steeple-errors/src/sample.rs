use std::{borrow::Cow, collections::BTreeMap, sync::Arc, time::SystemTime};

use serde::{Deserialize, Serialize};
use steeple_core::errors::{self, Breadcrumb, ErrorReport, Subject};

use crate::{Frame, time::milliseconds};

/// One failure of a group, with what is known of it; who was served is not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Sample {
    /// When it was noticed; in JSON in milliseconds since 1970.
    #[serde(rename = "at_ms", with = "crate::time")]
    pub at: SystemTime,
    /// What sort of failure it is, as [`ErrorKind::as_str`](steeple_core::errors::ErrorKind::as_str) tells it.
    pub kind: String,
    /// What went wrong and what caused that, the outermost first.
    pub causes: Vec<Cause>,
    /// File, line and column of a panic.
    pub location: Option<String>,
    /// The calls on the way to it, the innermost first, at most 64.
    pub frames: Arc<[Frame]>,
    /// What happened before, the oldest first.
    pub breadcrumbs: Vec<Crumb>,
    /// How much more happened before those.
    pub dropped_breadcrumbs: usize,
    /// What the application wants it to be searched by.
    pub tags: BTreeMap<String, String>,
    /// The method of the request that failed.
    pub method: Option<String>,
    /// The template of its route, or the sort and the name of the job that failed.
    pub route: Option<String>,
    /// The status that was answered.
    pub status: Option<u16>,
    /// How the request ended.
    pub outcome: Option<String>,
    /// How long it had taken by then, in milliseconds.
    pub duration_ms: Option<u64>,
    /// The id of the request or of the run of the job.
    pub request_id: Option<String>,
    /// The trace, as 32 hexadecimal digits.
    pub trace_id: Option<String>,
    /// The span in it, as 16 hexadecimal digits.
    pub span_id: Option<String>,
    /// The thread that it happened in.
    pub thread: Option<String>,
}

/// One link of the chain of an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Cause {
    /// The name of its type, where that is known.
    #[serde(rename = "type")]
    pub type_name: Option<String>,
    /// What it says.
    pub message: String,
}

/// Something that happened before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Crumb {
    /// When; in JSON in milliseconds since 1970.
    #[serde(rename = "at_ms", with = "crate::time")]
    pub at: SystemTime,
    /// How much it matters: `ERROR`, `WARN`, `INFO`, `DEBUG` or `TRACE`.
    pub level: String,
    /// Where.
    pub target: String,
    /// What.
    pub message: String,
}

impl Sample {
    pub(crate) fn of(report: &ErrorReport, frames: Arc<[Frame]>) -> Self {
        let scene = &report.scene;
        let request = match &report.subject {
            Subject::Request(request) => Some(request),
            _ => None,
        };
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self {
            at: report.at,
            kind: report.kind.as_str().to_owned(),
            causes: report.causes.iter().map(Cause::from).collect(),
            location: report.location.clone(),
            frames,
            breadcrumbs: scene.breadcrumbs().map(Crumb::from).collect(),
            dropped_breadcrumbs: scene.dropped_breadcrumbs(),
            tags: scene.tags().map(owned).collect(),
            method: request.map(|request| request.method.clone()),
            route: report.subject.route().map(Cow::into_owned),
            status: request.and_then(|request| request.status),
            outcome: request.and_then(|request| Some(request.outcome?.as_str().to_owned())),
            duration_ms: request.map(|request| milliseconds(request.duration)),
            request_id: report.request_id.as_ref().map(ToString::to_string),
            trace_id: report.trace.map(|trace| trace.trace_id().to_string()),
            span_id: report.trace.map(|trace| trace.span_id().to_string()),
            thread: report.thread.clone(),
        }
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        let causes = self.causes.iter().map(|cause| {
            let name = cause.type_name.as_ref().map_or(0, String::len);
            size_of::<Cause>() + name + cause.message.len()
        });
        let crumbs = self.breadcrumbs.iter();
        let crumbs =
            crumbs.map(|crumb| size_of::<Crumb>() + crumb.target.len() + crumb.message.len());
        let tags = self.tags.iter();
        let tags = tags.map(|(name, value)| 2 * size_of::<String>() + name.len() + value.len());
        let frames = self.frames.iter().map(Frame::heap_bytes);
        size_of::<Self>()
            + causes
                .chain(crumbs)
                .chain(tags)
                .chain(frames)
                .sum::<usize>()
    }
}

impl From<&errors::Cause> for Cause {
    fn from(cause: &errors::Cause) -> Self {
        Self {
            type_name: cause.type_name.as_deref().map(str::to_owned),
            message: cause.message.clone(),
        }
    }
}

impl From<&Breadcrumb> for Crumb {
    fn from(crumb: &Breadcrumb) -> Self {
        Self {
            at: crumb.at,
            level: crumb.level.as_str().to_owned(),
            target: crumb.target.clone(),
            message: crumb.message.clone(),
        }
    }
}
