//! Which bucket a value belongs to.
//!
//! At schema s the bounds are the powers of 2^(2^-s). Those of each schema are every second one of the next, so a value's
//! bucket at the finest resolution tells those at all others, without a logarithm.

/// The finest resolution: 256 buckets from one power of 2 to the next.
pub(crate) const FINEST: i8 = 8;

/// The coarsest resolution: a bucket spans 16 powers of 2.
pub(crate) const COARSEST: i8 = -4;

const OCTAVE: usize = 1 << FINEST;

const MANTISSA_BITS: u32 = f64::MANTISSA_DIGITS - 1;
const MANTISSA: u64 = (1 << MANTISSA_BITS) - 1;

/// Half of what an exponent's bits can say, and that of the greatest values.
const BIAS: i32 = f64::MAX_EXP - 1;

/// The bucket at `schema` of a value that is neither 0 nor NaN, whatever its sign. Infinity has one of its own above that
/// of the greatest value.
#[inline]
pub(crate) fn index(value: f64, schema: i8) -> i32 {
    coarser(finest_index(value), FINEST - schema)
}

/// The bucket, as many resolutions coarser, that holds the bucket `index`.
#[inline]
pub(crate) fn coarser(index: i32, resolutions: i8) -> i32 {
    // Rounded up, since the upper bound is the one that belongs to a bucket.
    (index + (1 << resolutions) - 1) >> resolutions
}

/// The greatest value that is not above the bound of a bucket.
pub(crate) fn upper_bound(index: i32, schema: i8) -> f64 {
    let finest = index << (FINEST - schema);
    let (exponent, bound) = (finest >> FINEST, finest as usize % OCTAVE);
    let fraction = BOUNDS[bound];
    if exponent > BIAS {
        // The power of 2 behind the greatest value bounds that one's bucket.
        let is_last = exponent == BIAS + 1 && bound == 0;
        return if is_last { f64::MAX } else { f64::INFINITY };
    }
    let bits = match u64::try_from(exponent + BIAS) {
        Ok(biased @ 1..) => biased << MANTISSA_BITS | fraction,
        _ => (1 << MANTISSA_BITS | fraction)
            .checked_shr((1 - BIAS - exponent) as u32)
            .unwrap_or(0),
    };
    f64::from_bits(bits)
}

/// The last bucket above zero that has nothing above `threshold`, which is not negative.
pub(crate) fn last_within(threshold: f64, schema: i8) -> i32 {
    if threshold == 0.0 {
        return i32::MIN;
    }
    let bucket = index(threshold, schema);
    bucket - i32::from(upper_bound(bucket, schema) > threshold)
}

#[inline]
fn finest_index(value: f64) -> i32 {
    if value.is_infinite() {
        return ((BIAS + 1) << FINEST) + 1;
    }
    let bits = value.to_bits() << 1 >> 1;
    let (mut exponent, mut mantissa) = ((bits >> MANTISSA_BITS) as i32 - BIAS, bits & MANTISSA);
    if exponent == -BIAS {
        // A subnormal value: it becomes one with a leading 1, as the others have it.
        let shift = mantissa.leading_zeros() - (u64::BITS - f64::MANTISSA_DIGITS);
        mantissa = mantissa << shift & MANTISSA;
        exponent = 1 - BIAS - shift as i32;
    }
    // Between two of the starts there are two bounds at most.
    let mut below = usize::from(STARTS[(mantissa >> (MANTISSA_BITS - FINEST as u32)) as usize]);
    below += usize::from(BOUNDS[below] < mantissa);
    below += usize::from(BOUNDS[below] < mantissa);
    (exponent << FINEST) + below as i32
}

/// The bounds from 1 to 2, as the bits of the greatest mantissa that is not above them.
const BOUNDS: [u64; OCTAVE + 1] = {
    let mut bounds = [0; OCTAVE + 1];
    // 2^(k/256) with 127 binary places.
    let mut bound: u128 = 1 << 127;
    let mut index = 0;
    while index < OCTAVE {
        bounds[index] = (bound >> (127 - MANTISSA_BITS)) as u64 & MANTISSA;
        bound = product(bound, ROOT);
        index += 1;
    }
    bounds[OCTAVE] = 1 << MANTISSA_BITS;
    bounds
};

/// 2^(1/256) with 127 binary places.
const ROOT: u128 = 0x8058_d7d2_d5e5_f6b0_94d5_89f6_08ee_4aa2;

/// How many bounds are below the 256 mantissas that start with the same 8 bits, by these bits.
const STARTS: [u16; OCTAVE] = {
    let mut starts = [0; OCTAVE];
    let (mut start, mut below) = (0, 0);
    while start < OCTAVE {
        while BOUNDS[below] < (start as u64) << (MANTISSA_BITS - FINEST as u32) {
            below += 1;
        }
        starts[start] = below as u16;
        start += 1;
    }
    starts
};

