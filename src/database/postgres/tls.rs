//! TLS by rustls, put together only when a server agrees to it.

use std::future::Future;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres::Socket;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::url::{SslMode, Tls};

/// Makes TLS connections; reading certificates waits until a server has said that it speaks TLS.
#[derive(Clone)]
pub struct LazyTls(pub Tls);

pub struct LazyConnect {
    settings: Tls,
    host: String,
}

type Stream = <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream;

impl MakeTlsConnect<Socket> for LazyTls {
    type Stream = Stream;
    type TlsConnect = LazyConnect;
    type Error = io::Error;

    fn make_tls_connect(&mut self, host: &str) -> Result<LazyConnect, io::Error> {
        Ok(LazyConnect { settings: self.0.clone(), host: host.to_owned() })
    }
}

impl TlsConnect<Socket> for LazyConnect {
    type Stream = Stream;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, io::Error>> + Send>>;

    fn connect(self, stream: Socket) -> Self::Future {
        Box::pin(async move {
            let mut maker = MakeRustlsConnect::new(client_config(&self.settings)?);
            let connector = MakeTlsConnect::<Socket>::make_tls_connect(&mut maker, &self.host)
                .map_err(|_| io::Error::other(format!("`{}` is no name that a certificate could be for", self.host)))?;
            connector.connect(stream).await
        })
    }
}

/// As libpq does it: `require` and weaker modes take any certificate unless a file of root certificates is there.
fn client_config(settings: &Tls) -> Result<ClientConfig, io::Error> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?;
    let weak = matches!(settings.mode, SslMode::Allow | SslMode::Prefer)
        || (settings.mode == SslMode::Require && settings.root_certificates.is_none());
    let verifier: Arc<dyn ServerCertVerifier> = if weak {
        Arc::new(Lenient { provider, chain: None })
    } else {
        let roots = Arc::new(roots(settings.root_certificates.as_deref())?);
        let strict =
            WebPkiServerVerifier::builder_with_provider(roots, provider.clone()).build().map_err(io::Error::other)?;
        match settings.mode {
            SslMode::VerifyFull => strict,
            _ => Arc::new(Lenient { provider, chain: Some(strict) }),
        }
    };
    let builder = builder.dangerous().with_custom_certificate_verifier(verifier);
    match (&settings.certificate, &settings.key) {
        (Some(certificate), Some(key)) => {
            let chain = certificates(certificate)?;
            let key = PrivateKeyDer::from_pem_file(key).map_err(|error| unreadable(key, &error))?;
            builder.with_client_auth_cert(chain, key).map_err(io::Error::other)
        }
        _ => Ok(builder.with_no_client_auth()),
    }
}

fn roots(file: Option<&Path>) -> Result<RootCertStore, io::Error> {
    let found = match file {
        Some(file) if file != Path::new("system") => certificates(file)?,
        _ => rustls_native_certs::load_native_certs().certs,
    };
    let mut store = RootCertStore::empty();
    let (added, _) = store.add_parsable_certificates(found);
    if added == 0 {
        return Err(io::Error::other(
            "there is no root certificate to check the server's certificate with; set sslrootcert",
        ));
    }
    Ok(store)
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, io::Error> {
    let read = CertificateDer::pem_file_iter(file).map_err(|error| unreadable(file, &error))?;
    read.collect::<Result<_, _>>().map_err(|error| unreadable(file, &error))
}

fn unreadable(file: &Path, error: &rustls::pki_types::pem::Error) -> io::Error {
    io::Error::other(format!("cannot read {}: {error}", file.display()))
}

/// Checks the chain of certificates (`verify-ca`) or nothing but the handshake (`require`), never the host's name.
#[derive(Debug)]
struct Lenient {
    provider: Arc<CryptoProvider>,
    chain: Option<Arc<WebPkiServerVerifier>>,
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        use CertificateError::{NotValidForName, NotValidForNameContext};
        let Some(chain) = &self.chain else { return Ok(ServerCertVerified::assertion()) };
        match chain.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            Err(rustls::Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. })) => {
                Ok(ServerCertVerified::assertion())
            }
            answer => answer,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
