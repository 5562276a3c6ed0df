//! Lines of JSON with gaps for what differs: of two requests alike, most of the line is the same.

use std::sync::OnceLock;

use steeple_core::{Outcome, RequestId, Timestamp};
use tracing_core::Level;

use super::{
    common::Common,
    lines::{self, Ids, Told},
    value::Value,
};
use crate::{
    encode::{Encoder, Format, timestamp},
    shared::next_number,
};

/// How many ways there are in which lines differ by more than values.
const SHAPES: usize = 256;

/// What stands for values that are none of a request's.
const VERSION: &str = "f0c91d7e5ab34862";
const SCHEME: &str = "b6e30f9d1c7245a8";

/// How long a route may be, so that no line is too long: what clients say is bounded.
const LONGEST_ROUTE: usize = 256;

/// The templates of both formats of JSON, each made when it is needed.
pub(super) struct Templates {
    ecs: Box<[OnceLock<Template>]>,
    json: Box<[OnceLock<Template>]>,
}

impl Templates {
    pub(super) fn new() -> Self {
        let none = || (0..SHAPES).map(|_| OnceLock::new()).collect();
        Self {
            ecs: none(),
            json: none(),
        }
    }

    /// That of lines as `encoder` writes them of requests like this one; none where there is none.
    #[inline]
    pub(super) fn fitting(
        &self,
        encoder: &Encoder,
        at: Timestamp,
        told: &Told<'_>,
    ) -> Option<&Template> {
        let templates = match encoder.format() {
            Format::Ecs => &self.ecs,
            Format::Json => &self.json,
            _ => return None,
        };
        let template = &templates[shape(told)?];
        Some(template.get_or_init(|| Template::of(encoder, at, told)))
    }
}

/// Which fields there are besides those that nearly all requests have; none of a request that is unlike most.
fn shape(told: &Told<'_>) -> Option<usize> {
    let is_usual = told.status.is_some()
        && told.head_duration.is_some()
        && told.referrer.is_none()
        && told.error_type.is_none()
        && told.error.is_none()
        && told.route.len() <= LONGEST_ROUTE;
    let outcome = match told.outcome {
        Outcome::Success => 0,
        Outcome::ClientError => 1,
        _ => return None,
    };
    let parts = [
        told.request_size.is_some(),
        // That of most.
        told.request_size == Some(0),
        told.domain.is_some(),
        told.query.is_some(),
        told.client.is_some(),
        told.agent.is_some(),
    ];
    let bit = |shape, has| shape << 1 | usize::from(has);
    is_usual.then(|| parts.into_iter().fold(outcome, bit))
}

#[derive(Default)]
pub(super) struct Template {
    /// That of no other but those that come of it.
    number: u64,
    text: Vec<u8>,
    /// Where the gaps are in the text, in their order.
    gaps: Vec<(usize, Gap)>,
}

#[derive(Clone, Copy)]
enum Gap {
    /// In the text there is what another line had there, which is as long.
    Time,
    TraceId,
    SpanId,
    /// In the text there is nothing.
    Of(Value),
}

const TEXTS: [Value; 7] = [
    Value::Method,
    Value::Domain,
    Value::Path,
    Value::Query,
    Value::Client,
    Value::Agent,
    Value::Route,
];

const NUMBERS: [Value; 5] = [
    Value::Duration,
    Value::RequestSize,
    Value::Status,
    Value::ResponseSize,
    Value::HeadDuration,
];

impl Template {
    /// That of lines with the same fields as `told`: the line of a request whose values nothing else is.
    #[cold]
    fn of(encoder: &Encoder, at: Timestamp, told: &Told<'_>) -> Self {
        let ids = Ids {
            trace: random_digits(),
            span: random_digits(),
        };
        let request_id = RequestId::random();
        let texts = TEXTS.map(|_| format!("{:016x}{:016x}", fastrand::u64(..), fastrand::u64(..)));
        let numbers = NUMBERS.map(|_| fastrand::u64(1 << 61..1 << 62));
        let [method, domain, path, query, client, agent, route] =
            texts.each_ref().map(String::as_str);
        let [duration, request_size, status, response_size, head_duration] = numbers;
        let values = Told {
            ids: &ids,
            outcome: told.outcome,
            duration,
            request_id: &request_id,
            method,
            referrer: None,
            request_size: (told.request_size).map(|size| if size == 0 { 0 } else { request_size }),
            status: Some(status),
            response_size,
            version: VERSION,
            scheme: SCHEME,
            domain: told.domain.map(|_| domain),
            path,
            query: told.query.map(|_| query),
            client: told.client.map(|_| client),
            agent: told.agent.map(|_| agent),
            error_type: None,
            error: None,
            route,
            head_duration: Some(head_duration),
            asked_by: 0,
        };
        let mut line = Vec::new();
        let room = &mut String::new();
        lines::request(encoder, &mut line, at, Level::INFO, &values, room);
        let texts = texts.map(String::into_bytes).into_iter().zip(TEXTS);
        let numbers = numbers.map(|number| number.to_string().into_bytes());
        let plain = [
            (request_id.as_bytes().to_vec(), Value::RequestId),
            (VERSION.into(), Value::Version),
            (SCHEME.into(), Value::Scheme),
        ];
        let values = texts.chain(numbers.into_iter().zip(NUMBERS));
        let values = values.chain(plain);
        let others = [
            (timestamp::micros(at).to_vec(), Gap::Time),
            (ids.trace.to_vec(), Gap::TraceId),
            (ids.span.to_vec(), Gap::SpanId),
        ];
        let gaps = values.map(|(text, value)| (text, Gap::Of(value)));
        let known: Vec<_> = gaps.chain(others).collect();
        let mut template = Self {
            number: next_number(),
            ..Self::default()
        };
        let mut rest = &line[..];
        while let Some(first) = rest.first() {
            match known.iter().find(|(text, _)| rest.starts_with(text)) {
                Some((text, gap)) => {
                    template.gaps.push((template.text.len(), *gap));
                    if !matches!(gap, Gap::Of(_)) {
                        template.text.extend_from_slice(text);
                    }
                    rest = &rest[text.len()..];
                }
                None => {
                    template.text.push(*first);
                    rest = &rest[1..];
                }
            }
        }
        template
    }

