//! TLS: what of a certificate is checked, which keys are taken, and that a password is bound to its connection.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::support::postgres::Database;
use crate::support::server::{self, Server};
use crate::support::{Outcome, Project};

#[track_caller]
fn reached(outcome: Outcome) {
    assert_eq!(outcome.ok().stderr.trim(), "nothing is applied");
}

/// root.crt, which signs the others, each NAME.crt with its NAME.key for localhost: `server`, `sha384` and `pss` by the way
/// they are signed, `edwards` by itself, `named` with nothing but a common name, `client` for a client; and two lists of what
/// is revoked: empty.crl, and revoked.crl with `server` in it.
const CERTIFICATES: &str = r"
set -e
new() { openssl req -newkey rsa:2048 -nodes -subj /CN=${2:-localhost} -keyout $1.key -out $1.csr; }
sign() { name=$1; shift; openssl x509 -req -in $name.csr -CA root.crt -CAkey root.key -CAcreateserial -days 2 -out $name.crt $*; }
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=root -keyout root.key -out root.crt -addext basicConstraints=critical,CA:TRUE
printf 'subjectAltName=DNS:localhost' > names
printf 'basicConstraints=CA:FALSE' > no_names
new server; sign server -extfile names
new sha384; sign sha384 -extfile names -sha384
new pss; sign pss -extfile names -sha512 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest
new named; sign named -extfile no_names
new client ann; sign client -extfile no_names
openssl req -x509 -newkey ed25519 -nodes -days 2 -subj /CN=localhost -keyout edwards.key -out edwards.crt
printf '[ca]\ndefault_ca = own\n[own]\ndatabase = index\ncrlnumber = number\ndefault_md = sha256\ndefault_crl_days = 2\n' > ca
: > index; echo 01 > number
openssl ca -config ca -gencrl -keyfile root.key -cert root.crt -out empty.crl
openssl ca -config ca -keyfile root.key -cert root.crt -revoke server.crt
openssl ca -config ca -gencrl -keyfile root.key -cert root.crt -out revoked.crl
mkdir lists; cp revoked.crl lists/0123abcd.r0
";

/// Makes the certificates; false (and a word about it) where there is no openssl.
fn make_certificates(folder: &Path) -> bool {
    if Command::new("openssl").arg("version").output().is_err() {
        crate::support::skip("no openssl");
    }
    let output = Command::new("sh").args(["-c", CERTIFICATES]).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    true
}

/// Has the server show that certificate.
fn show(server: &Server, folder: &Path, name: &str) {
    for (file, setting) in [(format!("{name}.crt"), "ssl_cert_file"), (format!("{name}.key"), "ssl_key_file")] {
        let target = server.folder().join("data").join(&file);
        std::fs::copy(folder.join(&file), &target).unwrap();
        server::give(&target);
        std::fs::set_permissions(&target, std::fs::Permissions::from_mode(0o600)).unwrap();
        server.execute("postgres", &format!("ALTER SYSTEM SET {setting} = '{file}'"));
    }
    server.execute("postgres", "ALTER SYSTEM SET ssl = on");
    server.execute("postgres", "SELECT pg_reload_conf()");
    server::wait_until("the server shows its certificate", Duration::from_secs(30), || {
        let shown =
            server.rows_of("postgres", "SELECT current_setting('ssl') || current_setting('ssl_key_file')").unwrap();
        shown[0][0].as_deref() == Some(&format!("on{name}.key"))
    });
}

