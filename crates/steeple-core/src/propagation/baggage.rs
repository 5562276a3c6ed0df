//! [`baggage`](https://www.w3.org/TR/baggage/): what an application gives its requests to carry along.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use super::{
    header::Header,
    outgoing::Set,
    received::{KEPT_ROOM, LONGEST_LIST},
};

const MOST_MEMBERS: usize = 64;
/// What a value cannot have as it is.
const ENCODED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'%')
    .add(b',')
    .add(b';')
    .add(b'\\');

/// The members of a `baggage`, as they are sent on: well-formed, without white space.
#[derive(Clone, Debug, Default)]
pub(crate) struct Baggage {
    text: String,
}

/// A member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry<'a> {
    pub(crate) key: &'a str,
    /// Encoded as it came.
    value: &'a str,
    /// What is said of it, such as `ttl=5;public`.
    pub(crate) properties: &'a str,
}

impl<'a> Entry<'a> {
    fn of(member: &'a str) -> Option<Self> {
        let (key, rest) = member.split_once('=')?;
        let (value, properties) = rest.split_once(';').unwrap_or((rest, ""));
        Some(Self {
            key,
            value,
            properties,
        })
    }

    /// The value decoded; bytes that are not UTF-8 are U+FFFD.
    pub(crate) fn value(&self) -> Cow<'a, str> {
        percent_decode_str(self.value).decode_utf8_lossy()
    }
}

impl Baggage {
    /// Becomes that of a request without any.
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.text.shrink_to(KEPT_ROOM);
    }

    /// Becomes what was received: the first members that are well-formed, as many as may be.
    pub(crate) fn replace(&mut self, received: &[u8]) {
        self.clear();
        let members = received.split(|byte| *byte == b',');
        let well_formed = members.filter_map(|member| {
            str::from_utf8(member)
                .ok()
                .filter(|member| is_member(member))
        });
        for member in well_formed.take(MOST_MEMBERS) {
            if !self.text.is_empty() {
                self.text.push(',');
            }
            // Where there is white space in a member, it means nothing.
            self.text.extend(member.split([' ', '\t']));
        }
    }

    /// Sets the value of a key and takes its other values out. What is no key or has no room changes nothing.
    pub(crate) fn set(&mut self, key: &str, value: &str) {
        let others = self
            .text
            .split(',')
            .filter(|member| Entry::of(member).is_some_and(|entry| entry.key != key));
        let own = format!("{key}={}", utf8_percent_encode(value, ENCODED));
        let members = Vec::from_iter(others.chain([&*own]));
        let text = members.join(",");
        let is_key = is_token(key) && key.trim() == key;
        if is_key && members.len() <= MOST_MEMBERS && text.len() <= LONGEST_LIST {
            self.text = text;
        }
    }

    /// The members in their order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Entry<'_>> {
        self.text.split(',').filter_map(Entry::of)
    }

    /// The value of the last member with that key, decoded.
    pub(crate) fn get(&self, key: &str) -> Option<Cow<'_, str>> {
        let last = self.iter().filter(|entry| entry.key == key).last();
        last.map(|entry| entry.value())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn inject(&self, set: &mut Set<'_>) {
        if !self.text.is_empty() {
            set(Header::Baggage.name(), self.as_str());
        }
    }
}

/// Whether it is a key, a value and properties, with white space around each.
fn is_member(member: &str) -> bool {
    let mut parts = member.split(';');
    let pair = parts.next().and_then(|pair| pair.split_once('='));
    let well_formed = |(key, value): (&str, &str)| is_token(key) && is_value(value);
    pair.is_some_and(well_formed)
        && parts.all(|property| match property.split_once('=') {
            Some(pair) => well_formed(pair),
            None => is_token(property),
        })
}

/// A [token](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2).
fn is_token(text: &str) -> bool {
    let text = text.trim_matches([' ', '\t']);
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(allowed)
}

