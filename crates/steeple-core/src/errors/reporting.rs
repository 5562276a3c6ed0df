use std::{
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use super::{ErrorSink, FingerprintRule, MOST_RULES};
use crate::ObserverError;

/// Who is told of errors, by what they are the same, and how long a dying process waits for that.
pub(crate) struct Reporting {
    pub(crate) sinks: Vec<Box<dyn ErrorSink>>,
    pub(crate) rules: Arc<Vec<FingerprintRule>>,
    pub(crate) rescue_deadline: Duration,
    /// How many reports there was no room for on their way to the sinks since that was last told.
    pub(crate) lost: AtomicU64,
}

impl Reporting {
    /// Whether anybody is told.
    #[inline]
    pub(crate) fn is_on(&self) -> bool {
        !self.sinks.is_empty()
    }

    pub(crate) fn check(&self) -> Result<(), ObserverError> {
        let count = self.rules.len();
        if count > MOST_RULES {
            return Err(ObserverError::TooManyFingerprintRules { count });
        }
        for (rule, number) in self.rules.iter().zip(1..) {
            let invalid = |source| ObserverError::InvalidFingerprintRule { number, source };
            rule.check().map_err(invalid)?;
        }
        Ok(())
    }
}

impl Default for Reporting {
    fn default() -> Self {
        Self {
            sinks: Vec::new(),
            rules: Arc::default(),
            rescue_deadline: Duration::from_millis(500),
            lost: AtomicU64::new(0),
        }
    }
}
