use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

/// Whether the process was told to open its files again; it is handled until this is dropped.
#[derive(Debug, Default)]
pub(super) struct Hangup {
    came: Arc<AtomicBool>,
    #[cfg(unix)]
    handler: Option<signal_hook::SigId>,
}

impl Hangup {
    /// Handles SIGHUP.
    #[cfg(unix)]
    pub(super) fn handle() -> std::io::Result<Self> {
        let came = Arc::default();
        let handler = signal_hook::flag::register(signal_hook::consts::SIGHUP, Arc::clone(&came))?;
        Ok(Self {
            came,
            handler: Some(handler),
        })
    }

    /// There is no such signal.
    #[cfg(not(unix))]
    pub(super) fn handle() -> std::io::Result<Self> {
        Ok(Self::default())
    }

    /// Whether it came since this was asked last.
    pub(super) fn take(&self) -> bool {
        self.came.swap(false, Relaxed)
    }
}

#[cfg(unix)]
impl Drop for Hangup {
    fn drop(&mut self) {
        if let Some(handler) = self.handler.take() {
            signal_hook::low_level::unregister(handler);
        }
    }
}
