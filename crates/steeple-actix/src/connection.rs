use std::any::Any;

use actix_web::dev::Extensions;
use steeple_core::Observer;

/// Observes the connections of a server: how many are open, and for how long. Hand it to
/// [`HttpServer::on_connect`](actix_web::HttpServer::on_connect), or call it there if you have more to do.
///
/// ```no_run
/// use actix_web::{App, HttpServer};
/// use steeple_actix::{Observe, on_connect};
/// use steeple_core::Observer;
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let observer = Observer::builder().build()?;
/// let observe = Observe::new(&observer);
/// HttpServer::new(move || App::new().wrap(observe.clone()))
///     .on_connect(on_connect(&observer))
///     .bind("127.0.0.1:3000")?
///     .run()
///     .await?;
/// # Ok(())
/// # }
/// ```
pub fn on_connect(
    observer: &Observer,
) -> impl Fn(&dyn Any, &mut Extensions) + Clone + Send + Sync + 'static {
    let observer = observer.clone();
    move |_, extensions| {
        extensions.insert(observer.connection());
    }
}
