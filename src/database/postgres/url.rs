//! A PostgreSQL URL and libpq's environment variables become the settings of a connection.
//!
//! Source: PostgreSQL manual 34.1.1 (connection strings), 34.15 (environment variables), 34.16 (password file).

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::parameters::Parameters;
use super::password_file::password_in;
use crate::database::DatabaseError;

/// How long a connection may take, handshake and all, unless `connect_timeout` says otherwise.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// Everything that is needed to connect. Its `Debug` form shows no password.
#[derive(Clone, PartialEq, Eq)]
pub struct Settings {
    pub hosts: Vec<Host>,
    pub user: String,
    pub database: String,
    pub tls: Tls,
    pub application_name: Option<String>,
    /// How long each host may take from the first packet to the first query; None: without end.
    pub connect_timeout: Option<Duration>,
    /// When trying is over, however many hosts are left.
    pub deadline: Option<Instant>,
    pub options: Option<String>,
    pub session: SessionAttributes,
    pub require_auth: Option<RequireAuth>,
    pub channel_binding: ChannelBinding,
    /// Hosts, and the addresses of each, are tried in random order.
    pub load_balance: bool,
    pub socket: SocketOptions,
}

/// One server of the URL.
#[derive(Clone, PartialEq, Eq)]
pub struct Host {
    /// Its name or address, or the folder of its Unix socket, which begins with `/`.
    pub name: String,
    /// `hostaddr`: where to connect to instead of asking for the name's addresses.
    pub address: Option<IpAddr>,
    pub port: u16,
    pub password: Option<String>,
}

impl Host {
    pub fn is_socket(&self) -> bool {
        self.address.is_none() && self.name.starts_with('/')
    }
}

/// libpq's `target_session_attrs`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SessionAttributes {
    #[default]
    Any,
    ReadWrite,
    ReadOnly,
    Primary,
    Standby,
    PreferStandby,
}

/// libpq's `channel_binding`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChannelBinding {
    Disable,
    #[default]
    Prefer,
    Require,
}

/// The ways of authentication that libpq's `require_auth` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequireAuth {
    /// `password`, `md5`, `gss`, `sspi`, `scram-sha-256`, `oauth`, `none`.
    pub methods: Vec<&'static str>,
    /// They are those that the server may not use.
    pub negated: bool,
    /// As it was written, for errors.
    pub text: String,
}

impl RequireAuth {
    pub fn allows(&self, method: &str) -> bool {
        self.methods.contains(&method) != self.negated
    }
}

/// What the kernel is told about a TCP connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocketOptions {
    pub keepalives: bool,
    pub idle: Option<Duration>,
    pub interval: Option<Duration>,
    pub count: Option<u32>,
    pub user_timeout: Option<Duration>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    pub mode: SslMode,
    /// TLS begins without PostgreSQL's own request for it (`sslnegotiation=direct`, PostgreSQL 17).
    pub direct: bool,
    /// A file of certificates; `system` for the operating system's.
    pub root_certificates: Option<PathBuf>,
    pub revoked: Option<PathBuf>,
    /// A folder of files `HASH.r0`.
    pub revoked_folder: Option<PathBuf>,
    pub certificate: Option<PathBuf>,
    pub key: Option<PathBuf>,
    pub certificate_mode: CertificateMode,
    /// The host's name is sent in clear at the start.
    pub sni: bool,
    /// Versions of TLS: 12 or 13.
    pub min_version: u8,
    pub max_version: u8,
}

/// libpq's `sslmode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd)]
pub enum SslMode {
    Disable,
    Allow,
    #[default]
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

/// libpq's `sslcertmode`: whether the client's certificate is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CertificateMode {
    Disable,
    #[default]
    Allow,
    Require,
}

const ON_OR_OFF: [(&str, bool); 2] = [("1", true), ("0", false)];

const SSL_MODES: [(&str, SslMode); 6] = [
    ("disable", SslMode::Disable),
    ("allow", SslMode::Allow),
    ("prefer", SslMode::Prefer),
    ("require", SslMode::Require),
    ("verify-ca", SslMode::VerifyCa),
    ("verify-full", SslMode::VerifyFull),
];

/// 10 and 11 are the versions 1.0 and 1.1, which are never used here.
const TLS_VERSIONS: [(&str, u8); 4] = [("TLSv1", 10), ("TLSv1.1", 11), ("TLSv1.2", 12), ("TLSv1.3", 13)];

