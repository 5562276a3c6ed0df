use std::{
    cell::Cell,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::SystemTime,
};

/// What leads from an observation to the trace in which it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exemplar {
    /// The trace's id.
    pub trace_id: [u8; 16],
    /// The id of the span in which the observation was made.
    pub span_id: [u8; 8],
}

impl Exemplar {
    /// An exemplar of this trace and span.
    #[must_use]
    pub fn new(trace_id: [u8; 16], span_id: [u8; 8]) -> Self {
        Self { trace_id, span_id }
    }
}

/// One observation of a histogram's bucket and the trace in which it was made.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct RecordedExemplar {
    /// What was observed.
    pub value: f64,
    /// When it was observed.
    pub at: SystemTime,
    /// In which trace.
    pub exemplar: Exemplar,
}

thread_local! {
    /// Whether a source is being asked on this thread.
    static IS_ASKED: Cell<bool> = const { Cell::new(false) };
}

/// Tells the trace that the current thread is in.
#[derive(Clone)]
pub(crate) struct ExemplarSource(Arc<dyn Fn() -> Option<Exemplar> + Send + Sync>);

impl ExemplarSource {
    pub(crate) fn new(source: impl Fn() -> Option<Exemplar> + Send + Sync + 'static) -> Self {
        Self(Arc::new(source))
    }

    /// None if the source panics: who records something must not hear of it. None also while it is asked: one that records
    /// would be asked without end.
    #[inline]
    pub(crate) fn exemplar(&self) -> Option<Exemplar> {
        if IS_ASKED.replace(true) {
            return None;
        }
        let exemplar = catch_unwind(AssertUnwindSafe(&*self.0)).unwrap_or_default();
        IS_ASKED.set(false);
        exemplar
    }
}

impl fmt::Debug for ExemplarSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExemplarSource").finish_non_exhaustive()
    }
}
