//! The streams of one HTTP/2 connection.

use std::{
    io::{self, Read, Write},
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};

use bytes::{Buf, Bytes};
use h2::{
    Reason, RecvStream, SendStream,
    client::{ResponseFuture, SendRequest},
};
use http::{HeaderMap, Request, response::Parts};
use steeple_tests::waiting::eventually;
use tokio::{net::TcpStream, runtime, task::JoinHandle, time::timeout};

/// How long it waits for anything.
const PATIENCE: Duration = Duration::from_secs(10);

/// A connection to a server that is known to speak HTTP/2.
pub(crate) struct Connection {
    runtime: Arc<runtime::Runtime>,
    requests: SendRequest<Bytes>,
    connection: JoinHandle<()>,
}

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> Self {
        let runtime = runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let (requests, connection) = runtime.block_on(async {
            let stream = TcpStream::connect(address).await.unwrap();
            stream.set_nodelay(true).unwrap();
            h2::client::handshake(stream).await.unwrap()
        });
        let connection = runtime.spawn(async move {
            // How it ends is what its streams tell.
            let _ = connection.await;
        });
        Self {
            runtime: Arc::new(runtime),
            requests,
            connection,
        }
    }

    /// Sends the head of a request, which is all of it if there is no body.
    pub(crate) fn request(&self, head: Request<()>, has_body: bool) -> Stream {
        let requests = self.requests.clone();
        let (response, sending) = self.runtime.block_on(async {
            let ready = timeout(PATIENCE, requests.ready()).await.unwrap();
            ready.unwrap().send_request(head, !has_body).unwrap()
        });
        Stream {
            runtime: Arc::clone(&self.runtime),
            sending,
            response: Some(response),
            received: None,
            unread: Bytes::new(),
        }
    }

    /// Waits until the server has said that it takes [extended
    /// CONNECTs](https://www.rfc-editor.org/rfc/rfc8441#section-3).
    pub(crate) fn extends_connect(&self) {
        eventually("the server takes extended CONNECTs", || {
            self.requests.is_extended_connect_protocol_enabled()
        });
    }

    /// Breaks off, with all streams.
    pub(crate) fn abort(self) {
        self.connection.abort();
    }
}

/// One request and its answer.
pub(crate) struct Stream {
    runtime: Arc<runtime::Runtime>,
    sending: SendStream<Bytes>,
    response: Option<ResponseFuture>,
    received: Option<(Parts, RecvStream)>,
    /// What of the body came, and was not read as bytes yet.
    unread: Bytes,
}

impl Stream {
    /// Sends, unless the server has ended the stream already: how is for the answer to tell.
    pub(crate) fn send(&mut self, data: Bytes, is_last: bool) {
        let _ = self.sending.send_data(data, is_last);
    }

    /// Takes the request back.
    pub(crate) fn reset(&mut self) {
        self.sending.send_reset(Reason::CANCEL);
    }

    /// Waits for the head of the answer.
    pub(crate) fn head(&mut self) -> &Parts {
        &self.answer().0
    }

    /// Waits for more of the body.
    pub(crate) fn data(&mut self) -> Option<Result<Bytes, h2::Error>> {
        let runtime = Arc::clone(&self.runtime);
        let (_, body) = self.answer();
        let data = runtime.block_on(async { timeout(PATIENCE, body.data()).await });
        let data = data.expect("more of a body within 10 s")?;
        if let Ok(data) = &data {
            let _ = body.flow_control().release_capacity(data.len());
        }
        Some(data)
    }

    /// Waits for the trailers, when there is no more data.
    pub(crate) fn trailers(&mut self) -> Option<HeaderMap> {
        let runtime = Arc::clone(&self.runtime);
        let (_, body) = self.answer();
        runtime.block_on(body.trailers()).unwrap()
    }

    fn answer(&mut self) -> &mut (Parts, RecvStream) {
        let response = self.response.take();
        if let Some(response) = response {
            let answer = async { timeout(PATIENCE, response).await };
            let answer = self.runtime.block_on(answer).expect("a head within 10 s");
            self.received = Some(answer.unwrap().into_parts());
        }
        self.received.as_mut().unwrap()
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.unread.is_empty()
            && let Some(data) = self.data()
        {
            self.unread = data.map_err(io::Error::other)?;
        }
        Buf::reader(&mut self.unread).read(buffer)
    }
}

impl Write for Stream {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.send(Bytes::copy_from_slice(data), false);
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
