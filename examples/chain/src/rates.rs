//! The rates, on tonic, and the client of those who ask for them.
//!
//!     cargo run -p chain -- rates

use std::{error::Error, net::SocketAddr};

use steeple::{Steeple, tower::Client as Observed};
use tokio::net::TcpListener;
use tonic::{
    Request, Response, Status,
    codegen::http::Uri,
    transport::{Channel, Server, server::TcpIncoming},
};
use tower::Layer;

use self::generated::{
    rates_client::RatesClient,
    rates_server::{Rates, RatesServer},
};
use crate::log::Log;

#[expect(unreachable_pub, reason = "it is generated for libraries")]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/chain.Rates.rs"));
}

#[derive(prost::Message)]
pub(crate) struct Currency {
    #[prost(string, tag = "1")]
    code: String,
}

#[derive(prost::Message)]
pub(crate) struct Rate {
    #[prost(double, tag = "1")]
    rate: f64,
}

struct Bank(Log);

#[tonic::async_trait]
impl Rates for Bank {
    async fn of(&self, currency: Request<Currency>) -> Result<Response<Rate>, Status> {
        let Currency { code } = currency.into_inner();
        let rate = look_up(&code).ok_or_else(|| Status::not_found("no such currency"))?;
        self.0.info(format!("{code} is at {rate}"));
        Ok(Response::new(Rate { rate }))
    }
}

#[tracing::instrument]
fn look_up(code: &str) -> Option<f64> {
    (code == "CHF").then_some(0.94)
}

pub(crate) async fn serve(steeple: &Steeple, listen: SocketAddr) -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind(listen).await?;
    Server::builder()
        .layer(steeple.tower())
        .add_service(RatesServer::new(Bank(Log::of(steeple))))
        .serve_with_incoming(TcpIncoming::from(listener))
        .await?;
    Ok(())
}

/// Asks for rates.
pub(crate) struct Client(RatesClient<Observed<Channel>>);

impl Client {
    /// Connects when it is first asked.
    pub(crate) fn new(steeple: &Steeple, rates: SocketAddr) -> Result<Self, Box<dyn Error>> {
        let origin: Uri = format!("http://{rates}").parse()?;
        let channel = Channel::builder(origin.clone()).connect_lazy();
        let observe = steeple.tower_client().origin(origin);
        Ok(Self(RatesClient::new(observe.layer(channel))))
    }

    pub(crate) async fn of(&self, currency: &str) -> Result<f64, Status> {
        let code = currency.to_owned();
        let answer = self.0.clone().of(Currency { code }).await?;
        Ok(answer.into_inner().rate)
    }
}
