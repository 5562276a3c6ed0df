//! The loop that takes messages from the queue.

use std::pin::pin;

use steeple::current;
use tokio::sync::mpsc;

use crate::email::{DeliveryError, Email};

/// Delivers what is in `queue` until that is closed or `stop` is over; then the e-mail at hand is still delivered.
pub(crate) async fn consume(queue: &mut mpsc::Receiver<Email>, stop: impl Future<Output = ()>) {
    let mut stop = pin!(stop);
    loop {
        let email = tokio::select! {
            biased;
            () = &mut stop => return,
            email = queue.recv() => match email {
                Some(email) => email,
                None => return,
            },
        };
        let job = steeple::observe("queue", "emails").instrument(deliver(email));
        // A task of its own keeps a panic from the worker. It is counted and logged already.
        let _ = tokio::spawn(job).await;
    }
}

/// Delivers `email` as the current job, and tells that how it went.
async fn deliver(email: Email) {
    match email.deliver().await {
        Ok(()) => {}
        Err(DeliveryError::TimedOut) => current::timed_out(),
        Err(error) => current::attach(&error),
    }
}

#[cfg(test)]
mod tests {
    use std::{future, task::Poll};

    use steeple::Steeple;

    use super::*;

    fn count(steeple: &Steeple, labels: &str) -> Option<u64> {
        let text = steeple.registry().render();
        let series = format!("steeple_job_duration_seconds_count{{{labels}}} ");
        text.lines()
            .find_map(|line| line.strip_prefix(&series)?.parse().ok())
    }

    /// One test, since a process has one instance that `steeple::observe` observes with.
    #[tokio::test]
    async fn each_message_is_a_job_and_the_one_at_hand_ends_before_the_worker_does() {
        const SUCCESS: &str = r#"job_kind="queue",job_name="emails",outcome="success""#;

        let steeple = Steeple::builder("mailer").without_ops().build().unwrap();
        let (sender, mut queue) = mpsc::channel(16);
        let fill = || Email::samples().for_each(|email| sender.try_send(email).unwrap());

        fill();
        let mut asked = 0;
        let between_messages = future::poll_fn(|_| {
            asked += 1;
            if asked > 4 {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        });
        consume(&mut queue, between_messages).await;
        for labels in [
            SUCCESS,
            r#"error_type="worker::email::DeliveryError",job_kind="queue",job_name="emails",outcome="server_error""#,
            r#"error_type="timeout",job_kind="queue",job_name="emails",outcome="timed_out""#,
            r#"error_type="panic",job_kind="queue",job_name="emails",outcome="panicked""#,
        ] {
            assert_eq!(count(&steeple, labels), Some(1), "{labels}");
        }

        fill();
        consume(&mut queue, future::ready(())).await;
        assert_eq!((count(&steeple, SUCCESS), queue.len()), (Some(1), 4));
        drop(sender);
        consume(&mut queue, future::pending()).await;
        assert_eq!((count(&steeple, SUCCESS), queue.len()), (Some(2), 0));
    }
}
