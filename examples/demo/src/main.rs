//! A small shop under load, to see steeple at work.
//!
//!     cargo run -p demo
//!
//! It serves a shop on axum, a branch of it on actix-web and its warehouse on tonic, on free ports (`--port N`,
//! `--branch-port N` and `--warehouse-port N` choose them), puts load on them (`--without-load` does not) and prints what
//! steeple saw, every two seconds, until it gets Ctrl-C or SIGTERM. With `OTEL_EXPORTER_OTLP_ENDPOINT` set it exports
//! traces, metrics and logs as well; `--log-file PATH`, `--elasticsearch URL` and `--logstash HOST:PORT` say where it logs to.

mod arguments;
mod branch;
mod figures;
mod grpc;
mod load;
mod logs;
mod shop;
mod stock;

use std::{error::Error, net::Ipv4Addr, panic, time::Duration};

use steeple::{
    RoutePolicy, Steeple,
    health::checks,
    otlp::{LogRecord, Otlp, Severity},
};
use tokio::net::TcpListener;

use crate::arguments::Arguments;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse(std::env::args().skip(1))?;
    // The shop panics on purpose. Without this the default hook would print each panic between the figures.
    panic::set_hook(Box::new(|_| {}));

    let stock = TcpListener::bind((Ipv4Addr::LOCALHOST, arguments.warehouse_port)).await?;
    let warehouse = stock.local_addr()?;
    let steeple = Steeple::builder("demo-shop");
    let has_logs = arguments.logs.are_there();
    let steeple = arguments
        .logs
        .configure(steeple)
        .observer(|observer| {
            observer
                .route("/healthz", RoutePolicy::new().ignore())
                .route("/shop/events", RoutePolicy::new().streaming())
                .route("/shop.Warehouse/Watch", RoutePolicy::new().streaming())
        })
        .errors(|errors| errors)
        .health(|health| health.check("warehouse", checks::tcp(warehouse.to_string())))
        .build()?;
    if has_logs {
        steeple.install_subscriber()?;
    } else if let Some(spans) = steeple.tracing_subscriber() {
        tracing::subscriber::set_global_default(spans)?;
    }
    if let Some(logs) = steeple.otlp().and_then(Otlp::logs) {
        logs.emit(&LogRecord::new(Severity::Info, "the shop is open"));
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, arguments.port)).await?;
    let address = listener.local_addr()?;
    let router = shop::router()
        .merge(steeple::axum::probes(steeple.probes()))
        .layer(steeple.axum());
    tokio::spawn(steeple::axum::serve(steeple.observer(), listener, router).into_future());

    tokio::spawn(grpc::serve(stock, steeple.tower()));

    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, arguments.branch_port))?;
    let branch = listener.local_addr()?;
    tokio::spawn(branch::serve(
        listener,
        steeple.actix(),
        steeple.observer(),
    )?);

    figures::introduce(address, branch, warehouse, steeple.ops_addr());
    if arguments.load {
        tokio::spawn(load::run(address));
        tokio::spawn(load::run(branch));
        tokio::spawn(grpc::run(warehouse));
    }
    tokio::select! {
        () = figures::print_every(Duration::from_secs(2), steeple.registry().clone()) => {}
        () = asked_to_stop() => {}
    }
    steeple.shutdown(Duration::from_secs(2)).await?;
    Ok(())
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
