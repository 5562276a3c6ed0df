//! Lower-case hex, the form of every id on the wire.

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Encodes the low `N * 4` bits of `value`.
#[inline]
pub(crate) fn encode<const N: usize>(value: u128) -> [u8; N] {
    std::array::from_fn(|place| DIGITS[(value >> ((N - 1 - place) * 4)) as usize & 0xf])
}

/// Decodes at most 32 lower-case hex digits and nothing else: no sign, no upper case.
pub(crate) fn decode(digits: &[u8]) -> Option<u128> {
    digits.iter().try_fold(0, |number, digit| {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some(number << 4 | u128::from(value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_encoded_is_decoded_again() {
        let value = 0x0123_4567_89ab_cdef_fedc_ba98_7654_3210_u128;
        assert_eq!(decode(&encode::<32>(value)), Some(value));
        assert_eq!(&encode::<4>(0xabc), b"0abc");
    }

    #[test]
    fn only_lower_case_digits_are_decoded() {
        for byte in 0..=u8::MAX {
            let is_digit = matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            assert_eq!(decode(&[b'7', byte]).is_some(), is_digit, "{byte:#x}");
        }
    }
}
