use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// What is set in the count of a body that broke off.
const BROKEN: u64 = 1 << 63;

/// Counts the bytes of a request body as they are read, on whichever task reads them, and notes if it breaks off.
///
/// A body that nobody reads has no size that is known.
#[derive(Clone, Debug)]
pub struct RequestCounter(Arc<AtomicU64>);

impl RequestCounter {
    pub(super) fn new(count: Arc<AtomicU64>) -> Self {
        Self(count)
    }

    /// Takes in what the body was polled for, a piece of `size` bytes, an error or its end, and hands it through.
    #[inline]
    pub fn take_in<P, E>(
        &self,
        next: Option<Result<P, E>>,
        size: impl FnOnce(&P) -> usize,
    ) -> Option<Result<P, E>> {
        match &next {
            Some(Ok(piece)) => self.add(size(piece)),
            Some(Err(_)) => self.fail(),
            None => self.add(0),
        }
        next
    }

    fn add(&self, bytes: usize) {
        // One more than there are bytes tells a body that was read from one that was not. It has one reader.
        let first = u64::from(self.0.load(Ordering::Relaxed) == 0);
        self.0.fetch_add(first + bytes as u64, Ordering::Relaxed);
    }

    /// Notes that the body broke off: the client is gone, or does not keep to the protocol. Known by the end of the
    /// response, it is what failed, not the service.
    #[cold]
    fn fail(&self) {
        self.add(0);
        self.0.fetch_or(BROKEN, Ordering::Relaxed);
    }

    /// How many bytes `count` stands for.
    pub(super) fn size(count: u64) -> Option<u64> {
        (count & !BROKEN).checked_sub(1)
    }

    pub(super) fn is_broken(count: u64) -> bool {
        count & BROKEN != 0
    }
}
