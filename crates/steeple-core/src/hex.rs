//! Lower-case hex, the form of every id on the wire.

/// Encodes the low `N * 4` bits of `value`, at most all of them.
#[inline]
pub(crate) fn encode<const N: usize>(value: u128) -> [u8; N] {
    let mut digits = [0; 32];
    let eights = digits.as_chunks_mut().0.iter_mut().rev();
    for (place, eight) in eights.take(N.div_ceil(8)).enumerate() {
        *eight = encode_eight((value >> (place * 32)) as u32);
    }
    std::array::from_fn(|place| digits[digits.len() - N + place])
}

/// Encodes eight digits, each in a byte of one word.
#[inline]
fn encode_eight(value: u32) -> [u8; 8] {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let fours = u64::from(value);
    let fours = (fours | fours << 16) & 0x0000_ffff_0000_ffff;
    let pairs = (fours | fours << 8) & 0x00ff_00ff_00ff_00ff;
    let values = (pairs | pairs << 4) & (0x0f * ONES);
    let from_ten = (values + 6 * ONES) >> 4 & ONES;
    (values + 0x30 * ONES + from_ten * u64::from(b'a' - b'9' - 1)).to_be_bytes()
}

/// Whether all are lower-case hex digits.
#[inline]
pub(crate) fn are_digits(text: &[u8]) -> bool {
    // Without branches, the compiler makes vectors of it.
    text.iter().fold(true, |digits, byte| {
        digits & ((byte.wrapping_sub(b'0') < 10) | (byte.wrapping_sub(b'a') < 6))
    })
}

/// Decodes at most 32 lower-case hex digits and nothing else: no sign, no upper case.
pub(crate) fn decode(digits: &[u8]) -> Option<u128> {
    let mut padded = [b'0'; 32];
    let start = padded.len().checked_sub(digits.len())?;
    padded[start..].copy_from_slice(digits);
    let (high, low) = padded.split_first_chunk()?;
    let (high, low) = (decode_sixteen(high)?, decode_sixteen(low.try_into().ok()?)?);
    Some(u128::from(high) << 64 | u128::from(low))
}

/// The same for 16 digits, in fewer steps.
#[inline]
pub(crate) fn decode_sixteen(digits: &[u8; 16]) -> Option<u64> {
    let [left, right] = [0, 8].map(|start| std::array::from_fn(|place| digits[start + place]));
    Some(u64::from(decode_eight(left)?) << 32 | u64::from(decode_eight(right)?))
}

/// The same for two digits.
#[inline]
pub(crate) fn decode_two(digits: [u8; 2]) -> Option<u8> {
    let [left, right] = digits;
    decode_eight([b'0', b'0', b'0', b'0', b'0', b'0', left, right]).map(|value| value as u8)
}

/// Decodes eight digits, each in a byte of one word.
#[inline]
fn decode_eight(digits: [u8; 8]) -> Option<u32> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let word = u64::from_be_bytes(digits);
    // Letters have bit 6, and the low half of `a` is 1.
    let letters = word >> 6 & ONES;
    let values = (word & (0x0f * ONES)) + letters * 9;
    // Only of digits the values are less than 16, of letters those from 10 on, and encode to what was there.
    let from_ten = (values + 6 * ONES) >> 4 & ONES;
    let encoded = values + 0x30 * ONES + letters * u64::from(b'a' - b'9' - 1);
    if encoded != word || from_ten != letters || values & (0xf0 * ONES) != 0 {
        return None;
    }
    let pairs = (values | values >> 4) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs | pairs >> 8) & 0x0000_ffff_0000_ffff;
    Some((fours | fours >> 16) as u32)
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
    fn what_is_encoded_is_what_the_standard_library_prints() {
        let mut value = 1_u128;
        for _ in 0..1_000 {
            value = value
                .wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
                .rotate_left(7);
            assert_eq!(encode::<32>(value), *format!("{value:032x}").as_bytes());
            let low = value as u8;
            assert_eq!(encode::<2>(value), *format!("{low:02x}").as_bytes());
        }
    }

    #[test]
    fn fixed_widths_are_decoded_alike() {
        assert_eq!(
            decode_sixteen(b"0123456789abcdef"),
            Some(0x0123_4567_89ab_cdef)
        );
        assert_eq!(decode_sixteen(b"0123456789abcdeF"), None);
        assert_eq!((decode_two(*b"fe"), decode_two(*b"0x")), (Some(0xfe), None));
        assert_eq!((decode(b""), decode(&[b'0'; 33])), (Some(0), None));
    }

    #[test]
    fn only_lower_case_digits_are_decoded() {
        for byte in 0..=u8::MAX {
            let value = (byte as char)
                .to_digit(16)
                .filter(|_| !byte.is_ascii_uppercase());
            let digits = |place: usize| {
                let mut digits = *b"7777777777";
                digits[place] = byte;
                decode(&digits)
            };
            for place in 0..10 {
                let sevens = 0x77_7777_7777_u128 & !(0xf << (4 * (9 - place)));
                let expected = value.map(|value| sevens | u128::from(value) << (4 * (9 - place)));
                assert_eq!(digits(place), expected, "{byte:#x} at {place}");
                assert_eq!(are_digits(&[byte]), value.is_some(), "{byte:#x}");
            }
        }
    }
}
