//! A service that logs.

use std::{net::SocketAddr, path::Path, thread, time::Duration};

use axum::{Router, extract, http::StatusCode, routing::get};
use steeple::Steeple;
use steeple_logs::{Format, Logs, LogsBuilder, LogsReport, RollingFile};
use tokio::{net::TcpListener, runtime};
use tracing_subscriber::{layer::SubscriberExt as _, registry};

use super::load::serve_load;

pub(super) struct Shop {
    address: SocketAddr,
    logs: Logs,
}

impl Shop {
    /// Logs into `file`, and where `configure` says.
    pub(super) fn open(file: &Path, configure: impl FnOnce(LogsBuilder) -> LogsBuilder) -> Self {
        let builder =
            Logs::builder("shop").to(RollingFile::new(file).without_rotation(), Format::Ecs);
        let logs = configure(builder).start().unwrap();
        let access = logs.access_log();
        let steeple = Steeple::builder("shop")
            .private()
            .without_ops()
            .observer(|observer| observer.sink(access))
            .build()
            .unwrap();
        let router = Router::new()
            .route("/order/{id}", get(order))
            .layer(steeple.axum());
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let subscriber = registry().with(logs.layer());
        thread::spawn(move || {
            let _logged = tracing::subscriber::set_default(subscriber);
            let runtime = runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).unwrap();
                axum::serve(listener, router).await.unwrap();
            });
            drop(steeple);
        });
        Self { address, logs }
    }

    /// Lets many requests come, and tells which of them are known by their traces.
    pub(super) fn serve_load(&self) -> Vec<String> {
        serve_load(|id| format!("http://{}/order/{id}", self.address))
    }

    pub(super) fn flush(&self, deadline: Duration) -> LogsReport {
        let runtime = runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(self.logs.flush(deadline))
    }
}

/// Of every order 2 lines are written, and of one that fails 3.
async fn order(extract::Path(id): extract::Path<u64>) -> StatusCode {
    tracing::info!(order = id, "it came: \u{e9} \"\\ \u{1f600}");
    match id % 5 {
        3 => StatusCode::NOT_FOUND,
        4 => {
            tracing::error!(order = id, error = "the bank is away", "not paid");
            StatusCode::INTERNAL_SERVER_ERROR
        }
        _ => StatusCode::OK,
    }
}
