//! The shop's warehouse, over gRPC.

use std::{error::Error, net::SocketAddr, time::Duration};

use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use steeple::tower::ObserveLayer;
use tokio::{
    net::TcpListener,
    time::{sleep, timeout},
};
use tonic::{
    Request, Response, Status,
    transport::{Server, server::TcpIncoming},
};

use self::generated::{
    warehouse_client::WarehouseClient,
    warehouse_server::{Warehouse, WarehouseServer},
};

#[expect(unreachable_pub, reason = "it is generated for libraries")]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/shop.Warehouse.rs"));
}

#[derive(prost::Message)]
pub(crate) struct Item {
    #[prost(string, tag = "1")]
    name: String,
}

#[derive(prost::Message)]
pub(crate) struct Stock {
    #[prost(uint32, tag = "1")]
    count: u32,
}

struct Shelves;

#[tonic::async_trait]
impl Warehouse for Shelves {
    /// Cannot be reached one time in twenty.
    async fn count(&self, item: Request<Item>) -> Result<Response<Stock>, Status> {
        if fastrand::u8(0..20) == 0 {
            return Err(Status::unavailable("the warehouse is closed"));
        }
        match item.into_inner().name.as_str() {
            "apple" | "pear" | "plum" => Ok(Response::new(stock())),
            name => Err(Status::not_found(format!("there is no {name}"))),
        }
    }

    type WatchStream = BoxStream<'static, Result<Stock, Status>>;

    /// Goes on for as long as somebody listens.
    async fn watch(&self, _: Request<Item>) -> Result<Response<Self::WatchStream>, Status> {
        let counts = stream::unfold((), async |()| {
            sleep(Duration::from_millis(500)).await;
            Some((Ok(stock()), ()))
        });
        Ok(Response::new(counts.boxed()))
    }
}

fn stock() -> Stock {
    Stock {
        count: fastrand::u32(1..100),
    }
}

pub(crate) async fn serve(
    listener: TcpListener,
    observe: ObserveLayer,
) -> Result<(), tonic::transport::Error> {
    Server::builder()
        .layer(observe)
        .add_service(WarehouseServer::new(Shelves))
        .serve_with_incoming(TcpIncoming::from(listener))
        .await
}

/// Counts the stock, and watches it for a while, again and again.
pub(crate) async fn run(address: SocketAddr) {
    loop {
        // A broken connection is made again.
        let _ = take_stock(address).await;
        sleep(Duration::from_millis(500)).await;
    }
}

async fn take_stock(address: SocketAddr) -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut warehouse = WarehouseClient::connect(format!("http://{address}")).await?;
    let mut watched = warehouse.watch(item("apple")).await?.into_inner();
    let counting = async {
        loop {
            let name = fastrand::choice(["apple", "pear", "plum", "unicorn"]);
            // A refusal is an answer too.
            let _ = warehouse.count(item(name.unwrap_or("apple"))).await;
            sleep(Duration::from_millis(fastrand::u64(20..60))).await;
        }
    };
    let watching = async { while let Ok(Some(_)) = watched.message().await {} };
    let _ = timeout(Duration::from_secs(3), async {
        tokio::select! {
            () = counting => {}
            () = watching => {}
        }
    })
    .await;
    Ok(())
}

fn item(name: &str) -> Item {
    Item {
        name: name.to_owned(),
    }
}
