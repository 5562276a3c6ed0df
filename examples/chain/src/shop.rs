//! The shop, on axum, which asks for prices with reqwest.
//!
//!     cargo run -p chain -- shop

use std::{error::Error, net::SocketAddr};

use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    routing::get,
};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use steeple::{Steeple, current};
use tokio::net::TcpListener;

use crate::log::Log;

#[derive(Clone)]
struct Shop {
    client: ClientWithMiddleware,
    prices: SocketAddr,
    log: Log,
}

pub(crate) async fn serve(
    steeple: &Steeple,
    listen: SocketAddr,
    prices: SocketAddr,
) -> Result<(), Box<dyn Error>> {
    let shop = Shop {
        client: ClientBuilder::new(reqwest::Client::new())
            .with(steeple.reqwest())
            .build(),
        prices,
        log: Log::of(steeple),
    };
    let router = Router::new()
        .route("/offers/{item}", get(offer))
        .with_state(shop)
        .layer(steeple.axum());
    let listener = TcpListener::bind(listen).await?;
    Ok(steeple::axum::serve(steeple.observer(), listener, router).await?)
}

async fn offer(State(shop): State<Shop>, Path(item): Path<String>) -> Result<String, StatusCode> {
    shop.log.info(format!("somebody asks for {item}"));
    let price = shop.price(&item).await.map_err(|error| {
        current::attach(&error);
        StatusCode::BAD_GATEWAY
    })?;
    Ok(format!("{item}: {price}"))
}

impl Shop {
    #[tracing::instrument(skip(self))]
    async fn price(&self, item: &str) -> reqwest_middleware::Result<String> {
        let url = format!("http://{}/prices/{item}", self.prices);
        let answer = self.client.get(url).send().await?.error_for_status()?;
        Ok(answer.text().await?)
    }
}