const AUTHENTICATIONS: [&str; 7] = ["password", "md5", "gss", "sspi", "scram-sha-256", "oauth", "none"];

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.place())
    }
}

impl Settings {
    /// Returns the URL without its password, for people.
    pub fn place(&self) -> String {
        let hosts: Vec<String> = self
            .hosts
            .iter()
            .map(|Host { name, port, .. }| match name.contains(':') {
                true => format!("[{name}]:{port}"),
                false => format!("{name}:{port}"),
            })
            .collect();
        match self.hosts.first() {
            Some(Host { name, port, .. }) if name.starts_with('/') => {
                format!("postgresql://{}@/{}?host={name}&port={port}", self.user, self.database)
            }
            _ => format!("postgresql://{}@{}/{}", self.user, hosts.join(","), self.database),
        }
    }

    /// Reads `url` (its scheme is not looked at), and what it leaves open from the variables that `variable` returns.
    ///
    /// # Errors
    /// `Url` or `Setting`, with a sentence that shows no part that may hold a password.
    pub fn read(url: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<Settings, DatabaseError> {
        let mut given = Given::parse(url)?;
        let parameters = Parameters::new(std::mem::take(&mut given.parameters), variable)?;
        let port = parameters.text("port");
        let addresses = addresses(&parameters)?;
        let names = match parameters.some("host").filter(|_| given.host.is_none()) {
            Some(hosts) => hosts.text,
            None => match given.host.take() {
                Some(hosts) => hosts,
                None if !addresses.is_empty() => {
                    addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
                }
                None => default_host(port.as_deref().unwrap_or("5432")),
            },
        };
        let named = with_ports(&names, &given.ports, port.as_deref())?;
        if !addresses.is_empty() && addresses.len() != named.len() {
            return Err(bad(&format!("there are {} hosts and {} addresses in hostaddr", named.len(), addresses.len())));
        }
        let user = given.user.take().or_else(|| parameters.text("user"));
        let user = user.or_else(|| whoami::username().ok()).ok_or_else(|| bad("the URL names no user"))?;
        let database = given.database.take().or_else(|| parameters.text("dbname"));
        let database = database.unwrap_or_else(|| user.clone());
        let password = given.password.take().or_else(|| parameters.text("password"));
        let file = parameters.text("passfile").map(PathBuf::from).or_else(|| parameters.in_home(".pgpass"));
        let hosts = named.into_iter().enumerate().map(|(at, (name, port))| {
            let in_file = || password_in(file.as_deref()?, &name, port, &database, &user);
            let password = password.clone().or_else(in_file);
            Host { password, address: addresses.get(at).copied(), name, port }
        });
        let hosts: Vec<Host> = hosts.collect();
        let attributes = [
            ("any", SessionAttributes::Any),
            ("read-write", SessionAttributes::ReadWrite),
            ("read-only", SessionAttributes::ReadOnly),
            ("primary", SessionAttributes::Primary),
            ("standby", SessionAttributes::Standby),
            ("prefer-standby", SessionAttributes::PreferStandby),
        ];
        let bindings = [
            ("disable", ChannelBinding::Disable),
            ("prefer", ChannelBinding::Prefer),
            ("require", ChannelBinding::Require),
        ];
        let own_name = parameters.text("application_name");
        Ok(Settings {
            hosts,
            user,
            database,
            tls: tls(&parameters)?,
            application_name: own_name.or_else(|| parameters.text("fallback_application_name")),
            // As in libpq, 0 and less wait without end.
            connect_timeout: match parameters.number("connect_timeout", "seconds")? {
                None => Some(CONNECT_TIMEOUT),
                Some(seconds) => u64::try_from(seconds).ok().filter(|&seconds| seconds > 0).map(Duration::from_secs),
            },
            deadline: None,
            options: options(&parameters),
            session: parameters.choice("target_session_attrs", &attributes)?.unwrap_or_default(),
            require_auth: require_auth(&parameters)?,
            channel_binding: parameters.choice("channel_binding", &bindings)?.unwrap_or_default(),
            load_balance: parameters
                .choice("load_balance_hosts", &[("disable", false), ("random", true)])?
                .unwrap_or_default(),
            socket: socket(&parameters)?,
        })
    }
}

fn addresses(parameters: &Parameters) -> Result<Vec<IpAddr>, DatabaseError> {
    let Some(value) = parameters.some("hostaddr") else { return Ok(Vec::new()) };
    let addresses: Result<_, _> = value.text.split(',').map(|text| text.trim().parse()).collect();
    addresses.map_err(|_| value.wrong("is not a list of numeric addresses, as `10.0.0.7` or `fd00::7`"))
}

/// `options`, and the settings for which libpq has variables of their own.
fn options(parameters: &Parameters) -> Option<String> {
    let variables = [("PGTZ", "TimeZone"), ("PGDATESTYLE", "DateStyle"), ("PGGEQO", "geqo")];
    let escaped = |value: String| value.replace('\\', "\\\\").replace(' ', "\\ ");
    let own = variables
        .iter()
        .filter_map(|(variable, setting)| Some(format!("-c {setting}={}", escaped(parameters.variable(variable)?))));
    let all: Vec<String> = own.chain(parameters.text("options")).collect();
    some(all.join(" "))
}

/// Source: PostgreSQL manual 34.1.2, `require_auth`.
fn require_auth(parameters: &Parameters) -> Result<Option<RequireAuth>, DatabaseError> {
    let Some(value) = parameters.some("require_auth") else { return Ok(None) };
    let words: Vec<&str> = value.text.split(',').map(str::trim).collect();
    let negated = words.iter().all(|word| word.starts_with('!'));
    if !negated && words.iter().any(|word| word.starts_with('!')) {
        return Err(value.wrong("mixes methods with `!` and without"));
    }
    let mut methods = Vec::new();
    for word in words {
        let name = word.strip_prefix('!').unwrap_or(word);
        let known = AUTHENTICATIONS.iter().find(|known| **known == name).ok_or_else(|| {
            let all = AUTHENTICATIONS.join(", ");
            value.wrong(&format!("names `{name}`; the methods are {all}, each alone or with `!` before it"))
        })?;
        if methods.contains(known) {
            return Err(value.wrong(&format!("names `{name}` twice")));
        }
        methods.push(known);
    }
    Ok(Some(RequireAuth { methods, negated, text: value.text }))
}

/// A dead connection is noticed after two minutes unless the parameters say otherwise.
fn socket(parameters: &Parameters) -> Result<SocketOptions, DatabaseError> {
    // As in libpq, 0 and less mean the system's own value.
    let positive = |name: &str, unit: &str, usual: Option<u32>| -> Result<Option<u32>, DatabaseError> {
        let number = parameters.number(name, unit)?;
        Ok(number.map_or(usual, |number| u32::try_from(number).ok().filter(|&number| number > 0)))
    };
    let seconds = |name: &str, usual: u32| -> Result<Option<Duration>, DatabaseError> {
        Ok(positive(name, "seconds", Some(usual))?.map(|seconds| Duration::from_secs(seconds.into())))
    };
    let milliseconds = positive("tcp_user_timeout", "milliseconds", None)?;
    Ok(SocketOptions {
        keepalives: parameters.choice("keepalives", &ON_OR_OFF)?.unwrap_or(true),
        idle: seconds("keepalives_idle", 60)?,
        interval: seconds("keepalives_interval", 10)?,
        count: positive("keepalives_count", "probes", Some(6))?,
        user_timeout: milliseconds.map(|milliseconds| Duration::from_millis(milliseconds.into())),
    })
}

fn tls(parameters: &Parameters) -> Result<Tls, DatabaseError> {
    let mode = ssl_mode(parameters)?;
    let file = |name: &str, usual: &str| {
        let named = parameters.text(name).map(PathBuf::from);
        named.or_else(|| parameters.in_home(".postgresql").map(|home| home.join(usual)).filter(|file| file.is_file()))
    };
    let root_certificates = file("sslrootcert", "root.crt");
    let is_system = root_certificates.as_deref() == Some(Path::new("system"));
    let mode = match (is_system, mode) {
        (true, None) => SslMode::VerifyFull,
        (true, Some(mode)) if mode != SslMode::VerifyFull => {
            return Err(bad(
                "sslrootcert=system needs sslmode=verify-full: anybody can get a certificate from a public authority",
            ));
        }
        (_, mode) => mode.unwrap_or_default(),
    };
    let direct = parameters.choice("sslnegotiation", &[("postgres", false), ("direct", true)])?.unwrap_or_default();
    if direct && mode < SslMode::Require {
        return Err(bad("sslnegotiation=direct needs sslmode=require, verify-ca or verify-full"));
    }
    let checks_chain = mode > SslMode::Require || mode == SslMode::Require && root_certificates.is_some();
    for name in ["sslcrl", "sslcrldir"] {
        if let Some(value) = parameters.some(name).filter(|_| !checks_chain && mode != SslMode::Disable) {
            return Err(value.wrong("has an effect only with sslmode=verify-ca or verify-full, or with sslrootcert"));
        }
    }
    let min_version = parameters.choice("ssl_min_protocol_version", &TLS_VERSIONS)?.unwrap_or(12).max(12);
    let max_version = parameters.choice("ssl_max_protocol_version", &TLS_VERSIONS)?.unwrap_or(13);
    if let Some(value) = parameters.some("ssl_max_protocol_version").filter(|_| max_version < 12) {
        return Err(value.wrong(&format!("is `{}`; migrate has TLSv1.2 and TLSv1.3", value.text)));
    }
    if min_version > max_version {
        return Err(bad("ssl_min_protocol_version is above ssl_max_protocol_version"));
    }
    let certificate_modes = [
        ("disable", CertificateMode::Disable),
        ("allow", CertificateMode::Allow),
        ("require", CertificateMode::Require),
    ];
    Ok(Tls {
        mode,
        direct,
        root_certificates,
        revoked: file("sslcrl", "root.crl").filter(|_| checks_chain),
        revoked_folder: parameters.text("sslcrldir").map(PathBuf::from).filter(|_| checks_chain),
        certificate: file("sslcert", "postgresql.crt"),
        key: file("sslkey", "postgresql.key"),
        certificate_mode: parameters.choice("sslcertmode", &certificate_modes)?.unwrap_or_default(),
        sni: parameters.choice("sslsni", &ON_OR_OFF)?.unwrap_or(true),
        min_version,
        max_version,
    })
}

/// `sslmode`, `ssl` as asyncpg and JDBC spell it, or the old `requiressl`.
fn ssl_mode(parameters: &Parameters) -> Result<Option<SslMode>, DatabaseError> {
    let words = [("true", SslMode::Require), ("false", SslMode::Disable)];
    let numbers =
        [("1", SslMode::Require), ("0", SslMode::Disable), ("on", SslMode::Require), ("off", SslMode::Disable)];
    let all: Vec<(&str, SslMode)> = SSL_MODES.into_iter().chain(words).chain(numbers).collect();
    let ssl = parameters.choice("ssl", &all)?;
    let old = parameters.choice("requiressl", &[("1", SslMode::Require), ("0", SslMode::Prefer)])?;
    Ok(parameters.choice("sslmode", &SSL_MODES)?.or(ssl).or(old))
}

/// The parts of a URL, percent-decoded.
#[derive(Default)]
struct Given {
    user: Option<String>,
    password: Option<String>,
    /// Joined by commas, without ports.
    host: Option<String>,
    ports: Vec<Option<String>>,
    database: Option<String>,
    parameters: Vec<(String, String)>,
}

impl Given {
    fn parse(url: &str) -> Result<Given, DatabaseError> {
        let rest = url.split_once("://").map(|(_, rest)| rest);
        let rest = rest.ok_or_else(|| bad("the database URL has no `//` after its scheme"))?;
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        // Where the password ends is anybody's guess then, and a wrong one would show a part of it.
        if authority.matches('@').count() > 1 || rest.contains('@') {
            return Err(DatabaseError::Setting {
                message: "the database URL has more than one `@`, so the end of its password is ambiguous".to_owned(),
                hint: Some(ENCODE.to_owned()),
                in_url: true,
            });
        }
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (login, hosts) = authority.split_once('@').unwrap_or(("", authority));
        let (user, password) = match login.split_once(':') {
            Some((user, password)) => (user, Some(password)),
            None => (login, None),
        };
        let mut given = Given {
            user: some(decode(user)?),
            password: password.map(decode).transpose()?,
            database: some(decode(path.strip_prefix('/').unwrap_or(path))?),
            ..Given::default()
        };
        let mut names = Vec::new();
        for part in hosts.split(',') {
            let (name, port) = match part.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
                Some((address, port)) => (address, port.strip_prefix(':')),
                None => part.split_once(':').map_or((part, None), |(name, port)| (name, Some(port))),
            };
            names.push(decode(name)?);
            given.ports.push(port.filter(|port| !port.is_empty()).map(str::to_owned));
        }
        given.host = some(names.join(",")).filter(|names| names.chars().any(|c| c != ','));
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let Some((name, value)) = pair.split_once('=') else {
                return Err(bad("the database URL has a parameter without `=` after its `?`"));
            };
            given.parameters.push((decode(name)?, decode(value)?));
        }
        Ok(given)
    }
}

