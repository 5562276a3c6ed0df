//! Keeps secrets out of what is sent.

mod rules;
mod sql;

use sentry_core::{
    Breadcrumb, Envelope,
    protocol::{EnvelopeItem, Event, LogEntry, Map, Request, Span, Transaction, Value},
};

use self::rules::Rules;

/// What takes the place of a secret: what Sentry itself puts there.
pub(crate) const FILTERED: &str = "[Filtered]";

/// Takes secrets out of texts, and what is personal, too, unless it may be sent.
///
/// It takes some 100 µs for an event: nothing for the threads that serve requests.
#[derive(Debug)]
pub(crate) struct Scrubber {
    rules: Rules,
    send_pii: bool,
}

impl Scrubber {
    pub(crate) fn new(send_pii: bool) -> Self {
        Self {
            rules: Rules::new(),
            send_pii,
        }
    }

    /// The same envelope without secrets in its events and transactions.
    pub(crate) fn envelope(&self, envelope: Envelope) -> Envelope {
        let headers = envelope.headers().clone();
        let mut scrubbed = Envelope::new().with_headers(headers);
        for mut item in envelope.into_items() {
            match &mut item {
                EnvelopeItem::Event(event) => self.event(event),
                EnvelopeItem::Transaction(transaction) => self.transaction(transaction),
                _ => {}
            }
            scrubbed.add_item(item);
        }
        scrubbed
    }

    fn event(&self, event: &mut Event<'static>) {
        // As the schema has it: the other is what older clients send.
        if let Some(message) = event.message.take() {
            event.logentry.get_or_insert_with(|| LogEntry {
                message,
                params: Vec::new(),
            });
        }
        for text in [&mut event.culprit, &mut event.transaction] {
            self.optional(text);
        }
        if let Some(entry) = &mut event.logentry {
            self.text(&mut entry.message);
            entry.params.iter_mut().for_each(|value| self.value(value));
        }
        for exception in &mut event.exception.values {
            self.optional(&mut exception.value);
        }
        for crumb in &mut event.breadcrumbs.values {
            self.breadcrumb(crumb);
        }
        self.tags(&mut event.tags);
        self.values(&mut event.extra);
        if let Some(request) = &mut event.request {
            self.request(request);
        }
    }

    fn transaction(&self, transaction: &mut Transaction<'static>) {
        self.optional(&mut transaction.name);
        self.tags(&mut transaction.tags);
        self.values(&mut transaction.extra);
        transaction
            .spans
            .iter_mut()
            .for_each(|span| self.span(span));
        if let Some(request) = &mut transaction.request {
            self.request(request);
        }
    }

    fn span(&self, span: &mut Span) {
        self.optional(&mut span.description);
        self.tags(&mut span.tags);
        self.values(&mut span.data);
    }

    fn request(&self, request: &mut Request) {
        if let Some(url) = &mut request.url {
            // Those of no user cannot have one set; they have none to take away.
            let _ = url.set_password(None);
            let _ = url.set_username("");
            if !self.send_pii {
                url.set_query(None);
            }
        }
        if !self.send_pii {
            request.cookies = None;
            request.data = None;
        }
        for text in [
            &mut request.query_string,
            &mut request.cookies,
            &mut request.data,
        ] {
            self.optional(text);
        }
        for (name, value) in &mut request.headers {
            self.named(name, value);
        }
        for (name, value) in &mut request.env {
            self.named(name, value);
        }
    }

    fn breadcrumb(&self, crumb: &mut Breadcrumb) {
        self.optional(&mut crumb.message);
        self.values(&mut crumb.data);
    }

    fn tags(&self, tags: &mut Map<String, String>) {
        for (name, value) in tags {
            self.named(name, value);
        }
    }

    fn values(&self, values: &mut Map<String, Value>) {
        for (name, value) in values {
            self.named_value(name, value);
        }
    }

    fn value(&self, value: &mut Value) {
        match value {
            Value::String(text) => self.text(text),
            Value::Array(values) => values.iter_mut().for_each(|value| self.value(value)),
            Value::Object(fields) => fields
                .iter_mut()
                .for_each(|(name, value)| self.named_value(name, value)),
            _ => {}
        }
    }

    fn named_value(&self, name: &str, value: &mut Value) {
        if self.rules.names_a_secret(name) {
            *value = Value::String(FILTERED.to_owned());
        } else {
            self.value(value);
        }
    }

    fn named(&self, name: &str, value: &mut String) {
        if self.rules.names_a_secret(name) {
            FILTERED.clone_into(value);
        } else {
            self.text(value);
        }
    }

    fn optional(&self, text: &mut Option<String>) {
        if let Some(text) = text {
            self.text(text);
        }
    }

    fn text(&self, text: &mut String) {
        self.rules.take_secrets(text);
        if !self.send_pii {
            self.rules.take_personal(text);
        }
    }
}

#[cfg(test)]
mod tests;
