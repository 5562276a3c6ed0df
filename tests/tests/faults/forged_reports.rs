//! F9: what strangers say, in reports of errors.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{fs, iter, time::Duration};

use serde_json::Value;
use steeple::{Observer, current, errors::ErrorTracker, sentry::Sentry};
use steeple_tests::process::{isolated, sized};
use tracing::Level;

use crate::inbox::{Inbox, events};

/// How many reports are looked at together.
const BATCH: usize = 8;
/// How many messages are in each.
const CAUSES: usize = 16;
const BREADCRUMBS: usize = 32;
const PATIENCE: Duration = Duration::from_secs(60);

/// One that was caused by others.
#[derive(Debug, thiserror::Error)]
#[error("{said}")]
struct Said {
    said: String,
    source: Option<Box<Said>>,
}

/// Ends of lines and of strings, and what moves a cursor, turns text around or opens a tag, among any other characters.
fn hostile() -> String {
    const PIECES: [&str; 14] = [
        "\r\n",
        "\u{1b}[2J",
        "\u{85}",
        "\u{9b}31m",
        "\u{2028}",
        "\u{202e}",
        "\u{2066}",
        "\0",
        "\"",
        "\\",
        "\\n",
        "</script>",
        "{\"crc\":\"",
        "\u{7f}",
    ];
    let piece = || match fastrand::usize(..2 * PIECES.len()) {
        known if known < PIECES.len() => PIECES[known].to_owned(),
        _ => iter::repeat_with(|| fastrand::char(..))
            .take(fastrand::usize(..8))
            .collect(),
    };
    iter::repeat_with(piece)
        .take(fastrand::usize(1..6))
        .collect()
}

/// By <https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters>, beside controls, ends of lines and HTML.
fn is_active(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '<' | '>' | '&'
        )
}

/// Reports an error by which a job fails, and returns what it said: what caused it first, then what happened before.
fn report(observer: &Observer) -> Vec<String> {
    let messages: Vec<_> = iter::repeat_with(hostile)
        .take(CAUSES + BREADCRUMBS)
        .collect();
    let (causes, crumbs) = messages.split_at(CAUSES);
    observer.observe("job", "forged").run(|| {
        current::fingerprint(["forged"]);
        current::tag(&causes[0], &causes[1]);
        current::user(&causes[0]);
        for crumb in crumbs {
            current::breadcrumb(Level::WARN, "shop", crumb);
        }
        let error = causes.iter().fold(None, |source, said| {
            let said = said.clone();
            Some(Box::new(Said { said, source }))
        });
        current::attach(&*error.unwrap());
    });
    messages
}

#[test]
fn no_message_leaves_the_line_that_it_is_told_on() {
    let name = "forged_reports::no_message_leaves_the_line_that_it_is_told_on";
    isolated(name, || {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("errors.jsonl");
        let inbox = Inbox::open();
        let tracker = ErrorTracker::builder()
            .max_samples(BATCH)
            .file(&file)
            .start()
            .unwrap();
        let sentry = Sentry::builder()
            .dsn(&inbox.dsn())
            .events_per_second(usize::MAX)
            .start()
            .unwrap();
        let builder = Observer::builder().error_sink(tracker.sink());
        let observer = sentry.connect(builder).build().unwrap();
        let messages = (CAUSES + BREADCRUMBS) as u64;
        let reports = sized(5_000, 1_000_000).div_ceil(messages);
        for _ in 0..reports.div_ceil(BATCH as u64) {
            let reported: Vec<_> = iter::repeat_with(|| report(&observer))
                .take(BATCH)
                .collect();
            assert!(tracker.flush_blocking(PATIENCE).is_complete());
            assert!(sentry.flush_blocking(PATIENCE).is_complete());

            let id = tracker.groups()[0].id;
            let line = tracker.reader().group_as_json(id).unwrap();
            assert_eq!(line.find(is_active), None);
            let group: Value = serde_json::from_str(&line).unwrap();
            let samples = group["samples"].as_array().unwrap();
            let told = |sample: &Value| {
                let causes = sample["causes"].as_array().unwrap();
                let crumbs = sample["breadcrumbs"].as_array().unwrap();
                let told = causes.iter().rev().chain(crumbs);
                let message = |told: &Value| told["message"].as_str().unwrap().to_owned();
                told.map(message).collect::<Vec<_>>()
            };
            assert!(samples.iter().map(told).eq(reported));

            // Each line of an envelope is JSON: that of itself, and two of an item.
            let envelopes = inbox.taken();
            for envelope in &envelopes {
                assert_eq!(envelope.lines().count(), 3);
                let is_broken = |c: char| c < ' ' && c != '\n';
                assert_eq!(envelope.find(is_broken), None);
            }
            assert_eq!(events(&envelopes).len(), BATCH);
        }
        let written = fs::read_to_string(file).unwrap();
        assert!(written.lines().all(|line| !line.contains(is_active)));
        assert!(
            written
                .lines()
                .all(|line| serde_json::from_str::<Value>(line).is_ok())
        );
    });
}
