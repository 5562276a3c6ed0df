//! A Sentry that takes everything.

use serde_json::Value;
use steeple_stub::{Request, Stub};

/// What came, on a port of its own, until the process ends.
pub(crate) struct Inbox(Stub);

impl Inbox {
    pub(crate) fn open() -> Self {
        Self(Stub::answering([]))
    }

    pub(crate) fn dsn(&self) -> String {
        format!("http://k3y@{}/7", self.0.address())
    }

    /// The envelopes that came since it was asked last.
    pub(crate) fn taken(&self) -> Vec<String> {
        let text = |envelope: Request| String::from_utf8(envelope.body).expect("text");
        self.0.taken().into_iter().map(text).collect()
    }
}

/// The events in them.
pub(crate) fn events(envelopes: &[String]) -> Vec<Value> {
    let mut events = Vec::new();
    for envelope in envelopes {
        let mut lines = envelope.lines().skip(1);
        while let (Some(head), Some(payload)) = (lines.next(), lines.next()) {
            if head.contains(r#""type":"event""#) {
                events.extend(serde_json::from_str::<Value>(payload));
            }
        }
    }
    events
}
