use std::{fmt, sync::Arc};

use crate::cell::TotalCell;

/// A counter whose total is measured elsewhere and need not be whole, such as the seconds of CPU that a process took, from
/// [`Registry::total`](crate::Registry::total).
///
/// A clone is the same total.
#[derive(Clone)]
pub struct Total(pub(crate) Arc<TotalCell>);

impl Total {
    /// Sets the total. A lower one says that what is measured began anew, as a network's interface does that is made again: rates take
    /// that for a reset of the counter. What is negative or no number changes nothing.
    pub fn set(&self, total: f64) {
        self.0.set(total);
    }
}

impl fmt::Debug for Total {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Total").field(&self.0.total()).finish()
    }
}

#[cfg(test)]
mod tests {
    use metrics::{counter, with_local_recorder};

    use crate::{Escaping, Format, Kind, RegisterError, Registry, Value};

    #[test]
    fn a_total_is_a_counter_that_need_not_be_whole() {
        let registry = Registry::new();
        let describe = || {
            registry.describe(
                Kind::Counter,
                "shop.busy",
                Some(metrics::Unit::Seconds),
                "Busy.",
            )
        };
        describe().unwrap();
        registry
            .total("shop.busy", &[("mode", "user")])
            .unwrap()
            .set(1.5);
        let text = registry.render();
        assert!(
            text.contains("# TYPE shop_busy_seconds_total counter\nshop_busy_seconds_total{mode=\"user\"} 1.5\n"),
            "{text}"
        );
        let chunks: Vec<_> = registry
            .exposition(Format::OpenMetrics(Escaping::default()))
            .flatten()
            .collect();
        let text = String::from_utf8(chunks).unwrap();
        assert!(
            text.contains("# TYPE shop_busy_seconds counter\n"),
            "{text}"
        );
        assert!(
            text.contains("shop_busy_seconds_total{mode=\"user\"} 1.5\n"),
            "{text}"
        );
        let again = registry.total("shop.busy", &[("mode", "user")]).unwrap();
        assert_eq!(format!("{again:?}"), "Total(1.5)");
    }

    #[test]
    fn what_counts_by_itself_has_no_total_to_set() {
        let registry = Registry::new();
        registry.counter("orders", &[]).unwrap().increment(1);
        let refused = registry.total("orders", &[]).unwrap_err();
        assert!(matches!(refused, RegisterError::Counted { name } if name == "orders"));
    }

    #[test]
    fn the_facade_adds_to_a_total() {
        let registry = Registry::new();
        registry.total("shop.busy", &[]).unwrap().set(0.5);
        with_local_recorder(&registry, || counter!("shop.busy").increment(2));
        let seen = registry.snapshot();
        assert_eq!(
            seen.value("shop_busy_total", &[]).and_then(Value::as_total),
            Some(2.5)
        );
    }
}
