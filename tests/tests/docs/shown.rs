//! What the tables say is shown by tests that there are.

use std::{collections::BTreeSet, fs, path::Path};

use super::quoted;

/// Each with how many lines it has at least, so that none is overlooked.
const PAGES: [(&str, usize); 8] = [
    (include_str!("../../../docs/errors.md"), 40),
    (include_str!("../../../docs/health.md"), 18),
    (include_str!("../../../docs/lifecycle.md"), 9),
    (include_str!("../../../docs/log-destinations.md"), 11),
    (include_str!("../../../docs/logs.md"), 30),
    (include_str!("../../../docs/propagation.md"), 27),
    (include_str!("../../../docs/resources.md"), 10),
    (include_str!("../../../docs/traces.md"), 28),
];

#[test]
fn every_line_is_shown_by_tests_that_there_are() {
    let workspace = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let mut tests = tests_in(&workspace.join("crates"));
    tests.append(&mut tests_in(&workspace.join("tests")));
    tests.append(&mut tests_in(&workspace.join("benches/tests")));
    for (page, least) in PAGES {
        let tables = page.split("| shown by |\n").skip(1);
        let rows: Vec<_> = tables
            .flat_map(|table| {
                // The first line is a rule.
                let rows = table.lines().skip(1);
                rows.take_while(|line| line.starts_with('|'))
            })
            .collect();
        assert!(rows.len() >= least, "{} lines", rows.len());
        for row in rows {
            let shown_by = row.rsplit('|').nth(1).unwrap();
            assert!(shown_by.contains('`'), "{row}");
            for test in quoted(shown_by) {
                assert!(tests.contains(&test), "there is no test {test}");
            }
        }
    }
}

/// The names of the test functions below a directory.
fn tests_in(directory: &Path) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            names.append(&mut tests_in(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = fs::read_to_string(path).unwrap();
            // Those of tokio are tests as well.
            let functions = source.split("test]\n").skip(1);
            names.extend(functions.filter_map(|rest| {
                let (_, rest) = rest.split_once("fn ")?;
                Some(rest.split_once('(')?.0.to_owned())
            }));
        }
    }
    names
}
