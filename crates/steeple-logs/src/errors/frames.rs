use std::{collections::HashMap, fmt::Write, sync::Arc};

use steeple_core::{
    errors::{Backtrace, Frame},
    text::beginning,
};

/// How many bytes of calls a line has: the innermost.
const LONGEST: usize = 6 << 10;

/// How many bytes of a name: those of generic functions have no end.
const LONGEST_NAME: usize = 200;

/// How many ways to failures are known at a time.
const MOST: usize = 64;

/// The calls on the way to failures as lines have them, for each that was looked up before: the same failures come by the same calls, and
/// looking up is slow.
#[derive(Debug, Default)]
pub(super) struct KnownFrames(HashMap<Backtrace, Arc<str>>);

impl KnownFrames {
    pub(super) fn of(&mut self, backtrace: &Backtrace) -> Arc<str> {
        if let Some(known) = self.0.get(backtrace) {
            return Arc::clone(known);
        }
        let frames: Arc<str> = told(&backtrace.frames()).into();
        if self.0.len() == MOST {
            self.0.clear();
        }
        self.0.insert(backtrace.clone(), Arc::clone(&frames));
        frames
    }
}

/// One call a line, as most languages have them.
fn told(frames: &[Frame]) -> String {
    let mut text = String::new();
    for (number, frame) in frames.iter().enumerate() {
        let before = text.len();
        push(&mut text, frame);
        if text.len() > LONGEST {
            text.truncate(before);
            // A text has room for all that is written.
            let _ = write!(text, "\n    ... {} more", frames.len() - number);
            break;
        }
    }
    text
}

fn push(text: &mut String, frame: &Frame) {
    let _ = match &frame.function {
        Some(name) => write!(text, "\n    at {}", beginning(name, LONGEST_NAME)),
        None => write!(text, "\n    at {:#x}", frame.address),
    };
    let _ = match (&frame.file, frame.line) {
        (Some(file), Some(line)) => write!(text, " ({file}:{line})"),
        (Some(file), None) => write!(text, " ({file})"),
        (None, _) => Ok(()),
    };
}
