//! Lines that nobody can forge: <https://owasp.org/www-community/attacks/Log_Injection>.

use std::{env, io, time::Duration};

use proptest::{prelude::*, strategy::ValueTree as _, test_runner::TestRunner};
use serde_json::Value;
use steeple_core::{HttpVersion, Observer, RequestDetails, RequestHead, ResponseHead, current};
use steeple_logs::{AccessFormat, Format, Logs};
use tracing::{error, info_span, subscriber::with_default};
use tracing_subscriber::{layer::SubscriberExt, registry};

use crate::{
    captured::{Captured, finish, flush},
    requests::Fields,
};

const FORMATS: [Format; 4] = [Format::Ecs, Format::Json, Format::Logfmt, Format::Pretty];

/// How often lines are read.
const BATCH: usize = 1_000;

/// How often something is logged that makes so many lines: 10^6 of them by `STEEPLE_FULL=1`, and else so many batches.
fn cases(lines: usize, batches: usize) -> usize {
    let is_full = env::var_os("STEEPLE_FULL").is_some_and(|value| value == "1");
    let wanted = if is_full {
        1_000_000 / lines
    } else {
        batches * BATCH
    };
    wanted.next_multiple_of(BATCH)
}

fn hostile() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        any::<String>(),
        prop::collection::vec(any::<u8>(), 0..16)
            .prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        prop::collection::vec(any::<char>(), 0..8).prop_map(String::from_iter),
        prop::sample::select(vec![
            "\r\n",
            "\n",
            "\r",
            "\u{1b}[2J",
            "\u{1b}]0;title\u{7}",
            "\u{9b}31m",
            "\u{85}",
            "\u{2028}",
            "\u{2029}",
            "\u{202e}",
            "\u{2066}",
            "\u{61c}",
            "\u{200f}",
            "\0",
            "\"",
            "\\",
            "\\n",
            "\"}\n{\"message\":\"forged",
            " level=error ",
            "\u{7f}",
            "\u{8}",
            "\u{e0041}",
            "\u{feff}",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(pieces, 0..4).prop_map(|pieces| pieces.concat())
}

/// Whether nothing in it is raw that is a control of [C0 or C1](https://www.unicode.org/charts/PDF/U0080.pdf), ends a line or has to do
/// with [direction](https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters).
fn is_inert(line: &str) -> bool {
    !line.contains(|c: char| {
        c.is_control()
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    })
}

/// What was written, by format.
type Written<F> = Vec<(F, Captured)>;

fn by_format<F>(formats: impl IntoIterator<Item = F>) -> Written<F> {
    let formats = formats.into_iter();
    formats
        .map(|format| (format, Captured::default()))
        .collect()
}

/// Whether it is so many lines, inert all of them, and JSON where they are said to be.
fn assert_inert<F: Copy + Into<AccessFormat>>(written: &Written<F>, lines: usize) {
    for (format, captured) in written {
        let (format, text) = ((*format).into(), captured.take());
        assert_eq!(text.matches('\n').count(), lines, "{format:?}");
        for line in text.strip_suffix('\n').unwrap_or_default().split('\n') {
            assert!(is_inert(line), "{format:?}: {line:?}");
            if let AccessFormat::Lines(Format::Ecs | Format::Json) = format {
                let read = serde_json::from_str::<Value>(line);
                assert!(read.is_ok_and(|line| line.is_object()), "{line}");
            }
        }
    }
}

/// Has `log` log what is hostile so many times, and `check` read each [`BATCH`] of it.
fn log_hostile(cases: usize, mut log: impl FnMut([String; 4]), check: impl Fn()) {
    let texts = prop::array::uniform4(hostile());
    let mut runner = TestRunner::default();
    for logged in 1..=cases {
        log(texts.new_tree(&mut runner).unwrap().current());
        if logged % BATCH == 0 {
            check();
        }
    }
}

#[test]
fn one_event_is_one_inert_line_whatever_it_says() {
    let written = by_format(FORMATS);
    let logs = written
        .iter()
        .fold(
            Logs::builder("shop").fold_repeats(Duration::ZERO),
            |logs, (format, captured)| logs.to(captured.clone(), *format),
        )
        .start()
        .unwrap();
    let log = |[message, field, shown, span]: [String; 4]| {
        let _span = info_span!("span", span, url.path = shown).entered();
        let error: Box<dyn std::error::Error + Send + Sync> = field.clone().into();
        error!(field, ?shown, user.id = %span, error = &*error as &dyn std::error::Error, "{message}");
    };
    with_default(registry().with(logs.layer()), || {
        log_hostile(cases(written.len(), 5), log, || {
            flush(&logs);
            assert_inert(&written, BATCH);
        });
    });
    finish(logs);
}

#[test]
fn one_request_is_one_inert_line_whatever_is_sent_and_so_is_its_failure() {
    let failures = by_format(FORMATS);
    let access = by_format(
        FORMATS
            .map(AccessFormat::from)
            .into_iter()
            .chain([AccessFormat::Combined]),
    );
    let logs = failures
        .iter()
        .fold(
            Logs::builder("shop").error_log(),
            |logs, (format, captured)| logs.to(captured.clone(), *format),
        )
        .access_log(|log| {
            access.iter().fold(log, |log, (format, captured)| {
                log.to(captured.clone(), *format)
            })
        })
        .start()
        .unwrap();
    let observer = Observer::builder()
        .kept_headers(["referer"])
        .sink(logs.access_log())
        .error_sink(logs.error_log().unwrap())
        .build()
        .unwrap();
    let serve = |[path, query, name, said]: [String; 4]| {
        let headers = Fields(vec![
            ("host", name.as_bytes()),
            ("user-agent", said.as_bytes()),
            ("referer", query.as_bytes()),
            ("x-request-id", path.as_bytes()),
        ]);
        let details = || RequestDetails {
            path: &path,
            query: Some(&query),
            ..RequestDetails::default()
        };
        let mut observation = observer.start(&RequestHead {
            method: &name,
            scheme: None,
            version: HttpVersion::Http11,
            route: Some("/".into()),
            headers: &headers,
            body_size: None,
            details: &details,
        });
        let fail = || {
            current::tag(&name, &said);
            current::attach(&io::Error::other(said.as_str()));
        };
        observation.run(fail).unwrap();
        observation.respond(&ResponseHead {
            status: 500,
            headers: &(),
            body_size: Some(0),
        });
        observation.finish();
    };
    log_hostile(cases(access.len() + failures.len(), 1), serve, || {
        flush(&logs);
        assert_inert(&access, BATCH);
        assert_inert(&failures, BATCH);
    });
    finish(logs);
}
