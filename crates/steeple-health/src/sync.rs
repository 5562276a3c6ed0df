use std::sync::{Mutex, MutexGuard, PoisonError};

/// What a panic left behind is better than another panic.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
