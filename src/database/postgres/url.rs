//! A PostgreSQL URL and libpq's environment variables become the settings of a connection.
//!
//! Source: PostgreSQL manual 34.1.1 (connection strings), 34.15 (environment variables), 34.16 (password file).

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::database::DatabaseError;

/// Everything that is needed to connect. Its `Debug` form shows no password.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Host names, addresses, or folders of Unix sockets (those begin with `/`), each with its port.
    pub hosts: Vec<(String, u16)>,
    pub user: String,
    pub password: Option<String>,
    pub database: String,
    pub tls: Tls,
    pub application_name: Option<String>,
    pub connect_timeout: Option<Duration>,
    pub options: Option<String>,
    /// `target_session_attrs=read-write`.
    pub read_write: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    pub mode: SslMode,
    /// A file of certificates; `system` for the operating system's.
    pub root_certificates: Option<PathBuf>,
    pub certificate: Option<PathBuf>,
    pub key: Option<PathBuf>,
}

/// libpq's `sslmode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SslMode {
    Disable,
    Allow,
    #[default]
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

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
            .map(|(host, port)| match host.contains(':') {
                true => format!("[{host}]:{port}"),
                false => format!("{host}:{port}"),
            })
            .collect();
        match self.hosts.first() {
            Some((folder, port)) if folder.starts_with('/') => {
                format!("postgresql://{}@/{}?host={folder}&port={port}", self.user, self.database)
            }
            _ => format!("postgresql://{}@{}/{}", self.user, hosts.join(","), self.database),
        }
    }

    /// Reads `url` (its scheme is not looked at), and what it leaves open from the variables that `variable` returns.
    ///
    /// # Errors
    /// `Url`, with a sentence that shows no part that may hold a password.
    pub fn read(url: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<Settings, DatabaseError> {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let mut given = Given::parse(url)?;
        let home = variable("HOME").map(PathBuf::from);
        let port = given.take("port").or_else(|| variable("PGPORT"));
        let hosts = match given.take("host").or(given.host.take()).or_else(|| variable("PGHOST")) {
            Some(hosts) => hosts,
            None => default_host(port.as_deref().unwrap_or("5432")),
        };
        let hosts = with_ports(&hosts, &given.ports, port.as_deref())?;
        let user = given.user.take().or_else(|| given.take("user")).or_else(|| variable("PGUSER"));
        let user = user.or_else(|| whoami::username().ok()).ok_or_else(|| bad("the URL names no user"))?;
        let database = given.database.take().or_else(|| given.take("dbname")).or_else(|| variable("PGDATABASE"));
        let database = database.unwrap_or_else(|| user.clone());
        let password = given.password.take().or_else(|| given.take("password")).or_else(|| variable("PGPASSWORD"));
        let password = password.or_else(|| {
            let file = given.take("passfile").or_else(|| variable("PGPASSFILE")).map(PathBuf::from);
            let file = file.or_else(|| Some(home.as_ref()?.join(".pgpass")))?;
            hosts.iter().find_map(|(host, port)| password_in(&file, host, *port, &database, &user))
        });
        let tls = Tls {
            mode: ssl_mode(given.ssl().or_else(|| variable("PGSSLMODE")))?,
            root_certificates: given.file("sslrootcert", &variable, "PGSSLROOTCERT", home.as_deref(), "root.crt"),
            certificate: given.file("sslcert", &variable, "PGSSLCERT", home.as_deref(), "postgresql.crt"),
            key: given.file("sslkey", &variable, "PGSSLKEY", home.as_deref(), "postgresql.key"),
        };
        let timeout = given.take("connect_timeout").or_else(|| variable("PGCONNECT_TIMEOUT"));
        let seconds =
            timeout.map(|text| text.parse::<u64>().map_err(|_| bad("connect_timeout is not a number of seconds")));
        let attributes = given.take("target_session_attrs").or_else(|| variable("PGTARGETSESSIONATTRS"));
        let settings = Settings {
            hosts,
            user,
            password,
            database,
            tls,
            application_name: given.take("application_name").or_else(|| variable("PGAPPNAME")),
            // As in libpq, 0 waits without end.
            connect_timeout: seconds.transpose()?.filter(|&seconds| seconds > 0).map(Duration::from_secs),
            options: given.take("options").or_else(|| variable("PGOPTIONS")),
            read_write: attributes.is_some_and(|text| matches!(text.as_str(), "read-write" | "primary")),
        };
        for (name, _) in &given.parameters {
            tracing::debug!(parameter = %name, "the database URL has a parameter that means nothing to migrate");
        }
        Ok(settings)
    }
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
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
        let (login, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (user, password) = match login.split_once(':') {
            Some((user, password)) => (user, Some(password)),
            None => (login, None),
        };
        let mut given = Given {
            user: some(decode(user)?),
            password: password.map(decode).transpose()?,
            database: some(decode(database)?),
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
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            given.parameters.push((decode(name)?, decode(value)?));
        }
        Ok(given)
    }

    fn take(&mut self, name: &str) -> Option<String> {
        let at = self.parameters.iter().position(|(known, _)| known == name)?;
        some(self.parameters.remove(at).1)
    }

    /// `sslmode`, or `ssl` as asyncpg and JDBC spell it.
    fn ssl(&mut self) -> Option<String> {
        let other = self.take("ssl");
        self.take("sslmode").or_else(|| {
            other.map(|value| match value.to_ascii_lowercase().as_str() {
                "true" | "1" | "on" => "require".to_owned(),
                "false" | "0" | "off" => "disable".to_owned(),
                mode => mode.to_owned(),
            })
        })
    }

    fn file(
        &mut self,
        name: &str,
        variable: &dyn Fn(&str) -> Option<String>,
        variable_name: &str,
        home: Option<&Path>,
        usual: &str,
    ) -> Option<PathBuf> {
        let named = self.take(name).or_else(|| variable(variable_name)).map(PathBuf::from);
        named.or_else(|| Some(home?.join(".postgresql").join(usual)).filter(|file| file.is_file()))
    }
}

