use std::{
    iter,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use tracing_subscriber::registry::{Extensions, LookupSpan, SpanRef};

use crate::encode::{Fields, Prepared};

/// What lines tell of a span, encoded when it is recorded, merged at the first event and copied into each line.
pub(super) struct SpanFields {
    opened: Fields,
    /// What was recorded since, which counts more.
    later: OnceLock<Mutex<Fields>>,
    /// Those of the next span around it that has any, which an event need not look up.
    around: Option<Arc<Self>>,
    /// With those around it.
    prepared: OnceLock<Arc<Prepared>>,
}

/// What a span keeps of them: layers of other logs have their own, without what is a secret there.
struct Known {
    fields: Arc<SpanFields>,
    /// Whose they are.
    number: u64,
    /// Those of others.
    next: Option<Box<Self>>,
}

impl SpanFields {
    /// Enters what the logs of this number recorded of `span`.
    pub(super) fn put<'a, S: LookupSpan<'a>>(span: &SpanRef<'a, S>, number: u64, fields: &Fields) {
        if let Some(known) = Known::of(&span.extensions(), number) {
            let later = known.later.get_or_init(Mutex::default);
            return lock(later).replace_by(fields);
        }
        let around = span
            .parent()
            .and_then(|parent| with_nearest(parent, number, Arc::clone));
        let fields = Self {
            opened: fields.clone(),
            later: OnceLock::new(),
            around,
            prepared: OnceLock::new(),
        };
        let mut extensions = span.extensions_mut();
        let next = extensions.remove::<Known>().map(Box::new);
        extensions.insert(Known {
            fields: Arc::new(fields),
            number,
            next,
        });
    }

    /// Adds what is told in `span` to `fields`, unless there is something by the same name: the innermost counts. It is handed back instead
    /// if lines can have it beside them, and beside what is `bound`, as it is.
    pub(super) fn tell<'a, S: LookupSpan<'a>>(
        span: SpanRef<'a, S>,
        number: u64,
        fields: &mut Fields,
        bound: Option<&Fields>,
    ) -> Option<Arc<Prepared>> {
        let told = with_nearest(span, number, |nearest| {
            let prepared = nearest.prepared().filter(|prepared| {
                let is_apart = |fields: &Fields| fields.is_apart_from(prepared.fields());
                is_apart(fields) && bound.is_none_or(is_apart)
            });
            if prepared.is_none() {
                nearest.add_to(fields);
            }
            prepared.cloned()
        });
        told.flatten()
    }

    /// All that is told in it, unless anything was recorded since it or one around it was opened.
    fn prepared(&self) -> Option<&Arc<Prepared>> {
        if self.and_around().any(|known| known.later.get().is_some()) {
            return None;
        }
        let prepare = || {
            let mut fields = Fields::default();
            self.add_to(&mut fields);
            Arc::new(Prepared::new(fields))
        };
        Some(self.prepared.get_or_init(prepare))
    }

    fn add_to(&self, fields: &mut Fields) {
        for known in self.and_around() {
            if let Some(later) = known.later.get() {
                fields.add_missing(&lock(later));
            }
            fields.add_missing(&known.opened);
        }
    }

    fn and_around(&self) -> impl Iterator<Item = &Self> {
        iter::successors(Some(self), |known| known.around.as_deref())
    }
}

impl Known {
    fn of<'a>(extensions: &'a Extensions<'_>, number: u64) -> Option<&'a Arc<SpanFields>> {
        let mut all = extensions.get::<Self>();
        while let Some(known) = all {
            if known.number == number {
                return Some(&known.fields);
            }
            all = known.next.as_deref();
        }
        None
    }
}

/// Lends those of `span`, or of the next around it that has any, to `f`, which must not run foreign code.
fn with_nearest<'a, S: LookupSpan<'a>, R>(
    span: SpanRef<'a, S>,
    number: u64,
    f: impl FnOnce(&Arc<SpanFields>) -> R,
) -> Option<R> {
    let mut next = Some(span);
    while let Some(span) = next {
        if let Some(known) = Known::of(&span.extensions(), number) {
            return Some(f(known));
        }
        next = span.parent();
    }
    None
}

fn lock(fields: &Mutex<Fields>) -> MutexGuard<'_, Fields> {
    fields.lock().unwrap_or_else(PoisonError::into_inner)
}
