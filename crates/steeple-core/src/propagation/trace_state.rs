//! [`tracestate`](https://www.w3.org/TR/trace-context-2/#tracestate-header): what tracing systems tell themselves by way of us.

use std::ops::Range;

use super::received::KEPT_ROOM;

const MOST_MEMBERS: usize = 32;
/// How long a key and a value may be.
const LONGEST_PART: usize = 256;
/// How many bytes may be sent on at least.
const PROPAGATED: usize = 512;
/// How many are sent on at most: as many as leave [`PROPAGATED`], whichever member has to go first.
const LONGEST: usize = PROPAGATED + LONGEST_PART + 1 + LONGEST_PART;
/// Members that are longer go first.
const LARGE: usize = 128;

/// The members of a `tracestate`, as they are sent on.
#[derive(Clone, Debug, Default)]
pub(crate) struct TraceState {
    text: String,
}

impl TraceState {
    /// Becomes that of a request without any.
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.text.shrink_to(KEPT_ROOM);
    }

    /// Becomes what was received: well-formed, without white space, empty members and keys that come again. What is malformed
    /// is left out as a whole.
    pub(crate) fn replace(&mut self, received: &[u8]) {
        self.clear();
        if self.take(received).is_none() {
            self.text.clear();
        }
        self.truncate();
    }

    fn take(&mut self, received: &[u8]) -> Option<()> {
        let members = received.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
        for (count, member) in members.filter(|member| !member.is_empty()).enumerate() {
            let member = str::from_utf8(member).ok()?;
            let (key, value) = member.split_once('=')?;
            if count == MOST_MEMBERS || !is_key(key.as_bytes()) || !is_value(value.as_bytes()) {
                return None;
            }
            // The first is the newest.
            if self.get(key).is_none() {
                if !self.text.is_empty() {
                    self.text.push(',');
                }
                self.text.push_str(member);
            }
        }
        Some(())
    }

    /// Takes out whole members, the large ones first, from the end.
    fn truncate(&mut self) {
        while self.text.len() > LONGEST
            && let Some(place) = self.last(LARGE).or_else(|| self.last(0))
        {
            // With the comma behind it where it is the first, otherwise with the one before it.
            let with_comma = match place.start {
                0 => 0..(place.end + 1).min(self.text.len()),
                start => start - 1..place.end,
            };
            self.text.replace_range(with_comma, "");
        }
    }

    /// Where the last member stands that is longer than that.
    fn last(&self, length: usize) -> Option<Range<usize>> {
        let mut end = self.text.len();
        for member in self.text.rsplit(',') {
            let start = end - member.len();
            if member.len() > length {
                return Some(start..end);
            }
            end = start.saturating_sub(1);
        }
        None
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        let mut members = self
            .text
            .split(',')
            .filter_map(|member| member.split_once('='));
        members
            .find(|(other, _)| *other == key)
            .map(|(_, value)| value)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }
}

/// A key begins with a lower-case letter or a digit.
fn is_key(key: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    key.first().is_some_and(plain)
        && key.len() <= LONGEST_PART
        && key
            .iter()
            .all(|byte| plain(byte) || b"_-*/@".contains(byte))
}

/// A value is printable; it may begin with spaces, which belong to it.
fn is_value(value: &[u8]) -> bool {
    (1..=LONGEST_PART).contains(&value.len())
        && value
            .iter()
            .all(|byte| matches!(byte, b' '..=b'~') && *byte != b'=')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(received: &str) -> String {
        let mut state = TraceState::default();
        state.replace(received.as_bytes());
        state.text
    }

    fn list(count: usize, length: usize) -> Vec<String> {
        let member = |number| format!("{number:03}={}", "v".repeat(length - 4));
        (0..count).map(member).collect()
    }

    #[test]
    fn members_keep_their_order_and_lose_white_space_around_them() {
        assert_eq!(state(" rojo=1\t,,\t ,congo= 2 3 , "), "rojo=1,congo= 2 3");
        assert_eq!(state(""), "");
    }

    #[test]
    fn of_a_key_that_comes_again_the_first_is_kept() {
        assert_eq!(state("a=1,b=2,a=3"), "a=1,b=2");
    }

    #[test]
    fn a_value_is_found_by_its_key() {
        let mut state = TraceState::default();
        state.replace(b"rojo=1,congo=2");
        assert_eq!(state.get("congo"), Some("2"));
        assert_eq!(state.get("ongo"), None);
    }

    #[test]
    fn one_malformed_member_spoils_them_all() {
        let key = "k".repeat(256);
        let value = "v".repeat(256);
        assert_eq!(state(&format!("{key}={value}")), format!("{key}={value}"));
        assert_eq!(state("0_-*/@a=1"), "0_-*/@a=1");
        for bad in [
            "b",
            "=1",
            "b=",
            "b= ",
            "B=1",
            "_b=1",
            "@b=1",
            "b c=1",
            "b =1",
            "b.c=1",
            "b=1=2",
            "b=1\t2",
            "b=\u{e4}",
            "b=\u{7f}",
            &format!("{key}k=1"),
            &format!("b={value}v"),
        ] {
            assert_eq!(state(&format!("a=1,{bad}")), "", "{bad:?}");
        }
    }

    #[test]
    fn more_than_32_members_are_none() {
        assert_eq!(state(&list(32, 8).join(",")), list(32, 8).join(","));
        assert_eq!(state(&list(33, 8).join(",")), "");
    }

    #[test]
    fn what_is_too_long_loses_large_members_first_and_then_those_at_the_end() {
        let small = list(32, 60);
        let kept = |count| small[..count].join(",");
        assert!((512..=LONGEST).contains(&kept(16).len()) && kept(17).len() > LONGEST);
        assert_eq!(state(&small.join(",")), kept(16));
        let [large, edge] = [("x", 129), ("y", 128)]
            .map(|(key, length)| format!("{key}={}", "v".repeat(length - 2)));
        assert_eq!(
            state(&format!("{large},{},z{large}", kept(14))),
            format!("{large},{}", kept(14))
        );
        assert_eq!(
            state(&format!("{large},{},{edge}", kept(14))),
            format!("{},{edge}", kept(14))
        );
        assert_eq!(
            state(&format!("{edge},{}", kept(16))),
            format!("{edge},{}", kept(14))
        );
    }
}
