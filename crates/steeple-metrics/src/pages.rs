use std::{hint::black_box, sync::Arc};

use crate::{Labels, Registry, series::Series};

/// So many series are listed at a time.
pub(crate) const PAGE: usize = 256;

/// So many are touched before the first of them is read: memory answers all of them in little more time than one.
const AHEAD: usize = 8;

/// The series of one metric, a page at a time, so that the registry is not locked for all of them at once, nor memory
/// taken.
///
/// A series that is registered meanwhile is listed if its turn has not passed.
#[derive(Debug, Default)]
pub(crate) struct Pages {
    /// Where the metric is.
    metric: usize,
    rest: Rest,
    /// The page, the series to come first at its end.
    page: Vec<Arc<Series>>,
}

/// What is not on a page yet.
#[derive(Debug, Default)]
enum Rest {
    All,
    After(Labels),
    #[default]
    Nothing,
}

impl Pages {
    /// The series of the metric at this position.
    pub(crate) fn of(metric: usize) -> Self {
        let mut pages = Self::default();
        pages.open(metric);
        pages
    }

    /// Begins with another metric.
    pub(crate) fn open(&mut self, metric: usize) {
        self.metric = metric;
        self.rest = Rest::All;
        self.page.clear();
    }

    /// The next page, in no particular order; empty once there is none.
    pub(crate) fn turn(&mut self, registry: &Registry) -> &mut Vec<Arc<Series>> {
        self.page.clear();
        let after = match &self.rest {
            Rest::All => None,
            Rest::After(labels) => Some(labels),
            Rest::Nothing => return &mut self.page,
        };
        let store = registry.read();
        let following = store.catalog.families[self.metric].series_after(after);
        let following = following.take(PAGE);
        // A reference is counted by an atomic update, which waits for its memory and holds up what comes after it.
        black_box(following.clone().map(Arc::strong_count).sum::<usize>());
        self.page.extend(following.cloned());
        drop(store);
        self.rest = match self.page.last() {
            Some(last) if self.page.len() == PAGE => Rest::After(last.labels.clone()),
            _ => Rest::Nothing,
        };
        self.page.reverse();
        &mut self.page
    }

    /// The next series.
    pub(crate) fn next(&mut self, registry: &Registry) -> Option<Arc<Series>> {
        if self.page.is_empty() {
            self.turn(registry);
        }
        if self.page.len().is_multiple_of(AHEAD) {
            let ahead = self.page.iter().rev().take(AHEAD);
            black_box(
                ahead
                    .map(|series| series.touch())
                    .fold(0, u64::wrapping_add),
            );
        }
        self.page.pop()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A registry with so many series of a counter, and where that is.
    fn registry(series: usize) -> (Registry, usize) {
        let registry = Registry::new();
        for series in 0..series {
            let series = format!("{series:04}");
            drop(registry.counter("c", &[("series", &series)]).unwrap());
        }
        let position = registry.read().catalog.families.len() - 1;
        (registry, position)
    }

    fn listed(pages: &mut Pages, registry: &Registry) -> Vec<String> {
        let series = std::iter::from_fn(|| pages.next(registry));
        series
            .map(|series| series.labels.value("series").unwrap().into_owned())
            .collect()
    }

    #[test]
    fn every_series_is_listed_once_and_in_order() {
        for count in [1, PAGE - 1, PAGE, PAGE + 1, 3 * PAGE] {
            let (registry, position) = registry(count);
            let mut pages = Pages::of(position);
            let expected: Vec<_> = (0..count).map(|series| format!("{series:04}")).collect();
            assert_eq!(listed(&mut pages, &registry), expected);
            assert!(pages.next(&registry).is_none());
            pages.open(position);
            assert_eq!(listed(&mut pages, &registry), expected);
        }
    }

    #[test]
    fn what_is_registered_meanwhile_is_listed_where_its_turn_has_not_passed() {
        let (registry, position) = registry(PAGE + 1);
        let mut pages = Pages::of(position);
        assert_eq!(pages.turn(&registry).len(), PAGE);
        for series in ["0000+", "0256+"] {
            drop(registry.counter("c", &[("series", series)]).unwrap());
        }
        pages.page.clear();
        assert_eq!(listed(&mut pages, &registry), ["0256", "0256+"]);
    }
}
