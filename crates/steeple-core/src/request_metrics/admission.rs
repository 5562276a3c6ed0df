//! What a client may choose of a series' labels, and how much of it a route puts up with.

use std::sync::atomic::{AtomicU16, Ordering::Relaxed};

use crate::{
    head::HttpVersion,
    method::Method,
    route::{MOST_ROUTES, Route},
};

/// How many pairs of method and version a route is told apart by. A client can send every pair to every route: without a
/// limit the routes it does that to would use up the series of those that nobody has asked for yet.
const MOST_PAIRS: usize = 8;
/// How many of them a client can make up: those that the route refused, or never answered. The others are left for what it
/// serves, which is GET and HEAD in three versions at least, so that nobody who comes first takes their names.
const MOST_REFUSED: usize = 2;
/// A place that no pair has taken yet.
const FREE: u16 = 0;

/// The pairs that each route is told apart by: the first ones that it was asked for with.
pub(super) struct Admission(Box<[[AtomicU16; MOST_PAIRS]]>);

impl Admission {
    pub(super) fn new() -> Self {
        // As many as places in the table of routes, and one for what has none.
        let places = (MOST_ROUTES * 2).next_power_of_two() + 1;
        Self((0..places).map(|_| Default::default()).collect())
    }

    /// Whether `route` is told apart by `method` and `version`, of which it `served` a request. Once it is, it stays so.
    pub(super) fn admits(
        &self,
        route: Route,
        method: Method,
        version: HttpVersion,
        served: bool,
    ) -> bool {
        let last = self.0.len() - 1;
        let pairs = &self.0[usize::from(route.0).min(last)];
        let pair = (u16::from(method.0) << 3 | version as u16) + 1;
        // The last places are for what is refused, and for what is served once there is no other.
        let first = if served { 0 } else { MOST_PAIRS - MOST_REFUSED };
        let take = |place: &AtomicU16| match place.compare_exchange(FREE, pair, Relaxed, Relaxed) {
            Ok(_) => true,
            Err(taken) => taken == pair,
        };
        pairs.iter().any(|place| place.load(Relaxed) == pair) || pairs[first..].iter().any(take)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_makes_no_difference_how_many_methods_are_known() {
        let admission = Admission::new();
        let admitted = (0..=254).filter(|method| {
            admission.admits(Route(7), Method(254 - method), HttpVersion::Http11, true)
        });
        assert_eq!(admitted.count(), 8);
    }

    #[test]
    fn a_route_is_told_apart_by_few_pairs_and_keeps_the_first() {
        let admission = Admission::new();
        let route = Route(7);
        let admits = |method, version| admission.admits(route, Method(method), version, true);
        for method in 0..8 {
            assert!(admits(method, HttpVersion::Http11));
        }
        assert!(!admits(8, HttpVersion::Http11) && !admits(0, HttpVersion::Http10));
        assert!(admits(3, HttpVersion::Http11));
        assert!(
            admission.admits(Route(8), Method(8), HttpVersion::Http2, true),
            "another route has its own"
        );
        assert!(admission.admits(Route::UNMATCHED, Method(0), HttpVersion::Http11, true));
    }

    #[test]
    fn what_a_route_refuses_leaves_places_for_what_it_serves() {
        let admission = Admission::new();
        let admits = |method, served| {
            admission.admits(Route(7), Method(method), HttpVersion::Http11, served)
        };
        assert_eq!((0..100).filter(|method| admits(*method, false)).count(), 2);
        assert_eq!((100..200).filter(|method| admits(*method, true)).count(), 6);
        assert!(
            admits(0, true) && admits(100, false),
            "each keeps its place"
        );
    }

    #[test]
    fn what_a_route_refuses_has_its_places_behind_what_it_serves() {
        let admission = Admission::new();
        let admits = |method, served| {
            admission.admits(Route(7), Method(method), HttpVersion::Http11, served)
        };
        assert_eq!((0..4).filter(|method| admits(*method, true)).count(), 4);
        assert_eq!(
            (100..200).filter(|method| admits(*method, false)).count(),
            2
        );
        assert_eq!((4..9).filter(|method| admits(*method, true)).count(), 2);
    }
}
