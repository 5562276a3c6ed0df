//! The scopes of the API, which records tell as [other formats
//! do](https://opentelemetry.io/docs/specs/otel/common/mapping-to-non-otlp/#instrumentationscope): all share one of OTLP.

use crate::value::push_text_attribute;

/// Writes attributes that tell the name and the version of a scope, as far as it has them.
pub(super) fn push_scope(message: &mut Vec<u8>, field: u32, name: &str, version: Option<&str>) {
    let told = [
        ("otel.scope.name", name),
        ("otel.scope.version", version.unwrap_or_default()),
    ];
    for (key, value) in told.into_iter().filter(|(_, value)| !value.is_empty()) {
        push_text_attribute(message, field, key, value);
    }
}
