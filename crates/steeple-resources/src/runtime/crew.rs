use std::{
    fmt, mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use steeple_metrics::Registry;
use tokio::runtime::Handle;

use super::Runtime;

thread_local! {
    /// Is there for as long as the thread is.
    static LIFE: Arc<()> = Arc::default();
}

/// The workers that a server has now.
pub(crate) struct Crew {
    registry: Registry,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The lives of the threads of those that are told of, each at its place, which is free once that thread has ended.
    places: Vec<Weak<()>>,
    /// Those that are told of from the next reading on.
    new: Vec<Runtime>,
}

impl Crew {
    pub(crate) fn new(registry: &Registry) -> Arc<Self> {
        Arc::new(Self {
            registry: registry.clone(),
            state: Mutex::default(),
        })
    }

    pub(crate) fn take_new(&self) -> Vec<Runtime> {
        mem::take(&mut self.state().new)
    }

    /// The lowest place that is free, unless the thread with this `life` has one already.
    fn take_place(self: &Arc<Self>, life: Weak<()>) -> Option<Place> {
        let places = &mut self.state().places;
        if places.iter().any(|taken| taken.ptr_eq(&life)) {
            return None;
        }
        let free = places.iter().position(|taken| taken.strong_count() == 0);
        let number = free.unwrap_or(places.len());
        places.resize(places.len().max(number + 1), Weak::new());
        places[number] = life.clone();
        Some(Place {
            crew: Arc::downgrade(self),
            life,
            number,
            name: number.to_string(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where a worker is told of: at the lowest place that is free, so that who comes after another's end takes its place, and there are no
/// more than there were workers at once.
pub(super) struct Place {
    crew: Weak<Crew>,
    life: Weak<()>,
    number: usize,
    name: String,
}

impl Place {
    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(crew) = self.crew.upgrade()
            && let Some(taken) = crew.state().places.get_mut(self.number)
            // By now it may be that of another.
            && taken.ptr_eq(&self.life)
        {
            *taken = Weak::new();
        }
    }
}

/// Takes note of the runtimes of a server's workers, for [`Resources`](crate::Resources) to tell of. Clones do so for the same.
#[derive(Clone)]
pub struct Workers(Weak<Crew>);

impl Workers {
    pub(crate) fn of(crew: &Arc<Crew>) -> Self {
        Self(Arc::downgrade(crew))
    }

    /// Has the runtime that this is called in told of until it ends, as that of one worker, whose thread this is: its metrics have the
    /// label `worker`, from `0` on. Outside of a runtime, and where the thread is told of already, it does nothing.
    pub fn watch(&self) {
        let life = LIFE.try_with(Arc::downgrade);
        let (Ok(runtime), Ok(life), Some(crew)) = (Handle::try_current(), life, self.0.upgrade())
        else {
            return;
        };
        if let Some(place) = crew.take_place(life) {
            // The registry may tell the application of what it makes: nothing is locked meanwhile.
            let runtime = Runtime::of(runtime, &crew.registry, Some(place));
            crew.state().new.push(runtime);
        }
    }
}

impl fmt::Debug for Workers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workers").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{OnceLock, mpsc};

    use tokio::runtime::Builder;

    use super::*;

    #[test]
    fn nothing_is_locked_while_the_application_is_told_that_there_are_too_many() {
        static CREW: OnceLock<Arc<Crew>> = OnceLock::new();
        let (told, locks) = mpsc::channel();
        let registry = Registry::builder()
            .series_limit(1)
            .on_overflow(move |_| {
                let is_locked = CREW.get().map(|crew| crew.state.try_lock().is_err());
                told.send(is_locked).unwrap();
            })
            .build()
            .unwrap();
        let runtime = Builder::new_current_thread().build().unwrap();
        let _the_only_one = Runtime::new(runtime.handle().clone(), &registry);
        let _guard = runtime.enter();
        Workers::of(CREW.get_or_init(|| Crew::new(&registry))).watch();
        assert_eq!(locks.try_recv(), Ok(Some(false)));
    }
}
