use std::{future::ready, str, time::Duration};

use bytes::Bytes;
use steeple_core::ops::{OpsBody, OpsFuture, OpsRequest, OpsResponse, OpsService};

use super::{Directives, Levels, handle::USUAL};

/// Tells and changes levels over HTTP, from [`Levels::endpoint`].
#[derive(Clone, Debug)]
pub struct LevelEndpoint(Levels);

impl Levels {
    /// What answers `/log-level` with JSON: GET tells what is logged; PUT logs what its body says, for as long as `?seconds=` says or
    /// 15 minutes; DELETE logs again what is configured. Whoever serves it lets only those change levels who may.
    #[must_use]
    pub fn endpoint(&self) -> LevelEndpoint {
        LevelEndpoint(self.clone())
    }
}

impl LevelEndpoint {
    fn answer(&self, request: &OpsRequest) -> OpsResponse {
        match request.method() {
            "PUT" => {
                if let Err(error) = self.change(request) {
                    return text(400, error);
                }
            }
            "DELETE" => self.0.revert(),
            _ => {}
        }
        respond(200, "application/json", self.0.status().to_json())
    }

    fn change(&self, request: &OpsRequest) -> Result<(), String> {
        let body = str::from_utf8(request.body());
        let body =
            body.map_err(|_| "the body is no text: send levels such as `info,shop=debug`")?;
        let directives: Directives = body.parse().map_err(told)?;
        if directives == Directives::default() {
            return Err("the body is empty: send levels such as `info,shop=debug`".to_owned());
        }
        let time = match request.query() {
            None | Some("") => USUAL,
            Some(query) => {
                let seconds = query
                    .strip_prefix("seconds=")
                    .and_then(|text| text.parse().ok());
                let seconds = seconds.ok_or_else(|| {
                    format!("`{query}` is no time: say how long, as in `?seconds=300`")
                })?;
                Duration::from_secs(seconds)
            }
        };
        self.0.set_for(directives, time).map_err(told)
    }
}

impl OpsService for LevelEndpoint {
    fn call(&self, request: OpsRequest) -> OpsFuture {
        Box::pin(ready(self.answer(&request)))
    }
}

fn told(error: impl ToString) -> String {
    error.to_string()
}

fn text(status: u16, line: String) -> OpsResponse {
    respond(status, "text/plain; charset=utf-8", line + "\n")
}

fn respond(status: u16, content_type: &'static str, body: String) -> OpsResponse {
    OpsResponse::new(status)
        .with_header("content-type", content_type)
        .with_body(OpsBody::Full(Bytes::from(body)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(
        levels: &Levels,
        method: &str,
        query: Option<&str>,
        body: &'static str,
    ) -> (u16, String) {
        let request = OpsRequest::new(method, "/log-level").with_body(body);
        let request = match query {
            Some(query) => request.with_query(query),
            None => request,
        };
        let response = levels.endpoint().answer(&request);
        let status = response.status();
        match response.into_body() {
            OpsBody::Full(bytes) => (status, String::from_utf8(bytes.into()).unwrap()),
            OpsBody::Stream(_) => panic!("the answer has no end"),
        }
    }

    #[test]
    fn levels_are_told_changed_for_a_time_and_reverted() {
        let levels = Levels::new("info".parse().unwrap());
        let told = |current: &str, seconds: &str| {
            let told = format!(
                r#"{{"configured":"info","current":"{current}","reverts_in_seconds":{seconds}}}"#
            );
            (200, told)
        };
        assert_eq!(ask(&levels, "GET", None, ""), told("info", "null"));
        let put = ask(&levels, "PUT", None, "warn,shop::cart=debug\n");
        assert_eq!(put, told("warn,shop::cart=debug", "900"));
        let put = ask(&levels, "PUT", Some("seconds=60"), "trace");
        assert_eq!(put, told("trace", "60"));
        assert_eq!(ask(&levels, "DELETE", None, ""), told("info", "null"));
    }

    #[test]
    fn what_is_wrong_is_named_and_nothing_changes() {
        let levels = Levels::new("info".parse().unwrap());
        for (query, body, named) in [
            (None, "info,shop=loud", "`shop=loud` names no level"),
            (None, "", "the body is empty"),
            (None, " , ", "the body is empty"),
            (Some("minutes=5"), "debug", "`minutes=5` is no time"),
            (Some("seconds=-1"), "debug", "`seconds=-1` is no time"),
            (Some("seconds=0"), "debug", "1 ms to 24 h"),
            (Some("seconds=86401"), "debug", "1 ms to 24 h"),
        ] {
            let (status, told) = ask(&levels, "PUT", query, body);
            assert_eq!(status, 400);
            assert!(told.contains(named), "{told}");
        }
        assert_eq!(levels.status().current.to_string(), "info");
    }
}
