//! Lower-case hex, the form of every id on the wire.

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Encodes the low `N * 4` bits of `value`.
#[inline]
pub(crate) fn encode<const N: usize>(value: u128) -> [u8; N] {
    std::array::from_fn(|place| DIGITS[(value >> ((N - 1 - place) * 4)) as usize & 0xf])
}

/// Decodes lower-case hex digits and nothing else: no sign, no upper case. Eight digits make a number.
///
/// Of a fixed length and without branches it becomes vector instructions: a `traceparent` is decoded on every request,
/// and digit by digit that took four times as many.
#[inline(never)]
pub(crate) fn decode(digits: &[u8; 64]) -> Option<[u32; 8]> {
    let values = digits.map(value);
    let mut numbers = [0; 8];
    let mut all = 0;
    for (number, digits) in numbers.iter_mut().zip(values.as_chunks::<8>().0) {
        let digits = u64::from_le_bytes(*digits);
        all |= digits;
        *number = fold(digits);
    }
    (all & u64::from_ne_bytes([BAD; 8]) == 0).then_some(numbers)
}

/// Folds eight bytes of four bits each into one number; the first byte, which is the lowest, weighs most.
#[inline]
fn fold(values: u64) -> u32 {
    let bytes = (values << 4 | values >> 8) & 0x00ff_00ff_00ff_00ff;
    let words = (bytes | bytes >> 8) & 0x0000_ffff_0000_ffff;
    ((words | words >> 16) as u32).swap_bytes()
}

/// Marks what is no digit.
const BAD: u8 = 0x80;

#[inline]
fn value(digit: u8) -> u8 {
    let (number, letter) = (digit.wrapping_sub(b'0'), digit.wrapping_sub(b'a'));
    if number < 10 {
        number
    } else if letter < 6 {
        letter + 10
    } else {
        BAD
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_encoded_is_decoded_again() {
        let value = 0x0123_4567_89ab_cdef_fedc_ba98_7654_3210_u128;
        let digits = [encode::<32>(value), encode::<32>(!value)].concat();
        let numbers = decode(digits.as_slice().try_into().unwrap()).unwrap();
        let expected = [value, !value].map(u128::to_be_bytes).concat();
        assert_eq!(numbers.map(u32::to_be_bytes).concat(), expected);
        assert_eq!(&encode::<4>(0xabc), b"0abc");
    }

    #[test]
    fn in_every_place_only_lower_case_digits_are_decoded() {
        for place in 0..64 {
            for byte in 0..=u8::MAX {
                let mut digits = [b'7'; 64];
                digits[place] = byte;
                let is_digit = matches!(byte, b'0'..=b'9' | b'a'..=b'f');
                assert_eq!(
                    decode(&digits).is_some(),
                    is_digit,
                    "{byte:#x} in place {place}"
                );
            }
        }
    }
}
