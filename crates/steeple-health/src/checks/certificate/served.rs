use std::{
    error::Error,
    sync::{Arc, Mutex},
    time::Duration,
};

use rustls::{
    ClientConfig, ConfigBuilder, DigitallySignedStruct, Error as TlsError, SignatureScheme,
    WantsVerifier,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use steeple_client::{ClientError, Tls};
use tokio::{io::AsyncWriteExt as _, net::TcpStream};
use tokio_rustls::TlsConnector;

use super::expiry;
use crate::{Check, checks::TargetError, sync::lock};

/// That the certificate which a server shows is valid for at least `least` from now on. Each run makes a connection to an address
/// such as `shop.example:443`, shakes hands by TLS, naming the host ([SNI](https://www.rfc-editor.org/rfc/rfc6066#section-3)), and
/// sends nothing else; a minute is soon enough to look again.
///
/// Only the time is judged, of that certificate alone: whom it is of and who signed it are for clients to mind, so that one of
/// an authority of your own is as good as any.
///
/// ```
/// use std::time::Duration;
///
/// use steeple_health::{Health, checks};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let fortnight = Duration::from_secs(14 * 24 * 60 * 60);
/// let check = checks::served_certificate("shop.example:443", fortnight)?;
/// let minute = Duration::from_secs(60);
/// let health = Health::builder().check("certificate", check.cache(minute).degrading()).start()?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`TargetError`] if that cannot be asked.
pub fn served_certificate(
    address: impl Into<String>,
    least: Duration,
) -> Result<Check, TargetError> {
    let address = address.into();
    let host = host(&address).ok_or_else(|| TargetError::Address {
        address: address.clone(),
    })?;
    let builder = Tls::configuration_builder().map_err(ClientError::from)?;
    Ok(Check::asking(move || {
        lasts(address.clone(), host.clone(), builder.clone(), least)
    }))
}

fn host(address: &str) -> Option<ServerName<'static>> {
    let (host, port) = address.rsplit_once(':')?;
    port.parse::<u16>().ok()?;
    let bracketed = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    ServerName::try_from(bracketed.unwrap_or(host).to_owned()).ok()
}

async fn lasts(
    address: String,
    host: ServerName<'static>,
    builder: ConfigBuilder<ClientConfig, WantsVerifier>,
    least: Duration,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let provider = builder.crypto_provider();
    let reader = Arc::new(Reader {
        schemes: provider
            .signature_verification_algorithms
            .supported_schemes(),
        shown: Mutex::default(),
    });
    let configuration = builder
        .dangerous()
        .with_custom_certificate_verifier(reader.clone())
        .with_no_client_auth();
    let stream = TcpStream::connect(address).await?;
    let connector = TlsConnector::from(Arc::new(configuration));
    let shaken = match connector.connect(host, stream).await {
        // That it was no accident: the server need not log one.
        Ok(mut stream) => stream.shutdown().await,
        Err(error) => Err(error),
    };
    // A server that wants to know who calls has shown its own before.
    let Some(shown) = lock(&reader.shown).take() else {
        shaken?;
        return Err("the server shows no certificate".into());
    };
    expiry::lasts(&shown, least)
}

/// Takes note of the certificate that a server shows, whatever it is.
#[derive(Debug)]
struct Reader {
    schemes: Vec<SignatureScheme>,
    shown: Mutex<Option<Vec<u8>>>,
}

impl ServerCertVerifier for Reader {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        *lock(&self.shown) = Some(certificate.to_vec());
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.schemes.clone()
    }
}
