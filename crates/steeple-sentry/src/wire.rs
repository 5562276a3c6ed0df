//! Envelopes as they are sent.

use std::io::{self, Write as _};

use sentry_core::{
    Envelope,
    protocol::{EnvelopeItem, Map, Transaction, Value, value::to_value},
};

use crate::finished;

/// Writes an [envelope](https://develop.sentry.dev/sdk/data-model/envelopes/).
pub(crate) fn write(envelope: &Envelope) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    let mut items = envelope.items();
    match (items.next(), items.next()) {
        (Some(EnvelopeItem::Transaction(transaction)), None)
            if finished::is_named_by_route(transaction) =>
        {
            let head = Envelope::new().with_headers(envelope.headers().clone());
            head.to_writer(&mut body)?;
            write_transaction(transaction, &mut body)?;
        }
        _ => envelope.to_writer(&mut body)?,
    }
    Ok(body)
}

/// With [what its name is](https://develop.sentry.dev/sdk/data-model/event-payloads/transaction/#transaction-annotations), which the
/// types of Sentry have no place for.
fn write_transaction(transaction: &Transaction<'static>, body: &mut Vec<u8>) -> io::Result<()> {
    let mut payload = to_value(transaction)?;
    if let Value::Object(fields) = &mut payload {
        let source = Map::from([("source", "route")]);
        fields.insert("transaction_info".to_owned(), to_value(source)?);
    }
    let payload = payload.to_string();
    writeln!(
        body,
        r#"{{"type":"transaction","length":{}}}"#,
        payload.len()
    )?;
    writeln!(body, "{payload}")
}
