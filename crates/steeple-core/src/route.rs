//! Route templates as a bounded set of labels, and what is done for each.

use crate::{
    insert_map::{InsertMap, Slot},
    label::{LabelValues, Labels},
};

/// How many templates are told apart. Templates come from the code, so a service that has more is rare.
pub(crate) const MOST_ROUTES: usize = 1_000;
/// How many bytes a template may have; longer ones are `_OTHER`.
pub(crate) const LONGEST_TEMPLATE: usize = 512;
/// What a request is counted under that no template matched.
pub(crate) const UNMATCHED: &str = "_UNMATCHED";
/// What the templates over [`MOST_ROUTES`] are counted under.
const OTHER: &str = "_OTHER";

/// What is done for the requests of one route.
#[derive(Clone, Debug, Default)]
pub struct RoutePolicy {
    pub(crate) ignore: bool,
    pub(crate) streaming: bool,
    pub(crate) labels: Vec<(&'static str, String)>,
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
}

/// The routes seen so far.
pub(crate) struct Routes(InsertMap<Box<str>, Policy>);

impl Routes {
    pub(crate) fn new(policies: &[(String, RoutePolicy)], labels: &Labels) -> Self {
        let routes = InsertMap::with_limit(MOST_ROUTES);
        for (template, policy) in policies {
            let mut values = LabelValues::default();
            for (name, value) in &policy.labels {
                labels.set(&mut values, name, value);
            }
            let policy = Policy {
                ignore: policy.ignore,
                streaming: policy.streaming,
                labels: values,
            };
            let _ = routes.find_or_insert(template.as_str(), || (template.as_str().into(), policy));
        }
        Self(routes)
    }

    #[inline]
    pub(crate) fn resolve(&self, template: Option<&str>) -> (Route, Policy) {
        let Some(template) = template else {
            return (Route::UNMATCHED, Policy::default());
        };
        if template.len() > LONGEST_TEMPLATE {
            return (Route::OVERFLOW, Policy::default());
        }
        self.0
            .find_or_insert(template, || (template.into(), Policy::default()))
            .map_or((Route::OVERFLOW, Policy::default()), |(slot, policy)| {
                (Route(slot.0), *policy)
            })
    }

    /// Finds `template`, or enters it if fewer routes than `limit` says are known.
    pub(crate) fn find_or_enter(
        &self,
        template: &str,
        limit: impl FnOnce() -> usize,
    ) -> Option<(Route, Policy)> {
        match self.0.find(template) {
            Some((slot, policy)) => Some((Route(slot.0), *policy)),
            None => (self.0.len() < limit()).then(|| self.resolve(Some(template))),
        }
    }

    /// The name of a gRPC method, whose template is its path.
    pub(crate) fn method(&self, method: Route) -> &str {
        match self.0.at(Slot(method.0)) {
            Some((path, _)) => path.strip_prefix('/').unwrap_or(path),
            None => OTHER,
        }
    }

    pub(crate) fn template(&self, route: Route) -> &str {
        match route {
            Route::UNMATCHED => UNMATCHED,
            route => self
                .0
                .at(Slot(route.0))
                .map_or(OTHER, |(template, _)| template),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named<'a>(routes: &'a Routes, template: Option<&str>) -> &'a str {
        routes.template(routes.resolve(template).0)
    }

    #[test]
    fn a_template_keeps_its_place_and_its_policy() {
        let events = ("/events".to_owned(), RoutePolicy::new().streaming());
        let routes = Routes::new(&[events], &Labels::default());
        let (events, policy) = routes.resolve(Some("/events"));
        assert_eq!(events, routes.resolve(Some("/events")).0);
        assert!(policy.streaming);
        assert_eq!(routes.template(events), "/events");
        assert!(!routes.resolve(Some("/other")).1.streaming);
    }

    #[test]
    fn without_a_template_there_is_one_constant() {
        let routes = Routes::new(&[], &Labels::default());
        assert_eq!(named(&routes, None), "_UNMATCHED");
    }

    #[test]
    fn templates_over_the_limit_share_one_route() {
        let routes = Routes::new(&[], &Labels::default());
        for number in 0..MOST_ROUTES {
            let template = format!("/{number}");
            assert_eq!(named(&routes, Some(&template)), template);
        }
        assert_eq!(named(&routes, Some("/one-more")), "_OTHER");
        assert_eq!(named(&routes, Some("/7")), "/7");
    }
}