/// Multiplies two numbers with 127 binary places.
const fn product(left: u128, right: u128) -> u128 {
    const LOW: u128 = u64::MAX as u128;
    let (left_high, left_low) = (left >> 64, left & LOW);
    let (right_high, right_low) = (right >> 64, right & LOW);
    let (one, other) = (left_high * right_low, left_low * right_high);
    let middle = (one & LOW) + (other & LOW) + ((left_low * right_low) >> 64);
    let high = left_high * right_high + (one >> 64) + (other >> 64) + (middle >> 64);
    high << 1 | (middle >> 63) & 1
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use proptest::prelude::*;

    use super::*;

    /// A whole number of any size, lowest digits first.
    type Digits = Vec<u64>;

    fn square(number: &Digits) -> Digits {
        let mut square = vec![0; 2 * number.len()];
        for (place, left) in number.iter().enumerate() {
            let mut carry = 0;
            for (digit, right) in square[place..].iter_mut().zip(number) {
                let sum = u128::from(*digit) + u128::from(*left) * u128::from(*right) + carry;
                *digit = sum as u64;
                carry = sum >> 64;
            }
            square[place + number.len()] = carry as u64;
        }
        square
    }

    /// How the mantissa with a leading 1, from 1 to 2, compares with 2^(k/256), exactly.
    fn compare_with_bound(mantissa: u64, k: usize) -> Ordering {
        // mantissa^256 with 2^(256 * 52 + k).
        let power = (0..FINEST).fold(vec![mantissa], |number, _| square(&number));
        let exponent = OCTAVE * MANTISSA_BITS as usize + k;
        let mut bound = vec![0; power.len()];
        bound[exponent / 64] = 1 << (exponent % 64);
        power.iter().rev().cmp(bound.iter().rev())
    }

    #[test]
    fn the_bounds_are_exact() {
        for (k, bound) in BOUNDS.into_iter().enumerate() {
            let mantissa = bound + (1 << MANTISSA_BITS);
            assert_ne!(compare_with_bound(mantissa, k), Ordering::Greater, "{k}");
            assert_eq!(
                compare_with_bound(mantissa + 1, k),
                Ordering::Greater,
                "{k}"
            );
        }
    }

    #[test]
    fn a_bound_belongs_to_its_bucket_and_the_next_value_to_the_next_one() {
        for schema in COARSEST..=FINEST {
            // Below, there are more buckets than values.
            for bucket in index(f64::MIN_POSITIVE, schema)..=index(f64::MAX, schema) {
                let bound = upper_bound(bucket, schema);
                let next = index(bound.next_up(), schema);
                assert_eq!(
                    (index(bound, schema), next),
                    (bucket, bucket + 1),
                    "{bound:e} at {schema}"
                );
            }
        }
    }

    #[test]
    fn powers_of_two_are_the_last_of_their_buckets() {
        for exponent in -1_022..=1_023_i32 {
            let power = f64::powi(2.0, exponent);
            assert_eq!(index(power, 0), exponent);
            assert_eq!(index(power, 3), 8 * exponent);
            assert_eq!(index(-power, 8), 256 * exponent);
            assert_eq!(index(power, -1), (exponent + 1).div_euclid(2));
            assert_eq!(index(power.next_up(), 3), 8 * exponent + 1);
        }
    }

    #[test]
    fn what_is_within_a_threshold_ends_with_a_bucket() {
        assert_eq!(last_within(0.0, 3), i32::MIN);
        assert_eq!([last_within(1.0, 3), last_within(2.0, 3)], [0, 8]);
        assert_eq!(last_within(2_f64.next_down(), 3), 7);
        assert_eq!(last_within(2_f64.next_up(), 3), 8);
    }

    #[test]
    fn infinity_is_alone_above_the_greatest_value() {
        for schema in COARSEST..=FINEST {
            let last = index(f64::MAX, schema);
            assert_eq!(index(f64::INFINITY, schema), last + 1);
            assert_eq!(index(f64::NEG_INFINITY, schema), last + 1);
            assert_eq!(upper_bound(last, schema), f64::MAX);
            assert_eq!(upper_bound(last + 1, schema), f64::INFINITY);
        }
        assert_eq!((index(f64::MAX, 0), index(f64::MAX, -4)), (1_024, 64));
    }

    #[test]
    fn the_least_values_have_buckets_too() {
        assert_eq!(index(f64::from_bits(1), 0), -1_074);
        assert_eq!(index(f64::from_bits(3), 0), -1_072);
        assert_eq!(index(f64::MIN_POSITIVE, 0), -1_022);
        assert_eq!(index(f64::MIN_POSITIVE.next_down(), 0), -1_022);
        assert_eq!(upper_bound(-1_074, 0), f64::from_bits(1));
    }

    proptest! {
        #[test]
        fn the_bucket_of_any_value_is_the_one_whose_bounds_it_lies_between(
            value in proptest::num::f64::POSITIVE | proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL,
            schema in COARSEST..=FINEST,
        ) {
            let value = value.abs();
            let bucket = index(value, schema);
            prop_assert!(value <= upper_bound(bucket, schema));
            prop_assert!(value > upper_bound(bucket - 1, schema));
        }

        #[test]
        fn a_coarser_bucket_is_the_one_that_the_value_has_at_that_resolution(
            value in proptest::num::f64::NORMAL,
            (schema, finer) in (COARSEST..=FINEST).prop_flat_map(|schema| (Just(schema), schema..=FINEST)),
        ) {
            let coarsened = coarser(index(value, finer), finer - schema);
            prop_assert_eq!(coarsened, index(value, schema));
        }
    }
}
