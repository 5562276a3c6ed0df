#[cfg(unix)]
use std::path::{Path, PathBuf};
use std::{env, process, sync::Arc};

use steeple_core::{Timestamp, pipeline::PipelineBuilder};
use tracing_core::Level;

use super::{
    Facility,
    datagrams::{Datagrams, Receiver},
    header::{Element, Header, Source},
};
use crate::{
    Destination, Marker, NetworkError, Outlet, outlet,
    tcp::{Connector, Framing, Writing, pipeline},
};

/// A syslog daemon, such as rsyslog, as a [`Destination`]: each line is the message of one of
/// [RFC 5424](https://www.rfc-editor.org/rfc/rfc5424), as severe as its level is.
///
/// Over TCP what [`Tcp`](crate::Tcp) says is so. Datagrams may be lost on their way, and none holds more than 65,507 bytes; a line that has
/// more is dropped and counted.
///
/// ```
/// use steeple_logs::{Facility, Syslog};
///
/// let daemon = Syslog::udp("127.0.0.1:514")
///     .facility(Facility::Local3)
///     .application("shop")
///     .structured_data("shop@32473", [("region", "eu")]);
/// # let _ = daemon;
/// ```
#[derive(Clone, Debug)]
#[must_use = "it sends nothing until it is started"]
pub struct Syslog {
    transport: Transport,
    facility: Facility,
    host: String,
    application: String,
    data: Vec<Element>,
    pipeline: PipelineBuilder,
}

#[derive(Clone, Debug)]
enum Transport {
    Udp(String),
    Tcp(String),
    #[cfg(feature = "tls")]
    Tls(String, steeple_client::Tls),
    #[cfg(unix)]
    Unix(PathBuf),
}

impl Syslog {
    /// By [datagrams](https://www.rfc-editor.org/rfc/rfc5426) to `address`, a host and a port.
    pub fn udp(address: impl Into<String>) -> Self {
        Self::over(Transport::Udp(address.into()))
    }

    /// Over TCP to `address`, a host and a port, with the [length](https://www.rfc-editor.org/rfc/rfc6587#section-3.4.1) before each
    /// message.
    pub fn tcp(address: impl Into<String>) -> Self {
        Self::over(Transport::Tcp(address.into()))
    }

    /// Over [TLS](https://www.rfc-editor.org/rfc/rfc5425) to `address`, a host and a port, whom `tls` trusts.
    #[cfg(feature = "tls")]
    pub fn tls(address: impl Into<String>, tls: steeple_client::Tls) -> Self {
        Self::over(Transport::Tls(address.into(), tls))
    }

    /// By datagrams to the socket at `path`, most often `/dev/log`.
    #[cfg(unix)]
    pub fn unix(path: impl AsRef<Path>) -> Self {
        Self::over(Transport::Unix(path.as_ref().to_owned()))
    }

    fn over(transport: Transport) -> Self {
        let executable = env::current_exe().unwrap_or_default();
        let application = executable.file_stem().unwrap_or_default();
        Self {
            transport,
            facility: Facility::User,
            host: gethostname::gethostname().to_string_lossy().into_owned(),
            application: application.to_string_lossy().into_owned(),
            data: Vec::new(),
            pipeline: pipeline("logs-syslog"),
        }
    }

    /// What kind of program this is. Default: [`Facility::User`].
    pub fn facility(mut self, facility: Facility) -> Self {
        self.facility = facility;
        self
    }

    /// The name of this host. Default: the system's.
    pub fn host(mut self, name: impl Into<String>) -> Self {
        self.host = name.into();
        self
    }

    /// The name of this application. Default: that of its executable.
    pub fn application(mut self, name: impl Into<String>) -> Self {
        self.application = name.into();
        self
    }

    /// Adds an [element](https://www.rfc-editor.org/rfc/rfc5424#section-6.3) of structured data to each message: its id, such as
    /// `shop@32473`, and its parameters. Default: none.
    pub fn structured_data<N, V>(
        mut self,
        id: impl Into<String>,
        parameters: impl IntoIterator<Item = (N, V)>,
    ) -> Self
    where
        N: Into<String>,
        V: Into<String>,
    {
        let parameters = parameters.into_iter();
        self.data.push(Element {
            id: id.into(),
            parameters: parameters
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        });
        self
    }

    /// Changes how many lines may wait and for how long; its name is `logs-syslog`. Default: [`Outlet::pipeline`], with at most a
    /// second between attempts.
    pub fn pipeline(mut self, change: impl FnOnce(PipelineBuilder) -> PipelineBuilder) -> Self {
        self.pipeline = change(self.pipeline);
        self
    }

    fn header(&self) -> outlet::Header {
        let header = Header::new(
            self.facility,
            &Source {
                host: &self.host,
                application: &self.application,
                process: &process::id().to_string(),
                data: &self.data,
            },
        );
        Arc::new(move |level: &Level, out: &mut Vec<u8>| header.push(out, Timestamp::now(), level))
    }
}

impl Destination for Syslog {
    type Error = NetworkError;

    fn start(self, marker: Marker) -> Result<Outlet, NetworkError> {
        let header = self.header();
        let (pipeline, transport) = (self.pipeline, self.transport);
        Ok(match transport {
            Transport::Udp(address) => {
                let receiver = Receiver::Udp(address.parse()?);
                by_datagrams(pipeline, header, marker, receiver)
            }
            #[cfg(unix)]
            Transport::Unix(path) => by_datagrams(pipeline, header, marker, Receiver::Unix(path)),
            Transport::Tcp(address) => {
                let connector = Connector::new(address.parse()?);
                by_connection(pipeline, header, marker, connector)
            }
            #[cfg(feature = "tls")]
            Transport::Tls(address, tls) => {
                let connector = Connector::new(address.parse()?).tls(&tls)?;
                by_connection(pipeline, header, marker, connector)
            }
        })
    }
}

fn by_datagrams(
    pipeline: PipelineBuilder,
    header: outlet::Header,
    marker: Marker,
    receiver: Receiver,
) -> Outlet {
    let exporter = move || Datagrams::new(receiver.clone());
    Outlet::start_with_header(pipeline, header, marker, exporter)
}

fn by_connection(
    pipeline: PipelineBuilder,
    header: outlet::Header,
    marker: Marker,
    connector: Connector,
) -> Outlet {
    let exporter = move || Writing::new(connector.clone(), Framing::Octets);
    Outlet::start_with_header(pipeline, header, marker, exporter)
}
