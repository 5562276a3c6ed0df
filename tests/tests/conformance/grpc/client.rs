//! A client that does exactly what it is told, on the streams of one HTTP/2 connection.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use bytes::{Buf, Bytes, BytesMut};
use h2::{
    Reason, RecvStream, SendStream,
    client::{ResponseFuture, SendRequest},
};
use http::{HeaderMap, Request, Version};
use tokio::{net::TcpStream, runtime, task::JoinHandle, time::timeout};

/// How long the client waits for anything.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) struct Client {
    runtime: Arc<runtime::Runtime>,
    requests: SendRequest<Bytes>,
    connection: JoinHandle<()>,
}

impl Client {
    pub(super) fn connect(address: SocketAddr) -> Self {
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
            // How it ends is what the calls on it tell.
            let _ = connection.await;
        });
        Self {
            runtime: Arc::new(runtime),
            requests,
            connection,
        }
    }

    /// Begins a call of `path`, without any message yet.
    pub(super) fn call(&mut self, path: &str, headers: &[(&str, &str)]) -> Call {
        let mut request = Request::post(format!("http://test{path}"))
            .version(Version::HTTP_2)
            .header("content-type", "application/grpc")
            .header("te", "trailers");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(()).unwrap();
        let requests = self.requests.clone();
        let (response, sending) = self.runtime.block_on(async {
            let ready = timeout(PATIENCE, requests.ready()).await.unwrap();
            ready.unwrap().send_request(request, false).unwrap()
        });
        Call {
            runtime: Arc::clone(&self.runtime),
            sending,
            response: Some(response),
            receiving: None,
            received: BytesMut::new(),
            headers: HeaderMap::new(),
        }
    }

    /// Goes away, with all calls.
    pub(super) fn leave(self) {
        self.connection.abort();
    }
}

/// One stream.
pub(super) struct Call {
    runtime: Arc<runtime::Runtime>,
    sending: SendStream<Bytes>,
    response: Option<ResponseFuture>,
    receiving: Option<RecvStream>,
    received: BytesMut,
    headers: HeaderMap,
}

/// How a call ended, to its caller.
pub(super) struct Ended {
    /// The messages that were still to come.
    pub(super) messages: Vec<String>,
    /// `grpc-status` in the headers, and in the trailers.
    pub(super) status: (Option<String>, Option<String>),
}

impl Call {
    pub(super) fn send(mut self, message: &str) -> Self {
        let length = u32::try_from(message.len()).unwrap().to_be_bytes();
        let frame = [&[0][..], &length, message.as_bytes()].concat();
        self.say(frame.into(), false);
        self
    }

    /// Has nothing more to say.
    pub(super) fn half_close(mut self) -> Self {
        self.say(Bytes::new(), true);
        self
    }

    /// Sends, unless the server has ended the call already: how is for [`end`](Self::end) to tell.
    fn say(&mut self, data: Bytes, last: bool) {
        let _ = self.sending.send_data(data, last);
    }

    /// Waits for the next message.
    pub(super) fn message(&mut self) -> String {
        while self.buffered().is_none() {
            let data = self.data();
            let data = data.expect("a further message").unwrap();
            self.received.extend_from_slice(&data);
        }
        self.take()
    }

    /// Reads what there is to the end.
    pub(super) fn end(mut self) -> Ended {
        while let Some(data) = self.data() {
            self.received.extend_from_slice(&data.unwrap());
        }
        let mut messages = Vec::new();
        while self.buffered().is_some() {
            messages.push(self.take());
        }
        let receiving = self.receiving.as_mut().unwrap();
        let trailers = self.runtime.block_on(receiving.trailers()).unwrap();
        let status =
            |fields: &HeaderMap| Some(fields.get("grpc-status")?.to_str().unwrap().to_owned());
        Ended {
            messages,
            status: (status(&self.headers), trailers.as_ref().and_then(status)),
        }
    }

    /// Takes the call back.
    pub(super) fn reset(mut self) {
        self.sending.send_reset(Reason::CANCEL);
    }

    /// How many bytes the next message has, if all of them are here.
    fn buffered(&self) -> Option<usize> {
        let length = self.received.get(1..5)?;
        let length = u32::from_be_bytes(length.try_into().unwrap()) as usize;
        (self.received.len() >= 5 + length).then_some(length)
    }

    fn take(&mut self) -> String {
        let length = self.buffered().unwrap();
        self.received.advance(5);
        String::from_utf8(self.received.split_to(length).to_vec()).unwrap()
    }

    fn data(&mut self) -> Option<Result<Bytes, h2::Error>> {
        let runtime = Arc::clone(&self.runtime);
        let data = async {
            if let Some(response) = self.response.take() {
                let (head, body) = response.await.unwrap().into_parts();
                self.headers = head.headers;
                self.receiving = Some(body);
            }
            let receiving = self.receiving.as_mut()?;
            let data = receiving.data().await?;
            if let Ok(data) = &data {
                let _ = receiving.flow_control().release_capacity(data.len());
            }
            Some(data)
        };
        runtime.block_on(async {
            timeout(PATIENCE, data)
                .await
                .expect("an answer within 10 s")
        })
    }
}
