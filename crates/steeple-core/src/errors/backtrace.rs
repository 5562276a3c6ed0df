use std::{
    ffi::c_void,
    sync::{
        Once,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use super::{Frame, machinery};
use crate::panic;

/// How many frames are kept.
const DEEPEST: usize = 128;

/// Whether the debug information is being read for the first time, under a lock that stacks are read under, too.
static IS_READING: AtomicBool = AtomicBool::new(false);

/// Where code was called from, as the processor knows it. Names are looked up when somebody asks for them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Backtrace(Box<[usize]>);

impl Backtrace {
    /// Where this is called from. It reads the stack alone, at some 10 µs; it is not to be had while the debug information is
    /// read, which whoever fails then would have to wait for.
    pub(crate) fn capture() -> Option<Self> {
        if IS_READING.load(Relaxed) {
            return None;
        }
        let mut addresses = Vec::with_capacity(32);
        backtrace::trace(|frame| {
            addresses.push(frame.ip() as usize);
            addresses.len() < DEEPEST
        });
        Some(Self(addresses.into()))
    }

    /// Reads the debug information of the program, unless it was read: what [`frames`](Self::frames) does at first.
    ///
    /// It may take a second or so, for a large program without optimisation, and what fails meanwhile is reported without a
    /// backtrace. Who would rather have that before the first failure than after it calls this on a thread of its own when the
    /// program begins.
    pub fn prepare() {
        static READ: Once = Once::new();
        READ.call_once(|| {
            IS_READING.store(true, Relaxed);
            panic::quietly(|| backtrace::resolve(Self::capture as *mut c_void, |_| ()));
            IS_READING.store(false, Relaxed);
        });
    }

    /// The calls, the innermost first, without those that made a panic or a report of them.
    ///
    /// The first time in a process this [reads the debug information](Self::prepare) of the program: not for the threads that
    /// serve requests.
    #[must_use]
    pub fn frames(&self) -> Vec<Frame> {
        Self::prepare();
        let mut frames = Vec::with_capacity(self.0.len());
        for address in &self.0 {
            resolve(*address, &mut frames);
        }
        frames.drain(..machinery::top(&frames));
        frames.truncate(machinery::bottom(&frames));
        frames
    }
}

/// Of inlined functions there are several at one address.
fn resolve(address: usize, frames: &mut Vec<Frame>) {
    let before = frames.len();
    backtrace::resolve(address as *mut c_void, |symbol| {
        let function = symbol.name().map(|name| format!("{name:#}"));
        let file = symbol.filename().map(|file| file.display().to_string());
        frames.push(Frame {
            line: symbol.lineno(),
            column: symbol.colno(),
            ..Frame::new(function, file, address)
        });
    });
    if frames.len() == before {
        frames.push(Frame::new(None, None, address));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stack_may_be_deep() {
        fn deep(left: u32) -> Backtrace {
            if left == 0 {
                return Backtrace::capture().unwrap();
            }
            std::hint::black_box(deep(left - 1))
        }
        Backtrace::prepare();
        assert_eq!(deep(1_000).0.len(), DEEPEST);
    }
}
