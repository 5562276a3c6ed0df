//! What lines tell of the place that they come from: a trace, a job.

use steeple_core::TraceContext;

use crate::encode::{Fields, Line, Scalar, field, hex};

/// Tells the place in a trace.
pub(crate) fn tell(line: &mut Line<'_>, trace: &TraceContext) {
    line.ascii(
        field::TRACE_ID,
        hex(&trace.trace_id().to_bytes(), &mut [0; 32]),
    );
    let root = trace.local_root().to_bytes();
    line.ascii(field::TRANSACTION_ID, hex(&root, &mut [0; 16]));
    let span = trace.span_id().to_bytes();
    line.ascii(field::SPAN_ID, hex(&span, &mut [0; 16]));
}

/// Tells a job.
pub(crate) fn put_job(fields: &mut Fields, id: &str, kind: &str, name: &str) {
    fields.put("job.id", Scalar::Text(id));
    fields.put("job.kind", Scalar::Text(kind));
    fields.put("job.name", Scalar::Text(name));
}
