//! A Sentry that answers as it is told to.

use std::collections::BTreeMap;

use serde_json::Value;
pub(crate) use steeple_stub::Answer;
use steeple_stub::Request;

/// An envelope as it came.
#[derive(Clone, Debug)]
pub(crate) struct Envelope {
    pub(crate) line: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) header: Value,
    /// The items by their types.
    pub(crate) items: Vec<(String, Value)>,
}

impl From<Request> for Envelope {
    fn from(request: Request) -> Self {
        let text = str::from_utf8(&request.body).unwrap();
        let mut lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        let header = lines.next().unwrap();
        let mut items = Vec::new();
        while let (Some(head), Some(item)) = (lines.next(), lines.next()) {
            let head: Value = head;
            items.push((head["type"].as_str().unwrap().to_owned(), item));
        }
        Self {
            line: request.line,
            headers: request.headers,
            header,
            items,
        }
    }
}

/// A Sentry on a port of its own, until the process ends.
pub(crate) struct Stub(steeple_stub::Stub);

impl Stub {
    /// Answers with these, one after the other, then with 200.
    pub(crate) fn answering(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self(steeple_stub::Stub::answering(answers))
    }

    pub(crate) fn dsn(&self) -> String {
        format!("http://k3y@{}/7", self.0.address())
    }

    /// What came so far.
    pub(crate) fn envelopes(&self) -> Vec<Envelope> {
        self.0.requests().into_iter().map(Into::into).collect()
    }

    /// The events that came so far.
    pub(crate) fn events(&self) -> Vec<Value> {
        self.items("event")
    }

    /// The items of a type that came so far.
    pub(crate) fn items(&self, kind: &str) -> Vec<Value> {
        let items = self.envelopes().into_iter().flat_map(|came| came.items);
        items
            .filter(|(of, _)| of == kind)
            .map(|(_, item)| item)
            .collect()
    }

    /// What client reports have told, by reason and category.
    pub(crate) fn losses(&self) -> BTreeMap<(String, String), u64> {
        let mut losses = BTreeMap::new();
        for report in self.items("client_report") {
            for lost in report["discarded_events"].as_array().unwrap() {
                let text = |name: &str| lost[name].as_str().unwrap().to_owned();
                let count = lost["quantity"].as_u64().unwrap();
                *losses
                    .entry((text("reason"), text("category")))
                    .or_default() += count;
            }
        }
        losses
    }

    /// Waits until so many envelopes have come.
    pub(crate) fn wait_for(&self, envelopes: usize) -> Vec<Envelope> {
        let came = self.0.wait_for(envelopes).into_iter();
        came.map(Into::into).collect()
    }
}
