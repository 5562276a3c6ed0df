use std::{
    convert::Infallible,
    net::SocketAddr,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use steeple_core::ops::{LARGEST_BODY, OpsRequest, OpsResponse, OpsService};
use tokio::{net::TcpStream, sync::watch, time::timeout};

use crate::{
    answer, body::ResponseBody, counts::Counts, endpoints::Endpoints, stall::StallGuard,
    translation,
};

const HEADER_BYTES: usize = 8 * 1024;

/// What every connection shares.
pub(crate) struct Server {
    pub(crate) endpoints: Endpoints,
    pub(crate) counts: Counts,
    pub(crate) header_timeout: Duration,
    pub(crate) write_timeout: Duration,
}

impl Server {
    /// Serves one connection until it ends, or, once `stopping` says so, until it is idle.
    pub(crate) async fn serve(
        self: Arc<Self>,
        stream: TcpStream,
        peer: SocketAddr,
        mut stopping: watch::Receiver<bool>,
    ) {
        // Whether the client has sent more than the requests that were answered.
        let has_begun = AtomicBool::new(false);
        let stream = StallGuard::new(
            TokioIo::new(stream),
            self.write_timeout,
            || self.counts.slow_reader(),
            || has_begun.store(true, Relaxed),
        );
        let service = service_fn(async |request| {
            let answer = self.answer(request, peer).await;
            has_begun.store(false, Relaxed);
            Ok::<_, Infallible>(answer)
        });
        let mut connection = pin!(
            http1::Builder::new()
                .timer(TokioTimer::new())
                // It runs while waiting for the first byte too, and so ends idle connections.
                .header_read_timeout(self.header_timeout)
                .max_header_size(HEADER_BYTES)
                .max_buf_size(HEADER_BYTES)
                .serve_connection(stream, service)
        );
        let stop = async move { drop(stopping.wait_for(|stopping| *stopping).await) };
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = stop => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        // How else a connection ended is the client's affair; slow readers are counted where they are cut off.
        if ended.is_err_and(|error| error.is_timeout()) && has_begun.load(Relaxed) {
            self.counts.slow_headers();
        }
    }

    async fn answer(&self, request: Request<Incoming>, peer: SocketAddr) -> Response<ResponseBody> {
        let (head, body) = request.into_parts();
        let response = match translation::request(&head) {
            None => answer::text(400, "name exactly one host"),
            Some(request) => self.call(request.with_peer(peer), body).await,
        };
        let path = self.endpoints.counted_path(head.uri.path());
        self.counts.request(path, response.status());
        translation::response(response)
    }

    async fn call(&self, request: OpsRequest, body: Incoming) -> OpsResponse {
        let body = Limited::new(body, LARGEST_BODY).collect();
        match timeout(self.header_timeout, body).await {
            Err(_) => answer::text(408, "the request body took too long"),
            Ok(Err(error)) if error.is::<LengthLimitError>() => {
                answer::text(413, "the request body is too large")
            }
            Ok(Err(_)) => answer::text(400, "the request body broke off"),
            Ok(Ok(body)) => {
                self.endpoints
                    .call(request.with_body(body.to_bytes()))
                    .await
            }
        }
    }
}
