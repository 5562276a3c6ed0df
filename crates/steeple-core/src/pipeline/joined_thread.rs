use std::{
    io, process,
    thread::{self, JoinHandle},
};

/// A thread that is waited for where this is dropped, but in a child that the process forked: there are no others there.
#[derive(Debug)]
#[must_use = "dropping it waits for the thread"]
pub struct JoinedThread {
    thread: Option<JoinHandle<()>>,
    process: u32,
}

impl JoinedThread {
    /// Starts a thread called `name`.
    ///
    /// # Errors
    ///
    /// Where the system has none left, or the name is none.
    pub fn start(name: String, body: impl FnOnce() + Send + 'static) -> io::Result<Self> {
        let thread = thread::Builder::new().name(name).spawn(body)?;
        Ok(Self {
            thread: Some(thread),
            process: process::id(),
        })
    }
}

impl Drop for JoinedThread {
    fn drop(&mut self) {
        let thread = self.thread.take();
        if let Some(thread) = thread.filter(|_| process::id() == self.process) {
            // That it panicked, its own message said.
            let _ = thread.join();
        }
    }
}
