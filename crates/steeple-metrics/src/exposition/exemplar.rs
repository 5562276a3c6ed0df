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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_labels_of_an_exemplar_have_63_characters() {
        let exemplar = Exemplar::new([0xff; 16], [0; 8]);
        let lengths = labels(&exemplar).map(|(name, value)| name.len() + value.count());
        assert_eq!(lengths.iter().sum::<usize>(), 63);
    }
}
