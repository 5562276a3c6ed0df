//! How long the caller of a gRPC method waits.

use std::time::Duration;

use crate::headers::parse_decimal;

/// The value of [`grpc-timeout`](https://github.com/grpc/grpc/blob/v1.76.0/doc/PROTOCOL-HTTP2.md#requests): at most eight
/// digits and a unit. It is kept as it came, since few calls are dropped, and only they ask for it.
#[derive(Debug, Default)]
pub(crate) struct Timeout {
    value: [u8; 9],
    length: u8,
}

impl Timeout {
    /// Takes in `value`; what is too long is none.
    pub(crate) fn keep(&mut self, value: &[u8]) {
        self.clear();
        if let Some(kept) = self.value.get_mut(..value.len()) {
            kept.copy_from_slice(value);
            self.length = value.len() as u8;
        }
    }

    pub(crate) fn clear(&mut self) {
        self.length = 0;
    }

    /// How long the caller waits, if it said so.
    pub(crate) fn read(&self) -> Option<Duration> {
        let value = &self.value[..usize::from(self.length)];
        let (unit, digits) = value.split_last()?;
        let count = parse_decimal(digits)?;
        match unit {
            b'H' => Some(Duration::from_secs(count * 3_600)),
            b'M' => Some(Duration::from_secs(count * 60)),
            b'S' => Some(Duration::from_secs(count)),
            b'm' => Some(Duration::from_millis(count)),
            b'u' => Some(Duration::from_micros(count)),
            b'n' => Some(Duration::from_nanos(count)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_at_most_eight_digits_and_a_unit() {
        let mut timeout = Timeout::default();
        let mut read = |value: &str| {
            timeout.keep(value.as_bytes());
            timeout.read()
        };
        assert_eq!(read("2S"), Some(Duration::from_secs(2)));
        assert_eq!(read("1H"), Some(Duration::from_secs(3_600)));
        assert_eq!(read("3M"), Some(Duration::from_secs(180)));
        assert_eq!(read("99999999m"), Some(Duration::from_millis(99_999_999)));
        assert_eq!(read("5u"), Some(Duration::from_micros(5)));
        assert_eq!(read("7n"), Some(Duration::from_nanos(7)));
        for bad in ["", "S", "1", "1s", "-1S", "1.5S", "999999999S", "1 S"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
