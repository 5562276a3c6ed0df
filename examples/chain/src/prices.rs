//! The prices, on actix-web, which ask for rates with a client of tonic's.
//!
//!     cargo run -p chain -- prices

use std::{error::Error, net::SocketAddr};

use actix_web::{
    App, HttpServer,
    error::{ErrorBadGateway, ErrorNotFound},
    web::{self, Data},
};
use steeple::{Steeple, current};

use crate::{log::Log, rates::Client};

struct Prices {
    rates: Client,
    log: Log,
}

pub(crate) async fn serve(
    steeple: &Steeple,
    listen: SocketAddr,
    rates: SocketAddr,
) -> Result<(), Box<dyn Error>> {
    let prices = Data::new(Prices {
        rates: Client::new(steeple, rates)?,
        log: Log::of(steeple),
    });
    let observe = steeple.actix();
    let app = move || {
        App::new()
            .app_data(prices.clone())
            .wrap(observe.clone())
            .route("/prices/{item}", web::get().to(price))
    };
    let server = HttpServer::new(app).workers(1).disable_signals();
    Ok(server.bind(listen)?.run().await?)
}

async fn price(prices: Data<Prices>, item: web::Path<String>) -> actix_web::Result<String> {
    let cents = match item.as_str() {
        "apple" => 60.0,
        "pear" => 80.0,
        _ => return Err(ErrorNotFound("no such item\n")),
    };
    let rate = prices.rates.of("CHF").await.map_err(|error| {
        current::attach(&error);
        ErrorBadGateway("no rate\n")
    })?;
    prices.log.info(format!("{item} at a rate of {rate}"));
    Ok(format!("{:.2} CHF\n", cents * rate / 100.0))
}
