//! Labels as the attributes that they are to OpenTelemetry.

use steeple_metrics::Labels;

use crate::value::{Value, push_attribute, push_text_attribute};

/// The attributes of the [semantic
/// conventions](https://github.com/open-telemetry/semantic-conventions/blob/v1.44.0/docs/registry/attributes/README.md) that
/// metrics have; those of whole numbers apart. A registry keeps the names with underscores.
const TEXTS: &[&str] = &[
    "container.id",
    "container.name",
    "cpu.mode",
    "db.client.connection.pool.name",
    "db.client.connection.state",
    "db.collection.name",
    "db.namespace",
    "db.operation.name",
    "db.query.summary",
    "db.response.status_code",
    "db.stored_procedure.name",
    "db.system.name",
    "disk.io.direction",
    "error.type",
    "http.request.method",
    "http.route",
    "linux.memory.slab.state",
    "network.connection.state",
    "network.interface.name",
    "network.io.direction",
    "network.protocol.name",
    "network.protocol.version",
    "network.transport",
    "rpc.method",
    "rpc.service",
    "rpc.status_code",
    "rpc.system.name",
    "server.address",
    "system.device",
    "system.filesystem.mode",
    "system.filesystem.mountpoint",
    "system.filesystem.state",
    "system.filesystem.type",
    "system.memory.state",
    "url.scheme",
    "url.template",
    "user_agent.synthetic.type",
];
const INTEGERS: &[&str] = &["http.response.status_code", "server.port"];
const OVERFLOW: &str = "otel.metric.overflow";

/// Writes the attributes of a series.
pub(super) fn push(point: &mut Vec<u8>, field: u32, labels: &Labels) {
    for (label, value) in labels.iter() {
        let named = |names: &[&'static str]| names.iter().copied().find(|name| is(name, label));
        if let Some(name) = named(INTEGERS)
            && let Ok(number) = value.parse::<i64>()
        {
            push_attribute(point, field, name, &number.into());
        } else if is(OVERFLOW, label) {
            push_attribute(point, field, OVERFLOW, &Value::Boolean(true));
        } else {
            push_text_attribute(point, field, named(TEXTS).unwrap_or(label), &value);
        }
    }
}

/// Whether a registry knows the attribute as this label.
fn is(attribute: &str, label: &str) -> bool {
    attribute.len() == label.len()
        && attribute
            .bytes()
            .zip(label.bytes())
            .all(|(byte, shown)| byte == shown || byte == b'.' && shown == b'_')
}
