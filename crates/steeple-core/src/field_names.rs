//! The names of the header fields that are looked up, for maps that are slow to go through.

use crate::{head::HttpVersion, observer::Observer, reading::REQUEST_ID};

/// The names of the header fields that are read of every request, in a framework's own type: for adapters to whose maps look-ups
/// by name are cheaper than a pass.
///
/// `x-request-id` is none of them: adapters look it up all the same, to answer with its value.
#[derive(Clone, Debug)]
pub struct FieldNames<N> {
    without_body: Box<[N]>,
    with_body: Box<[N]>,
    multiplexed: Box<[N]>,
}

impl<N> FieldNames<N> {
    /// The names that `observer` reads, each as `make` makes it.
    pub fn new(observer: &Observer, make: impl Fn(&str) -> Option<N>) -> Self {
        let names = |version, body_size| {
            let names = observer.header_names(version, body_size);
            let names = names.filter(|name| *name != REQUEST_ID);
            names.filter_map(&make).collect()
        };
        Self {
            without_body: names(HttpVersion::Http11, Some(0)),
            with_body: names(HttpVersion::Http11, None),
            multiplexed: names(HttpVersion::Http2, None),
        }
    }

    /// Those of a request of `version` whose body's size is known to be `body_size`.
    #[inline]
    #[must_use]
    pub fn of(&self, version: HttpVersion, body_size: Option<u64>) -> &[N] {
        match body_size {
            _ if version.is_multiplexed() => &self.multiplexed,
            Some(_) => &self.without_body,
            None => &self.with_body,
        }
    }
}
