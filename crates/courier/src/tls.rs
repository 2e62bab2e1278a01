//! TLS: whom we trust and who we are (DESIGN 7: TLS 1.2 and up, HTTP/2 by ALPN).

use std::fmt;
use std::sync::{Arc, OnceLock};

use ring::digest::{Context, SHA256};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier, client::WantsClientCert};

/// An endpoint's own certificate authority or client certificate. Two of the same content share connections.
pub struct TlsIdentity {
    fingerprint: [u8; 32],
    authority: Option<Arc<RootCertStore>>,
    client: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
    config: OnceLock<Arc<ClientConfig>>,
}

impl TlsIdentity {
    /// Reads PEM. `authority` replaces the system's certificate authorities for this endpoint; `client` is a
    /// certificate chain and its private key.
    ///
    /// # Errors
    /// When the PEM cannot be read, or key and certificate do not belong together.
    pub fn from_pem(
        authority: Option<&[u8]>,
        client: Option<(&[u8], &[u8])>,
    ) -> Result<Self, TlsIdentityError> {
        let mut fingerprint = Context::new(&SHA256);
        for part in [authority, client.map(|(chain, _)| chain), client.map(|(_, key)| key)] {
            let part = part.unwrap_or_default();
            fingerprint.update(&(part.len() as u64).to_be_bytes());
            fingerprint.update(part);
        }
        let mut digest = [0; 32];
        digest.copy_from_slice(fingerprint.finish().as_ref());
        let identity = Self {
            fingerprint: digest,
            authority: authority.map(read_authority).transpose()?,
            client: client.map(|(chain, key)| read_client(chain, key)).transpose()?,
            config: OnceLock::new(),
        };
        identity.build(&Arc::new(RootCertStore::empty()))?;
        Ok(identity)
    }

    /// What connections are told apart by.
    pub(crate) const fn fingerprint(&self) -> &[u8; 32] {
        &self.fingerprint
    }

    /// The client configuration, built at first use; `roots` are those of the system.
    pub(crate) fn config(&self, roots: &Arc<RootCertStore>) -> Result<Arc<ClientConfig>, TlsIdentityError> {
        if let Some(config) = self.config.get() {
            return Ok(config.clone());
        }
        let built = self.build(roots)?;
        Ok(self.config.get_or_init(|| built).clone())
    }

    fn build(&self, roots: &Arc<RootCertStore>) -> Result<Arc<ClientConfig>, TlsIdentityError> {
        let trusting = trusting(self.authority.as_ref().unwrap_or(roots).clone())?;
        let config = match &self.client {
            Some((chain, key)) => trusting
                .with_client_auth_cert(chain.clone(), key.clone_key())
                .map_err(|error| TlsIdentityError::Mismatch(error.to_string().into()))?,
            None => trusting.with_no_client_auth(),
        };
        Ok(offering_http2(config))
    }
}

impl fmt::Debug for TlsIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsIdentity")
            .field("authority", &self.authority.is_some())
            .field("client", &self.client.is_some())
            .finish_non_exhaustive()
    }
}

/// A certificate or key that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlsIdentityError {
    /// The certificate authority is not PEM or holds no certificate.
    #[error("the certificate authority cannot be read: {0}")]
    Authority(Box<str>),
    /// The client certificate is not PEM or holds no certificate.
    #[error("the client certificate cannot be read: {0}")]
    Certificate(Box<str>),
    /// The private key is not PEM.
    #[error("the private key cannot be read: {0}")]
    Key(Box<str>),
    /// The key cannot be used with the certificate.
    #[error("the private key cannot be used with the certificate: {0}")]
    Mismatch(Box<str>),
}

/// The configuration for endpoints without an identity of their own.
pub(crate) fn plain_config(roots: Arc<RootCertStore>) -> Result<Arc<ClientConfig>, TlsIdentityError> {
    Ok(offering_http2(trusting(roots)?.with_no_client_auth()))
}

/// The system's certificate authorities, or Mozilla's where the system has none, and `further` ones.
pub(crate) fn system_roots(further: &[CertificateDer<'static>]) -> Arc<RootCertStore> {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "a certificate authority of the system cannot be read");
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        tracing::warn!("the system has no certificate authorities: using those of Mozilla");
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots.add_parsable_certificates(further.iter().cloned());
    Arc::new(roots)
}

/// Reads certificate authorities in PEM, for [`CourierConfig::authorities`](crate::CourierConfig).
///
/// # Errors
/// [`TlsIdentityError::Authority`], when the PEM cannot be read, holds no certificate, or one that cannot be used.
pub fn read_authorities(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsIdentityError> {
    let unreadable = |reason: String| TlsIdentityError::Authority(reason.into());
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|error| unreadable(error.to_string()))?;
    if certificates.is_empty() {
        return Err(unreadable("it holds no certificate".to_owned()));
    }
    let mut roots = RootCertStore::empty();
    for certificate in &certificates {
        roots.add(certificate.clone()).map_err(|error| unreadable(error.to_string()))?;
    }
    Ok(certificates)
}

fn trusting(
    roots: Arc<RootCertStore>,
) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, TlsIdentityError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder: ConfigBuilder<ClientConfig, WantsVerifier> = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|error| TlsIdentityError::Mismatch(error.to_string().into()))?;
    Ok(builder.with_root_certificates(roots))
}

fn offering_http2(mut config: ClientConfig) -> Arc<ClientConfig> {
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Arc::new(config)
}

fn read_authority(pem: &[u8]) -> Result<Arc<RootCertStore>, TlsIdentityError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(read_authorities(pem)?);
    Ok(Arc::new(roots))
}

fn read_client(
    chain: &[u8],
    key: &[u8],
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), TlsIdentityError> {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(chain)
        .collect::<Result<_, _>>()
        .map_err(|error| TlsIdentityError::Certificate(error.to_string().into()))?;
    if chain.is_empty() {
        return Err(TlsIdentityError::Certificate("it holds no certificate".into()));
    }
    let key = PrivateKeyDer::from_pem_slice(key)
        .map_err(|error| TlsIdentityError::Key(error.to_string().into()))?;
    Ok((chain, key))
}
