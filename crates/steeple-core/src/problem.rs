//! What a client is told of a failure.

use std::fmt::Write as _;

use crate::request_id::RequestId;

/// What a client is told of a failure, as [problem details](https://www.rfc-editor.org/rfc/rfc9457): the status, what the
/// application says to clients, and the id of the request. For adapters, whose frameworks know the names of statuses.
#[derive(Clone, Copy, Debug)]
pub struct Problem<'a> {
    /// The status.
    pub status: u16,
    /// The name of the status.
    pub title: &'a str,
    /// What the client may know besides.
    pub detail: Option<&'a str>,
    /// The id that the client may ask by.
    pub request_id: Option<&'a RequestId>,
}

impl Problem<'_> {
    /// The media type of the document.
    pub const CONTENT_TYPE: &'static str = "application/problem+json";

    /// The document. Its type is `about:blank`: it means no more than the status; `request_id` is an extension member.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = r#"{"type":"about:blank","title":"#.to_owned();
        push_string(&mut json, self.title);
        // Writing to memory does not fail.
        let _ = write!(json, r#","status":{}"#, self.status);
        if let Some(detail) = self.detail {
            json.push_str(r#","detail":"#);
            push_string(&mut json, detail);
        }
        if let Some(id) = self.request_id {
            json.push_str(r#","request_id":"#);
            push_string(&mut json, id.as_str());
        }
        json.push('}');
        json
    }
}

fn push_string(json: &mut String, text: &str) {
    json.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => json.extend(['\\', character]),
            '\0'..='\x1f' => {
                let _ = write!(json, "\\u{:04x}", u32::from(character));
            }
            _ => json.push(character),
        }
    }
    json.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_told_in_json() {
        let problem = Problem {
            status: 409,
            title: "Conflict",
            detail: Some("the name \"a\\b\"\n is taken"),
            request_id: None,
        };
        assert_eq!(
            problem.to_json(),
            r#"{"type":"about:blank","title":"Conflict","status":409,"detail":"the name \"a\\b\"\u000a is taken"}"#
        );
    }
}
