//! What an adapter brings to the list.

use std::{future::Future, net::SocketAddr, thread};

use http::Version;
use steeple::Steeple;
use tokio::{net::TcpListener, runtime, sync::oneshot};

/// How the layer stands around the fixture.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Setup {
    Once,
    Twice,
    /// tower-http's timeout outside of the layer.
    TimeoutOutside,
}

/// What a framework can do.
#[derive(Clone, Copy)]
pub(crate) struct Traits {
    /// The adapter counts request bodies that do not tell their length.
    pub(crate) counts_request_bodies: bool,
    /// The adapter knows the addresses of those who ask.
    pub(crate) knows_addresses: bool,
}

/// Scenarios by name, each with the reason why it does not apply.
pub(crate) type Cells = &'static [(&'static str, &'static str)];

/// An adapter under test.
pub(crate) trait Adapter {
    fn traits(&self) -> Traits;

    /// The scenarios that the framework cannot act out.
    fn cannot(&self) -> Cells {
        &[]
    }

    /// The version of HTTP that it is asked in.
    fn version(&self) -> Version {
        Version::HTTP_11
    }

    /// The route of a request whose extractor panicked, which matches `template`.
    fn route_of_extractor(&self, template: &'static str) -> &'static str {
        template
    }

    /// The route of a call of the gRPC method `method`, which is known to exist or is not.
    fn route_of_call(&self, method: &str, known: bool) -> String {
        if known {
            format!("/{method}")
        } else {
            "_UNMATCHED".to_owned()
        }
    }

    /// Serves the fixture on `listener`, for ever.
    fn serve(
        &self,
        listener: TcpListener,
        steeple: &Steeple,
        setup: Setup,
    ) -> impl Future<Output = ()> + Send + 'static;
}

/// A server on a thread of its own, until the test is over.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    _stop: oneshot::Sender<()>,
}

impl Running {
    pub(crate) fn start<F>(serve: impl FnOnce(TcpListener) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let runtime = runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let serving = serve(listener);
        let (stop, stopped) = oneshot::channel();
        thread::spawn(move || {
            runtime.spawn(serving);
            let _ = runtime.block_on(stopped);
            runtime.shutdown_background();
        });
        Self {
            address,
            _stop: stop,
        }
    }
}
