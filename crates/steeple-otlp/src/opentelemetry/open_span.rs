//! A span that has not ended.

use std::{
    borrow::Cow,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use opentelemetry::{
    KeyValue,
    trace::{self, SpanBuilder, SpanContext, Status, TraceState},
};
use steeple_core::{Timestamp, TraceContext};
use steeple_metrics::protobuf::{
    push_bytes, push_fixed32, push_nested, push_string, push_unsigned,
};

use super::key_value::push_pair;
use crate::{
    fields::{span, span_event, span_link},
    time::unix_nanos,
    traces::{
        span::{Span, SpanKind, StatusCode, push_dropped, push_event, push_status, remote_flags},
        span_queue::Finished,
    },
};

/// How many bytes the attributes, events and links of one span may have.
const MOST_BYTES: usize = 64 << 10;

/// A span that has not ended. Its attributes, events and links are encoded as they come.
#[derive(Debug)]
pub(super) struct OpenSpan {
    pub(super) context: TraceContext,
    pub(super) name: Cow<'static, str>,
    kind: SpanKind,
    started: u64,
    /// When it was begun, unless that was told.
    begun: Option<Timestamp>,
    status: Status,
    fields: Vec<u8>,
    dropped_attributes: u32,
    dropped_events: u32,
    dropped_links: u32,
}

impl OpenSpan {
    /// Begins with these `fields`.
    pub(super) fn new(context: TraceContext, builder: SpanBuilder, fields: &[u8]) -> Self {
        let (started, begun) = match builder.start_time {
            Some(told) => (unix_nanos(told), None),
            None => {
                let now = Timestamp::now();
                (now.unix_nanos(), Some(now))
            }
        };
        let mut open = Self {
            context,
            name: builder.name,
            kind: builder.span_kind.map_or(SpanKind::Internal, kind),
            started,
            begun,
            status: Status::Unset,
            fields: fields.to_vec(),
            dropped_attributes: 0,
            dropped_events: 0,
            dropped_links: 0,
        };
        for attribute in builder.attributes.iter().flatten() {
            open.attribute(attribute);
        }
        for event in builder.events.iter().flatten() {
            open.event(&event.name, event.timestamp, &event.attributes);
        }
        for link in builder.links.iter().flatten() {
            open.link(&link.span_context, &link.attributes);
        }
        open
    }

    pub(super) fn attribute(&mut self, attribute: &KeyValue) {
        let kept = self.keep(|fields| push_pair(fields, span::ATTRIBUTES, attribute));
        self.dropped_attributes += u32::from(!kept);
    }

    pub(super) fn event(&mut self, name: &str, time: SystemTime, attributes: &[KeyValue]) {
        let kept = self.keep(|fields| {
            push_event(fields, unix_nanos(time), name, |event| {
                push_pairs(event, span_event::ATTRIBUTES, attributes);
            });
        });
        self.dropped_events += u32::from(!kept);
    }

    pub(super) fn link(&mut self, to: &SpanContext, attributes: &[KeyValue]) {
        let kept = self.keep(|fields| {
            push_nested(fields, span::LINKS, |link| {
                push_bytes(link, span_link::TRACE_ID, &to.trace_id().to_bytes());
                push_bytes(link, span_link::SPAN_ID, &to.span_id().to_bytes());
                push_trace_state(link, span_link::TRACE_STATE, to.trace_state());
                push_pairs(link, span_link::ATTRIBUTES, attributes);
                let flags = u32::from(to.trace_flags().to_u8()) | remote_flags(to.is_remote());
                push_fixed32(link, span_link::FLAGS, flags);
            });
        });
        self.dropped_links += u32::from(!kept);
    }

    /// As [specified](https://opentelemetry.io/docs/specs/otel/trace/api/#set-status): once it is said to be fine it stays so.
    pub(super) fn status(&mut self, status: Status) {
        if self.status != Status::Ok && status != Status::Unset {
            self.status = status;
        }
    }

    /// Takes in what `push` writes, unless there is no room for it.
    fn keep(&mut self, push: impl FnOnce(&mut Vec<u8>)) -> bool {
        let before = self.fields.len();
        push(&mut self.fields);
        let kept = self.fields.len() <= MOST_BYTES;
        if !kept {
            self.fields.truncate(before);
        }
        kept
    }

    /// Its place in the trace.
    pub(super) fn context(&self) -> &TraceContext {
        &self.context
    }

    /// This moment, as far from the beginning as it is, whatever became of the system's clock meanwhile.
    pub(super) fn now(&self) -> SystemTime {
        let Some(begun) = self.begun else {
            return SystemTime::now();
        };
        let since_1970 = begun.unix_nanos().saturating_add(begun.elapsed_nanos());
        UNIX_EPOCH + Duration::from_nanos(since_1970)
    }

    /// How it ended, if it did then.
    pub(super) fn finished(&self, ended: SystemTime) -> Finished<'_> {
        let nanos = unix_nanos(ended).saturating_sub(self.started);
        Finished {
            context: &self.context,
            written: self.fields.len(),
            duration: Duration::from_nanos(nanos),
            failed: matches!(self.status, Status::Error { .. }),
        }
    }

    pub(super) fn push(&self, message: &mut Vec<u8>, trace_state: &TraceState, ended: SystemTime) {
        let head = Span {
            context: &self.context,
            kind: self.kind,
            started: self.started,
            ended: unix_nanos(ended).max(self.started),
        };
        let name = |text: &mut Vec<u8>| text.extend_from_slice(self.name.as_bytes());
        head.push(message, name, |message| {
            push_trace_state(message, span::TRACE_STATE, trace_state);
            message.extend_from_slice(&self.fields);
            push_dropped(message, self.dropped_attributes, self.dropped_events);
            if self.dropped_links > 0 {
                push_unsigned(message, span::DROPPED_LINKS, self.dropped_links.into());
            }
            match &self.status {
                Status::Unset => {}
                Status::Ok => push_status(message, StatusCode::Ok, ""),
                Status::Error { description } => {
                    push_status(message, StatusCode::Error, description);
                }
            }
        });
    }
}

fn push_pairs(message: &mut Vec<u8>, field: u32, attributes: &[KeyValue]) {
    for attribute in attributes {
        push_pair(message, field, attribute);
    }
}

fn push_trace_state(message: &mut Vec<u8>, field: u32, trace_state: &TraceState) {
    if *trace_state != TraceState::NONE {
        push_string(message, field, &trace_state.header());
    }
}

fn kind(kind: trace::SpanKind) -> SpanKind {
    match kind {
        trace::SpanKind::Client => SpanKind::Client,
        trace::SpanKind::Server => SpanKind::Server,
        trace::SpanKind::Producer => SpanKind::Producer,
        trace::SpanKind::Consumer => SpanKind::Consumer,
        trace::SpanKind::Internal => SpanKind::Internal,
    }
}
