//! What is told of requests and responses.

use sentry_core::protocol::{Map, Request, ResponseContext, Url};

use super::{REDACTED, Scrubber};

/// Header fields and variables of servers that tell the address of a client.
const CLIENT_ADDRESSES: [&str; 9] = [
    "cf-connecting-ip",
    "fastly-client-ip",
    "forwarded",
    "remote_addr",
    "remote_host",
    "true-client-ip",
    "x-client-ip",
    "x-forwarded-for",
    "x-real-ip",
];

impl Scrubber {
    pub(super) fn request(&self, request: &mut Request, route: Option<&String>) {
        if let Some(url) = &mut request.url {
            self.url(url, route);
        }
        if let Some(query) = &mut request.query_string {
            *query = self.query(query);
        }
        self.cookies(&mut request.cookies);
        if !self.send_pii {
            request.data = None;
        }
        self.optional(&mut request.data);
        self.fields(&mut request.headers);
        self.fields(&mut request.env);
    }

    pub(super) fn response(&self, response: &mut ResponseContext) {
        self.cookies(&mut response.cookies);
        self.fields(&mut response.headers);
        if !self.send_pii {
            response.data = None;
        }
        if let Some(data) = &mut response.data {
            self.value(data);
        }
    }

    /// Of the target, the route alone is told unless what is personal may be sent.
    fn url(&self, url: &mut Url, route: Option<&String>) {
        // Those of no user cannot have one set; they have none to take away.
        let _ = url.set_password(None);
        let _ = url.set_username("");
        url.set_fragment(None);
        if self.send_pii {
            let path = self.path(url.path());
            url.set_path(&path);
            let query = url.query().map(|query| self.query(query));
            url.set_query(query.as_deref());
        } else {
            let route = route.filter(|route| route.starts_with('/'));
            url.set_path(route.map_or("/", String::as_str));
            url.set_query(None);
        }
    }

    /// A path without what comes after the name of a secret.
    fn path(&self, path: &str) -> String {
        let mut is_secret = false;
        let mut scrub = |part: &str| {
            let scrubbed = if is_secret && !part.is_empty() {
                REDACTED.to_owned()
            } else {
                let mut part = part.to_owned();
                self.text(&mut part);
                part
            };
            is_secret = self.redaction.names_a_secret(part);
            scrubbed
        };
        path.split('/')
            .map(&mut scrub)
            .collect::<Vec<_>>()
            .join("/")
    }

    /// A query; without its values unless what is personal may be sent.
    fn query(&self, query: &str) -> String {
        if !self.send_pii {
            return without_values(query);
        }
        let mut room = String::new();
        self.redaction.query(query, &mut room).to_owned()
    }

    /// Whatever they are called, they are credentials most often.
    fn cookies(&self, cookies: &mut Option<String>) {
        *cookies = cookies
            .take()
            .filter(|_| self.send_pii)
            .map(|_| REDACTED.to_owned());
    }

    fn fields(&self, fields: &mut Map<String, String>) {
        if !self.send_pii {
            fields.retain(|name, _| {
                let tells = |known: &&str| name.eq_ignore_ascii_case(known);
                !CLIENT_ADDRESSES.iter().any(tells)
            });
        }
        self.tags(fields);
    }
}

fn without_values(query: &str) -> String {
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) => format!("{name}={REDACTED}"),
        // It has no name, and is a value therefore.
        None if pair.is_empty() => String::new(),
        None => REDACTED.to_owned(),
    });
    pairs.collect::<Vec<_>>().join("&")
}
