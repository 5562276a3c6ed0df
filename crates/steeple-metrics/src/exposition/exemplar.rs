use crate::Exemplar;

/// The labels of an exemplar: 63 characters, of the 128 that OpenMetrics allows.
pub(super) fn labels(
    exemplar: &Exemplar,
) -> [(&'static str, impl Iterator<Item = u8> + use<'_>); 2] {
    [
        ("trace_id", hexadecimal(&exemplar.trace_id)),
        ("span_id", hexadecimal(&exemplar.span_id)),
    ]
}

fn hexadecimal(bytes: &[u8]) -> impl Iterator<Item = u8> + use<'_> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| DIGITS[usize::from(value)];
    bytes
        .iter()
        .flat_map(move |byte| [digit(byte >> 4), digit(byte & 0xf)])
}
