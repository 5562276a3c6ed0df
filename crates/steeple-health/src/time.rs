use std::time::{SystemTime, UNIX_EPOCH};

/// The days of 400 years.
const ERA: u64 = 146_097;
/// The days from the beginning of an era, on 0000-03-01, to 1970-01-01.
const TO_1970: u64 = 719_468;

/// A point in time as [RFC 3339](https://www.rfc-editor.org/rfc/rfc3339#section-5.6) writes it, in UTC, to the millisecond; what is
/// before 1970 is its beginning.
pub(crate) fn rfc_3339(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let (days, seconds) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
    let (year, month, day) = date(days);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let millis = since.subsec_millis();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

/// The date that is so many days after 1970-01-01, by eras of 400 years that begin in March, so that leap days are last.
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + TO_1970;
    let day_of_era = days % ERA;
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_of_year = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_of_year + 2) / 5 + 1;
    let month = if month_of_year < 10 {
        month_of_year + 3
    } else {
        month_of_year - 9
    };
    let year = days / ERA * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day)
}

/// How many days after 1970-01-01 a date is, unless it is none or before that: the way back from [`date`].
#[cfg(feature = "certificate")]
pub(crate) fn days_to(year: u64, month: u64, day: u64) -> Option<u64> {
    let from_march = year.checked_sub(u64::from(month <= 2))?;
    let (era, year_of_era) = (from_march / 400, from_march % 400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day.checked_sub(1)?;
    let day_of_era = 365 * year_of_era + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = (era * ERA + day_of_era).checked_sub(TO_1970)?;
    (date(days) == (year, month, day)).then_some(days)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        // As `date -u -d @SECONDS` tells them.
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00.007Z"),
            (951_782_399, "2000-02-28T23:59:59.007Z"),
            (951_868_799, "2000-02-29T23:59:59.007Z"),
            (951_868_800, "2000-03-01T00:00:00.007Z"),
            (1_735_689_599, "2024-12-31T23:59:59.007Z"),
            (4_107_542_400, "2100-03-01T00:00:00.007Z"),
            (253_402_300_799, "9999-12-31T23:59:59.007Z"),
        ] {
            let time = UNIX_EPOCH + Duration::from_secs(seconds) + Duration::from_millis(7);
            assert_eq!(rfc_3339(time), expected);
        }
        let before = UNIX_EPOCH - Duration::from_secs(1);
        assert_eq!(rfc_3339(before), "1970-01-01T00:00:00.000Z");
    }

    #[cfg(feature = "certificate")]
    #[test]
    fn days_are_found_from_dates_and_from_nothing_else() {
        for days in 0..200_000 {
            let (year, month, day) = date(days);
            assert_eq!(days_to(year, month, day), Some(days));
        }
        for (year, month, day) in [
            (1969, 12, 31),
            (2023, 2, 29),
            (2024, 13, 1),
            (2024, 0, 1),
            (2024, 4, 31),
            (2024, 1, 0),
        ] {
            assert_eq!(days_to(year, month, day), None, "{year}-{month}-{day}");
        }
    }
}
