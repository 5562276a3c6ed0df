use std::sync::{
    Arc, Mutex, TryLockError,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use crate::{
    Group,
    groups::Groups,
    journal::{Journal, JournalError, Troubles},
    lock,
};

/// What is known, in memory and, on request, in a file.
#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) groups: Mutex<Groups>,
    /// Locked before the groups where both are, and while the disk is waited for.
    pub(crate) journal: Option<Mutex<Journal>>,
    pub(crate) troubles: Arc<Troubles>,
    /// Whether there is no time for what is slow.
    pub(crate) is_dying: AtomicBool,
}

impl Store {
    /// Takes in what the file holds, and tells how many records of it were damaged.
    pub(crate) fn open(&self) -> Result<u64, JournalError> {
        let Some(journal) = &self.journal else {
            return Ok(0);
        };
        lock(journal).open(&self.groups)?;
        Ok(self.troubles.lost_records())
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
        let groups = lock(&self.groups);
        Figures {
            groups: groups.len(),
            evicted_groups: groups.evicted,
            lost_records: self.troubles.lost_records(),
            failed_writes: self.troubles.failed_writes(),
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

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, thread, time::Duration};

    use super::*;
    use crate::ErrorTracker;

    #[test]
    fn groups_and_figures_are_told_while_the_disk_stalls() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("errors.jsonl");
        let tracker = ErrorTracker::builder().file(file).start().unwrap();
        let reader = tracker.reader();
        let stalled = tracker.sink().store;
        // Whoever writes has it.
        let journal = lock(stalled.journal.as_ref().unwrap());
        let (tell, told) = mpsc::channel();
        let asking = thread::spawn(move || tell.send(reader.groups_as_json()));
        let json = told.recv_timeout(Duration::from_secs(10)).unwrap();
        assert!(json.starts_with(r#"{"groups":[]"#), "{json}");
        assert_eq!(tracker.figures(), Figures::default());
        drop(journal);
        asking.join().unwrap().unwrap();
    }
}
