//! Takes reports from the hook of panics to the sinks, whose code must not run in there: a panic in it would end the process.

use std::{
    sync::{
        Arc, OnceLock, PoisonError, RwLock, TryLockError,
        atomic::Ordering::Relaxed,
        mpsc::{self, Receiver, SyncSender, TrySendError},
    },
    thread,
    time::{Duration, Instant},
};

use super::ErrorReport;
use crate::{observer::Shared, panic};

/// How many reports wait at most.
const MOST_WAITING: usize = 256;

/// Who is told of what fails outside of any request or job.
static PROCESS: RwLock<Option<Arc<Shared>>> = RwLock::new(None);
static PARCELS: OnceLock<SyncSender<Parcel>> = OnceLock::new();

/// A report on its way.
struct Parcel {
    observer: Arc<Shared>,
    report: ErrorReport,
    /// Whom to tell once it has left the process, if that is dying.
    dying: Option<SyncSender<()>>,
}

/// Begins to deliver.
pub(crate) fn start() {
    PARCELS.get_or_init(|| {
        let (parcels, arriving) = mpsc::sync_channel(MOST_WAITING);
        // Without a thread all is lost.
        let _ = thread::Builder::new()
            .name("steeple-panics".to_owned())
            .spawn(|| deliver(arriving));
        parcels
    });
}

fn deliver(arriving: Receiver<Parcel>) {
    panic::be_ours();
    for parcel in arriving {
        let Parcel {
            observer,
            report,
            dying,
        } = parcel;
        observer.report(&Arc::new(report));
        observer.tell_of_lost_reports();
        if let Some(waiting) = dying {
            observer.rescue();
            let _ = waiting.try_send(());
        }
    }
}

/// Gives a report away, without waiting. Where there is no room that is counted, and told by the thread that delivers, since a
/// recorder's code must not run in the hook.
pub(crate) fn send(observer: Arc<Shared>, report: ErrorReport) {
    let parcel = Parcel {
        observer,
        report,
        dying: None,
    };
    if let Some(Parcel { observer, .. }) = refused(parcel) {
        observer.errors.lost.fetch_add(1, Relaxed);
    }
}

/// Gives a report away and waits until it has left the process, for at most as long as the observer says.
#[cold]
pub(crate) fn send_last(observer: Arc<Shared>, report: ErrorReport) {
    let began = Instant::now();
    let deadline = observer.errors.rescue_deadline;
    let (done, wait) = mpsc::sync_channel(1);
    let mut parcel = Parcel {
        observer,
        report,
        dying: Some(done),
    };
    while let Some(refused) = refused(parcel) {
        if began.elapsed() >= deadline {
            return;
        }
        parcel = refused;
        thread::sleep(Duration::from_millis(1));
    }
    let _ = wait.recv_timeout(deadline.saturating_sub(began.elapsed()));
}

/// The parcel that there is no room for.
fn refused(parcel: Parcel) -> Option<Parcel> {
    let Some(parcels) = PARCELS.get() else {
        return Some(parcel);
    };
    match parcels.try_send(parcel) {
        Ok(()) => None,
        Err(TrySendError::Full(parcel) | TrySendError::Disconnected(parcel)) => Some(parcel),
    }
}

/// Makes `observer` the one that is told of what fails outside of any request or job.
pub(crate) fn serve_process(observer: Arc<Shared>) {
    let before = PROCESS
        .write()
        .unwrap_or_else(PoisonError::into_inner)
        .replace(observer);
    drop(before);
}

/// The one that is told, if there is one and it has sinks; none while it is being replaced, since who asks may be a panic in that.
pub(crate) fn of_process() -> Option<Arc<Shared>> {
    let observer = match PROCESS.try_read() {
        Ok(observer) => observer.clone(),
        Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner().clone(),
        Err(TryLockError::WouldBlock) => None,
    };
    observer.filter(|observer| observer.errors.is_on())
}
