//! The log of a process, as far as it warns.

use std::{
    fmt::{Debug, Write},
    sync::{Arc, Mutex},
};

use tracing::{Event, Level, Metadata, Subscriber, field::Field, span};

/// The warnings of this process, each as a line of its fields.
#[derive(Clone, Debug, Default)]
pub struct Warnings(Arc<Mutex<Vec<String>>>);

impl Warnings {
    /// Collects them from now on.
    ///
    /// # Panics
    ///
    /// If the process has a subscriber already.
    #[must_use]
    pub fn collect() -> Self {
        let warnings = Self::default();
        tracing::subscriber::set_global_default(warnings.clone()).expect("a process of its own");
        warnings
    }

    /// Those in which `part` occurs.
    ///
    /// # Panics
    ///
    /// If a thread panicked while it warned.
    #[must_use]
    pub fn with(&self, part: &str) -> Vec<String> {
        let lines = self.0.lock().expect("no panic in between");
        let with_part = lines.iter().filter(|line| line.contains(part));
        with_part.cloned().collect()
    }
}

impl Subscriber for Warnings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && *metadata.level() == Level::WARN
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = String::new();
        event.record(&mut |field: &Field, value: &dyn Debug| {
            write!(line, "{field}={value:?} ").expect("a string takes it all");
        });
        self.0.lock().expect("no panic in between").push(line);
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}
