use http::{HeaderMap, HeaderName, HeaderValue};
use steeple_core::OutgoingCall;

/// Adds to the head of a request what tells the callee of the trace, in place of what was there. For clients.
pub fn inject(call: &OutgoingCall, headers: &mut HeaderMap) {
    call.inject(&mut |name, value| {
        if let Ok(value) = HeaderValue::from_str(value) {
            // A map that is full is sent as it is.
            let _ = headers.try_insert(HeaderName::from_static(name), value);
        }
    });
}
