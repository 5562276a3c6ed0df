//! Times as files and answers tell them: in milliseconds since the epoch.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Deserializer, Serializer};

/// The minute that `at` is in, since the epoch.
pub(crate) fn minute_of(at: SystemTime) -> u64 {
    since_epoch(at).as_secs() / 60
}

pub(crate) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn since_epoch(at: SystemTime) -> Duration {
    at.duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
}

pub(crate) fn serialize<S: Serializer>(at: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(milliseconds(since_epoch(*at)))
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<SystemTime, D::Error> {
    let since_epoch = Duration::from_millis(u64::deserialize(deserializer)?);
    Ok(SystemTime::UNIX_EPOCH
        .checked_add(since_epoch)
        .unwrap_or(SystemTime::UNIX_EPOCH))
}
