//! What docs/propagation.md says is so.

use std::{collections::BTreeSet, fs, path::Path};

use super::*;

const PAGE: &str = include_str!("../../../../../docs/propagation.md");

/// The cells of the tables whose head ends with this.
fn table(last: &str) -> Vec<Vec<&'static str>> {
    let paragraphs = PAGE.split("\n\n").filter(|text| text.starts_with('|'));
    let tables = paragraphs.map(|table| table.lines().map(cells));
    let wanted = tables
        .filter(|table| table.clone().next().and_then(|head| head.last().copied()) == Some(last));
    // The second line is a rule.
    wanted.flat_map(|table| table.skip(2)).collect()
}

fn cells(line: &str) -> Vec<&str> {
    line.trim_matches('|').split('|').map(str::trim).collect()
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
    let table = table("writes");
    assert_eq!(table.len(), Propagator::ALL.len());
    for row in table {
        let format = row[0].trim_matches('`');
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
        assert_eq!([read, written], [row[1], row[2]].map(quoted), "{format}");
    }
}

#[test]
fn every_line_is_shown_by_tests_that_there_are() {
    let tests = tests_in(Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/src/propagation"
    )));
    let rows = table("shown by");
    assert!(rows.len() > 20);
    for row in rows {
        let named = row.last().map(|cell| quoted(cell)).unwrap_or_default();
        assert!(!named.is_empty(), "{row:?}");
        for test in named {
            assert!(tests.contains(test), "there is no test {test}");
        }
    }
}

#[test]
fn the_w3c_suite_is_whole() {
    let cases = include_str!("w3c_suite.rs").matches("#[test]").count();
    assert!(cases == 41 && PAGE.contains("All 41 cases"));
}

/// The names of the test functions below a directory.
fn tests_in(directory: &Path) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            names.append(&mut tests_in(&path));
            continue;
        }
        let source = fs::read_to_string(path).unwrap();
        let functions = source.split("#[test]").skip(1);
        names.extend(functions.filter_map(|rest| {
            let (_, rest) = rest.split_once("fn ")?;
            Some(rest.split_once('(')?.0.to_owned())
        }));
    }
    names
}
