use std::sync::Arc;

use rustls::crypto::CryptoProvider;

use crate::TlsError;

/// The one that the application installed, if it did.
pub(super) fn provider() -> Result<Arc<CryptoProvider>, TlsError> {
    match CryptoProvider::get_default() {
        Some(installed) => Ok(installed.clone()),
        // Without these instructions it would panic when it connects.
        None if processor_suffices() => Ok(Arc::new(rustls_graviola::default_provider())),
        None => Err(TlsError::Processor),
    }
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
