use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::{Instant, SystemTime},
};

use metrics::{Counter, Gauge, Histogram, Key, Unit};

use crate::{
    Builder, InstallError, Kind, RegisterError, Total,
    cell::Cell,
    global_labels::GlobalLabels,
    handle_cache,
    idle_timeouts::IdleTimeouts,
    labels,
    lint::Linter,
    name,
    refresh::Refreshers,
    self_metrics::{Reason, SelfMetrics},
    store::{Request, Store},
};

/// Called with a metric's name.
pub(crate) type OverflowCallback = Box<dyn Fn(&str) + Send + Sync>;

/// A bounded metrics registry; see the [crate's documentation](crate).
///
/// A clone is the same registry.
#[derive(Clone)]
pub struct Registry(pub(crate) Arc<Shared>);

pub(crate) struct Shared {
    store: RwLock<Store>,
    pub(crate) self_metrics: SelfMetrics,
    global_labels: Arc<GlobalLabels>,
    pub(crate) idle_timeouts: IdleTimeouts,
    on_overflow: Option<OverflowCallback>,
    pub(crate) linter: Linter,
    pub(crate) refreshers: Refreshers,
    /// Grows at looks, each time that what is idle may have become so; no thread that records keeps a handle from the last one.
    pub(crate) generation: AtomicU32,
    pub(crate) generation_began: AtomicU64,
    /// How long the last text was that was rendered in one piece.
    pub(crate) rendered: AtomicUsize,
    pub(crate) created: Instant,
    pub(crate) clock: fn() -> Instant,
}

impl Registry {
    /// A registry with the default limits and buckets.
    #[must_use]
    pub fn new() -> Self {
        Builder::new().assemble(GlobalLabels::default())
    }

    /// Starts a registry with other limits or buckets.
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(crate) fn assembled(
        store: Store,
        self_metrics: SelfMetrics,
        global_labels: Arc<GlobalLabels>,
        idle_timeouts: IdleTimeouts,
        on_overflow: Option<OverflowCallback>,
        linter: Linter,
    ) -> Self {
        let store = RwLock::new(store);
        Self(Arc::new(Shared {
            store,
            self_metrics,
            global_labels,
            idle_timeouts,
            on_overflow,
            linter,
            refreshers: Refreshers::default(),
            generation: AtomicU32::new(0),
            generation_began: AtomicU64::new(0),
            rendered: AtomicUsize::new(0),
            created: Instant::now(),
            clock: Instant::now,
        }))
    }

    /// Makes this the process's recorder, to which `metrics::counter!` and its siblings record.
    ///
    /// # Errors
    ///
    /// If a recorder is installed already: there is one for a process's whole life.
    pub fn install(&self) -> Result<(), InstallError> {
        metrics::set_global_recorder(self.clone())?;
        handle_cache::install(self);
        Ok(())
    }

    /// The counter `name` with these labels, which is made at first use.
    ///
    /// Beyond the limits it is the metric's overflow series. Keep the handle: getting it costs a look-up.
    ///
    /// ```
    /// use steeple_metrics::Registry;
    ///
    /// let registry = Registry::new();
    /// let orders = registry.counter("shop.orders", &[("country", "NZ")])?;
    /// orders.increment(1);
    /// # Ok::<(), steeple_metrics::RegisterError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If a name is invalid, reserved or given twice, or if the metric cannot be had: see
    /// [`RegisterError`].
    pub fn counter(&self, name: &str, labels: &[(&str, &str)]) -> Result<Counter, RegisterError> {
        self.register_validated(Kind::Counter, name, labels)
            .map(Cell::into_counter)
    }

    /// The counter `name` with these labels as one whose total is measured elsewhere; otherwise like
    /// [`counter`](Self::counter).
    ///
    /// # Errors
    ///
    /// As for [`counter`](Self::counter), and if `name` is one that counts.
    ///
    /// ```
    /// use steeple_metrics::{Registry, Value};
    ///
    /// let registry = Registry::new();
    /// let busy = registry.total("shop.busy", &[])?;
    /// busy.set(0.25);
    /// let seen = registry.snapshot();
    /// assert_eq!(seen.value("shop_busy_total", &[]).and_then(Value::as_total), Some(0.25));
    /// # Ok::<(), steeple_metrics::RegisterError>(())
    /// ```
    pub fn total(&self, name: &str, labels: &[(&str, &str)]) -> Result<Total, RegisterError> {
        self.validate_name(name)?;
        if self.read().catalog.find(Kind::Counter, name)?.is_none() {
            self.write().catalog.measure(name)?;
        }
        match self.register_validated(Kind::Counter, name, labels)? {
            Cell::Total(cell) => Ok(Total(cell)),
            _ => Err(RegisterError::Counted { name: name.into() }),
        }
    }

