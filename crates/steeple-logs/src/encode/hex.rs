const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Lower-case hex of an id, written into `text`, which is twice as long.
pub(crate) fn hex<'a, const N: usize>(bytes: &[u8], text: &'a mut [u8; N]) -> &'a str {
    debug_assert_eq!(2 * bytes.len(), N);
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 0xf)];
    }
    str::from_utf8(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_lower_case_hex() {
        assert_eq!(hex(&[0x00, 0x9f, 0xab], &mut [0; 6]), "009fab");
    }
}
