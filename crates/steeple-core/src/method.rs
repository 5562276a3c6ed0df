//! Request methods as a bounded set of labels.

use crate::label::OTHER;

/// The methods that the semantic conventions know:
/// [RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#section-9), PATCH and QUERY.
const KNOWN: [&str; 10] = [
    "GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "CONNECT", "TRACE", "QUERY",
];

/// What begins the names of spans of all other methods, by the
/// [conventions](https://github.com/open-telemetry/semantic-conventions/blob/v1.44.0/docs/http/http-spans.md#name).
const ANY: &str = "HTTP";

/// How many methods can be told apart.
pub const MOST_METHODS: usize = 254;

/// A method by its place among the known ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Method(pub(crate) u8);

impl Method {
    /// Stands where there is no method.
    pub(crate) const NONE: Self = Self(u8::MAX);
}

impl Default for Method {
    fn default() -> Self {
        Self::NONE
    }
}

/// The known methods; every other one is `_OTHER`.
#[derive(Debug)]
pub(crate) struct Methods {
    names: Vec<Box<str>>,
    /// What most requests are.
    get: Method,
}

impl Methods {
    /// Takes `names` (at most [`MOST_METHODS`], case-sensitive) instead of the known methods.
    pub(crate) fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let names = names.into_iter().take(MOST_METHODS);
        let mut methods = Self {
            names: names.map(Into::into).collect(),
            get: Method::NONE,
        };
        methods.get = methods.find("GET");
        methods
    }

    /// How many methods there are, `_OTHER` included.
    pub(crate) fn len(&self) -> usize {
        self.names.len() + 1
    }

    #[inline]
    pub(crate) fn classify(&self, name: &str) -> Method {
        // Compared with a constant it takes no call.
        if name == "GET" {
            self.get
        } else {
            self.find(name)
        }
    }

    fn find(&self, name: &str) -> Method {
        let place = self.names.iter().position(|known| **known == *name);
        Method(place.unwrap_or(self.names.len()) as u8)
    }

    #[inline]
    pub(crate) fn name(&self, method: Method) -> &str {
        self.known_name(method).unwrap_or(OTHER)
    }

    /// What begins the name of a span.
    pub(crate) fn span_name(&self, method: Method) -> &str {
        self.known_name(method).unwrap_or(ANY)
    }

    #[inline]
    fn known_name(&self, method: Method) -> Option<&str> {
        let name = self.names.get(usize::from(method.0));
        name.map(|name| &**name)
    }
}

impl Default for Methods {
    fn default() -> Self {
        Self::new(KNOWN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_methods_keep_their_name_and_all_others_are_other() {
        let methods = Methods::default();
        for known in KNOWN {
            assert_eq!(methods.name(methods.classify(known)), known);
            assert_eq!(methods.span_name(methods.classify(known)), known);
        }
        for unknown in ["get", "BREW", "", "GET ", "PROPFIND"] {
            assert_eq!(methods.name(methods.classify(unknown)), "_OTHER");
            assert_eq!(methods.span_name(methods.classify(unknown)), "HTTP");
        }
    }

    #[test]
    fn a_list_of_the_user_replaces_the_known_ones() {
        let methods = Methods::new(["PROPFIND"]);
        assert_eq!(methods.name(methods.classify("PROPFIND")), "PROPFIND");
        assert_eq!(methods.name(methods.classify("GET")), "_OTHER");
    }
}
