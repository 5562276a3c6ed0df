//! What was written, and whether it is what is found.

use std::{fs, path::Path, time::Duration};

use serde_json::{Value, json};
use steeple_tests::{backends::Noida, waiting::within};

const PATIENCE: Duration = Duration::from_secs(60);

/// The lines of a file.
pub(super) struct WrittenLines(Vec<Value>);

impl WrittenLines {
    pub(super) fn of(file: &Path) -> Self {
        let text = fs::read_to_string(file).unwrap();
        Self(
            text.lines()
                .map(|line| serde_json::from_str(line).unwrap())
                .collect(),
        )
    }

    /// Those for which `is_meant` holds.
    pub(super) fn matching(&self, is_meant: impl Fn(&Value) -> bool) -> Self {
        Self(
            self.0
                .iter()
                .filter(|line| is_meant(line))
                .cloned()
                .collect(),
        )
    }

    pub(super) fn count(&self) -> u64 {
        self.0.len() as u64
    }

    /// Waits until all of them are in `index`; searches by trace, by status, by level and by time find just what they should.
    pub(super) fn are_found_in(&self, noida: &Noida, index: &str, traces: &[String]) {
        let all = within(PATIENCE, || {
            let count = noida.count(index).unwrap();
            (count >= self.count()).then_some(count)
        });
        assert_eq!(all, Some(self.count()), "{index}");
        for trace in traces {
            let found = self.find(
                noida,
                index,
                &json!({"term": {"trace.id": trace}}),
                |line| line["trace"]["id"] == **trace,
            );
            assert!((2..=3).contains(&found), "{index}: {found} of {trace}");
        }
        for (status, requests) in [(200, 1_212), (404, 404), (500, 404)] {
            let query = json!({"term": {"http.response.status_code": status}});
            let found = self.find(noida, index, &query, |line| {
                line["http"]["response"]["status_code"] == status
            });
            assert_eq!(found, requests, "{index}: {status}");
        }
        self.are_found_by_time(noida, index);
    }

    /// Searches for each tenth of the time find the lines of it.
    fn are_found_by_time(&self, noida: &Noida, index: &str) {
        let mut times: Vec<&str> = self.0.iter().map(time).collect();
        times.sort_unstable();
        let bounds: Vec<&str> = times.iter().step_by(times.len() / 10).copied().collect();
        let mut found = 0;
        for bounds in bounds.windows(2) {
            let (from, to) = (bounds[0], bounds[1]);
            let range = json!({"gte": format!("{from}Z"), "lt": format!("{to}Z")});
            let query = json!({"range": {"@timestamp": range}});
            found += self.find(noida, index, &query, |line| {
                (from..to).contains(&time(line))
            });
        }
        assert!(found > times.len() / 2, "{index}: {found}");
    }

    /// How many lines `query` finds: those for which `is_meant` holds, as they were written.
    pub(super) fn find(
        &self,
        noida: &Noida,
        index: &str,
        query: &Value,
        is_meant: impl Fn(&Value) -> bool,
    ) -> usize {
        let mut found: Vec<String> = noida
            .search(index, query)
            .unwrap()
            .iter()
            .map(Value::to_string)
            .collect();
        let meant = self.0.iter().filter(|line| is_meant(line));
        let mut meant: Vec<String> = meant.map(Value::to_string).collect();
        found.sort_unstable();
        meant.sort_unstable();
        assert!(
            found == meant,
            "{index}: {query} finds {} of {}",
            found.len(),
            meant.len()
        );
        found.len()
    }
}

/// In milliseconds, as Elasticsearch has dates.
fn time(line: &Value) -> &str {
    const MILLISECONDS: usize = "2026-11-23T00:00:00.000".len();
    &line["@timestamp"].as_str().unwrap()[..MILLISECONDS]
}
