//! A consumer of a queue that observes each message as a job.
//!
//!     cargo run -p worker
//!
//! It delivers e-mails, some of which fail in every way there is, until it gets Ctrl-C or SIGTERM; then it ends the one at
//! hand. `curl` where it says that the metrics are, for `steeple_job_duration_seconds` by outcome.
//!
//!     STEEPLE_PUSHGATEWAY_URL=http://127.0.0.1:9091 cargo run -p worker -- --once
//!
//! That delivers one e-mail of each kind and ends before anything could scrape it: so it pushes.

mod consumer;
mod email;

use std::{error::Error, time::Duration};

use steeple::Steeple;
use tokio::sync::mpsc;

use crate::{consumer::consume, email::Email};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();
    let steeple = Steeple::builder("mailer").build()?;
    if let Some(ops) = steeple.ops_addr() {
        eprintln!("metrics: http://{ops}/metrics");
    }
    let (sender, mut queue) = mpsc::channel(16);
    if std::env::args().any(|argument| argument == "--once") {
        tokio::spawn(produce(sender, Email::samples()));
    } else {
        tokio::spawn(produce(sender, Email::samples().cycle()));
    }
    consume(&mut queue, asked_to_stop()).await;
    steeple.shutdown(Duration::from_secs(2)).await?;
    Ok(())
}

/// Fills the queue, since there is no broker here.
async fn produce(sender: mpsc::Sender<Email>, emails: impl Iterator<Item = Email>) {
    for email in emails {
        if sender.send(email).await.is_err() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn asked_to_stop() {
    #[cfg(unix)]
    let terminated = async {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => signal.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<Option<()>>();
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated => {}
    }
}
