//! Lower-case hex, the form of every id on the wire.

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Encodes the low `N * 4` bits of `value`.
#[inline]
pub(crate) fn encode<const N: usize>(value: u128) -> [u8; N] {
    std::array::from_fn(|place| DIGITS[(value >> ((N - 1 - place) * 4)) as usize & 0xf])
}

/// Decodes lower-case hex digits and nothing else: no sign, no upper case.
#[inline]
pub(crate) fn decode(digits: &[u8]) -> Option<u128> {
    let mut value = 0_u128;
    let mut bad = 0_u8;
    for digit in digits {
        let nibble = VALUES[usize::from(*digit)];
        bad |= nibble;
        value = value << 4 | u128::from(nibble & 0xf);
    }
    (bad < 0x10).then_some(value)
}

/// The value of each digit; 0x10 marks what is none.
const VALUES: [u8; 256] = {
    let mut values = [0x10; 256];
    let mut value = 0;
    while value < 16 {
        values[DIGITS[value] as usize] = value as u8;
        value += 1;
    }
    values
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_encoded_is_decoded_again() {
        for value in [0, 1, 0xdead_beef, u128::MAX] {
            assert_eq!(decode(&encode::<32>(value)), Some(value));
        }
        assert_eq!(&encode::<4>(0xabc), b"0abc");
    }

    #[test]
    fn only_lower_case_digits_are_decoded() {
        for bad in ["AB", "+1", " 1", "0x", "g0", "é"] {
            assert_eq!(decode(bad.as_bytes()), None, "{bad:?}");
        }
    }
}