fn bad(sentence: &str) -> DatabaseError {
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
    String::from_utf8(bytes).map_err(|_| bad("the database URL has a percent code that is no UTF-8 text"))
}

fn with_ports(
    hosts: &str,
    in_url: &[Option<String>],
    elsewhere: Option<&str>,
) -> Result<Vec<(String, u16)>, DatabaseError> {
    let elsewhere: Vec<&str> = elsewhere.map(|ports| ports.split(',').collect()).unwrap_or_default();
    let number = |text: &str| {
        text.parse::<u16>().map_err(|_| {
            bad("the port in the database URL is no number from 1 to 65535; a `/`, `@`, `?` or `:` in the user's name or the \
                 password is written as `%2F`, `%40`, `%3F` or `%3A`")
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

fn ssl_mode(text: Option<String>) -> Result<SslMode, DatabaseError> {
    Ok(match text.as_deref() {
        None => SslMode::Prefer,
        Some("disable") => SslMode::Disable,
        Some("allow") => SslMode::Allow,
        Some("prefer") => SslMode::Prefer,
        Some("require") => SslMode::Require,
        Some("verify-ca") => SslMode::VerifyCa,
        Some("verify-full") => SslMode::VerifyFull,
        Some(other) => {
            return Err(DatabaseError::Url(format!(
                "sslmode is `{other}`; it is one of disable, allow, prefer, require, verify-ca, verify-full"
            )));
        }
    })
}

/// Returns the password that the file has for this connection: the first line that fits.
fn password_in(file: &Path, host: &str, port: u16, database: &str, user: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    if readable_by_others(file) {
        tracing::warn!(file = %file.display(), "the password file is readable by others and was not used; run chmod 0600 on it");
        return None;
    }
    // A local socket is `localhost` in that file.
    let host = if host.starts_with('/') { "localhost" } else { host };
    let wanted = [host, &port.to_string(), database, user].map(str::to_owned);
    text.lines().filter(|line| !line.starts_with('#')).map(fields).find_map(|fields| {
        let (password, place) = fields.split_last()?;
        let fits = place.len() == 4 && place.iter().zip(&wanted).all(|(given, wanted)| given == "*" || given == wanted);
        fits.then(|| password.clone())
    })
}

/// Splits at the first four colons; a backslash takes the next character as it is.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        let taken = match character {
            '\\' => characters.next(),
            ':' if fields.len() < 5 => {
                fields.push(String::new());
                None
            }
            other => Some(other),
        };
        if let (Some(taken), Some(field)) = (taken, fields.last_mut()) {
            field.push(taken);
        }
    }
    fields
}

#[cfg(unix)]
fn readable_by_others(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(file).is_ok_and(|data| data.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn readable_by_others(_: &Path) -> bool {
    false
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
        assert_eq!(read("postgresql://ann:s%40c@h/x", &[]).unwrap().password.as_deref(), Some("s@c"));
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
        assert_eq!((settings.password.as_deref(), settings.tls.mode), (Some("p"), SslMode::Require));
    }

    #[test]
    fn no_message_shows_a_password() {
        for url in ["postgresql://u:sec/ret@h/d", "postgresql://u:secret@h:x/d", "postgresql://u:secret@h/d?sslmode=x"]
        {
            assert!(!read(url, &[]).unwrap_err().contains("sec"), "{url}");
        }
    }

    #[test]
    fn a_password_file_line_may_escape_colons() {
        assert_eq!(fields(r"h:5432:*:a\:b:p:w\\d"), ["h", "5432", "*", "a:b", r"p:w\d"]);
    }
}
