//! What holds for whatever is received and sent.

use std::collections::BTreeSet;

use proptest::{
    prelude::*,
    sample::{Index, select},
};

use super::*;

const FORMATS: [Propagator; 8] = [
    Propagator::TraceContext,
    Propagator::B3,
    Propagator::B3Multi,
    Propagator::Jaeger,
    Propagator::XRay,
    Propagator::OtTrace,
    Propagator::Datadog,
    Propagator::Sentry,
];

fn any_parent() -> impl Strategy<Value = Parent> {
    // Ids of which a half is zero are where formats differ.
    let id = prop_oneof![
        1..=u128::MAX,
        1..=u128::from(u64::MAX),
        (1..=u64::MAX).prop_map(|left| u128::from(left) << 64)
    ];
    let sampled = prop_oneof![Just(None), any::<bool>().prop_map(Some)];
    (id, 1..=u64::MAX, sampled, any::<bool>(), any::<bool>()).prop_map(
        |(trace_id, span_id, sampled, random, debug)| {
            let parent = super::parent(
                &format!("{trace_id:032x}"),
                &format!("{span_id:016x}"),
                sampled,
            );
            let parent = Parent { random, ..parent };
            if debug { parent.debugged() } else { parent }
        },
    )
}

/// What a format can tell of a parent.
fn telling(format: Propagator, parent: Parent) -> Option<Parent> {
    let plain = Parent::new(parent.trace_id, parent.span_id, parent.sampled);
    let decided = Some(parent.sampled == Some(true));
    match format {
        Propagator::TraceContext => Some(Parent {
            sampled: decided,
            random: parent.random,
            ..plain
        }),
        Propagator::B3 | Propagator::B3Multi => Some(Parent {
            debug: parent.debug,
            ..plain
        }),
        Propagator::Jaeger => Some(Parent {
            sampled: decided,
            debug: parent.debug,
            ..plain
        }),
        Propagator::OtTrace => Some(Parent {
            trace_id: ids::trace_id(&parent.trace_id.to_string().as_bytes()[16..])?,
            ..plain
        }),
        Propagator::Datadog if parent.trace() as u64 == 0 => None,
        _ => Some(plain),
    }
}

fn receive(format: Propagator, fields: &[(&str, &[u8])]) -> Received {
    let propagators = Propagators::from_iter([format]);
    let mut received = Received::default();
    for (name, value) in fields {
        received.keep(&propagators, name, value);
    }
    received
}

fn extract(format: Propagator, fields: &[(&str, &[u8])]) -> Option<Parent> {
    Propagators::from_iter([format]).extract(&receive(format, fields))
}

fn told_again(format: Propagator, parent: Parent) -> Option<Parent> {
    let fields = injected(format.as_str(), parent);
    let fields: Vec<_> = fields
        .iter()
        .map(|(name, value)| (*name, value.as_bytes()))
        .collect();
    extract(format, &fields)
}

/// A change of a value: bytes of which field are replaced, where, how many and by what.
type Edit = (Index, Index, usize, Vec<u8>);

fn any_edit() -> impl Strategy<Value = Edit> {
    let byte = prop_oneof![
        8 => select(&b"0123456789abcdefAF-:;=,.%? \t"[..]),
        1 => any::<u8>(),
    ];
    (
        any::<Index>(),
        any::<Index>(),
        0..3_usize,
        prop::collection::vec(byte, 0..3),
    )
}

/// Lists of members of which some are long, with as many white space as there may be: some of any members, some longer ones
/// of well-formed members.
fn any_list(
    member: &'static str,
    well_formed: &'static str,
    most: usize,
) -> impl Strategy<Value = Vec<u8>> {
    let space = || select(&["", "", "", " ", "\t "][..]);
    let end = || select(&[0, 0, 0, 130, 250][..]).prop_map(|length| "x".repeat(length));
    let list = |member: &'static str, most| {
        let member = (space(), member, end(), space())
            .prop_map(|(before, member, end, behind)| format!("{before}{member}{end}{behind}"));
        prop::collection::vec(member, 0..most).prop_map(|members| members.join(",").into_bytes())
    };
    prop_oneof![
        4 => list(member, 8),
        2 => list(well_formed, most),
        1 => prop::collection::vec(any::<u8>(), 0..80),
    ]
}

