use tracing_core::Metadata;

use crate::encode::{Fields, Scalar, field};

/// Tells where in the code an event is, and in which function, as far as that is known: `span`, in which it is, has the name of one
/// if it was opened in the same file and module, as the attribute `#[instrument]` does it.
pub(super) fn put_origin(
    fields: &mut Fields,
    event: &Metadata<'_>,
    span: Option<&'static Metadata<'static>>,
) {
    if let Some(file) = event.file() {
        fields.put_ours(field::LOG_ORIGIN_FILE_NAME, Scalar::Text(file));
    }
    if let Some(line) = event.line() {
        fields.put_ours(field::LOG_ORIGIN_FILE_LINE, Scalar::Unsigned(line.into()));
    }
    let function = span.filter(|span| {
        span.file().is_some()
            && span.file() == event.file()
            && span.module_path() == event.module_path()
    });
    if let Some(function) = function {
        fields.put_ours(field::LOG_ORIGIN_FUNCTION, Scalar::Text(function.name()));
    }
}
