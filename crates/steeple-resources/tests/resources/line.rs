//! The line of the log.

use std::{
    collections::BTreeMap,
    fmt::Debug,
    sync::{Arc, Mutex},
    time::Duration,
};

use steeple_metrics::Registry;
use steeple_resources::Resources;
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

use super::eventually;

/// Keeps the fields of each line, as they are printed.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<Fields>>>);

#[derive(Default)]
struct Fields(BTreeMap<&'static str, String>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "steeple::resources"
    }

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        self.0.lock().unwrap().push(fields);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[test]
fn a_line_tells_percentages_of_processors_memory_and_the_fullest_disk() {
    let lines = Lines::default();
    // It is logged by a thread of its own, and by no other test.
    tracing::subscriber::set_global_default(lines.clone()).unwrap();
    let _resources = Resources::builder()
        .log_every(Duration::from_millis(100))
        .start(&Registry::new())
        .unwrap();
    eventually(|| (lines.0.lock().unwrap().len() >= 3).then_some(()));
    for Fields(line) in &*lines.0.lock().unwrap() {
        assert_eq!(line["message"], "resources");
        for name in ["cpu_percent", "memory_percent", "disk_percent"] {
            // Of a tenth of a second there may be nothing to tell about processors.
            if let Some(percent) = line.get(name) {
                let percent: f64 = percent.parse().unwrap();
                assert!((0.0..=100.0).contains(&percent), "{name} {percent}");
            }
        }
        assert!(line["memory_percent"] != "0.0" && line["disk"].starts_with("\"/"));
    }
    let has = |name| {
        lines
            .0
            .lock()
            .unwrap()
            .iter()
            .any(|line| line.0.contains_key(name))
    };
    assert!(has("cpu_percent") && has("disk_percent"));
}
