use std::sync::Arc;

use steeple_core::{RequestRecord, Sink, SpanId};

use crate::{finished::Finished, mailbox::Mailbox, sessions::Sessions};

/// Tells of requests that are over, as far as that is asked for.
pub(crate) struct Requests {
    pub(crate) mailbox: Arc<Mailbox>,
    pub(crate) transactions: Option<Share>,
    pub(crate) sessions: Option<Arc<Sessions>>,
}

impl Sink for Requests {
    fn request(&self, record: &RequestRecord<'_>) {
        if let Some(sessions) = &self.sessions {
            sessions.count(record.outcome);
        }
        if let Some(share) = &self.transactions {
            let trace = record.trace();
            if share.has(trace.span_id()) {
                self.mailbox.finished(|| Finished::of(record, trace));
            } else {
                self.mailbox.unsampled();
            }
        }
    }
}

/// A share of all requests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Share {
    threshold: u128,
}

impl Share {
    pub(crate) fn of(rate: f32) -> Self {
        let threshold = (f64::from(rate) * 2_f64.powi(64)) as u128;
        Self { threshold }
    }

    /// Whether the request is in it. Its own id is random, while a client can choose that of its trace.
    fn has(self, id: SpanId) -> bool {
        u128::from(u64::from_be_bytes(id.to_bytes())) < self.threshold
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_that_part_of_all_ids() {
        let share = |rate| {
            let share = Share::of(rate);
            let ids = (1..=1_000_u64).map(|id| id * (u64::MAX / 1_000));
            let ids = ids.filter_map(|id| SpanId::from_bytes(id.to_be_bytes()));
            ids.filter(|id| share.has(*id)).count()
        };
        assert_eq!(share(0.0), 0);
        assert_eq!(share(1.0), 1_000);
        assert!(share(0.25).abs_diff(250) <= 1, "{}", share(0.25));
    }
}
