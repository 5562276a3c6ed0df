//! Lines in the [combined format](https://httpd.apache.org/docs/2.4/logs.html#combined).

use std::io::Write;

use steeple_core::{HttpVersion, RequestRecord};

use super::facts::Facts;
use crate::encode::civil_time;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Adds a line of a request that began at a time in seconds since 1970.
pub(super) fn push(out: &mut Vec<u8>, began: u64, record: &RequestRecord<'_>, facts: &Facts<'_>) {
    let client = facts.client.as_ref().map_or("-", |client| client.as_str());
    out.extend_from_slice(client.as_bytes());
    let time = civil_time(began);
    let month = MONTHS[(time.month as usize - 1) % MONTHS.len()];
    // A vector takes all that is written to it.
    let _ = write!(
        out,
        " - - [{:02}/{month}/{:04}:{:02}:{:02}:{:02} +0000] \"",
        time.day, time.year, time.hour, time.minute, time.second
    );
    push_escaped(out, facts.method);
    out.push(b' ');
    push_escaped(out, facts.path);
    if let Some(query) = facts.query {
        out.push(b'?');
        push_escaped(out, query);
    }
    let version = match record.version {
        HttpVersion::Http2 => "2.0",
        HttpVersion::Http3 => "3.0",
        version => version.as_str(),
    };
    for part in [" HTTP/", version, "\" "] {
        out.extend_from_slice(part.as_bytes());
    }
    // What was not answered has the status that nginx gave it.
    let status = record.status.unwrap_or(499);
    out.extend_from_slice(itoa::Buffer::new().format(status).as_bytes());
    out.push(b' ');
    match record.response_size {
        0 => out.push(b'-'),
        size => out.extend_from_slice(itoa::Buffer::new().format(size).as_bytes()),
    }
    let agent = Some(facts.agent).filter(|agent| !agent.is_empty());
    for text in [facts.referrer, agent] {
        out.extend_from_slice(b" \"");
        push_escaped(out, text.unwrap_or("-"));
        out.push(b'"');
    }
    out.push(b'\n');
}

/// As Apache [escapes](https://httpd.apache.org/docs/2.4/mod/mod_log_config.html#formats) what a client says: quotes, backslashes,
/// and all bytes that are not printable ASCII.
fn push_escaped(out: &mut Vec<u8>, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b' '..=b'~' => out.push(byte),
            _ => _ = write!(out, "\\x{byte:02x}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_client_says_is_raw() {
        let mut out = Vec::new();
        push_escaped(&mut out, "a \"b\"\\\r\n\u{1b}\u{202e}\u{e4}");
        let escaped = r#"a \"b\"\\\x0d\x0a\x1b\xe2\x80\xae\xc3\xa4"#;
        assert_eq!(String::from_utf8(out).unwrap(), escaped);
    }
}
