//! The pause that a status asks for: a
//! [`google.rpc.RetryInfo`](https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto) among the
//! details of a [`google.rpc.Status`](https://github.com/googleapis/googleapis/blob/master/google/rpc/status.proto).

use std::time::Duration;

use base64::{
    Engine as _,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use crate::protobuf::{Content, Fields};

/// With padding or without, since [both are sent](https://github.com/grpc/grpc/blob/v1.76.0/doc/PROTOCOL-HTTP2.md#requests).
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

const STATUS_DETAILS: u32 = 3;
const ANY_TYPE_URL: u32 = 1;
const ANY_VALUE: u32 = 2;
const RETRY_INFO_RETRY_DELAY: u32 = 1;
const DURATION_SECONDS: u32 = 1;
const DURATION_NANOS: u32 = 2;

/// The pause that the value of `grpc-status-details-bin` asks for, if it has one.
pub(super) fn read(details: &[u8]) -> Option<Duration> {
    let status = BASE64.decode(details).ok()?;
    Fields::of(&status)
        .filter(|(number, _)| *number == STATUS_DETAILS)
        .filter_map(|(_, any)| as_bytes(any))
        .find(|any| is_retry_info(any))
        .map(|any| {
            let delay = bytes(any, ANY_VALUE).and_then(|info| bytes(info, RETRY_INFO_RETRY_DELAY));
            delay.map_or(Duration::ZERO, pause)
        })
}

fn is_retry_info(any: &[u8]) -> bool {
    bytes(any, ANY_TYPE_URL).is_some_and(|url| url.ends_with(b"/google.rpc.RetryInfo"))
}

/// One before now is none.
fn pause(delay: &[u8]) -> Duration {
    let number = |field| match last(delay, field) {
        Some(Content::Varint(number)) => number as i64,
        _ => 0,
    };
    match (number(DURATION_SECONDS), number(DURATION_NANOS)) {
        (seconds @ 0.., nanos @ 0..1_000_000_000) => Duration::new(seconds as u64, nanos as u32),
        _ => Duration::ZERO,
    }
}

fn bytes(message: &[u8], field: u32) -> Option<&[u8]> {
    as_bytes(last(message, field)?)
}

fn as_bytes(content: Content<'_>) -> Option<&[u8]> {
    match content {
        Content::Bytes(bytes) => Some(bytes),
        _ => None,
    }
}

/// As protobuf has it, the last one of a field counts.
fn last(message: &[u8], field: u32) -> Option<Content<'_>> {
    Fields::of(message)
        .filter(|(number, _)| *number == field)
        .map(|(_, content)| content)
        .last()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use prost::Message;

    use super::*;

    #[derive(Clone, Message)]
    struct Status {
        #[prost(int32, tag = "1")]
        code: i32,
        #[prost(string, tag = "2")]
        message: String,
        #[prost(message, repeated, tag = "3")]
        details: Vec<Detail>,
    }

    #[derive(Clone, Message)]
    struct Detail {
        #[prost(string, tag = "1")]
        type_url: String,
        #[prost(bytes = "vec", tag = "2")]
        value: Vec<u8>,
    }

    #[derive(Clone, Message)]
    struct RetryInfo {
        #[prost(message, optional, tag = "1")]
        retry_delay: Option<Delay>,
    }

    #[derive(Clone, Message)]
    struct Delay {
        #[prost(int64, tag = "1")]
        seconds: i64,
        #[prost(int32, tag = "2")]
        nanos: i32,
    }

    fn detail(kind: &str, value: impl Message) -> Detail {
        Detail {
            type_url: format!("type.googleapis.com/google.rpc.{kind}"),
            value: value.encode_to_vec(),
        }
    }

    fn delay(seconds: i64, nanos: i32) -> Detail {
        let retry_delay = Some(Delay { seconds, nanos });
        detail("RetryInfo", RetryInfo { retry_delay })
    }

    fn told(details: Vec<Detail>) -> Option<Duration> {
        let status = Status {
            code: 8,
            message: "quota".to_owned(),
            details,
        };
        let encoded = BASE64.encode(status.encode_to_vec());
        let pause = read(encoded.as_bytes());
        assert_eq!(read(encoded.trim_end_matches('=').as_bytes()), pause);
        pause
    }

    #[test]
    fn the_pause_is_found_among_other_details() {
        let other = detail("DebugInfo", delay(9, 9));
        assert_eq!(
            told(vec![other.clone(), delay(7, 500_000_000)]),
            Some(Duration::from_millis(7_500))
        );
        assert_eq!(told(vec![other]), None);
        assert_eq!(told(Vec::new()), None);
        let none = detail("RetryInfo", RetryInfo { retry_delay: None });
        assert_eq!(told(vec![none]), Some(Duration::ZERO));
        for (seconds, nanos) in [(-1, 0), (0, -1), (0, i32::MAX), (i64::MIN, i32::MIN)] {
            assert_eq!(told(vec![delay(seconds, nanos)]), Some(Duration::ZERO));
        }
        assert!(told(vec![delay(i64::MAX, 999_999_999)]) > Some(Duration::from_secs(1 << 60)));
    }

    proptest! {
        #[test]
        fn what_is_no_status_asks_for_nothing_and_does_not_panic(
            junk in prop::collection::vec(any::<u8>(), 0..64),
            cut in 0usize..64,
        ) {
            let _ = read(&junk);
            let _ = read(BASE64.encode(&junk).as_bytes());
            let mut whole = Status { code: 8, message: String::new(), details: vec![delay(7, 7)] }.encode_to_vec();
            whole.truncate(cut);
            whole.extend(&junk);
            let _ = read(BASE64.encode(&whole).as_bytes());
        }
    }
}
