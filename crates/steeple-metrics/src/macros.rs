//! Recording by name and labels, without a handle and without an allocation.

/// The counter with this name and these labels.
///
/// As `metrics::counter!`, and recorded into the same series: the names are constants, the values anything that is
/// [`AsRef<str>`]. That macro owns its labels, so it allocates them for each record. This one borrows them, and once a
/// thread has recorded into a series, it finds it again without an allocation and without a lock. That is so while a
/// [`Registry`](crate::Registry) is the process's recorder; into any other it records as `metrics::counter!` does, and so it
/// does with values of more than 256 bytes. After each [idle timeout](crate::Builder::idle_timeout), if there is one, a thread
/// forgets what it found when it next records.
///
/// ```
/// use steeple_metrics::{Registry, counter};
///
/// let registry = Registry::new();
/// registry.install()?;
/// let country = String::from("NZ");
/// counter!("shop.orders", "country" => country).increment(3);
/// assert!(registry.render().contains(r#"shop_orders_total{country="NZ"} 3"#));
/// # Ok::<(), steeple_metrics::InstallError>(())
/// ```
#[macro_export]
macro_rules! counter {
    ($name:expr $(, $label:expr => $value:expr)* $(,)?) => {
        $crate::CallSite::counter($crate::__call_site!($name $(, $label)*), [$(::core::convert::AsRef::<str>::as_ref(&$value)),*])
    };
}

/// The gauge with this name and these labels; otherwise like [`counter!`](crate::counter).
///
/// ```
/// steeple_metrics::gauge!("queue.length", "queue" => "mail").increment(1.0);
/// ```
#[macro_export]
macro_rules! gauge {
    ($name:expr $(, $label:expr => $value:expr)* $(,)?) => {
        $crate::CallSite::gauge($crate::__call_site!($name $(, $label)*), [$(::core::convert::AsRef::<str>::as_ref(&$value)),*])
    };
}

/// The histogram with this name and these labels; otherwise like [`counter!`](crate::counter).
///
/// ```
/// steeple_metrics::histogram!("checkout.duration", "payment" => "card").record(0.042);
/// ```
#[macro_export]
macro_rules! histogram {
    ($name:expr $(, $label:expr => $value:expr)* $(,)?) => {
        $crate::CallSite::histogram($crate::__call_site!($name $(, $label)*), [$(::core::convert::AsRef::<str>::as_ref(&$value)),*])
    };
}

/// One [`CallSite`](crate::CallSite) for each place in the code.
#[doc(hidden)]
#[macro_export]
macro_rules! __call_site {
    ($name:expr $(, $label:expr)*) => {{
        static SITE: $crate::CallSite<{ [$($label as &str),*].len() }> = $crate::CallSite::new($name, [$($label),*]);
        &SITE
    }};
}
