use std::sync::{
    Mutex, TryLockError,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use crate::{
    Group,
    groups::Groups,
    journal::{Journal, JournalError},
    lock,
};

/// What is known, in memory and, on request, in a file.
#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) groups: Mutex<Groups>,
    /// Locked before the groups where both are.
    pub(crate) journal: Option<Mutex<Journal>>,
    /// Whether there is no time for what is slow.
    pub(crate) is_dying: AtomicBool,
}

impl Store {
    /// Takes in what the file holds, and tells how many records of it were damaged.
    pub(crate) fn open(&self) -> Result<u64, JournalError> {
        let Some(journal) = &self.journal else {
            return Ok(0);
        };
        let mut journal = lock(journal);
        journal.open(&self.groups)?;
        Ok(journal.lost)
    }

    /// Adds what was counted apart.
    pub(crate) fn add(&self, counted: &[Group]) -> Result<(), JournalError> {
        {
            let mut groups = lock(&self.groups);
            for group in counted {
                groups.add(group.clone());
            }
        }
        match &self.journal {
            Some(journal) => lock(journal).append(counted, &self.groups),
            None => Ok(()),
        }
    }

    pub(crate) fn sync(&self) {
        if let Some(journal) = &self.journal {
            lock(journal).sync();
        }
    }

    /// Leaves the file to others, unless it is being written still.
    pub(crate) fn close(&self) {
        if let Some(journal) = &self.journal {
            match journal.try_lock() {
                Ok(mut journal) => journal.close(),
                Err(TryLockError::Poisoned(journal)) => journal.into_inner().close(),
                Err(TryLockError::WouldBlock) => {}
            }
        }
    }

    pub(crate) fn is_dying(&self) -> bool {
        self.is_dying.load(Relaxed)
    }

    pub(crate) fn figures(&self) -> Figures {
        let journal = self.journal.as_ref().map(lock);
        let groups = lock(&self.groups);
        Figures {
            groups: groups.len(),
            evicted_groups: groups.evicted,
            lost_records: journal.as_ref().map_or(0, |journal| journal.lost),
            failed_writes: journal.as_ref().map_or(0, |journal| journal.failures),
        }
    }
}

/// What became of groups and of their file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Figures {
    /// How many groups there are.
    pub groups: usize,
    /// How many groups had to leave.
    pub evicted_groups: u64,
    /// How many records of the file were damaged.
    pub lost_records: u64,
    /// How often the file could not be written.
    pub failed_writes: u64,
}
