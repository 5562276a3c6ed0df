use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use metrics::Gauge;

use super::DropReason;

/// Bytes that several pipelines share.
///
/// Clones share the same bytes. A pipeline takes from its budget what its items weigh and gives it
/// back when they are freed, so that all pipelines together never hold more than
/// [`limit`](Self::limit).
#[derive(Clone, Debug)]
pub struct Budget(Arc<Bytes>);

#[derive(Debug)]
struct Bytes {
    limit: usize,
    used: AtomicUsize,
}

impl Budget {
    /// The limit of [`Budget::process`]: 32 MiB.
    pub const PROCESS_LIMIT: usize = 32 << 20;

    /// A budget of its own, of `limit` bytes.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self(Arc::new(Bytes {
            limit,
            used: AtomicUsize::new(0),
        }))
    }

    /// The budget of the whole process, of [`PROCESS_LIMIT`](Self::PROCESS_LIMIT) bytes: what a
    /// pipeline uses unless it is given another.
    #[must_use]
    pub fn process() -> Self {
        static PROCESS: OnceLock<Budget> = OnceLock::new();
        PROCESS
            .get_or_init(|| Self::new(Self::PROCESS_LIMIT))
            .clone()
    }

    /// The limit of [`Budget::held`]: 32 MiB.
    pub const HELD_LIMIT: usize = 32 << 20;

    /// The budget of the whole process for what is held of requests and jobs until they end, of
    /// [`HELD_LIMIT`](Self::HELD_LIMIT) bytes.
    #[must_use]
    pub fn held() -> Self {
        static HELD: OnceLock<Budget> = OnceLock::new();
        HELD.get_or_init(|| Self::new(Self::HELD_LIMIT)).clone()
    }

    /// Bytes of this budget, none at first.
    #[must_use]
    pub fn reservation(&self) -> Reservation {
        Reservation {
            budget: self.clone(),
            bytes: 0,
        }
    }

    /// The most bytes that may be in use.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.0.limit
    }

    /// The bytes in use now.
    #[must_use]
    pub fn used(&self) -> usize {
        self.0.used.load(Relaxed)
    }

    fn reserve(&self, bytes: usize) -> bool {
        self.0
            .used
            .fetch_update(Relaxed, Relaxed, |used| {
                used.checked_add(bytes).filter(|sum| *sum <= self.0.limit)
            })
            .is_ok()
    }

    fn release(&self, bytes: usize) {
        self.0.used.fetch_sub(bytes, Relaxed);
    }
}

/// Bytes that were taken from a [`Budget`], and are given back on drop.
#[derive(Debug)]
pub struct Reservation {
    budget: Budget,
    bytes: usize,
}

impl Reservation {
    /// How many bytes these are.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The budget that they are from.
    #[must_use]
    pub fn budget(&self) -> &Budget {
        &self.budget
    }

    /// Takes what is missing to `bytes`, or gives back what is beyond them. False if the budget has not as many; then all stays
    /// as it was.
    #[must_use]
    #[inline]
    pub fn resize(&mut self, bytes: usize) -> bool {
        if bytes > self.bytes && !self.budget.reserve(bytes - self.bytes) {
            return false;
        }
        if bytes < self.bytes {
            self.budget.release(self.bytes - bytes);
        }
        self.bytes = bytes;
        true
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.budget.release(self.bytes);
    }
}

/// What bounds one pipeline: its own bytes and those it shares.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) own: Budget,
    pub(super) shared: Budget,
    pub(super) gauge: Gauge,
}

impl Account {
    /// Takes `bytes` from both budgets or from neither; a [`Charge`] gives them back.
    pub(super) fn reserve(&self, bytes: usize) -> Result<(), DropReason> {
        if !self.own.reserve(bytes) {
            return Err(DropReason::QueueFull);
        }
        if !self.shared.reserve(bytes) {
            self.own.release(bytes);
            return Err(DropReason::BudgetExhausted);
        }
        Ok(())
    }
}

/// Bytes reserved from an account, given back on drop.
#[derive(Debug)]
pub(super) struct Charge {
    account: Account,
    bytes: usize,
}

impl Charge {
    pub(super) fn new(account: Account) -> Self {
        Self { account, bytes: 0 }
    }

    /// Takes over `bytes` that were reserved from the account.
    pub(super) fn add(&mut self, bytes: usize) {
        self.bytes += bytes;
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.account.own.release(self.bytes);
        self.account.shared.release(self.bytes);
        self.account.gauge.decrement(self.bytes as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::{Account, Budget, Charge};
    use crate::pipeline::DropReason;

    fn account(own: usize, shared: usize) -> Account {
        Account {
            own: Budget::new(own),
            shared: Budget::new(shared),
            gauge: metrics::Gauge::noop(),
        }
    }

    #[test]
    fn a_reservation_grows_while_there_is_room_and_gives_all_back() {
        let budget = Budget::new(10);
        let (mut one, mut other) = (budget.reservation(), budget.reservation());
        assert!(one.resize(6) && other.resize(4));
        assert!(!one.resize(7), "nothing is left");
        assert_eq!((one.bytes(), budget.used()), (6, 10));
        assert!(one.resize(2) && other.resize(8));
        drop(one);
        assert_eq!(budget.used(), 8);
        drop(other);
        assert_eq!(budget.used(), 0);
    }

    #[test]
    fn a_charge_gives_back_what_was_reserved() {
        let account = account(10, 20);
        let mut charge = Charge::new(account.clone());
        assert_eq!(account.reserve(10), Ok(()));
        charge.add(10);
        assert_eq!((account.own.used(), account.shared.used()), (10, 10));
        drop(charge);
        assert_eq!((account.own.used(), account.shared.used()), (0, 0));
    }

    #[test]
    fn a_refused_reservation_takes_nothing_from_either_budget() {
        let account = account(10, 5);
        assert_eq!(account.reserve(11), Err(DropReason::QueueFull));
        assert_eq!(account.reserve(6), Err(DropReason::BudgetExhausted));
        assert_eq!(account.reserve(usize::MAX), Err(DropReason::QueueFull));
        assert_eq!((account.own.used(), account.shared.used()), (0, 0));
    }
}
