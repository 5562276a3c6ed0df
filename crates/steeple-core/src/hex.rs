//! Lower-case hex, the form of every id on the wire.

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// What a byte stands for as a digit.
const VALUES: [u8; 256] = {
    let mut values = [NONE; 256];
    let mut value = 0;
    while value < DIGITS.len() {
        values[DIGITS[value] as usize] = value as u8;
        value += 1;
    }
    values
};

/// The value of what is no digit: all others are smaller.
const NONE: u8 = 0xff;

/// Encodes the low `N * 4` bits of `value`.
#[inline]
pub(crate) fn encode<const N: usize>(value: u128) -> [u8; N] {
    std::array::from_fn(|place| DIGITS[(value >> ((N - 1 - place) * 4)) as usize & 0xf])
}

/// Decodes at most 32 lower-case hex digits and nothing else: no sign, no upper case.
#[inline]
pub(crate) fn decode(digits: &[u8]) -> Option<u128> {
    // In halves, since shifts of 128 bits cost twice as much.
    let (left, right) = digits.split_at(digits.len().saturating_sub(16));
    Some(u128::from(decode_half(left)?) << 64 | u128::from(decode_half(right)?))
}

#[inline]
fn decode_half(digits: &[u8]) -> Option<u64> {
    let (number, all) = digits.iter().fold((0, 0), |(number, all), digit| {
        let value = VALUES[usize::from(*digit)];
        (number << 4 | u64::from(value), all | value)
    });
    (all != NONE).then_some(number)
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
