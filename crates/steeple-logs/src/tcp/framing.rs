use std::borrow::Cow;

use crate::Lines;

/// How lines are told apart on a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Framing {
    /// By their ends.
    Lines,
    /// By their length in front, without their ends:
    /// [RFC 6587](https://www.rfc-editor.org/rfc/rfc6587#section-3.4.1).
    #[cfg(feature = "syslog")]
    Octets,
}

impl Framing {
    /// `lines` as they are sent.
    pub(super) fn frame(self, lines: &Lines) -> Cow<'_, [u8]> {
        match self {
            Self::Lines => lines.as_bytes().into(),
            #[cfg(feature = "syslog")]
            Self::Octets => count_octets(lines).into(),
        }
    }
}

#[cfg(feature = "syslog")]
fn count_octets(lines: &Lines) -> Vec<u8> {
    let mut framed = Vec::with_capacity(lines.as_bytes().len() + 8 * lines.count() as usize);
    for line in lines.iter() {
        let message = line.strip_suffix(b"\n").unwrap_or(line);
        framed.extend_from_slice(itoa::Buffer::new().format(message.len()).as_bytes());
        framed.push(b' ');
        framed.extend_from_slice(message);
    }
    framed
}
