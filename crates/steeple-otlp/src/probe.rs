use std::{sync::Arc, thread, time::Duration};

use futures_util::future::join_all;
use steeple_client::Failure;
use tokio::{runtime, sync::oneshot, time::timeout};
use tracing::{dispatcher, subscriber::NoSubscriber};

use crate::{OtlpBuilder, Signal, target::Target};

/// What backends answered.
type Answers = Vec<(Signal, Result<(), Failure>)>;

/// Asks backends whether they take what is sent to them, from [`OtlpBuilder::probe`].
#[derive(Clone, Debug)]
pub struct Probe(Arc<OtlpBuilder>);

impl Probe {
    pub(crate) fn new(configured: OtlpBuilder) -> Self {
        Self(Arc::new(configured))
    }

    /// Sends an export request that is empty for each signal that is exported, all at once, over connections of their own, and
    /// tells what was answered within `limit`. Works on every runtime, since it has a thread of its own while it lasts; there is
    /// no answer where none can be had.
    pub async fn send(&self, limit: Duration) -> Vec<(Signal, Result<(), Failure>)> {
        let builder = Arc::clone(&self.0);
        let (sender, answers) = oneshot::channel();
        let ask = move || ask(&builder, limit, sender);
        // As in a pipeline, nothing comes of telemetry about telemetry.
        let ask = move || dispatcher::with_default(&NoSubscriber::new().into(), ask);
        match thread::Builder::new()
            .name("steeple-probe".to_owned())
            .spawn(ask)
        {
            Ok(_) => answers.await.unwrap_or_default(),
            Err(_) => Vec::new(),
        }
    }
}

fn ask(builder: &OtlpBuilder, limit: Duration, sender: oneshot::Sender<Answers>) {
    let Ok(runtime) = runtime::Builder::new_current_thread().enable_all().build() else {
        return;
    };
    let exported = Signal::ALL
        .into_iter()
        .filter(|signal| builder.exports(*signal));
    let asked =
        exported.map(|signal| async move { (signal, ask_one(builder, signal, limit).await) });
    let _ = sender.send(runtime.block_on(join_all(asked)));
    // A name that is looked up still is not waited for.
    runtime.shutdown_background();
}

async fn ask_one(builder: &OtlpBuilder, signal: Signal, limit: Duration) -> Result<(), Failure> {
    // It was checked, so that of all this only the files of TLS can have become bad.
    let target = Target::of(builder, signal).map_err(|_| Failure::Tls)?;
    let answer = target.transport.send(signal, Vec::new());
    match timeout(limit, answer).await {
        Ok(answer) => answer.map_err(|error| Failure::of(&error)),
        Err(_) => Err(Failure::TimedOut),
    }
}
