//! Numbers of cards.

use super::reader::Reader;

/// How many digits a number has ([ISO/IEC 7812](https://www.iso.org/standard/70484.html)).
const DIGITS: std::ops::RangeInclusive<usize> = 13..=19;

/// Whether this is the number of a card.
pub(super) fn is_number(number: u64) -> bool {
    // No shorter one is, and most numbers are.
    number >= 10_u64.pow(*DIGITS.start() as u32 - 1) && Digits::of(number).are_a_card()
}

/// Where the number of a card ends that begins at `start`: 13 to 19 digits, which satisfy Luhn's formula, alone or in groups.
///
/// Those of the issuers begin with 2 to 6, so that times since 1970 are none; those with 2 have 16 digits and begin with 2221 to
/// 2720, so that dates are none; and the first group has four digits, so that UUIDs are none.
pub(super) fn end(reader: &Reader<'_>, start: usize) -> Option<usize> {
    if !matches!(reader.at(start)?, b'2'..=b'6') {
        return None;
    }
    let mut digits = Digits::default();
    let mut at = digits.take(reader, start);
    if digits.count >= *DIGITS.start() {
        return (digits.are_a_card() && is_end(reader, at)).then_some(at);
    }
    if digits.count != 4 {
        return None;
    }
    // What is between its groups, also in queries: https://url.spec.whatwg.org/#urlencoded-parsing
    let separator = match reader.at(at)? {
        b' ' => " ",
        b'-' => "-",
        b'+' => "+",
        b'%' => "%20",
        _ => return None,
    };
    let mut end = None;
    while reader.is_at(at, separator) {
        let before = digits.count;
        at = digits.take(reader, at + separator.len());
        if !matches!(digits.count - before, 3..=6) {
            break;
        }
        if digits.are_a_card() && is_end(reader, at) {
            end = Some(at);
        }
    }
    end
}

fn is_end(reader: &Reader<'_>, at: usize) -> bool {
    reader
        .at(at)
        .is_none_or(|byte| !byte.is_ascii_alphanumeric() && byte != b'_')
}

#[derive(Default)]
struct Digits {
    /// As many as a number may have, and one more.
    digits: [u8; 20],
    count: usize,
}

impl Digits {
    fn of(number: u64) -> Self {
        let count = number.checked_ilog10().map_or(1, |log| log as usize + 1);
        let mut digits = Self {
            count,
            ..Self::default()
        };
        let mut rest = number;
        for place in digits.digits[..count].iter_mut().rev() {
            *place = (rest % 10) as u8;
            rest /= 10;
        }
        digits
    }

    /// Takes in as many as follow and have room, and returns where they end.
    fn take(&mut self, reader: &Reader<'_>, mut at: usize) -> usize {
        while let Some(place) = self.digits.get_mut(self.count)
            && let Some(digit @ b'0'..=b'9') = reader.at(at)
        {
            *place = digit - b'0';
            self.count += 1;
            at += 1;
        }
        at
    }

    fn are_a_card(&self) -> bool {
        let digits = self.digits[..self.count].iter().rev().enumerate();
        let sum: u32 = digits
            .map(|(place, digit)| match (place % 2, u32::from(*digit)) {
                (0, digit) => digit,
                (_, digit) => digit * 2 / 10 + digit * 2 % 10,
            })
            .sum();
        DIGITS.contains(&self.count) && sum.is_multiple_of(10) && self.are_issued()
    }

    fn are_issued(&self) -> bool {
        let beginning = self.digits[..4]
            .iter()
            .fold(0, |beginning, digit| beginning * 10 + u32::from(*digit));
        match beginning {
            2_000..=2_999 => self.count == 16 && (2_221..=2_720).contains(&beginning),
            _ => (3_000..=6_999).contains(&beginning),
        }
    }
}
