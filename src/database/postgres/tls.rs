//! TLS by rustls: what is checked of a server's certificate, what is shown of one's own, and channel binding.
//!
//! Source: PostgreSQL manual 34.19 (SSL support); RFC 5929, section 4 (`tls-server-end-point`).

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme, SupportedProtocolVersion,
};
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use x509_cert::Certificate;
use x509_cert::der::asn1::{ContextSpecific, ObjectIdentifier};
use x509_cert::der::{Decode, SliceReader, TagNumber};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::spki::{AlgorithmIdentifierOwned, AlgorithmIdentifierRef};

use super::stream::Socket;
use super::url::{CertificateMode, SslMode, Tls};

/// Why there is no TLS.
pub enum TlsError {
    /// Something on this side: no other host and no other way can help.
    Here(String),
    Handshake(String),
}

/// The name by which TLS knows PostgreSQL's protocol (IANA, "TLS ALPN Protocol IDs").
const PROTOCOL: &[u8] = b"postgresql";

/// Does the handshake over a socket whose server waits for it.
///
/// # Errors
/// `TlsError`: a certificate that is refused, or a failure of the exchange.
pub async fn handshake(settings: &Tls, host: &str, socket: Socket) -> Result<TlsStream<Socket>, TlsError> {
    let shown =
        Arc::new(Shown { key: own_certificate(settings).map_err(TlsError::Here)?, asked: AtomicBool::new(false) });
    let config = client_config(settings, host, shown.clone()).map_err(TlsError::Here)?;
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| TlsError::Here(format!("`{host}` can't be the name in a certificate")))?;
    let stream = TlsConnector::from(Arc::new(config)).connect(name, socket).await;
    let stream = stream.map_err(|error| TlsError::Handshake(words(&error)))?;
    if settings.direct && stream.get_ref().1.alpn_protocol() != Some(PROTOCOL) {
        return Err(TlsError::Handshake("what answers TLS there is not a PostgreSQL server".to_owned()));
    }
    if settings.certificate_mode == CertificateMode::Require && !shown.asked.load(Ordering::Relaxed) {
        return Err(TlsError::Handshake(
            "the server does not ask for a client certificate, and sslcertmode=require".to_owned(),
        ));
    }
    Ok(stream)
}

fn words(error: &io::Error) -> String {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::InvalidCertificate(CertificateError::Revoked)) => {
            "the server's certificate is revoked".to_owned()
        }
        Some(rustls::Error::InvalidCertificate(CertificateError::UnknownRevocationStatus)) => {
            "no certificate revocation list (sslcrl, sslcrldir) is about the server's certificate".to_owned()
        }
        Some(rustls::Error::InvalidCertificate(CertificateError::UnsupportedSignatureAlgorithmContext { .. })) => {
            "the server's certificate is signed in a way that migrate can't check".to_owned()
        }
        Some(rustls::Error::InvalidCertificate(CertificateError::Other(other)))
            if other.to_string().contains("CaUsedAsEndEntity") =>
        {
            "the server shows the certificate of an authority as its own; it needs one without `CA:TRUE`, signed by that \
             authority"
                .to_owned()
        }
        _ => format!("error performing TLS handshake: {error}"),
    }
}

/// As libpq does it: `require` and weaker modes take any certificate unless a file of root certificates is there.
fn client_config(settings: &Tls, host: &str, shown: Arc<Shown>) -> Result<ClientConfig, String> {
    let provider = Arc::new(ring::default_provider());
    let all: [(u8, &'static SupportedProtocolVersion); 2] = [(12, &TLS12), (13, &TLS13)];
    let versions: Vec<&'static SupportedProtocolVersion> = all
        .into_iter()
        .filter(|(number, _)| (settings.min_version..=settings.max_version).contains(number))
        .map(|(_, version)| version)
        .collect();
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&versions)
        .map_err(|error| error.to_string())?;
    let weak =
        settings.mode < SslMode::Require || (settings.mode == SslMode::Require && settings.root_certificates.is_none());
    let chain = if weak { None } else { Some(chain(settings, &provider)?) };
    let host = (settings.mode == SslMode::VerifyFull).then(|| host.to_owned());
    let verifier = Arc::new(Verifier { provider, chain, host });
    let mut config = builder.dangerous().with_custom_certificate_verifier(verifier).with_client_cert_resolver(shown);
    config.enable_sni = settings.sni;
    if settings.direct {
        config.alpn_protocols = vec![PROTOCOL.to_vec()];
    }
    Ok(config)
}

fn chain(settings: &Tls, provider: &Arc<CryptoProvider>) -> Result<Arc<WebPkiServerVerifier>, String> {
    let roots = Arc::new(roots(settings.root_certificates.as_deref())?);
    let mut lists = Vec::new();
    if let Some(file) = &settings.revoked {
        lists.extend(revocations(file)?);
    }
    if let Some(folder) = &settings.revoked_folder {
        let files = std::fs::read_dir(folder).map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
        // As `openssl rehash` names them: a hash, `.r` and a number.
        let is_list = |path: &Path| path.extension().is_some_and(|end| end.to_string_lossy().starts_with('r'));
        for path in files.flatten().map(|entry| entry.path()).filter(|path| is_list(path)) {
            lists.extend(revocations(&path)?);
        }
    }
    let given = settings.revoked.as_ref().or(settings.revoked_folder.as_ref());
    if let Some(place) = given.filter(|_| lists.is_empty()) {
        return Err(format!("there is no certificate revocation list in {}", place.display()));
    }
    WebPkiServerVerifier::builder_with_provider(roots, provider.clone())
        .with_crls(lists)
        .enforce_revocation_expiration()
        .build()
        .map_err(|error| error.to_string())
}

fn revocations(file: &Path) -> Result<Vec<CertificateRevocationListDer<'static>>, String> {
    let read = CertificateRevocationListDer::pem_file_iter(file).map_err(|error| unreadable(file, &error))?;
    read.collect::<Result<_, _>>().map_err(|error| unreadable(file, &error))
}

