//! Python's `json` as a reader of log lines.

use super::{BackendError, program::output_of};

/// Lets Python read lines of JSON, three for each event: what was logged, with the fields `message`, `text`, `number`, `share`, `path`,
/// `status` and `span`, the same by ECS, and by plain JSON. They have to hold just that, no key twice. Returns how many events there were.
///
/// # Errors
///
/// When python3 is not here, or an event reads back as anything else.
pub fn read_log_lines(lines: &str) -> Result<u64, BackendError> {
    let answer = output_of("python3", &["-c", include_str!("log_lines.py")], lines)?;
    answer.trim().parse().map_err(|_| BackendError::Answer {
        question: "how many events read back".to_owned(),
        answer,
    })
}
