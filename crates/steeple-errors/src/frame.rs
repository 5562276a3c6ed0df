use std::{collections::HashMap, sync::Arc};

use serde::{Deserialize, Serialize};
use steeple_core::errors::{self, Backtrace};

/// How many calls of a sample are kept.
const DEEPEST: usize = 64;
/// How many bytes of a name.
const LONGEST: usize = 200;

/// One call on the way to a failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Frame {
    /// The function, by its path, at most 200 bytes; where the program has symbols.
    pub function: Option<String>,
    /// The file, at most 200 bytes; where the program has debug information.
    pub file: Option<String>,
    /// The line in it, from 1.
    pub line: Option<u32>,
    /// Whether it is the application's own code.
    pub in_app: bool,
}

impl From<&errors::Frame> for Frame {
    fn from(frame: &errors::Frame) -> Self {
        Self {
            function: frame.function.as_deref().map(beginning),
            file: frame.file.as_deref().map(end),
            line: frame.line,
            in_app: frame.in_app,
        }
    }
}

fn beginning(text: &str) -> String {
    let cut = (0..=LONGEST.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at));
    text[..cut.unwrap_or(0)].to_owned()
}

/// Of a path it tells the most.
fn end(text: &str) -> String {
    let cut =
        (text.len().saturating_sub(LONGEST)..text.len()).find(|at| text.is_char_boundary(*at));
    text[cut.unwrap_or(0)..].to_owned()
}

impl Frame {
    pub(crate) fn heap_bytes(&self) -> usize {
        let names = self.function.iter().chain(&self.file);
        size_of::<Self>() + names.map(String::len).sum::<usize>()
    }
}

/// The names of calls that were looked up before: the same failures come by the same calls, and looking up is slow.
#[derive(Debug, Default)]
pub(crate) struct KnownFrames(HashMap<Backtrace, Arc<[Frame]>>);

impl KnownFrames {
    /// How many ways to failures are known at a time.
    const MOST: usize = 256;

    /// The calls, the innermost first.
    pub(crate) fn of(&mut self, backtrace: &Backtrace) -> Arc<[Frame]> {
        if let Some(known) = self.0.get(backtrace) {
            return known.clone();
        }
        let frames = backtrace.frames();
        let frames: Arc<[Frame]> = frames.iter().take(DEEPEST).map(Frame::from).collect();
        if self.0.len() >= Self::MOST {
            self.0.clear();
        }
        self.0.insert(backtrace.clone(), frames.clone());
        frames
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_between_characters() {
        let long = format!("x{}y", "ä".repeat(150));
        assert_eq!(beginning(&long).len(), 199);
        assert_eq!(end(&long).len(), 199);
        assert!(end(&long).ends_with('y'));
        assert_eq!(
            (beginning("short"), end("short")),
            ("short".into(), "short".into())
        );
        assert_eq!((beginning(""), end("")), (String::new(), String::new()));
    }
}
