//! Lines of JSON with gaps for what differs: of two requests alike, most of the line is the same.

use std::sync::OnceLock;

use steeple_core::{Outcome, Timestamp};
use tracing_core::Level;

use super::{
    common,
    lines::{self, Ids, Told},
};
use crate::{
    encode::{Encoder, Format, push_escaped, timestamp},
    shared::next_number,
};

/// How many ways there are in which lines differ by more than values.
const SHAPES: usize = 128;

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

    /// Writes the line of a request, with `room` for its message where there is no template.
    pub(super) fn write(
        &self,
        encoder: &Encoder,
        out: &mut Vec<u8>,
        at: Timestamp,
        level: Level,
        told: &Told<'_>,
        room: &mut String,
    ) {
        let templates = match encoder.format() {
            Format::Ecs => Some(&self.ecs),
            Format::Json => Some(&self.json),
            _ => None,
        };
        match templates.zip(shape(told)) {
            Some((templates, shape)) => {
                let template = templates[shape].get_or_init(|| Template::of(encoder, at, told));
                let fill = |common: &mut Template| template.fill_common(common, at, told);
                let known = common::with_filled(template.number, told, fill, |common| {
                    common.fill(out, at, told);
                });
                known.unwrap_or_else(|| template.fill(out, at, told));
            }
            None => lines::request(encoder, out, at, level, told, room),
        }
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
    Time,
    TraceId,
    SpanId,
    Duration,
    RequestId,
    Method,
    RequestSize,
    Status,
    ResponseSize,
    Version,
    Scheme,
    Domain,
    Path,
    Query,
    Client,
    Agent,
    Route,
    HeadDuration,
}

const TEXTS: [Gap; 10] = [
    Gap::RequestId,
    Gap::Method,
    Gap::Version,
    Gap::Scheme,
    Gap::Domain,
    Gap::Path,
    Gap::Query,
    Gap::Client,
    Gap::Agent,
    Gap::Route,
];

const NUMBERS: [Gap; 5] = [
    Gap::Duration,
    Gap::RequestSize,
    Gap::Status,
    Gap::ResponseSize,
    Gap::HeadDuration,
];

impl Template {
    /// That of lines with the same fields as `told`: the line of a request whose values nothing else is.
    #[cold]
    fn of(encoder: &Encoder, at: Timestamp, told: &Told<'_>) -> Self {
        let ids = Ids {
            trace: random_digits(),
            span: random_digits(),
        };
        let texts = TEXTS.map(|_| format!("{:016x}{:016x}", fastrand::u64(..), fastrand::u64(..)));
        let numbers = NUMBERS.map(|_| fastrand::u64(1 << 61..1 << 62));
        let [
            request_id,
            method,
            version,
            scheme,
            domain,
            path,
            query,
            client,
            agent,
            route,
        ] = texts.each_ref().map(String::as_str);
        let [duration, request_size, status, response_size, head_duration] = numbers;
        let values = Told {
            ids: &ids,
            outcome: told.outcome,
            duration,
            request_id,
            method,
            referrer: None,
            request_size: told.request_size.map(|_| request_size),
            status: Some(status),
            response_size,
            version,
            scheme,
            domain: told.domain.map(|_| domain),
            path,
            query: told.query.map(|_| query),
            client: told.client.map(|_| client),
            agent: told.agent.map(|_| agent),
            error_type: None,
            error: None,
            route,
            head_duration: Some(head_duration),
        };
        let mut line = Vec::new();
        let room = &mut String::new();
        lines::request(encoder, &mut line, at, Level::INFO, &values, room);
        let mut time = Vec::new();
        timestamp::push::<6>(&mut time, at);
        let texts = texts.map(String::into_bytes).into_iter().zip(TEXTS);
        let numbers = numbers.map(|number| number.to_string().into_bytes());
        let numbers = numbers.into_iter().zip(NUMBERS);
        let others = [
            (time, Gap::Time),
            (ids.trace.to_vec(), Gap::TraceId),
            (ids.span.to_vec(), Gap::SpanId),
        ];
        let known: Vec<_> = texts.chain(numbers).chain(others).collect();
        let mut template = Self {
            number: next_number(),
            ..Self::default()
        };
        let mut rest = &line[..];
        while let Some(first) = rest.first() {
            match known.iter().find(|(value, _)| rest.starts_with(value)) {
                Some((value, gap)) => {
                    template.gaps.push((template.text.len(), *gap));
                    rest = &rest[value.len()..];
                }
                None => {
                    template.text.push(*first);
                    rest = &rest[1..];
                }
            }
        }
        template
    }