fn any_state() -> impl Strategy<Value = Vec<u8>> {
    let any = "[a-z0-9][a-z0-9_*/@-]{0,3}=[ -+.-<>-~]{0,5}[!-+.-<>-~]|[a-z]?|[A-Z=;]{0,3}";
    any_list(any, "[a-z][a-z0-9]{2,4}=[!-+.-<>-~]{1,5}", 34)
}

fn any_baggage() -> impl Strategy<Value = Vec<u8>> {
    let any = "[a-zA-Z!#.^_|~-]{1,4} ?= ?([!#-+.-:<-\\[\\]-~]|%[0-9a-fA-F]{2}){0,4}(;[a-z]{1,3}(=[a-z%]{0,3})?){0,2}\
               |[a-z=; \"\\\\]{0,5}";
    any_list(any, "[a-z]{1,4}=[!#-+.-:<-\\[\\]-~]{0,5}", 100)
}

fn is_subsequence<'a>(
    part: impl Iterator<Item = &'a str>,
    whole: impl Iterator<Item = &'a str>,
) -> bool {
    let mut whole = whole;
    let mut part = part;
    part.all(|member| whole.any(|other| other == member))
}

proptest! {
    #[test]
    fn what_a_format_tells_is_read_again(format in select(&FORMATS[..]), parent in any_parent()) {
        prop_assert_eq!(told_again(format, parent), telling(format, parent));
    }

    #[test]
    fn what_is_sent_is_visible_ascii(format in select(&FORMATS[..]), parent in any_parent()) {
        for (name, value) in injected(format.as_str(), parent) {
            prop_assert!(!value.is_empty() && value.bytes().all(|byte| byte.is_ascii_graphic()), "{name}: {value:?}");
        }
    }

    #[test]
    fn what_was_damaged_on_its_way_is_ignored_or_read_as_something_valid(
        format in select(&FORMATS[..]),
        parent in any_parent(),
        edits in prop::collection::vec(any_edit(), 1..3),
        repeated in prop::bool::weighted(0.1),
    ) {
        let mut fields: Vec<_> = injected(format.as_str(), parent)
            .into_iter()
            .map(|(name, value)| (name, value.into_bytes()))
            .collect();
        // Some formats cannot tell of some ids.
        if fields.is_empty() {
            return Ok(());
        }
        for (field, place, removed, inserted) in edits {
            let (_, value) = field.get_mut(&mut fields);
            let start = place.index(value.len() + 1);
            let end = (start + removed).min(value.len());
            value.splice(start..end, inserted);
        }
        if repeated {
            fields.extend_from_within(..1);
        }
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_slice())).collect();
        if let Some(parent) = extract(format, &fields) {
            prop_assert_eq!(told_again(format, parent), telling(format, parent));
        }
    }

    #[test]
    fn bytes_of_any_kind_are_ignored_or_read_as_something_valid(
        format in select(&FORMATS[..]),
        values in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 5),
    ) {
        let propagators = Propagators::from_iter([format]);
        let values = values.iter().map(Vec::as_slice);
        let fields: Vec<_> = propagators.header_names().zip(values).collect();
        if let Some(parent) = extract(format, &fields) {
            prop_assert_eq!(told_again(format, parent), telling(format, parent));
        }
    }

    #[test]
    fn a_traceparent_is_read_strictly(
        version in "[0-9a-fA-F]{1,3}",
        trace_id in "0{32}|[0-9a-f]{31,33}|[0-9a-fA-F+]{32}",
        span_id in "0{16}|[0-9a-f]{15,17}|[0-9a-fA-F+]{16}",
        flags in "[0-9a-f]{1,3}|[0-9a-fA-F]{2}",
        rest in "|-|-[a-z]{1,4}|[g-z]",
    ) {
        let lower_hex = |text: &str, width: usize| {
            text.len() == width && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        let valid = lower_hex(&version, 2)
            && version != "ff"
            && lower_hex(&trace_id, 32)
            && trace_id.contains(|digit| digit != '0')
            && lower_hex(&span_id, 16)
            && span_id.contains(|digit| digit != '0')
            && lower_hex(&flags, 2)
            && (rest.is_empty() || version != "00" && rest.starts_with('-'));
        let value = format!("{version}-{trace_id}-{span_id}-{flags}{rest}");
        let parent = extracted("tracecontext", &[("traceparent", &value)]);
        prop_assert_eq!(parent.is_some(), valid, "{}", value);
        if let Some(parent) = parent {
            let flags = u8::from_str_radix(&flags, 16).unwrap() & 3;
            let expected = format!("00-{trace_id}-{span_id}-{flags:02x}");
            prop_assert_eq!(injected("tracecontext", parent), [("traceparent", expected)]);
        }
    }

    #[test]
    fn a_state_that_is_sent_on_is_valid_and_of_what_was_received(received in any_state()) {
        let mut state = TraceState::default();
        state.replace(&received);
        let sent = state.as_str().to_owned();
        let members: Vec<_> = sent.split(',').filter(|member| !member.is_empty()).collect();
        let keys: BTreeSet<_> = members.iter().filter_map(|member| member.split_once('=')).map(|(key, _)| key).collect();
        prop_assert!(members.len() <= 32 && keys.len() == members.len() && sent.len() <= 1_025);
        for member in &members {
            let (key, value) = member.split_once('=').unwrap();
            prop_assert!(key.starts_with(|first: char| first.is_ascii_lowercase() || first.is_ascii_digit()));
            prop_assert!(value.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'='));
            prop_assert!(!value.is_empty() && !value.ends_with(' '));
        }
        let whole = String::from_utf8_lossy(&received).into_owned();
        let received_members = || whole.split(',').map(|member| member.trim_matches([' ', '\t']));
        prop_assert!(is_subsequence(members.iter().copied(), received_members()));
        // Whatever has to go, that much is left of a valid one whose keys differ.
        let all = received_members().filter(|member| !member.is_empty());
        let length = all.map(|member| member.len() + 1).sum::<usize>().saturating_sub(1);
        let distinct = received_members().filter_map(|member| member.split_once('=')).map(|(key, _)| key);
        if !sent.is_empty() && distinct.clone().count() == BTreeSet::from_iter(distinct).len() {
            prop_assert!(sent.len() >= length.min(512));
        }
        let mut again = TraceState::default();
        again.replace(sent.as_bytes());
        prop_assert_eq!(again.as_str(), sent);
    }

    #[test]
    fn baggage_that_is_sent_on_is_valid_and_of_what_was_received(fields in prop::collection::vec(any_baggage(), 0..4)) {
        let named: Vec<_> = fields.iter().map(|field| ("baggage", field.as_slice())).collect();
        let received = receive(Propagator::Baggage, &named);
        let mut baggage = Baggage::default();
        baggage.replace(received.baggage());
        let sent = baggage.as_str().to_owned();
        prop_assert!(sent.len() <= 8_192 && sent.bytes().all(|byte| byte.is_ascii_graphic()));
        let members: Vec<_> = sent.split(',').filter(|member| !member.is_empty()).collect();
        prop_assert_eq!(baggage.iter().count(), members.len());
        prop_assert!(members.len() <= 64);
        for entry in baggage.iter() {
            let _ = entry.value();
            prop_assert!(!entry.key.is_empty() && baggage.get(entry.key).is_some());
        }
        let whole = fields.join(&b","[..]);
        let whole = String::from_utf8_lossy(&whole).replace([' ', '\t'], "");
        prop_assert!(is_subsequence(members.iter().copied(), whole.split(',')));
        let mut again = Baggage::default();
        again.replace(sent.as_bytes());
        prop_assert_eq!(again.as_str(), sent);
    }

    #[test]
    fn fields_of_any_name_are_kept_within_bounds(
        fields in prop::collection::vec(("[a-zA-Z-]{0,30}|x-b3-traceid|baggage|tracestate|b3|x-datadog-tags", any_list("[ -~]{0,20}", "[a-z]", 80)), 0..20),
    ) {
        let propagators = Propagators::from_iter(FORMATS.into_iter().chain([Propagator::Baggage]));
        let mut received = Received::default();
        for (name, value) in &fields {
            received.keep(&propagators, name, value);
        }
        let _ = propagators.extract(&received);
        prop_assert!(propagators.trace_state(&received, || propagators.extract(&received)).len() <= 8_192 && received.baggage().len() <= 8_192);
        received.clear();
        prop_assert!(propagators.extract(&received).is_none() && received.baggage().is_empty());
    }
}
