use std::{io, thread};

use signal_hook::{
    consts::{SIGUSR1, SIGUSR2},
    iterator::Signals,
};

use super::Levels;

impl Levels {
    /// Obeys the process's signals: with SIGUSR1 it logs [more](Self::raise), with SIGUSR2 [less](Self::lower), each for 15
    /// minutes. By default a process ends with them, and another handler of the process's own is still called.
    ///
    /// # Errors
    ///
    /// When the handlers cannot be set or the thread that waits for signals cannot be started.
    pub fn obey_signals(&self) -> io::Result<()> {
        let mut signals = Signals::new([SIGUSR1, SIGUSR2])?;
        let levels = self.clone();
        let waiting = thread::Builder::new().name("steeple-signals".to_owned());
        waiting.spawn(move || {
            for signal in signals.forever() {
                let changed = match signal {
                    SIGUSR1 => levels.raise(),
                    _ => levels.lower(),
                };
                match changed {
                    Ok(()) => tracing::warn!(levels = %levels.status().current, "a signal changed what is logged"),
                    Err(error) => {
                        let error: &dyn std::error::Error = &error;
                        tracing::warn!(error, "a signal could not change what is logged");
                    }
                }
            }
        })?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use signal_hook::low_level::raise;

    use super::*;

    #[test]
    fn signals_log_more_and_less() {
        let levels = Levels::new("info,hyper=warn".parse().unwrap());
        levels.obey_signals().unwrap();
        let deadline = Instant::now() + Duration::from_secs(30);
        for (signal, expected) in [
            (SIGUSR1, "debug,hyper=info"),
            (SIGUSR1, "trace,hyper=debug"),
            (SIGUSR2, "debug,hyper=info"),
            (SIGUSR2, "info,hyper=warn"),
            (SIGUSR2, "warn,hyper=error"),
        ] {
            raise(signal).unwrap();
            while levels.status().current.to_string() != expected {
                assert!(Instant::now() < deadline, "{expected}: {levels:?}");
                thread::yield_now();
            }
        }
        assert!(levels.status().reverts_in.is_some());
    }
}