    /// Makes of `filled` the template in which what lines have in common is filled in.
    fn fill_common(&self, filled: &mut Self, at: Timestamp, told: &Told<'_>) {
        filled.text.clear();
        filled.gaps.clear();
        let mut done = 0;
        for (place, gap) in &self.gaps {
            filled.text.extend_from_slice(&self.text[done..*place]);
            done = *place;
            if gap.is_common() {
                gap.fill(&mut filled.text, at, told);
            } else {
                filled.gaps.push((filled.text.len(), *gap));
            }
        }
        filled.text.extend_from_slice(&self.text[done..]);
    }

    fn fill(&self, out: &mut Vec<u8>, at: Timestamp, told: &Told<'_>) {
        let mut filled = 0;
        for (place, gap) in &self.gaps {
            out.extend_from_slice(&self.text[filled..*place]);
            filled = *place;
            gap.fill(out, at, told);
        }
        out.extend_from_slice(&self.text[filled..]);
    }
}

impl Gap {
    /// Whether [`common`] looks at what is in it.
    fn is_common(self) -> bool {
        matches!(
            self,
            Self::Status
                | Self::Route
                | Self::Method
                | Self::Version
                | Self::Scheme
                | Self::Domain
                | Self::Client
                | Self::Agent
        )
    }

    #[inline(always)]
    fn fill(self, out: &mut Vec<u8>, at: Timestamp, told: &Told<'_>) {
        let plain = match self {
            Self::Time => return timestamp::push::<6>(out, at),
            Self::TraceId => return out.extend_from_slice(&told.ids.trace),
            Self::SpanId => return out.extend_from_slice(&told.ids.span),
            Self::Duration => return push_number(out, told.duration),
            Self::RequestSize => return push_number(out, told.request_size.unwrap_or(0)),
            Self::Status => return push_number(out, told.status.unwrap_or(0)),
            Self::ResponseSize => return push_number(out, told.response_size),
            Self::HeadDuration => return push_number(out, told.head_duration.unwrap_or(0)),
            Self::Method => return push_escaped(out, told.method),
            Self::Domain => return push_escaped(out, told.domain.unwrap_or_default()),
            Self::Path => return push_escaped(out, told.path),
            Self::Query => return push_escaped(out, told.query.unwrap_or_default()),
            Self::Agent => return push_escaped(out, told.agent.unwrap_or_default()),
            Self::Route => return push_escaped(out, told.route),
            Self::RequestId => told.request_id,
            Self::Version => told.version,
            Self::Scheme => told.scheme,
            Self::Client => told.client.unwrap_or_default(),
        };
        out.extend_from_slice(plain.as_bytes());
    }
}

fn random_digits<const N: usize>() -> [u8; N] {
    std::array::from_fn(|_| b"0123456789abcdef"[fastrand::usize(..16)])
}

fn push_number(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
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
            numbers in prop::collection::vec(any::<u64>(), 3),
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
                request_id: "7b0c0b5e",
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
            };
            let at = Timestamp::now();
            for format in [Format::Ecs, Format::Json] {
                let encoder = Encoder::new(format, &Identity::of_service("shop"));
                let (mut line, mut filled) = (Vec::new(), Vec::new());
                let room = &mut String::new();
                lines::request(&encoder, &mut line, at, Level::INFO, &told, room);
                // The template is one of other requests, which have little or much in common.
                let before = Told { path: "/", duration: 1, ..told };
                let other = Told { route: "/", ..before };
                let templates = Templates::new();
                for told in [&before, &other, &before, &told] {
                    filled.clear();
                    templates.write(&encoder, &mut filled, at, Level::INFO, told, room);
                }
                prop_assert_eq!(String::from_utf8(filled).unwrap(), String::from_utf8(line).unwrap());
            }
        }
    }
}
