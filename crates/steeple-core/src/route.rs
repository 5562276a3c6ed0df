//! Route templates as a bounded set of labels, and what is done for each.

use std::{
    any::Any,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

use crate::{
    grpc::{Shown, is_method},
    insert_map::{InsertMap, Slot},
    label::{LabelValues, Labels, OTHER},
    template::Template,
    traces::{OwnSampler, Sampler},
};

/// How many templates are told apart; those beyond are `_OTHER`. Templates come from the code, so a service that has more is rare.
pub(crate) const MOST_ROUTES: usize = 1_000;
/// How many places in memory one template is held at: a router for each thread has as many, and one that is made for a
/// request shall not fill the table.
const MOST_PLACES: usize = 16;
/// How many bytes a template may have; longer ones are `_OTHER`.
pub(crate) const LONGEST_TEMPLATE: usize = 512;
/// What a request is counted under that no template matched.
pub(crate) const UNMATCHED: &str = "_UNMATCHED";

/// What is done for the requests of one route.
#[derive(Clone, Debug, Default)]
pub struct RoutePolicy {
    pub(crate) ignore: bool,
    pub(crate) streaming: bool,
    pub(crate) labels: Vec<(&'static str, String)>,
    pub(crate) sampler: Option<Sampler>,
}

impl RoutePolicy {
    /// Observes the route like any other.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Leaves the route out of every signal. Its panics are caught and logged all the same. Default: off.
    #[must_use]
    pub fn ignore(mut self) -> Self {
        self.ignore = true;
        self
    }

    /// Judges the route by the time to its response's head: its bodies last as long as the client likes. Default: off;
    /// answers of type `text/event-stream` whose length is not known are judged so too.
    #[must_use]
    pub fn streaming(mut self) -> Self {
        self.streaming = true;
        self
    }

    /// Decides for this route which traces are [recorded](crate::TraceConfig::sampler). A route that is known only after the
    /// call, as those of actix-web are, can have fewer of its traces recorded so, not more. Default: as everywhere.
    #[must_use]
    pub fn sampler(mut self, sampler: Sampler) -> Self {
        self.sampler = Some(sampler);
        self
    }

    /// Gives the [declared](crate::Label) label `name` a value on this route, unless the request or its handler has one.
    #[must_use]
    pub fn label(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.labels.push((name, value.into()));
        self
    }
}

/// A route by its place among the known ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Route(pub(crate) u16);

impl Default for Route {
    fn default() -> Self {
        Self::UNMATCHED
    }
}

impl Route {
    pub(crate) const UNMATCHED: Self = Self(u16::MAX);
    const OVERFLOW: Self = Self(u16::MAX - 1);
}

/// A policy as a request finds it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Policy {
    pub(crate) ignore: bool,
    pub(crate) streaming: bool,
    pub(crate) labels: LabelValues,
    pub(crate) sampler: Option<OwnSampler>,
}

impl Policy {
    /// That of routes for which none is set.
    const NONE: &Self = &Self {
        ignore: false,
        streaming: false,
        labels: LabelValues::NONE,
        sampler: None,
    };
}

/// The routes seen so far.
pub(crate) struct Routes {
    known: InsertMap<Box<str>, Known>,
    /// The same by the place of their text in memory, for templates that are shared.
    held: InsertMap<usize, Held>,
    /// How many of them are methods of gRPC that showed that they exist.
    methods: AtomicUsize,
}

struct Known {
    policy: Policy,
    /// How many places its text is held at.
    places: AtomicUsize,
}

struct Held {
    route: Route,
    policy: Policy,
    /// Keeps the text in its place, so that no other comes to stand there.
    _holder: Box<dyn Any + Send + Sync>,
}

impl Routes {
    pub(crate) fn new(policies: &[(String, RoutePolicy)], labels: &Labels) -> Self {
        let known = InsertMap::with_limit(MOST_ROUTES);
        let mut samplers = 0..;
        for (template, policy) in policies {
            let mut values = LabelValues::default();
            for (name, value) in &policy.labels {
                labels.set(&mut values, name, value);
            }
            let policy = Policy {
                ignore: policy.ignore,
                streaming: policy.streaming,
                labels: values,
                sampler: policy.sampler.as_ref().and(samplers.next()).map(OwnSampler),
            };
            let _ = known.find_or_insert(template.as_str(), || Known::new(template, policy));
        }
        Self {
            known,
            held: InsertMap::with_limit(MOST_ROUTES),
            methods: AtomicUsize::new(0),
        }
    }

    #[inline]
    pub(crate) fn resolve(&self, template: Template<'_>) -> (Route, &Policy) {
        match template.place().and_then(|place| self.held.find(&place)) {
            Some((_, held)) => (held.route, &held.policy),
            None => self.resolve_text(template),
        }
    }

    #[inline(never)]
    fn resolve_text(&self, template: Template<'_>) -> (Route, &Policy) {
        let text = template.text();
        let overflow = (Route::OVERFLOW, Policy::NONE);
        if text.len() > LONGEST_TEMPLATE {
            return overflow;
        }
        let make = || Known::new(text, Policy::default());
        let Some((slot, known)) = self.known.find_or_insert(text, make) else {
            return overflow;
        };
        let (route, policy) = (Route(slot.0), &known.policy);
        if let Some(place) = template.place()
            && known.places.load(Relaxed) < MOST_PLACES
            && let Some(_holder) = template.hold()
        {
            known.places.fetch_add(1, Relaxed);
            let held = Held {
                route,
                policy: *policy,
                _holder,
            };
            self.held.find_or_insert(&place, || (place, held));
        }
        (route, policy)
    }

    #[inline]
    pub(crate) fn find(&self, template: &str) -> Option<Route> {
        self.known.find(template).map(|(slot, _)| Route(slot.0))
    }

    /// Finds the method of gRPC whose path is `path`. If it is not known it is entered, as far as its call `shown` it to exist and
    /// half of the table is left to routes.
    pub(crate) fn find_or_enter(&self, path: &str, shown: impl FnOnce() -> Shown) -> Option<Route> {
        let enter = || {
            let room = is_method(path)
                && self.known.len() < MOST_ROUTES / 2
                && self.methods.load(Relaxed) < shown().most_methods();
            room.then(|| {
                self.methods.fetch_add(1, Relaxed);
                self.resolve_text(path.into()).0
            })
        };
        self.find(path).or_else(enter)
    }

    #[inline]
    pub(crate) fn policy(&self, route: Route) -> &Policy {
        let known = self.known.at(Slot(route.0));
        known.map_or(Policy::NONE, |(_, known)| &known.policy)
    }

    /// The name of a gRPC method, whose template is its path.
    pub(crate) fn method(&self, method: Route) -> &str {
        match self.known.at(Slot(method.0)) {
            Some((path, _)) => path.strip_prefix('/').unwrap_or(path),
            None => OTHER,
        }
    }

    pub(crate) fn template(&self, route: Route) -> &str {
        match route {
            Route::UNMATCHED => UNMATCHED,
            route => self.known_template(route).unwrap_or(OTHER),
        }
    }

    /// The template, if it is one of the application's that are told apart.
    pub(crate) fn known_template(&self, route: Route) -> Option<&str> {
        let known = self.known.at(Slot(route.0));
        known.map(|(template, _)| &**template)
    }
}

impl Known {
    fn new(template: &str, policy: Policy) -> (Box<str>, Self) {
        let places = AtomicUsize::new(0);
        (template.into(), Self { policy, places })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn resolve<'a>(routes: &'a Routes, template: &str) -> (Route, &'a Policy) {
        routes.resolve(template.into())
    }

    fn named<'a>(routes: &'a Routes, template: &str) -> &'a str {
        routes.template(resolve(routes, template).0)
    }

    #[test]
    fn a_shared_template_keeps_its_place_for_as_long_as_the_routes_live() {
        let routes = Routes::new(&[], &Labels::default());
        let template: Arc<str> = "/users/{id}".into();
        let shared = || routes.resolve(Template::shared(&template, &template)).0;
        let route = shared();
        assert_eq!(Arc::strong_count(&template), 2);
        assert_eq!(route, shared());
        assert_eq!(route, resolve(&routes, "/users/{id}").0);
        drop(routes);
        assert_eq!(Arc::strong_count(&template), 1);
    }

    #[test]
    fn few_places_of_one_template_are_held_and_the_others_are_found_by_text() {
        let routes = Routes::new(&[], &Labels::default());
        let copies: Vec<Arc<str>> = (0..50).map(|_| "/users/{id}".into()).collect();
        for copy in &copies {
            let found = routes.resolve(Template::shared(copy, copy)).0;
            assert_eq!(routes.template(found), "/users/{id}");
        }
        let held = copies.iter().filter(|copy| Arc::strong_count(copy) > 1);
        assert_eq!(held.count(), MOST_PLACES);
    }

    #[test]
    fn a_template_keeps_its_place_and_its_policy() {
        let events = ("/events".to_owned(), RoutePolicy::new().streaming());
        let routes = Routes::new(&[events], &Labels::default());
        let (events, policy) = resolve(&routes, "/events");
        assert_eq!(events, resolve(&routes, "/events").0);
        assert!(policy.streaming);
        assert_eq!(routes.template(events), "/events");
        assert!(!resolve(&routes, "/other").1.streaming);
    }

    #[test]
    fn without_a_template_there_is_one_constant() {
        let routes = Routes::new(&[], &Labels::default());
        assert_eq!(routes.template(Route::default()), "_UNMATCHED");
    }

    #[test]
    fn templates_over_the_limit_share_one_route() {
        let routes = Routes::new(&[], &Labels::default());
        for number in 0..MOST_ROUTES {
            let template = format!("/{number}");
            assert_eq!(named(&routes, &template), template);
        }
        assert_eq!(named(&routes, "/one-more"), "_OTHER");
        assert_eq!(named(&routes, "/7"), "/7");
    }
}
