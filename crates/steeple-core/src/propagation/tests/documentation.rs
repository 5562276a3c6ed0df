//! What docs/propagation.md says is so.

use std::collections::BTreeSet;

use super::*;

const PAGE: &str = include_str!("../../../../../docs/propagation.md");

/// The rows of the table of formats.
fn formats() -> impl Iterator<Item = [&'static str; 3]> {
    let (_, table) = PAGE.split_once("|---|---|---|\n").unwrap();
    let rows = table.lines().take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        let cells = row.trim_matches('|').split('|').map(str::trim);
        cells.collect::<Vec<_>>().try_into().unwrap()
    })
}

fn quoted(text: &str) -> BTreeSet<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

#[test]
fn formats_read_and_write_the_fields_that_the_page_says() {
    let mut trace_state = TraceState::default();
    trace_state.replace(b"congo=1");
    let mut baggage = Baggage::default();
    baggage.replace(b"user=alice");
    let plain = parent(TRACE, SPAN, Some(true));
    assert_eq!(formats().count(), Propagator::ALL.len());
    for [format, reads, writes] in formats() {
        let format = format.trim_matches('`');
        let read: BTreeSet<_> = propagators(format).header_names().collect();
        let written: BTreeSet<_> = [plain, plain.debugged()]
            .into_iter()
            .flat_map(|parent| {
                let outgoing = Outgoing {
                    parent,
                    trace_state: &trace_state,
                    baggage: &baggage,
                };
                sent(format, &outgoing)
            })
            .map(|(name, _)| name)
            .collect();
        assert_eq!([read, written], [reads, writes].map(quoted), "{format}");
    }
}

#[test]
fn the_w3c_suite_is_whole() {
    let cases = include_str!("w3c_suite.rs").matches("#[test]").count();
    assert!(cases == 41 && PAGE.contains("All 41 cases"));
}