const ENCODE: &str = "in a user's name, a password, a database's name or a parameter write `@` as `%40`, `/` as `%2F`, `?` as \
                      `%3F`, `#` as `%23`, `:` as `%3A` and `%` as `%25`";

/// A fault of the URL.
pub fn bad(sentence: &str) -> DatabaseError {
    DatabaseError::Url(sentence.to_owned())
}

fn some(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

fn decode(text: &str) -> Result<String, DatabaseError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(decoded) if byte == b'%' => {
                bytes.push(decoded);
                rest = &after[2..];
            }
            _ => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).map_err(|_| bad("the database URL has a percent code that is not UTF-8 text"))
}

fn with_ports(
    hosts: &str,
    in_url: &[Option<String>],
    elsewhere: Option<&str>,
) -> Result<Vec<(String, u16)>, DatabaseError> {
    let elsewhere: Vec<&str> = elsewhere.map(|ports| ports.split(',').collect()).unwrap_or_default();
    let number = |text: &str| {
        text.parse::<u16>().ok().filter(|&port| port > 0).ok_or_else(|| DatabaseError::Setting {
            message: "the port in the database URL is not a number from 1 to 65535".to_owned(),
            hint: Some(ENCODE.to_owned()),
            in_url: true,
        })
    };
    let named = hosts.split(',').enumerate().map(|(at, host)| {
        let beside = elsewhere.get(at).or_else(|| elsewhere.first()).copied().filter(|port| !port.is_empty());
        let port = in_url.get(at).cloned().flatten();
        let port = number(port.as_deref().or(beside).unwrap_or("5432"))?;
        let host = if host.is_empty() { "localhost" } else { host };
        Ok((host.to_owned(), port))
    });
    named.collect()
}

