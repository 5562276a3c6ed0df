//! Panics: caught around every poll, described by one process-wide hook.

use std::{
    any::Any,
    cell::Cell,
    mem,
    panic::{self, AssertUnwindSafe, Location, PanicHookInfo},
    sync::Once,
    thread,
};

use crate::{
    current,
    errors::{self, Backtrace, ErrorReport, Facts, Failure},
    text,
};

/// What is known of a panic.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PanicReport {
    /// What it said, at most 1,024 bytes.
    pub message: String,
    /// File, line and column, unless the application replaced the hook.
    pub location: Option<String>,
    /// Where it happened, if [errors are reported](crate::ObserverBuilder::error_sink).
    pub backtrace: Option<Backtrace>,
}

/// The code that ran inside an observation panicked; the panic is recorded.
#[derive(Debug, thiserror::Error)]
#[error("the observed code panicked")]
pub struct Panicked(());

/// Runs `f` and keeps a panic from going further; what it panicked with must be given on or [discarded](discard).
#[inline(always)]
pub(crate) fn catch<R>(f: impl FnOnce() -> R) -> thread::Result<R> {
    // Whatever `f` left half-done is dropped by the adapter, which polls nothing again that panicked.
    panic::catch_unwind(AssertUnwindSafe(f))
}

impl PanicReport {
    #[cold]
    pub(crate) fn of(payload: &(dyn Any + Send)) -> Self {
        Self {
            message: message(payload),
            location: None,
            backtrace: None,
        }
    }
}

/// Runs what must not panic into the request, and has nobody left to tell if it does.
pub(crate) fn quietly(f: impl FnOnce()) {
    if let Err(payload) = catch(f) {
        discard(payload);
    }
}

impl Panicked {
    pub(crate) fn new() -> Self {
        Self(())
    }
}

/// Makes the hook of the process describe panics to the current observation before the hook that was there prints them.
pub(crate) fn install_hook() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            describe(info);
            previous(info);
        }));
    });
}

thread_local! {
    /// Whether this is a thread of ours, on which what sinks and exporters do is not reported: they would be told of themselves.
    static OURS: Cell<bool> = const { Cell::new(false) };
}

/// Tells that the thread is one of ours.
pub(crate) fn be_ours() {
    let _ = OURS.try_with(|ours| ours.set(true));
}

fn describe(info: &PanicHookInfo<'_>) {
    thread_local! {
        static DESCRIBING: Cell<bool> = const { Cell::new(false) };
    }
    // A panic while a panic is described would end the process.
    let first = DESCRIBING
        .try_with(|describing| !describing.replace(true))
        .unwrap_or(false);
    if first {
        report(info);
        let _ = DESCRIBING.try_with(|describing| describing.set(false));
    }
}

/// Tells the current observation of a panic, which reports it once it is over: the application may catch it. Outside of any the
/// panic is reported at once, and so it is where the process dies of it.
fn report(info: &PanicHookInfo<'_>) {
    if OURS.try_with(Cell::get).unwrap_or(true) {
        return;
    }
    let observed = current::with(|state| state.reporter());
    let observer = observed.clone().unwrap_or_else(errors::of_process);
    let panic = PanicReport {
        message: message(info.payload()),
        location: info.location().map(ToString::to_string),
        backtrace: observer.as_ref().and_then(|_| Backtrace::capture()),
    };
    let trace = current::trace();
    let before = current::with(|state| state.describe(panic.clone())).flatten();
    let Some(observer) = observer else {
        return;
    };
    let dies = cfg!(panic = "abort") || is_last(info);
    if observed.is_some() && !dies {
        return;
    }
    let facts = current::with(|state| Facts::of_current(state, &observer));
    let facts = facts.map_or_else(|| Facts::of_process(trace), |facts| facts.at(trace));
    let failure = Failure::panic(&panic, before.as_ref().filter(|_| dies));
    let report = ErrorReport::new(failure, facts, &observer.errors);
    if dies {
        errors::send_last(observer, report);
    } else {
        errors::send(observer, report);
    }
}

/// Whether the process ends with this panic, as std says where a panic came out of a drop while another one was on its way, or out
/// of a function that must not.
fn is_last(info: &PanicHookInfo<'_>) -> bool {
    const LAST: [&str; 2] = [
        "panic in a destructor during cleanup",
        "panic in a function that cannot unwind",
    ];
    let is_std = |location: &Location<'_>| location.file().ends_with("core/src/panicking.rs");
    info.location().is_some_and(is_std) && LAST.contains(&&*message(info.payload()))
}

pub(crate) fn message(payload: &(dyn Any + Send)) -> String {
    let message = payload.downcast_ref::<&str>().copied();
    let message = message.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text::bounded(message.unwrap_or("a value that is no text"))
}

/// Drops a panic's payload, whose own drop may panic too.
pub(crate) fn discard(payload: Box<dyn Any + Send>) {
    if let Err(second) = panic::catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        mem::forget(second);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_caught_with_its_message() {
        assert!(catch(|| ()).is_ok());
        assert_eq!(
            PanicReport::of(&*catch(|| panic!("lost {}", "it")).unwrap_err()).message,
            "lost it"
        );
        let odd = PanicReport::of(&*catch(|| panic::panic_any(7)).unwrap_err());
        assert_eq!(odd.message, "a value that is no text");
    }

    #[test]
    fn a_payload_that_panics_when_dropped_does_no_harm() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("bomb");
            }
        }
        quietly(|| panic::panic_any(Bomb));
    }
}
