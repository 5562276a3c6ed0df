//! What a client may choose of a series' labels, and how much of it a route puts up with.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::{
    head::HttpVersion,
    method::Method,
    route::{MOST_ROUTES, Route},
};

/// How many pairs of method and version a route is told apart by. A client can send every pair to every route: without a
/// limit the routes it does that to would use up the series of those that nobody has asked for yet.
const MOST_PAIRS: u32 = 8;

/// The pairs that each route was asked for with, a bit for each.
pub(super) struct Admission(Box<[AtomicU64]>);

impl Admission {
    pub(super) fn new() -> Self {
        // As many as places in the table of routes, and one for what has none.
        let places = (MOST_ROUTES * 2).next_power_of_two() + 1;
        Self((0..places).map(|_| AtomicU64::new(0)).collect())
    }

    /// Whether `route` is told apart by `method` and `version`. Once it is, it stays so.
    pub(super) fn admits(&self, route: Route, method: Method, version: HttpVersion) -> bool {
        let last = self.0.len() - 1;
        let pairs = &self.0[usize::from(route.0).min(last)];
        // Four versions fit: 0.9 and 1.0 share one. Of methods beyond the sixteenth only one can be told apart.
        let pair = 1 << (method.0.min(15) * 4 + (version as u8).saturating_sub(1));
        let admitted = |pairs: u64| pairs & pair != 0 || pairs.count_ones() < MOST_PAIRS;
        pairs
            .fetch_update(Relaxed, Relaxed, |pairs| {
                admitted(pairs).then_some(pairs | pair)
            })
            .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_told_apart_by_few_pairs_and_keeps_the_first() {
        let admission = Admission::new();
        let route = Route(7);
        let admits = |method, version| admission.admits(route, Method(method), version);
        for method in 0..8 {
            assert!(admits(method, HttpVersion::Http11));
        }
        assert!(!admits(8, HttpVersion::Http11) && !admits(0, HttpVersion::Http10));
        assert!(admits(3, HttpVersion::Http11));
        assert!(
            admission.admits(Route(8), Method(8), HttpVersion::Http2),
            "another route has its own"
        );
        assert!(admission.admits(Route::UNMATCHED, Method(0), HttpVersion::Http11));
    }
}
