use std::{
    error::Error,
    fs::{self, File},
    io,
    path::Path,
    sync::{Arc, mpsc},
    time::SystemTime,
};

use flate2::{Compression, write::GzEncoder};
use steeple_core::pipeline::JoinedThread;

use super::{
    archive::{Archives, PACKED, UNFINISHED, with_end},
    current::options,
};

/// Packs and removes archives, on a thread of its own, whenever one is added. Dropping it waits for what is under way.
#[derive(Debug)]
pub(super) struct Housekeeping {
    archives: Arc<Archives>,
    /// Dropped first, it ends the thread.
    added: mpsc::Sender<()>,
    _thread: Option<JoinedThread>,
}

impl Housekeeping {
    /// Begins with what another process left behind.
    pub(super) fn start(archives: Arc<Archives>) -> Self {
        let (added, news) = mpsc::channel();
        let there = archives.clone();
        let thread = JoinedThread::start("steeple-logs-archives".to_owned(), move || {
            there.tidy();
            while news.recv().is_ok() {
                // One time is enough for all that were added.
                while news.try_recv().is_ok() {}
                there.tidy();
            }
        });
        Self {
            archives,
            added,
            _thread: thread.ok(),
        }
    }

    /// There is another archive.
    pub(super) fn added(&self) {
        // Where no thread can be had, lines wait meanwhile.
        if self.added.send(()).is_err() {
            self.archives.tidy();
        }
    }
}

impl Archives {
    fn tidy(&self) {
        if let Err(error) = self.try_tidy() {
            let error: &dyn Error = &error;
            tracing::warn!(
                error,
                "log files that are full could not be packed or removed"
            );
        }
    }

    /// First makes room, so that there is some to pack the others.
    fn try_tidy(&self) -> io::Result<()> {
        for unfinished in self.unfinished()? {
            remove(&unfinished)?;
        }
        let archives = self.list()?;
        let outdated: Vec<_> = self.outdated(&archives, SystemTime::now()).collect();
        for archive in &outdated {
            remove(&archive.path)?;
        }
        let kept = &archives[..archives.len() - outdated.len()];
        if self.compress {
            for archive in kept.iter().rev().filter(|archive| !archive.is_packed()) {
                self.pack(&archive.path)?;
            }
        }
        Ok(())
    }

    fn pack(&self, path: &Path) -> io::Result<()> {
        let unfinished = with_end(path, UNFINISHED);
        let mut lines = options(self.mode).read(true).open(path)?;
        let file = options(self.mode)
            .write(true)
            .create_new(true)
            .open(&unfinished)?;
        let packed = pack(&mut lines, file).and_then(|()| {
            fs::rename(&unfinished, with_end(path, PACKED))?;
            remove(path)
        });
        if packed.is_err() {
            let _ = remove(&unfinished);
        }
        packed
    }
}

fn pack(lines: &mut File, file: File) -> io::Result<()> {
    let mut encoder = GzEncoder::new(file, Compression::default());
    io::copy(lines, &mut encoder)?;
    encoder.finish()?.sync_all()
}

/// Removes a file unless it is gone already.
fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
