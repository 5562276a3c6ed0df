//! One count of references for each thread.
//!
//! Frameworks clone the layered service for every request, and with it the observer. On one count for all, threads would
//! contend: two of them lost a tenth of their throughput to it.

use std::{cell::RefCell, ops::Deref, sync::Arc};

use crate::observer::Shared;

/// How many observers a thread keeps a count for; the others share theirs.
const KEPT: usize = 8;

/// A reference to what all clones of an observer share.
pub(super) struct Handle(Arc<Count>);

/// What a thread's references count on.
struct Count(Arc<Shared>);

thread_local! {
    static HANDLES: RefCell<Vec<Arc<Count>>> = const { RefCell::new(Vec::new()) };
}

impl Handle {
    pub(super) fn new(shared: Shared) -> Self {
        Self(Arc::new(Count(Arc::new(shared))))
    }

    #[cold]
    fn keep(&self, handles: &mut Vec<Arc<Count>>) -> Self {
        handles.retain(|kept| Arc::strong_count(kept) > 1);
        if handles.len() == KEPT {
            return Self(Arc::clone(&self.0));
        }
        let own = Arc::new(Count(Arc::clone(self)));
        handles.push(Arc::clone(&own));
        Self(own)
    }
}

impl Clone for Handle {
    #[inline]
    fn clone(&self) -> Self {
        HANDLES
            .try_with(|handles| {
                // In use only if dropping a handle led here.
                let mut handles = handles.try_borrow_mut().ok()?;
                match handles.iter().find(|kept| Arc::ptr_eq(&kept.0, self)) {
                    Some(kept) => Some(Self(Arc::clone(kept))),
                    None => Some(self.keep(&mut handles)),
                }
            })
            .ok()
            .flatten()
            .unwrap_or_else(|| Self(Arc::clone(&self.0)))
    }
}

impl Deref for Handle {
    type Target = Arc<Shared>;

    #[inline]
    fn deref(&self) -> &Arc<Shared> {
        &self.0.0
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use crate::Observer;

    #[test]
    fn an_observer_ends_with_its_last_clone_and_the_threads_that_made_them() {
        let observer = Observer::default();
        let weak = std::sync::Arc::downgrade(&observer.shared);
        thread::scope(|scope| {
            let clone_often = || (0..100).map(|_| observer.clone()).collect::<Vec<_>>();
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(clone_often)).collect();
            // Joined, a thread has dropped what was local to it as well.
            threads
                .into_iter()
                .for_each(|thread| drop(thread.join().unwrap()));
        });
        assert!(weak.upgrade().is_some());
        drop(observer);
        assert!(weak.upgrade().is_none());
    }

    #[test]
    fn more_observers_than_a_thread_keeps_work_all_the_same() {
        let observers: Vec<_> = (0..50).map(|_| Observer::default()).collect();
        let clones: Vec<_> = observers.iter().map(Clone::clone).collect();
        for (observer, clone) in observers.iter().zip(&clones) {
            assert!(std::sync::Arc::ptr_eq(&observer.shared, &clone.shared));
        }
    }
}
