//! Observes a tonic server.
//!
//!     cargo run -p grpc-hello
//!
//! Then `cargo run -p grpc-hello -- you`, which calls it, and `curl` where it says that the metrics are: 127.0.0.1:9464, if
//! that was free.

use std::{env, error::Error, net::SocketAddr};

use steeple::Steeple;
use tokio::net::TcpListener;
use tonic::{
    Request, Response, Status,
    body::Body,
    transport::{Server, server::TcpIncoming},
};

use self::hello::{
    greeter_client::GreeterClient,
    greeter_server::{Greeter, GreeterServer},
};

#[expect(unreachable_pub, reason = "it is generated for libraries")]
mod hello {
    include!(concat!(env!("OUT_DIR"), "/hello.Greeter.rs"));
}

const ADDRESS: &str = "127.0.0.1:3000";

#[derive(prost::Message)]
struct GreetRequest {
    #[prost(string, tag = "1")]
    name: String,
}

#[derive(prost::Message)]
struct GreetReply {
    #[prost(string, tag = "1")]
    greeting: String,
}

struct Hello;

#[tonic::async_trait]
impl Greeter for Hello {
    async fn greet(&self, request: Request<GreetRequest>) -> Result<Response<GreetReply>, Status> {
        let GreetRequest { name } = request.into_inner();
        if name.is_empty() {
            return Err(Status::invalid_argument("a name is wanted"));
        }
        let greeting = format!("hello {name}");
        Ok(Response::new(GreetReply { greeting }))
    }
}

async fn serve(listener: TcpListener, steeple: &Steeple) -> Result<(), tonic::transport::Error> {
    Server::builder()
        // Bodies of calls tell no length: they are counted as they are read.
        .layer(steeple.tower().count_bodies(Body::new))
        .add_service(GreeterServer::new(Hello))
        .serve_with_incoming(TcpIncoming::from(listener))
        .await
}

async fn greet(address: SocketAddr, name: &str) -> Result<String, Box<dyn Error>> {
    let mut greeter = GreeterClient::connect(format!("http://{address}")).await?;
    let name = name.to_owned();
    Ok(greeter
        .greet(GreetRequest { name })
        .await?
        .into_inner()
        .greeting)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    if let Some(name) = env::args().nth(1) {
        eprintln!("{}", greet(ADDRESS.parse()?, &name).await?);
        return Ok(());
    }
    let steeple = Steeple::builder("hello").build()?;
    if let Some(ops) = steeple.ops_addr() {
        eprintln!("metrics: http://{ops}/metrics");
    }
    Ok(serve(TcpListener::bind(ADDRESS).await?, &steeple).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn calls_are_counted_by_method_and_status() {
        let steeple = Steeple::builder("hello").private().without_ops();
        let steeple = steeple.build().unwrap();
        let registry = steeple.registry().clone();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { serve(listener, &steeple).await });

        assert_eq!(greet(address, "you").await.unwrap(), "hello you");
        assert!(greet(address, "").await.is_err());

        let text = registry.render();
        for status in ["OK", "INVALID_ARGUMENT"] {
            let count = format!(
                "rpc_server_call_duration_seconds_count{{rpc_method=\"hello.Greeter/Greet\",\
                 rpc_status_code=\"{status}\",rpc_system_name=\"grpc\"}} 1"
            );
            assert!(text.contains(&count), "{text}");
        }
        let sizes = text.lines().filter_map(|line| {
            let (series, sum) = line.rsplit_once(' ')?;
            let is_size = series.starts_with("http_server_request_body_size_bytes_sum");
            is_size.then(|| sum.parse::<f64>().unwrap())
        });
        // Each message follows five bytes of its own head.
        assert_eq!(sizes.sum::<f64>(), 10.0 + 5.0, "{text}");
    }
}