fn roots(file: Option<&Path>) -> Result<RootCertStore, String> {
    let found = match file {
        Some(file) if file != Path::new("system") => certificates(file)?,
        Some(_) => rustls_native_certs::load_native_certs().certs,
        None => {
            return Err(
                "sslmode=verify-ca and verify-full need the certificates of those who may vouch for the server: name \
                        their file with sslrootcert, or write sslrootcert=system, or put it at ~/.postgresql/root.crt"
                    .to_owned(),
            );
        }
    };
    let mut store = RootCertStore::empty();
    let (added, _) = store.add_parsable_certificates(found);
    if added == 0 {
        let place = file.map_or_else(String::new, |file| format!(" in {}", file.display()));
        return Err(format!("there is no certificate{place} to check the server's with"));
    }
    Ok(store)
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let read = CertificateDer::pem_file_iter(file).map_err(|error| unreadable(file, &error))?;
    read.collect::<Result<_, _>>().map_err(|error| unreadable(file, &error))
}

fn unreadable(file: &Path, error: &rustls::pki_types::pem::Error) -> String {
    match error {
        rustls::pki_types::pem::Error::Io(error) => format!("cannot read {}: {error}", file.display()),
        other => format!("cannot read {}: {other}", file.display()),
    }
}

fn own_certificate(settings: &Tls) -> Result<Option<Arc<CertifiedKey>>, String> {
    let required = settings.certificate_mode == CertificateMode::Require;
    let (certificate, key) = match (&settings.certificate, &settings.key) {
        _ if settings.certificate_mode == CertificateMode::Disable => return Ok(None),
        (None, _) if required => return Err("sslcertmode=require needs a certificate: name it with sslcert".to_owned()),
        (None, _) => return Ok(None),
        (Some(certificate), None) => {
            let file = certificate.display();
            return Err(format!("the certificate {file} needs its key: name it with sslkey"));
        }
        (Some(certificate), Some(key)) => (certificate, key),
    };
    let chain = certificates(certificate)?;
    if chain.is_empty() {
        return Err(format!("there is no certificate in {}", certificate.display()));
    }
    refuse_open_key(key)?;
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| match error {
        rustls::pki_types::pem::Error::NoItemsFound => {
            format!(
                "there is no unencrypted key in {}; `openssl pkey -in KEY -out NEW` removes a passphrase",
                key.display()
            )
        }
        other => unreadable(key, &other),
    })?;
    let both = CertifiedKey::from_der(chain, secret, &ring::default_provider());
    let both = both.map_err(|error| format!("{} and {}: {error}", certificate.display(), key.display()))?;
    Ok(Some(Arc::new(both)))
}

/// Refuses a key that others can read, unless it is the system's: root's, and for a group.
///
/// Source: libpq, `initialize_SSL`.
#[cfg(unix)]
fn refuse_open_key(key: &Path) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt;
    let data = std::fs::metadata(key).map_err(|error| format!("cannot read {}: {error}", key.display()))?;
    if !data.is_file() {
        return Err(format!("the key {} is not a regular file", key.display()));
    }
    let forbidden = if data.uid() == 0 { 0o037 } else { 0o077 };
    match data.mode() & forbidden {
        0 => Ok(()),
        _ => Err(format!(
            "the key {} can be read by others (mode {:04o}); run chmod 0600 on it (0640 if it belongs to root)",
            key.display(),
            data.mode() & 0o7777
        )),
    }
}

#[cfg(not(unix))]
fn refuse_open_key(_: &Path) -> Result<(), String> {
    Ok(())
}

/// Shows the client's certificate if there is one, and notes that the server asked for it.
#[derive(Debug)]
struct Shown {
    key: Option<Arc<CertifiedKey>>,
    asked: AtomicBool,
}

impl ResolvesClientCert for Shown {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.asked.store(true, Ordering::Relaxed);
        self.key.clone()
    }

    fn has_certs(&self) -> bool {
        self.key.is_some()
    }
}

/// Checks the chain of certificates if there is one to check, and the name if `host` has one.
#[derive(Debug)]
struct Verifier {
    provider: Arc<CryptoProvider>,
    chain: Option<Arc<WebPkiServerVerifier>>,
    host: Option<String>,
}