#[test]
fn tls_is_as_the_parameters_say() {
    let folder = tempfile::tempdir().unwrap();
    if !make_certificates(folder.path()) {
        return;
    }
    let Some(server) = server::own(&[]) else { return };
    let database = Database::on(&server);
    database.execute("CREATE ROLE ann LOGIN PASSWORD 's3cr3t' IN ROLE password_only");
    let (port, name) = (server.port(), database.name());
    let file = |name: &str| folder.path().join(name).display().to_string();
    let root = format!("sslrootcert={}", file("root.crt"));
    let try_as = |user: &str, host: &str, parameters: &str| {
        Project::with_url(&format!("postgresql://{user}@{host}:{port}/{name}?{parameters}")).migrate("current")
    };
    let try_with = |host: &str, parameters: &str| try_as("postgres", host, parameters);
    let refused = |host: &str, parameters: &str, words: &str| {
        let outcome = try_with(host, parameters).exits(1);
        assert!(outcome.stderr.contains(words), "{parameters}: {}", outcome.shown());
    };
    // A server without TLS: only what insists on it fails.
    reached(try_with("127.0.0.1", "sslmode=prefer"));
    for parameters in ["sslmode=require", "sslmode=verify-full", "sslmode=require&channel_binding=require"] {
        refused("127.0.0.1", parameters, "does not support TLS");
    }
    refused("127.0.0.1", "channel_binding=require", "channel_binding=require needs TLS");
    refused("127.0.0.1", "sslcertmode=require", "sslcertmode=require needs");

    show(&server, folder.path(), "server");
    reached(try_with("localhost", &format!("sslmode=verify-full&{root}")));
    reached(try_with("127.0.0.1", &format!("sslmode=verify-ca&{root}")));
    reached(try_with("localhost", "sslmode=require&ssl_min_protocol_version=TLSv1.3"));
    reached(try_with("localhost", "sslmode=require&ssl_max_protocol_version=TLSv1.2&sslsni=0"));
    refused("127.0.0.1", &format!("sslmode=verify-full&{root}"), "not valid for name");
    refused("localhost", "sslrootcert=system", "certificate");
    refused("localhost", "sslmode=verify-ca", "name their file with sslrootcert");
    let missing = try_with("localhost", "sslmode=verify-ca&sslrootcert=/nowhere.crt").exits(1);
    assert!(missing.stderr.contains("/nowhere.crt: No such file"), "{}", missing.shown());
    assert!(!missing.stderr.contains("is the server running"), "{}", missing.shown());
    // No way to authenticate has a binding but SCRAM.
    refused("localhost", "channel_binding=require&sslmode=require", "did not use channel binding");
    refused("localhost", "require_auth=scram-sha-256&sslmode=require", "no authentication, which require_auth");
    let direct = try_with("localhost", "sslmode=require&sslnegotiation=direct");
    match server.major >= 17 {
        true => reached(direct),
        false => _ = direct.exits(1),
    }

    // What is revoked.
    reached(try_with("localhost", &format!("sslmode=verify-full&{root}&sslcrl={}", file("empty.crl"))));
    for list in [format!("sslcrl={}", file("revoked.crl")), format!("sslcrldir={}", file("lists"))] {
        refused("localhost", &format!("sslmode=verify-full&{root}&{list}"), "the server's certificate is revoked");
        refused("localhost", &format!("sslmode=require&{root}&{list}"), "the server's certificate is revoked");
    }
    refused("localhost", &format!("sslmode=verify-full&{root}&sslcrl=/nowhere.crl"), "/nowhere.crl");
    refused(
        "localhost",
        &format!("sslmode=verify-full&{root}&sslcrldir={}", file(".")),
        "no certificate revocation list",
    );

    // One's own certificate.
    let own = |key: &str| format!("sslmode=require&sslcert={}&sslkey={}", file("client.crt"), file(key));
    let mode = |mode: u32| {
        std::fs::set_permissions(file("client.key"), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(0o600);
    reached(try_with("localhost", &own("client.key")));
    refused(
        "localhost",
        &format!("{}&sslcertmode=require", own("client.key")),
        "does not ask for a client certificate",
    );
    refused("localhost", &own("nowhere.key"), "nowhere.key");
    refused("localhost", &own("server.crt"), "server.crt");
    refused("localhost", &format!("sslmode=require&sslcert={}", file("client.crt")), "needs its key");
    mode(0o644);
    refused("localhost", &own("client.key"), "can be read by others (mode 0644)");
    // An open key is not passed over in clear either.
    refused("localhost", &own("client.key").replace("require", "prefer"), "can be read by others");
    mode(0o640);
    // SAFETY: geteuid always succeeds.
    match unsafe { libc::geteuid() } {
        0 => reached(try_with("localhost", &own("client.key"))),
        _ => refused("localhost", &own("client.key"), "can be read by others (mode 0640)"),
    }

    // A password is bound to the connection, by the hash with which the certificate is signed.
    let bound = "sslmode=require&channel_binding=require&require_auth=scram-sha-256";
    reached(try_as("ann:s3cr3t", "localhost", bound));
    for name in ["sha384", "pss"] {
        show(&server, folder.path(), name);
        reached(try_as("ann:s3cr3t", "localhost", bound));
        reached(try_with("localhost", &format!("sslmode=verify-full&{root}")));
    }
    show(&server, folder.path(), "edwards");
    reached(try_as("ann:s3cr3t", "localhost", "sslmode=require"));
    let outcome = try_as("ann:s3cr3t", "localhost", bound).exits(1);
    assert!(outcome.stderr.contains("has no channel binding"), "{}", outcome.shown());

    // A certificate with nothing but a common name.
    show(&server, folder.path(), "named");
    reached(try_with("localhost", &format!("sslmode=verify-full&{root}")));
    refused("127.0.0.1", &format!("sslmode=verify-full&{root}"), "not valid for name");
    server.stop();
}