    /// The gauge `name` with these labels, which is made at first use; otherwise like
    /// [`counter`](Self::counter).
    ///
    /// # Errors
    ///
    /// As for [`counter`](Self::counter).
    pub fn gauge(&self, name: &str, labels: &[(&str, &str)]) -> Result<Gauge, RegisterError> {
        self.register_validated(Kind::Gauge, name, labels)
            .map(Cell::into_gauge)
    }

    /// Drops the series of something that is gone, such as a disk, so that nobody takes its last value for a present one. A series of
    /// which somebody has a handle stays.
    pub fn remove(&self, kind: Kind, name: &str, labels: &[(&str, &str)]) {
        let labels = self.0.global_labels.with(kind, || labels.iter().copied());
        self.write().remove(Request {
            kind,
            name,
            labels: &labels,
        });
    }

    /// The histogram `name` with these labels, which is made at first use; otherwise like
    /// [`counter`](Self::counter).
    ///
    /// # Errors
    ///
    /// As for [`counter`](Self::counter).
    pub fn histogram(
        &self,
        name: &str,
        labels: &[(&str, &str)],
    ) -> Result<Histogram, RegisterError> {
        self.register_validated(Kind::Histogram, name, labels)
            .map(Cell::into_histogram)
    }

    /// Describes the metric `name`; do so before the first registration, which fixes the unit and with it
    /// the exposed name and a histogram's default bounds.
    ///
    /// # Errors
    ///
    /// If the name is invalid or of another kind, if there are too many, or if the unit comes too late.
    pub fn describe(
        &self,
        kind: Kind,
        name: &str,
        unit: Option<Unit>,
        help: &str,
    ) -> Result<(), RegisterError> {
        self.validate_name(name)?;
        self.write().catalog.describe(kind, name, unit, help)
    }

    /// The names under which metrics were recorded or described so far, in no order, but for the registry's own.
    #[must_use]
    pub fn recorded_names(&self) -> Vec<String> {
        let store = self.read();
        store.catalog.recorded_names().map(str::to_owned).collect()
    }

    /// When the registry was made, by the clock as it is now.
    #[must_use]
    pub fn created(&self) -> SystemTime {
        let age = self.0.created.elapsed();
        let now = SystemTime::now();
        now.checked_sub(age).unwrap_or(now)
    }

    /// Registers for the facade: repairs names, and knows the key again next time.
    pub(crate) fn register_key(&self, kind: Kind, key: &Key) -> Result<Cell, RegisterError> {
        if let Some(cell) = self.read().find_key(key).filter(|cell| cell.kind() == kind) {
            return Ok(cell.clone());
        }
        if key.name().is_empty() {
            return Err(RegisterError::InvalidName {
                name: String::new(),
            });
        }
        let labels = || key.labels().map(|label| (label.key(), label.value()));
        self.register(kind, key.name(), labels, Some(key))
    }

    pub(crate) fn describe_key(&self, kind: Kind, name: &str, unit: Option<Unit>, help: &str) {
        if let Err(error) = self.write().catalog.describe(kind, name, unit, help) {
            self.reject(&error);
        }
    }

    pub(crate) fn reject(&self, error: &RegisterError) {
        self.0.self_metrics.reject(Reason::from(error));
    }

    fn register_validated(
        &self,
        kind: Kind,
        name: &str,
        labels: &[(&str, &str)],
    ) -> Result<Cell, RegisterError> {
        self.validate_name(name)?;
        labels::validate(kind, labels, self.utf8_names())?;
        self.register(kind, name, || labels.iter().copied(), None)
    }

    fn register<'a, L: Iterator<Item = (&'a str, &'a str)>>(
        &self,
        kind: Kind,
        name: &str,
        labels: impl Fn() -> L,
        key: Option<&Key>,
    ) -> Result<Cell, RegisterError> {
        let request = Request {
            kind,
            name,
            labels: &self.0.global_labels.with(kind, labels),
        };
        if let Some(cell) = self.read().find(request)? {
            return Ok(cell);
        }
        let registered = self.write().register(request, key)?;
        if let (Some(metric), Some(callback)) = (&registered.first_overflow, &self.0.on_overflow) {
            // A panic of the callback must not reach the code that only wanted to record something.
            let _ = catch_unwind(AssertUnwindSafe(|| callback(metric)));
        }
        Ok(registered.cell)
    }

    #[inline]
    pub(crate) fn generation(&self) -> u32 {
        self.0.generation.load(Relaxed)
    }

    fn validate_name(&self, name: &str) -> Result<(), RegisterError> {
        if name::is_valid_metric_name(name) || (self.utf8_names() && !name.is_empty()) {
            Ok(())
        } else {
            Err(RegisterError::InvalidName { name: name.into() })
        }
    }

    fn utf8_names(&self) -> bool {
        self.0.global_labels.utf8_names()
    }

    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Store> {
        self.0.store.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, Store> {
        self.0.store.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Registry {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("series", &self.read().len())
            .finish_non_exhaustive()
    }
}
