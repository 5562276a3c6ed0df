//! One trace through three services: a shop on axum asks for prices on actix-web, which ask for rates on tonic.
//!
//!     cargo run -p chain -- rates
//!     cargo run -p chain -- prices
//!     cargo run -p chain -- shop
//!
//! Each in a terminal of its own, with `OTEL_EXPORTER_OTLP_ENDPOINT` saying where a collector or an APM is, for instance
//! `http://127.0.0.1:4318`. Then `curl -i 127.0.0.1:3000/offers/apple`: `server-timing` tells the id of the trace, and so do the
//! logs of all three and the exemplars of their histograms. Where they listen, and where the next one is, may follow:
//! `chain shop 127.0.0.1:3000 127.0.0.1:3001`.

mod arguments;
mod log;
mod prices;
mod rates;
mod shop;

use std::{env, error::Error, time::Duration};

use steeple::{Steeple, core::ResponseTrace};
use tracing_subscriber::{
    EnvFilter, Layer, fmt, layer::SubscriberExt, registry, util::SubscriberInitExt,
};

use crate::arguments::{Arguments, Service};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let Arguments {
        service,
        listen,
        next,
    } = Arguments::parse(env::args().skip(1))?;
    let steeple = Steeple::builder(service.name())
        .traces(move |traces| {
            traces
                .trust(service.trust())
                .response_header(ResponseTrace::ServerTiming)
        })
        .build()?;
    registry()
        .with(
            fmt::layer()
                .with_writer(std::io::stderr)
                .with_filter(EnvFilter::from_default_env()),
        )
        .with(steeple.tracing_layer())
        .init();
    if let Some(ops) = steeple.ops_addr() {
        eprintln!("metrics: http://{ops}/metrics");
    }
    tokio::select! {
        served = async {
            match service {
                Service::Shop => shop::serve(&steeple, listen, next).await,
                Service::Prices => prices::serve(&steeple, listen, next).await,
                Service::Rates => rates::serve(&steeple, listen).await,
            }
        } => served?,
        stop = tokio::signal::ctrl_c() => stop?,
    }
    steeple.shutdown(Duration::from_secs(2)).await?;
    Ok(())
}
