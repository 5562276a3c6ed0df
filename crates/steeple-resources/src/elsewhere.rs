//! What is told where there is no `/proc`: nothing.

use crate::source::Source;

pub(crate) fn sources(_host: bool) -> Vec<Box<dyn Source>> {
    Vec::new()
}

/// Has nothing to tell.
pub(crate) struct Line;

impl Line {
    pub(crate) fn begin() -> Self {
        Self
    }

    pub(crate) fn log(&mut self) {}
}
