//! The least that observes an actix-web service.
//!
//!     cargo run -p actix-hello
//!
//! Then `curl 127.0.0.1:3000/greet/you`, and `curl` where it says that the metrics are: 127.0.0.1:9464, if that was free.

use actix_web::{App, HttpServer, web};
use steeple::Steeple;

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let steeple = Steeple::builder("hello").build()?;
    let observe = steeple.actix();
    if let Some(ops) = steeple.ops_addr() {
        eprintln!("metrics: http://{ops}/metrics");
    }
    HttpServer::new(move || {
        App::new()
            .wrap(observe.clone())
            .route("/greet/{name}", web::get().to(greet))
    })
    .bind("127.0.0.1:3000")?
    .run()
    .await?;
    Ok(())
}

async fn greet(name: web::Path<String>) -> String {
    format!("hello {name}\n")
}
