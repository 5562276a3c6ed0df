//! How numbers are written: shortest text that reads back to the same value, in a form Go's parser takes.

use std::{
    fmt::Write,
    time::{SystemTime, UNIX_EPOCH},
};

/// Whole numbers below this are written with all their digits.
const LARGEST_PLAIN: f64 = 1e15;

pub(crate) fn push_integer(text: &mut String, value: u64) {
    text.push_str(itoa::Buffer::new().format(value));
}

pub(crate) fn push_float(text: &mut String, value: f64) {
    if value.is_nan() {
        text.push_str("NaN");
    } else if value.is_infinite() {
        text.push_str(if value > 0.0 { "+Inf" } else { "-Inf" });
    } else if value.abs() < LARGEST_PLAIN && (value as i64 as f64).to_bits() == value.to_bits() {
        text.push_str(itoa::Buffer::new().format(value as i64));
    } else {
        let mut buffer = zmij::Buffer::new();
        let written = buffer.format_finite(value);
        text.push_str(written.strip_suffix(".0").unwrap_or(written));
    }
}

/// Writes a moment in seconds since 1970, to the millisecond.
pub(crate) fn push_seconds(text: &mut String, moment: SystemTime) {
    let since = moment.duration_since(UNIX_EPOCH).unwrap_or_default();
    push_integer(text, since.as_secs());
    let written = write!(text, ".{:03}", since.subsec_millis());
    debug_assert!(written.is_ok(), "a String takes every write");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(value: f64) -> String {
        let mut text = String::new();
        push_float(&mut text, value);
        text
    }

    #[test]
    fn floats_are_short_and_prometheus_style() {
        let cases = [
            (0.005, "0.005"),
            (1.0, "1"),
            (-17.0, "-17"),
            (0.0, "0"),
            (2.5, "2.5"),
            (67_108_864.0, "67108864"),
            (1e300, "1e+300"),
            (1.5e-9, "1.5e-9"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
            (f64::NAN, "NaN"),
        ];
        for (value, text) in cases {
            assert_eq!(written(value), text);
        }
    }

    proptest! {
        #[test]
        fn floats_read_back_to_the_same_bits(value in any::<f64>().prop_filter("not NaN", |value| !value.is_nan())) {
            prop_assert_eq!(written(value).parse::<f64>().unwrap().to_bits(), value.to_bits());
        }
    }
}
