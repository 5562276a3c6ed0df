//! The [path](https://github.com/prometheus/pushgateway#url) of a group of metrics.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All but the [unreserved](https://www.rfc-editor.org/rfc/rfc3986#section-2.3) characters.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The path of the group, below that of the gateway.
pub(super) fn group(job: &str, labels: &[(String, String)]) -> String {
    let mut path = "/metrics".to_owned();
    push_label(&mut path, "job", job);
    for (name, value) in labels {
        push_label(&mut path, name, value);
    }
    path
}

fn push_label(path: &mut String, name: &str, value: &str) {
    path.extend(["/", name]);
    match value {
        "" => path.push_str("@base64/="),
        // What would be taken for more than one part of the path, or for another path.
        value if value.contains('/') || value == "." || value == ".." => {
            path.push_str("@base64/");
            BASE64_URL_SAFE_NO_PAD.encode_string(value, path);
        }
        value => {
            path.push('/');
            path.extend(utf8_percent_encode(value, ESCAPED));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::group;

    #[test]
    fn values_that_a_path_cannot_hold_are_base64() {
        let path = |job, value: &str| group(job, &[("path".to_owned(), value.to_owned())]);
        assert_eq!(path("some_job", "a"), "/metrics/job/some_job/path/a");
        assert_eq!(path("a b", "%"), "/metrics/job/a%20b/path/%25");
        // Those of the Pushgateway's own page.
        assert_eq!(
            path("directory_cleaner", "/var/tmp"),
            "/metrics/job/directory_cleaner/path@base64/L3Zhci90bXA"
        );
        assert_eq!(
            path("titan", "\u{3a0}\u{3c1}"),
            "/metrics/job/titan/path/%CE%A0%CF%81"
        );
        assert_eq!(path("empty", ""), "/metrics/job/empty/path@base64/=");
        assert_eq!(
            path("a/b", ".."),
            "/metrics/job@base64/YS9i/path@base64/Li4"
        );
    }
}