    /// The same with what the line has in common with others filled in.
    #[inline]
    pub(super) fn with_common<'c>(&self, common: &'c mut Common, told: &Told<'_>) -> &'c mut Self {
        common.filled(self.number, told, |filled| self.fill_common(filled, told))
    }

    #[cold]
    fn fill_common(&self, filled: &mut Self, told: &Told<'_>) {
        filled.text.clear();
        filled.gaps.clear();
        let mut copied = 0;
        for (place, gap) in &self.gaps {
            filled.text.extend_from_slice(&self.text[copied..*place]);
            copied = *place;
            match gap {
                Gap::Of(value) if value.is_common() => value.push(&mut filled.text, told),
                _ => filled.gaps.push((filled.text.len(), *gap)),
            }
        }
        filled.text.extend_from_slice(&self.text[copied..]);
    }

    /// Writes the line of a request.
    pub(super) fn fill(&mut self, out: &mut Vec<u8>, at: Timestamp, told: &Told<'_>) {
        let mut copied = 0;
        let mut path = 0..0;
        for (place, gap) in &self.gaps {
            let rest = &mut self.text[*place..];
            match gap {
                // There they are copied together with what is around them.
                Gap::Time => put(rest, &timestamp::micros(at)),
                Gap::TraceId => put(rest, &told.ids.trace),
                Gap::SpanId => put(rest, &told.ids.span),
                Gap::Of(value) => {
                    out.extend_from_slice(&self.text[copied..*place]);
                    copied = *place;
                    match value {
                        // The message has it, too: looking at it again takes longer than copying it.
                        Value::Path if !path.is_empty() => out.extend_from_within(path.clone()),
                        Value::Path => {
                            let start = out.len();
                            value.push(out, told);
                            path = start..out.len();
                        }
                        _ => value.push(out, told),
                    }
                }
            }
        }
        out.extend_from_slice(&self.text[copied..]);
    }
}

/// Writes over the beginning of `text`.
#[inline]
fn put<const LENGTH: usize>(text: &mut [u8], value: &[u8; LENGTH]) {
    if let Some(beginning) = text.first_chunk_mut() {
        *beginning = *value;
    }
}

fn random_digits<const N: usize>() -> [u8; N] {
    std::array::from_fn(|_| b"0123456789abcdef"[fastrand::usize(..16)])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::encode::Identity;

    proptest! {
        #[test]
        fn what_a_template_makes_is_what_is_written_without(
            texts in prop::collection::vec(any::<String>(), 4),
            numbers in prop::collection::vec(prop_oneof![Just(0), any::<u64>()], 3),
            has in prop::collection::vec(any::<bool>(), 7),
        ) {
            let some = |place: usize, text| has[place].then_some(text);
            let told = Told {
                ids: &Ids {
                    trace: *b"0af7651916cd43dd8448eb211c80319c",
                    span: *b"b7ad6b7169203331",
                },
                outcome: if has[5] { Outcome::Success } else { Outcome::ClientError },
                duration: numbers[0],
                request_id: &RequestId::random(),
                method: &texts[0],
                referrer: None,
                request_size: has[6].then_some(numbers[1]),
                status: Some(204),
                response_size: numbers[2],
                version: "1.1",
                scheme: "http",
                domain: some(0, &*texts[1]),
                path: &texts[2],
                query: some(1, &*texts[3]),
                client: some(2, "192.0.2.0"),
                agent: some(3, &*texts[0]),
                error_type: None,
                error: None,
                route: &texts[1],
                head_duration: Some(numbers[1]),
                asked_by: 0,
            };
            let at = Timestamp::now();
            for format in [Format::Ecs, Format::Json] {
                let encoder = Encoder::new(format, &Identity::of_service("shop"));
                let (mut line, mut filled) = (Vec::new(), Vec::new());
                let room = &mut String::new();
                lines::request(&encoder, &mut line, at, Level::INFO, &told, room);
                // The template is one of other requests, which have little or much in common.
                let before = Told {
                    path: "/",
                    duration: 1,
                    request_size: told.request_size.map(|_| 7),
                    response_size: 2,
                    client: told.client.map(|_| "::1"),
                    ..told
                };
                let other = Told { route: "/", ..before };
                let (templates, mut common) = (Templates::new(), Common::default());
                for told in [&before, &other, &before, &told] {
                    filled.clear();
                    let template = templates.fitting(&encoder, at, told).unwrap();
                    template.with_common(&mut common, told).fill(&mut filled, at, told);
                }
                prop_assert_eq!(String::from_utf8(filled).unwrap(), String::from_utf8(line).unwrap());
            }
        }
    }
}
