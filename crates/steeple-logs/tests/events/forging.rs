//! Lines that nobody can forge: <https://owasp.org/www-community/attacks/Log_Injection>.

use std::{env, time::Duration};

use proptest::{
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config, TestRunner},
};
use steeple_logs::{Format, Logs};
use tracing::{error, info_span, subscriber::with_default};
use tracing_subscriber::{layer::SubscriberExt, registry};

use crate::captured::{Captured, finish, flush};

const FORMATS: [Format; 4] = [Format::Ecs, Format::Json, Format::Logfmt, Format::Pretty];

/// How many events are logged: 10^6 lines, by `STEEPLE_FULL=1`, and else a share of them.
fn cases() -> u32 {
    let is_full = env::var_os("STEEPLE_FULL").is_some_and(|value| value == "1");
    if is_full { 250_000 } else { 5_000 }
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

#[test]
fn one_event_is_one_inert_line_whatever_it_says() {
    let captured: Vec<_> = FORMATS.map(|format| (format, Captured::default())).into();
    let logs = captured
        .iter()
        .fold(
            Logs::builder("shop").fold_repeats(Duration::ZERO),
            |logs, (format, captured)| logs.to(captured.clone(), *format),
        )
        .start()
        .unwrap();
    let config = Config {
        failure_persistence: None,
        ..Config::with_cases(cases())
    };
    let mut logged = 0;
    let is_as_logged = |logged: usize| {
        flush(&logs);
        for (format, captured) in &captured {
            let text = captured.take();
            assert_eq!(text.matches('\n').count(), logged, "{format}");
            for line in text.strip_suffix('\n').unwrap_or_default().split('\n') {
                assert!(is_inert(line), "{format}: {line:?}");
            }
        }
    };
    with_default(registry().with(logs.layer()), || {
        let texts = (hostile(), hostile(), hostile(), hostile());
        let mut runner = TestRunner::new(config);
        for _ in 0..cases() {
            let (message, field, shown, span) = texts.new_tree(&mut runner).unwrap().current();
            let _span = info_span!("span", span, url.path = shown).entered();
            let error: Box<dyn std::error::Error + Send + Sync> = field.clone().into();
            error!(field, ?shown, user.id = %span, error = &*error as &dyn std::error::Error, "{message}");
            logged += 1;
            if logged == 1_000 {
                is_as_logged(logged);
                logged = 0;
            }
        }
    });
    is_as_logged(logged);
    finish(logs);
}
