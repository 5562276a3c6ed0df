use std::{future::poll_fn, io, pin::Pin, task::Poll};

use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf},
    net::TcpStream,
};

#[cfg(feature = "tls")]
use super::NetworkError;
use super::address::Address;

/// Makes connections to one address.
#[derive(Clone)]
pub(crate) struct Connector {
    pub(super) address: Address,
    #[cfg(feature = "tls")]
    tls: Option<tokio_rustls::TlsConnector>,
}

/// A connection that is made when it is needed, and again when it broke.
pub(super) struct Connection {
    pub(super) connector: Connector,
    stream: Option<Box<dyn Stream>>,
}

trait Stream: AsyncRead + AsyncWrite + Unpin {}

impl<S: AsyncRead + AsyncWrite + Unpin> Stream for S {}

impl Connector {
    pub(crate) fn new(address: Address) -> Self {
        Self {
            address,
            #[cfg(feature = "tls")]
            tls: None,
        }
    }

    /// By TLS, to whom `tls` trusts.
    #[cfg(feature = "tls")]
    pub(crate) fn tls(mut self, tls: &steeple_client::Tls) -> Result<Self, NetworkError> {
        let configuration = tls.client_configuration()?;
        self.tls = Some(std::sync::Arc::new(configuration).into());
        Ok(self)
    }

    async fn connect(&self) -> io::Result<Box<dyn Stream>> {
        let Address { host, port } = &self.address;
        let stream = TcpStream::connect((host.as_str(), *port)).await?;
        // Batches are large already.
        stream.set_nodelay(true)?;
        #[cfg(feature = "tls")]
        if let Some(tls) = &self.tls {
            let name = host.clone().try_into().map_err(io::Error::other)?;
            return Ok(Box::new(tls.connect(name, stream).await?));
        }
        Ok(Box::new(stream))
    }
}

impl Connection {
    pub(super) fn new(connector: Connector) -> Self {
        Self {
            connector,
            stream: None,
        }
    }

    /// Sends all of `messages`. Whoever stops halfway, or drops this before it ends, leaves no connection on which others
    /// could follow.
    pub(super) async fn send(
        &mut self,
        messages: impl IntoIterator<Item = impl AsRef<[u8]>>,
    ) -> io::Result<()> {
        let mut stream = match self.open_stream().await {
            Some(stream) => stream,
            None => self.connector.connect().await?,
        };
        for message in messages {
            stream.write_all(message.as_ref()).await?;
        }
        stream.flush().await?;
        self.stream = Some(stream);
        Ok(())
    }

    async fn open_stream(&mut self) -> Option<Box<dyn Stream>> {
        let mut stream = self.stream.take()?;
        is_open(&mut *stream).await.then_some(stream)
    }
}

/// Whether the other side did not close the connection; what it says is of no interest. Without asking, all that is written
/// before the system notices would be lost.
async fn is_open(stream: &mut dyn Stream) -> bool {
    let mut memory = [0; 256];
    poll_fn(|context| {
        loop {
            let mut buffer = ReadBuf::new(&mut memory);
            match Pin::new(&mut *stream).poll_read(context, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {}
                Poll::Ready(_) => return Poll::Ready(false),
                Poll::Pending => return Poll::Ready(true),
            }
        }
    })
    .await
}
