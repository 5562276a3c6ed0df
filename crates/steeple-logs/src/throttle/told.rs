//! Lines about those that were held back.

use steeple_core::Timestamp;
use tracing_core::Metadata;

use super::{Admission, Held};
use crate::{
    encode::{Scalar, field},
    shared::Shared,
};

impl Shared {
    /// Whether a line of the call site `key` is written that says `content`. What was held back before is told in front of it.
    pub(crate) fn admits(
        &self,
        at: Timestamp,
        metadata: &'static Metadata<'static>,
        logger: &str,
        (key, content): (u64, u64),
    ) -> bool {
        let Some(throttle) = &self.throttle else {
            return true;
        };
        let now = at.unix_nanos();
        throttle.sweep(now, |metadata, held| {
            self.tell(at, metadata, metadata.target(), held)
        });
        match throttle.admit(key, metadata, content, now) {
            Admission::Written(held) => {
                self.tell(at, metadata, logger, held);
                true
            }
            Admission::Repeated => {
                self.volume.repeated();
                false
            }
            Admission::Limited => {
                self.volume.limited();
                false
            }
        }
    }

    /// Tells of all that is held back.
    pub(crate) fn tell_all_held(&self) {
        if let Some(throttle) = &self.throttle {
            let at = Timestamp::now();
            throttle.overdue(u64::MAX, |metadata, held| {
                self.tell(at, metadata, metadata.target(), held);
            });
        }
    }

    fn tell(&self, at: Timestamp, metadata: &Metadata<'_>, logger: &str, held: Held) {
        let counts = [
            (held.repeated, "repeated", "message repeated"),
            (
                held.limited,
                "left_out",
                "more than may be logged in a second, left out",
            ),
        ];
        for (count, label, what) in counts.into_iter().filter(|(count, ..)| *count > 0) {
            let times = if count == 1 { "time" } else { "times" };
            let message = format!("{what} {} {times}", grouped(count));
            self.volume.line(*metadata.level());
            self.writers.write(at, *metadata.level(), logger, |line| {
                if let Some(file) = metadata.file() {
                    line.text(field::LOG_ORIGIN_FILE_NAME, file);
                }
                if let Some(number) = metadata.line() {
                    line.unsigned(field::LOG_ORIGIN_FILE_LINE, number.into());
                }
                line.text(field::MESSAGE, &message);
                line.label(label, Scalar::Unsigned(count));
            });
        }
    }
}

/// With commas between thousands.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        for (count, written) in [
            (1, "1"),
            (999, "999"),
            (4_212, "4,212"),
            (1_000_000, "1,000,000"),
        ] {
            assert_eq!(grouped(count), written);
        }
    }
}