impl ServerCertVerifier for Verifier {
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
            // The name is the last thing that is looked at.
            Err(rustls::Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. }))
                if self.host.as_ref().is_none_or(|host| common_name_is(end_entity, host)) =>
            {
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

/// Is a certificate without alternative names for this host, by its common name?
///
/// Source: PostgreSQL manual 34.19.1: the common name counts if there is no `dNSName` (or `iPAddress`); `*` stands for one
/// part of a name.
fn common_name_is(certificate: &CertificateDer<'_>, host: &str) -> bool {
    const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
    let Ok(certificate) = Certificate::from_der(certificate) else { return false };
    let certificate = certificate.tbs_certificate;
    let has_names = match certificate.get::<SubjectAltName>() {
        Ok(None) => false,
        Ok(Some((_, names))) => {
            names.0.iter().any(|name| matches!(name, GeneralName::DnsName(_) | GeneralName::IpAddress(_)))
        }
        Err(_) => true,
    };
    let mut attributes = certificate.subject.0.iter().flat_map(|part| part.0.iter());
    let name = attributes.find(|attribute| attribute.oid == COMMON_NAME).map(|attribute| attribute.value.value());
    let Some(name) = name.and_then(|name| std::str::from_utf8(name).ok()).filter(|_| !has_names) else { return false };
    matches_name(name, host)
}

fn matches_name(pattern: &str, host: &str) -> bool {
    let (pattern, host) = (pattern.to_ascii_lowercase(), host.to_ascii_lowercase());
    let is_address = host.parse::<std::net::IpAddr>().is_ok();
    match pattern.strip_prefix("*.") {
        Some(rest) if !is_address => {
            host.split_once('.').is_some_and(|(first, after)| !first.is_empty() && after == rest)
        }
        _ => !pattern.is_empty() && pattern == host,
    }
}

/// Returns the hash of the server's certificate that binds a password exchange to this connection; None if there is no
/// hash for the way in which the certificate is signed (Ed25519).
pub fn channel_binding(stream: &TlsStream<Socket>) -> Option<Vec<u8>> {
    let certificate = stream.get_ref().1.peer_certificates()?.first()?;
    let parsed = Certificate::from_der(certificate).ok()?;
    Some(match signature_hash(&parsed.signature_algorithm)? {
        Hash::Sha224 => Sha224::digest(certificate).to_vec(),
        Hash::Sha256 => Sha256::digest(certificate).to_vec(),
        Hash::Sha384 => Sha384::digest(certificate).to_vec(),
        Hash::Sha512 => Sha512::digest(certificate).to_vec(),
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hash {
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

/// Returns the hash of a signature. MD5 and SHA-1 are replaced by SHA-256 (RFC 5929, section 4.1).
fn signature_hash(algorithm: &AlgorithmIdentifierOwned) -> Option<Hash> {
    let text = algorithm.oid.to_string();
    Some(match text.as_str() {
        // RSA and ECDSA with a hash (RFC 8017, RFC 5758).
        "1.2.840.113549.1.1.4" | "1.2.840.113549.1.1.5" | "1.2.840.113549.1.1.11" => Hash::Sha256,
        "1.2.840.10045.4.1" | "1.2.840.10045.4.3.2" => Hash::Sha256,
        "1.2.840.113549.1.1.14" | "1.2.840.10045.4.3.1" => Hash::Sha224,
        "1.2.840.113549.1.1.12" | "1.2.840.10045.4.3.3" => Hash::Sha384,
        "1.2.840.113549.1.1.13" | "1.2.840.10045.4.3.4" => Hash::Sha512,
        // RSASSA-PSS has its hash in its parameters; SHA-1 if it is left out (RFC 8017, A.2.3).
        "1.2.840.113549.1.1.10" => {
            let parameters = algorithm.parameters.as_ref()?;
            let mut reader = SliceReader::new(parameters.value()).ok()?;
            let hash =
                ContextSpecific::<AlgorithmIdentifierRef<'_>>::decode_explicit(&mut reader, TagNumber::N0).ok()?;
            match hash.map(|hash| hash.value.oid.to_string()).as_deref() {
                None | Some("1.3.14.3.2.26" | "2.16.840.1.101.3.4.2.1") => Hash::Sha256,
                Some("2.16.840.1.101.3.4.2.4") => Hash::Sha224,
                Some("2.16.840.1.101.3.4.2.2") => Hash::Sha384,
                Some("2.16.840.1.101.3.4.2.3") => Hash::Sha512,
                Some(_) => return None,
            }
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_one_part_of_a_name() {
        for (pattern, host, matches) in [
            ("db.example", "DB.example", true),
            ("*.example", "db.example", true),
            ("*.example", "a.db.example", false),
            ("*.example", "example", false),
            ("*.0.0.1", "127.0.0.1", false),
            ("127.0.0.1", "127.0.0.1", true),
            ("", "", false),
        ] {
            assert_eq!(matches_name(pattern, host), matches, "{pattern} {host}");
        }
    }
}
