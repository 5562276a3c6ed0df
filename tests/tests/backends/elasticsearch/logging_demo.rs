//! The demo, which logs.

use std::{net::SocketAddr, path::Path, time::Duration};

use steeple_tests::{backends::Noida, waiting::within};

use super::{
    lines::WrittenLines,
    load::{REQUESTS, serve_load},
};
use crate::demo::Demo;

const PATIENCE: Duration = Duration::from_secs(120);

pub(super) struct LoggingDemo {
    demo: Demo,
    traces: Vec<String>,
}

impl LoggingDemo {
    /// Lets many requests come to the shop and to its branch, which log into `file` and where `arguments` say.
    pub(super) fn under_load(file: &Path, arguments: &[&str]) -> Self {
        let file = file.to_str().unwrap();
        let demo = Demo::start_as(&[&["--log-file", file], arguments].concat(), &[]);
        let traces = serve_load(|id| url(demo.shop, demo.branch, id));
        Self { demo, traces }
    }

    /// Ends it once its lines have come to `index`, where searches find just those that are in `file`.
    pub(super) fn ends_found_in(self, noida: &Noida, index: &str, file: &Path) {
        // Each request is told by two lines at least: its own and that of the application.
        let has_come = || (noida.count(index).ok()? >= 2 * REQUESTS).then_some(());
        within(PATIENCE, has_come).unwrap();
        self.demo.end(PATIENCE);
        let lines = WrittenLines::of(file);
        lines.are_found_in(noida, index, &self.traces);
        let panics = lines.matching(|line| line["labels"]["error_kind"] == "panic");
        let traced = panics.matching(|line| {
            let trace = line["error"]["stack_trace"].as_str().unwrap_or_default();
            trace.contains("\n    at ") && trace.contains("stock.rs:")
        });
        assert_eq!(panics.count(), REQUESTS / 5);
        assert_eq!(traced.count(), REQUESTS / 5);
    }
}

/// Something that is there three times of five, something that is not, and a panic.
fn url(shop: SocketAddr, branch: SocketAddr, id: u64) -> String {
    let address = if id % 10 < 5 { shop } else { branch };
    let paths = [
        "items/apple",
        "items/pear",
        "items/plum",
        "items/melon",
        "legacy",
    ];
    format!("http://{address}/shop/{}", paths[id as usize % paths.len()])
}
