//! [TLS](https://www.rfc-editor.org/rfc/rfc8446) by rustls. It trusts whom the system trusts.

use std::sync::Arc;

use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::{ClientConfig, RootCertStore, crypto::CryptoProvider};

use crate::{TlsError, connections::Protocol};

/// Connects by https alone, and asks for `protocol`.
pub(crate) fn connector(protocol: Protocol) -> Result<HttpsConnector<HttpConnector>, TlsError> {
    let configuration = ClientConfig::builder_with_provider(provider()?)
        .with_safe_default_protocol_versions()
        .map_err(|_| TlsError::Version)?
        .with_root_certificates(roots()?)
        .with_no_client_auth();
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(configuration)
        .https_only();
    Ok(match protocol {
        Protocol::Http1 => connector.enable_http1().build(),
        #[cfg(feature = "grpc")]
        Protocol::Http2 => connector.enable_http2().build(),
    })
}

/// The one that the application installed, if it did.
fn provider() -> Result<Arc<CryptoProvider>, TlsError> {
    match CryptoProvider::get_default() {
        Some(installed) => Ok(installed.clone()),
        // Without these instructions it would panic when it connects.
        None if processor_suffices() => Ok(Arc::new(rustls_graviola::default_provider())),
        None => Err(TlsError::Processor),
    }
}

fn roots() -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    // Of the many that a system has, some may be unreadable.
    let (usable, _) =
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if usable == 0 {
        return Err(TlsError::Roots);
    }
    Ok(roots)
}

/// See [graviola](https://docs.rs/graviola/0.3.4/graviola/#limitations).
#[cfg(target_arch = "x86_64")]
fn processor_suffices() -> bool {
    use std::arch::is_x86_feature_detected as has;

    has!("aes")
        && has!("pclmulqdq")
        && has!("ssse3")
        && has!("avx")
        && has!("avx2")
        && has!("bmi1")
        && has!("bmi2")
        && has!("adx")
}

/// See [graviola](https://docs.rs/graviola/0.3.4/graviola/#limitations).
#[cfg(target_arch = "aarch64")]
fn processor_suffices() -> bool {
    use std::arch::is_aarch64_feature_detected as has;

    has!("neon") && has!("aes") && has!("pmull") && has!("sha2")
}