/// The folder of the local server's socket, as libpq's builds have it: Debian's, or `/tmp`; else this machine by TCP.
fn default_host(port: &str) -> String {
    let folders = ["/var/run/postgresql", "/tmp"];
    let found = folders.into_iter().find(|folder| Path::new(folder).join(format!(".s.PGSQL.{port}")).exists());
    found.unwrap_or("localhost").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str, variables: &[(&str, &str)]) -> Result<Settings, String> {
        let variable =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        Settings::read(url, &variable).map_err(|error| error.to_string())
    }

    #[test]
    fn every_spelling_names_its_host_and_database() {
        for (url, place) in [
            ("postgresql+asyncpg://ann:s%40c@db.example:6432/app", "postgresql://ann@db.example:6432/app"),
            ("postgres://ann@[::1]:5433/app", "postgresql://ann@[::1]:5433/app"),
            ("postgresql://ann@/app?host=/run/pg&port=5499", "postgresql://ann@/app?host=/run/pg&port=5499"),
            ("postgresql://ann@%2Frun%2Fpg:5499/app", "postgresql://ann@/app?host=/run/pg&port=5499"),
            ("postgresql://ann@a:1,b:2/app", "postgresql://ann@a:1,b:2/app"),
            ("postgresql://ann@a,b/app?port=7", "postgresql://ann@a:7,b:7/app"),
        ] {
            assert_eq!(read(url, &[]).unwrap().place(), place, "{url}");
        }
        assert_eq!(read("postgresql://ann:s%40c@h/x", &[]).unwrap().hosts[0].password.as_deref(), Some("s@c"));
    }

    #[test]
    fn what_the_url_leaves_open_comes_from_the_environment() {
        let variables = [
            ("PGHOST", "h"),
            ("PGPORT", "99"),
            ("PGUSER", "u"),
            ("PGDATABASE", "d"),
            ("PGPASSWORD", "p"),
            ("PGSSLMODE", "require"),
        ];
        let settings = read("postgresql://", &variables).unwrap();
        assert_eq!(settings.place(), "postgresql://u@h:99/d");
        assert_eq!((settings.hosts[0].password.as_deref(), settings.tls.mode), (Some("p"), SslMode::Require));
    }

    #[test]
    fn no_message_shows_a_password() {
        for url in ["postgresql://u:sec/ret@h/d", "postgresql://u:secret@h:x/d", "postgresql://u:secret@h/d?sslmode=x"]
        {
            assert!(!read(url, &[]).unwrap_err().contains("sec"), "{url}");
        }
    }
}
