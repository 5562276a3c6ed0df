//! What a syslog daemon finds in our messages is what was logged.

use std::{fs, process, time::Duration};

use futures_executor::block_on;
use serde_json::{Value, json};
use steeple::{Steeple, current};
use steeple_logs::{Facility, Format, Logs, RollingFile, Syslog};
use steeple_tests::backends::SyslogDaemon;
use tracing::{debug, error, info, subscriber::with_default, trace, warn};
use tracing_subscriber::{layer::SubscriberExt as _, registry};

const PATIENCE: Duration = Duration::from_secs(60);

/// What a message could be taken for the end or the beginning of, or be garbled in.
const HOSTILE: [&str; 9] = [
    "paid",
    "\n<0>1 2026-11-23T00:00:00Z evil forged 1 - - it is not ours",
    "12 <0>1 - - - - - -",
    "[shop@32473 region=\"\\\"\\]\"] ] \" \\",
    "\r\n\0\t\u{1b}[31m\u{7f}\u{85}\u{2028}\u{202e}",
    "\u{feff}gr\u{fc}\u{df}e \u{4f60}\u{597d} \u{1f600} e\u{301}",
    "%msg% %$!all-json% #012 #011 {\"a\":1}",
    "",
    " ",
];
/// As the daemon names severities, and ECS levels.
const LEVELS: [(&str, &str); 5] = [
    ("err", "error"),
    ("warning", "warn"),
    ("info", "info"),
    ("debug", "debug"),
    ("debug", "trace"),
];

struct Logged {
    message: String,
    trace: String,
}

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn a_daemon_finds_in_all_messages_over_tcp_what_was_logged() {
    let daemon = SyslogDaemon::start().unwrap();
    is_found(&daemon, Syslog::tcp(daemon.address().to_string()), 5_000);
}

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn a_daemon_finds_in_datagrams_what_was_logged() {
    let daemon = SyslogDaemon::start().unwrap();
    // Of each level each, and no more than the system keeps for a reader.
    let count = LEVELS.len() * HOSTILE.len();
    is_found(&daemon, Syslog::udp(daemon.address().to_string()), count);
}

/// Logs `count` events, and looks whether they are all that the daemon has, in their order.
fn is_found(daemon: &SyslogDaemon, syslog: Syslog, count: usize) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("shop.log");
    let syslog = syslog
        .facility(Facility::Local3)
        .host("web-1")
        .application("shop")
        .structured_data("shop@32473", [("region", "eu \"1\" [] \\")]);
    let logs = Logs::builder("shop")
        .levels("trace".parse().unwrap())
        .to(syslog, Format::Ecs)
        .to(RollingFile::new(&file).without_rotation(), Format::Ecs)
        .start()
        .unwrap();
    let steeple = Steeple::builder("shop")
        .private()
        .without_ops()
        .build()
        .unwrap();
    let logged: Vec<Logged> = with_default(registry().with(logs.layer()), || {
        (0..count).map(|number| log(&steeple, number)).collect()
    });
    let report = block_on(logs.flush(PATIENCE));
    assert!(report.is_complete(), "{report:?}");

    let messages = daemon.messages(count, PATIENCE).unwrap();
    let written = fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = written.lines().collect();
    assert_eq!((messages.len(), lines.len()), (count, count));
    for (number, logged) in logged.iter().enumerate() {
        let (severity, level) = LEVELS[number % LEVELS.len()];
        let expected = json!({
            "facility": "local3",
            "severity": severity,
            "host": "web-1",
            "application": "shop",
            "process": process::id().to_string(),
            "rfc5424-sd": {"shop@32473": {"region": "eu \"1\" [] \\"}},
            "message": lines[number],
        });
        assert_eq!(messages[number], expected);
        let line: Value = serde_json::from_str(lines[number]).unwrap();
        assert_eq!(line["log"]["level"], level, "{line}");
        assert_eq!(line["message"], *logged.message, "{line}");
        assert_eq!(line["trace"]["id"], *logged.trace, "{line}");
    }
}

/// Logs something hostile in a trace of its own.
fn log(steeple: &Steeple, number: usize) -> Logged {
    let message = format!("{}{number}", HOSTILE[number % HOSTILE.len()]);
    let trace = steeple.observer().observe("queue", "emails").run(|| {
        match number % LEVELS.len() {
            0 => error!("{message}"),
            1 => warn!("{message}"),
            2 => info!("{message}"),
            3 => debug!("{message}"),
            _ => trace!("{message}"),
        }
        current::trace().unwrap().trace_id().to_string()
    });
    Logged { message, trace }
}
