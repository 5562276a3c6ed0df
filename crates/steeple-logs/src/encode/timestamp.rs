//! Moments as [RFC 3339](https://www.rfc-editor.org/rfc/rfc3339) writes them, in UTC.

use std::cell::Cell;

use steeple_core::Timestamp;

/// `2026-11-23T12:34:56`.
const LENGTH: usize = 19;
/// `2026-11-23T12:34:56.123456789Z`.
const LONGEST: usize = 30;
const DAY: u64 = 24 * 60 * 60;

/// What a thread wrote last, for the next in the same second.
#[derive(Clone, Copy)]
struct Written {
    second: u64,
    text: [u8; LENGTH],
}

thread_local! {
    static WRITTEN: Cell<Option<Written>> = const { Cell::new(None) };
}

/// Appends `at` with `DIGITS` digits of a second's fraction, cut off, and a `Z`.
pub(crate) fn push<const DIGITS: usize>(out: &mut Vec<u8>, at: Timestamp) {
    push_nanos::<DIGITS>(out, at.unix_nanos());
}

/// [`push`] of nanoseconds since 1970.
pub(crate) fn push_nanos<const DIGITS: usize>(out: &mut Vec<u8>, nanos: u64) {
    out.extend_from_slice(&text::<DIGITS>(nanos)[..LENGTH + 1 + DIGITS + 1]);
}

/// What [`push`] appends with six digits.
pub(crate) fn micros(at: Timestamp) -> [u8; LENGTH + ".123456Z".len()] {
    let text = text::<6>(at.unix_nanos());
    std::array::from_fn(|place| text[place])
}

/// What is behind the `Z` is none of it.
#[inline]
fn text<const DIGITS: usize>(nanos: u64) -> [u8; LONGEST] {
    let mut text = *b"0000-00-00T00:00:00.000000000Z";
    text[..LENGTH].copy_from_slice(&of_second(nanos / 1_000_000_000));
    let fraction = nanos % 1_000_000_000 / 10_u64.pow(9 - DIGITS as u32);
    let end = LENGTH + 1 + DIGITS;
    text[LENGTH + 1..end].copy_from_slice(&digits::<DIGITS>(fraction));
    text[end] = b'Z';
    text
}

fn of_second(second: u64) -> [u8; LENGTH] {
    let known = WRITTEN.get().filter(|written| written.second == second);
    known.map_or_else(
        || {
            let text = written(second);
            WRITTEN.set(Some(Written { second, text }));
            text
        },
        |written| written.text,
    )
}

fn written(second: u64) -> [u8; LENGTH] {
    let time = civil_time(second);
    let mut text = *b"0000-00-00T00:00:00";
    text[..4].copy_from_slice(&digits::<4>(time.year));
    let pairs = [time.month, time.day, time.hour, time.minute, time.second];
    for (place, pair) in (5..).step_by(3).zip(pairs) {
        text[place..place + 2].copy_from_slice(&digits::<2>(pair));
    }
    text
}

/// A second as calendars and clocks have it.
pub(crate) struct CivilTime {
    pub(crate) year: u64,
    /// From 1 on, as days are.
    pub(crate) month: u64,
    pub(crate) day: u64,
    pub(crate) hour: u64,
    pub(crate) minute: u64,
    pub(crate) second: u64,
}

/// That of a second since 1970.
pub(crate) fn civil_time(second: u64) -> CivilTime {
    let (year, month, day) = civil(second / DAY);
    let time = second % DAY;
    CivilTime {
        year,
        month,
        day,
        hour: time / 3_600,
        minute: time / 60 % 60,
        second: time % 60,
    }
}

/// Year, month and day of a day since 1970, by the [proleptic Gregorian
/// calendar](https://howardhinnant.github.io/date_algorithms.html#civil_from_days): years begin in March, so that what is uneven is
/// at their ends.
fn civil(day: u64) -> (u64, u64, u64) {
    const ERA: u64 = 146_097;
    let day = day + 719_468;
    let of_era = day % ERA;
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (
        year + day / ERA * 400 + u64::from(month <= 2),
        month,
        of_month,
    )
}

fn digits<const N: usize>(mut value: u64) -> [u8; N] {
    let mut text = [b'0'; N];
    for digit in text.iter_mut().rev() {
        *digit += (value % 10) as u8;
        value /= 10;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(nanos: u64) -> String {
        let mut out = Vec::new();
        push_nanos::<6>(&mut out, nanos);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn moments_are_written_as_rfc_3339_has_them() {
        assert_eq!(text(0), "1970-01-01T00:00:00.000000Z");
        assert_eq!(text(951_827_696_123_456_789), "2000-02-29T12:34:56.123456Z");
        assert_eq!(text(951_868_799_999_999_999), "2000-02-29T23:59:59.999999Z");
        assert_eq!(text(951_868_800_000_000_000), "2000-03-01T00:00:00.000000Z");
        assert_eq!(
            text(4_107_542_400_000_001_000),
            "2100-03-01T00:00:00.000001Z"
        );
        // As late as the clock can tell.
        assert_eq!(text(u64::MAX), "2554-07-21T23:34:33.709551Z");
    }

    #[test]
    fn what_is_written_elsewhere_is_what_is_appended() {
        let (at, mut out) = (Timestamp::now(), Vec::new());
        push::<6>(&mut out, at);
        assert_eq!(out, micros(at));
    }

    #[test]
    fn each_day_follows_the_one_before() {
        const LENGTHS: [u64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let (mut year, mut month, mut day) = (1970, 1, 1);
        for number in 0..200_000 {
            assert_eq!(civil(number), (year, month, day));
            let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let length = LENGTHS[month as usize - 1] + u64::from(month == 2 && is_leap);
            day += 1;
            if day > length {
                (month, day) = (month + 1, 1);
            }
            if month > 12 {
                (year, month) = (year + 1, 1);
            }
        }
    }

    #[test]
    fn a_second_that_was_written_is_written_again() {
        assert_eq!(text(1_500_000_000), text(1_500_000_000));
        assert_eq!(text(2_000_000_000), "1970-01-01T00:00:02.000000Z");
        assert_eq!(text(1_500_000_000), "1970-01-01T00:00:01.500000Z");
    }
}
