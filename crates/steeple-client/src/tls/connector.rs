use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};

use super::{Tls, files, provider::provider, settings::Identity};
use crate::{TlsError, connections::Protocol};

/// Connects by https alone, and asks for `protocol`.
pub(crate) fn connector(
    tls: &Tls,
    protocol: Protocol,
) -> Result<HttpsConnector<HttpConnector>, TlsError> {
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(tls.client_configuration()?)
        .https_only();
    Ok(match protocol {
        Protocol::Http1 => connector.enable_http1().build(),
        #[cfg(feature = "grpc")]
        Protocol::Http2 => connector.enable_http2().build(),
    })
}

impl Tls {
    /// The configuration of rustls that says the same, for protocols other than HTTP.
    ///
    /// # Errors
    ///
    /// If a file cannot be read or does not hold what it should, or there is no TLS on this machine.
    pub fn client_configuration(&self) -> Result<ClientConfig, TlsError> {
        configuration(self)
    }

    /// What a configuration of rustls begins with that trusts by rules of its own.
    ///
    /// # Errors
    ///
    /// If there is no TLS on this machine.
    pub fn configuration_builder() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, TlsError> {
        ClientConfig::builder_with_provider(provider()?)
            .with_safe_default_protocol_versions()
            .map_err(|_| TlsError::Version)
    }
}

fn configuration(tls: &Tls) -> Result<ClientConfig, TlsError> {
    let configuration = Tls::configuration_builder()?.with_root_certificates(roots(tls)?);
    let Some(Identity { certificates, key }) = &tls.identity else {
        return Ok(configuration.with_no_client_auth());
    };
    configuration
        .with_client_auth_cert(files::certificates(certificates)?, files::key(key)?)
        .map_err(|_| TlsError::Identity {
            certificates: certificates.clone(),
            key: key.clone(),
        })
}

fn roots(tls: &Tls) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    let Some(file) = &tls.authorities else {
        // Of the many that a system has, some may be unreadable.
        let system = rustls_native_certs::load_native_certs();
        let (usable, _) = roots.add_parsable_certificates(system.certs);
        return (usable > 0).then_some(roots).ok_or(TlsError::Roots);
    };
    for certificate in files::certificates(file)? {
        roots
            .add(certificate)
            .map_err(|_| files::no_certificate(file))?;
    }
    Ok(roots)
}