fn is_value(text: &str) -> bool {
    let text = text.trim_matches([' ', '\t']);
    text.bytes()
        .all(|byte| byte.is_ascii_graphic() && !b"\",;\\".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn baggage(received: &str) -> Baggage {
        let mut baggage = Baggage::default();
        baggage.replace(received.as_bytes());
        baggage
    }

    #[test]
    fn members_are_sent_on_with_their_properties_and_without_white_space() {
        let baggage = baggage("user = alice ; public;\tttl = 5 , empty=,\tuser=b=c");
        assert_eq!(baggage.as_str(), "user=alice;public;ttl=5,empty=,user=b=c");
        let entries: Vec<_> = baggage
            .iter()
            .map(|entry| (entry.key, entry.value().into_owned(), entry.properties))
            .collect();
        assert_eq!(
            entries,
            [
                ("user", "alice".to_owned(), "public;ttl=5"),
                ("empty", String::new(), ""),
                ("user", "b=c".to_owned(), ""),
            ]
        );
    }

    #[test]
    fn values_are_decoded_when_they_are_read_and_sent_on_as_they_came() {
        let text = "name=Am%C3%A9lie,node=DF%2028,odd=%zz%,broken=%ff";
        let baggage = baggage(text);
        assert_eq!(baggage.as_str(), text);
        let get = |key| baggage.get(key).map(Cow::into_owned);
        assert_eq!(get("name").as_deref(), Some("Am\u{e9}lie"));
        assert_eq!(get("node").as_deref(), Some("DF 28"));
        assert_eq!(get("odd").as_deref(), Some("%zz%"));
        assert_eq!(get("broken").as_deref(), Some("\u{fffd}"));
        assert_eq!(get("Name"), None);
    }

    #[test]
    fn of_a_key_that_comes_again_the_last_value_counts() {
        assert_eq!(baggage("a=1,b=2,a=3").get("a").as_deref(), Some("3"));
    }

    #[test]
    fn a_value_that_is_set_takes_the_place_of_others_and_is_read_again() {
        let mut baggage = baggage("a=1;p,b=2,a=3");
        let value = "50 %, \"Am\u{e9}lie\"; C:\\";
        baggage.set("a", value);
        assert_eq!(
            baggage.as_str(),
            "b=2,a=50%20%25%2C%20%22Am%C3%A9lie%22%3B%20C:%5C"
        );
        assert_eq!(baggage.get("a").as_deref(), Some(value));
        baggage.set("c", "");
        assert!(baggage.as_str().ends_with(",c="));
    }

    #[test]
    fn what_is_no_key_or_has_no_room_is_not_set() {
        let mut full = baggage("a=1");
        for (key, value) in [("", "1"), ("a b", "1"), (" a", "2"), ("\u{e4}", "1")] {
            full.set(key, value);
        }
        full.set("long", &"x".repeat(8_192));
        assert_eq!(full.as_str(), "a=1");
        (0..100).for_each(|number| full.set(&format!("k{number}"), ""));
        assert_eq!(full.iter().count(), 64);
        full.set("a", "2");
        assert_eq!(full.get("a").as_deref(), Some("2"));
    }

    #[test]
    fn malformed_members_are_left_out() {
        for bad in [
            "",
            " ",
            "a",
            "=1",
            "a b=1",
            "a=1 2",
            "a=\"1\"",
            "a=1\\",
            "\u{e4}=1",
            "a=\u{e4}",
            "a=1;",
            "a=1;=2",
            "a=1;p=\u{7f}",
            "a@b=1",
            "a=1;p q",
        ] {
            assert_eq!(
                baggage(&format!("x=1,{bad},y=2")).as_str(),
                "x=1,y=2",
                "{bad:?}"
            );
        }
    }

    #[test]
    fn the_first_64_members_are_sent_on() {
        let list =
            |count| Vec::from_iter((0..count).map(|number| format!("k{number}=v"))).join(",");
        assert_eq!(baggage(&list(64)).as_str(), list(64));
        assert_eq!(baggage(&list(1_000)).as_str(), list(64));
        assert_eq!(baggage(&format!("bad,{}", list(65))).as_str(), list(64));
    }
}
