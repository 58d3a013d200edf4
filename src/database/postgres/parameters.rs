//! The parameters of a connection by name: where the value of each comes from, and that none is ignored.
//!
//! Source: PostgreSQL manual 34.1.2 (parameter key words), 34.15 (environment variables), 34.17 (the service file).

use std::path::{Path, PathBuf};

use super::url::bad;
use crate::database::DatabaseError;

/// Every parameter of libpq, PostgreSQL 14 to 18, with its environment variable.
const KNOWN: &[(&str, &str)] = &[
    ("application_name", "PGAPPNAME"),
    ("channel_binding", "PGCHANNELBINDING"),
    ("client_encoding", "PGCLIENTENCODING"),
    ("connect_timeout", "PGCONNECT_TIMEOUT"),
    ("dbname", "PGDATABASE"),
    ("fallback_application_name", ""),
    ("gssdelegation", "PGGSSDELEGATION"),
    ("gssencmode", "PGGSSENCMODE"),
    ("gsslib", "PGGSSLIB"),
    ("host", "PGHOST"),
    ("hostaddr", "PGHOSTADDR"),
    ("keepalives", ""),
    ("keepalives_count", ""),
    ("keepalives_idle", ""),
    ("keepalives_interval", ""),
    ("krbsrvname", "PGKRBSRVNAME"),
    ("load_balance_hosts", "PGLOADBALANCEHOSTS"),
    ("max_protocol_version", "PGMAXPROTOCOLVERSION"),
    ("min_protocol_version", "PGMINPROTOCOLVERSION"),
    ("oauth_client_id", ""),
    ("oauth_client_secret", ""),
    ("oauth_issuer", ""),
    ("oauth_scope", ""),
    ("options", "PGOPTIONS"),
    ("passfile", "PGPASSFILE"),
    ("password", "PGPASSWORD"),
    ("port", "PGPORT"),
    ("replication", ""),
    ("require_auth", "PGREQUIREAUTH"),
    ("requirepeer", "PGREQUIREPEER"),
    ("requiressl", "PGREQUIRESSL"),
    ("scram_client_key", ""),
    ("scram_server_key", ""),
    ("service", "PGSERVICE"),
    ("servicefile", "PGSERVICEFILE"),
    // As asyncpg and JDBC spell sslmode.
    ("ssl", ""),
    ("ssl_max_protocol_version", "PGSSLMAXPROTOCOLVERSION"),
    ("ssl_min_protocol_version", "PGSSLMINPROTOCOLVERSION"),
    ("sslcert", "PGSSLCERT"),
    ("sslcertmode", "PGSSLCERTMODE"),
    ("sslcompression", "PGSSLCOMPRESSION"),
    ("sslcrl", "PGSSLCRL"),
    ("sslcrldir", "PGSSLCRLDIR"),
    ("sslkey", "PGSSLKEY"),
    ("sslkeylogfile", ""),
    ("sslmode", "PGSSLMODE"),
    ("sslnegotiation", "PGSSLNEGOTIATION"),
    ("sslpassword", ""),
    ("sslrootcert", "PGSSLROOTCERT"),
    ("sslsni", "PGSSLSNI"),
    ("target_session_attrs", "PGTARGETSESSIONATTRS"),
    ("tcp_user_timeout", ""),
    ("user", "PGUSER"),
];

/// What is refused unless it has one of these values, with the reason.
const REFUSED: &[(&str, &[&str], &str)] = &[
    ("client_encoding", &["utf8", "utf-8", "unicode", "auto"], "migrate always works in UTF8"),
    ("gssdelegation", &["0"], "migrate has no GSSAPI"),
    ("gssencmode", &["disable", "prefer"], "migrate has no GSSAPI; it is one of disable, prefer"),
    ("gsslib", &[], "migrate has no GSSAPI"),
    ("krbsrvname", &[], "migrate has no Kerberos"),
    ("max_protocol_version", &["3.0", "3.2", "latest"], "it is one of 3.0, 3.2, latest"),
    ("min_protocol_version", &["3.0"], "migrate uses version 3.0 of the protocol"),
    ("oauth_client_id", &[], "migrate has no OAuth"),
    ("oauth_client_secret", &[], "migrate has no OAuth"),
    ("oauth_issuer", &[], "migrate has no OAuth"),
    ("oauth_scope", &[], "migrate has no OAuth"),
    ("replication", &["false", "off", "no", "0"], "migrate needs an ordinary connection"),
    ("requirepeer", &[], "migrate does not look at the user of a server's socket"),
    ("scram_client_key", &[], "migrate needs the password itself"),
    ("scram_server_key", &[], "migrate needs the password itself"),
    ("sslcompression", &["0"], "migrate never compresses TLS"),
    ("sslkeylogfile", &[], "migrate writes no TLS secrets"),
    (
        "sslpassword",
        &[],
        "migrate reads unencrypted keys only; `openssl pkey -in KEY -out NEW` removes a key's passphrase",
    ),
];

/// What client libraries read from URLs for their own caches and pools. It changes nothing about one connection.
const LIBRARIES: &[&str] = &[
    // asyncpg and SQLAlchemy
    "prepared_statement_cache_size",
    "prepared_statement_name_func",
    "statement_cache_size",
    "max_cached_statement_lifetime",
    "max_cacheable_statement_size",
    "async_fallback",
    // psycopg
    "prepare_threshold",
    // Prisma
    "connection_limit",
    "pool_timeout",
    "pgbouncer",
    // pgx
    "pool_max_conns",
    "pool_min_conns",
    "pool_max_conn_lifetime",
    "pool_max_conn_idle_time",
    "pool_health_check_period",
    "pool_max_conn_lifetime_jitter",
    "default_query_exec_mode",
    "statement_cache_capacity",
    "description_cache_capacity",
    // lib/pq
    "binary_parameters",
    // Rails
    "pool",
    "prepared_statements",
    "reaping_frequency",
];

/// What other programs call something that libpq has, or can do in another way.
const ELSEWHERE: &[(&str, &str)] = &[
    ("schema", "write `options=-c%20search_path%3DNAME` for it"),
    ("search_path", "write `options=-c%20search_path%3DNAME` for it"),
    ("currentSchema", "write `options=-c%20search_path%3DNAME` for it"),
    ("timeout", "write `connect_timeout` for it, in seconds"),
    ("sslaccept", "write `sslmode` for it"),
    ("sslidentity", "write `sslcert` and `sslkey` for it"),
    ("command_timeout", "write `options=-c%20statement_timeout%3D60s` for it"),
    ("statement_timeout", "write `options=-c%20statement_timeout%3D60s` for it"),
    ("lock_timeout", "`run.lock_timeout` in migrate.toml is for it"),
];

/// A value, and what gave it.
#[derive(Clone, Debug)]
pub struct Value {
    pub text: String,
    /// What an error calls it: the parameter, or the variable.
    name: String,
    in_url: bool,
}

impl Value {
    /// An error: what the value is called, and what is wrong with it.
    pub fn wrong(&self, what: &str) -> DatabaseError {
        DatabaseError::Setting { message: format!("{} {what}", self.name), hint: None, in_url: self.in_url }
    }

    fn is_not_one_of(&self, words: &str) -> DatabaseError {
        match self.text.as_str() {
            "" => self.wrong(&format!("is empty; it is one of {words}")),
            text => self.wrong(&format!("is `{text}`; it is one of {words}")),
        }
    }
}

/// The parameters of the URL, of the service file, and of the environment: the first that has one wins.
pub struct Parameters<'e> {
    url: Vec<(String, String)>,
    service: Vec<(String, String)>,
    service_name: String,
    variable: &'e dyn Fn(&str) -> Option<String>,
}

impl<'e> Parameters<'e> {
    /// Checks that every name of the URL is known and stands there once, and reads the service file.
    ///
    /// # Errors
    /// A name that is unknown, twice, or refused, in the URL, in the service file or as a variable.
    pub fn new(
        url: Vec<(String, String)>,
        variable: &'e dyn Fn(&str) -> Option<String>,
    ) -> Result<Parameters<'e>, DatabaseError> {
        for (at, (name, _)) in url.iter().enumerate() {
            if url[..at].iter().any(|(before, _)| before == name) {
                return Err(bad(&format!("the database URL has the parameter `{name}` twice")));
            }
            check_name(name, true).map_err(|(what, hint)| DatabaseError::Setting {
                message: format!("the database URL has {what}"),
                hint: Some(hint),
                in_url: true,
            })?;
        }
        let mut parameters = Parameters { url, service: Vec::new(), service_name: String::new(), variable };
        if let Some(service) = parameters.some("service") {
            parameters.service = parameters.read_service(&service)?;
            parameters.service_name = service.text;
        }
        for (name, allowed, reason) in REFUSED {
            if let Some(value) = parameters.some(name)
                && !allowed.contains(&value.text.to_ascii_lowercase().as_str())
            {
                return Err(value.wrong(&format!("can't be honoured: {reason}")));
            }
        }
        Ok(parameters)
    }

    /// Returns the value of a parameter. In the URL it may be empty; an empty variable is none.
    pub fn get(&self, name: &str) -> Option<Value> {
        let named = |list: &[(String, String)]| list.iter().find(|(known, _)| known == name).map(|(_, v)| v.clone());
        if let Some(text) = named(&self.url) {
            return Some(Value { text, name: name.to_owned(), in_url: true });
        }
        if let Some(text) = named(&self.service) {
            return Some(Value { text, name: format!("{name} of the service {}", self.service_name), in_url: false });
        }
        let variable = KNOWN.iter().find(|(known, variable)| *known == name && !variable.is_empty())?.1;
        Some(Value { text: self.variable(variable)?, name: variable.to_owned(), in_url: false })
    }

    /// As `get`, without an empty value.
    pub fn some(&self, name: &str) -> Option<Value> {
        self.get(name).filter(|value| !value.text.is_empty())
    }

    pub fn text(&self, name: &str) -> Option<String> {
        self.some(name).map(|value| value.text)
    }

    pub fn variable(&self, name: &str) -> Option<String> {
        (self.variable)(name).filter(|value| !value.is_empty())
    }

    /// Returns what the value of a parameter means, of the few that it may have.
    ///
    /// # Errors
    /// `Setting` with the accepted words.
    pub fn choice<T: Copy>(&self, name: &str, choices: &[(&str, T)]) -> Result<Option<T>, DatabaseError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        match choices.iter().find(|(word, _)| *word == value.text) {
            Some((_, meaning)) => Ok(Some(*meaning)),
            None => {
                let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
                Err(value.is_not_one_of(&words.join(", ")))
            }
        }
    }

    /// Returns a whole number, which may be negative.
    ///
    /// # Errors
    /// `Setting` if it is not a whole number.
    pub fn number(&self, name: &str, unit: &str) -> Result<Option<i64>, DatabaseError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let number = value.text.trim().parse::<i32>();
        number.map(|number| Some(i64::from(number))).map_err(|_| value.wrong(&format!("is not a number of {unit}")))
    }

    /// The folder `~/.postgresql`, or a file in the home folder.
    pub fn in_home(&self, name: &str) -> Option<PathBuf> {
        Some(PathBuf::from(self.variable("HOME")?).join(name))
    }

    /// Reads a section of `~/.pg_service.conf`, or of the system's `pg_service.conf`.
    fn read_service(&self, service: &Value) -> Result<Vec<(String, String)>, DatabaseError> {
        let own = self.some("servicefile").map(|file| PathBuf::from(file.text));
        let own = own.or_else(|| self.in_home(".pg_service.conf").filter(|file| file.is_file()));
        let system = self.variable("PGSYSCONFDIR").map(|folder| Path::new(&folder).join("pg_service.conf"));
        let system = system.filter(|file| file.is_file());
        for file in [own, system].into_iter().flatten() {
            let text = std::fs::read_to_string(&file)
                .map_err(|error| service.wrong(&format!("needs {}: {error}", file.display())))?;
            if let Some(found) = section(&text, &service.text) {
                return found.map_err(|what| service.wrong(&format!("has {what} in {}", file.display())));
            }
        }
        Err(service.wrong(&format!("is `{}`, which is in no service file", service.text)))
    }
}

/// Returns the settings of a section of a service file; None if it has no such section.
fn section(text: &str, name: &str) -> Option<Result<Vec<(String, String)>, String>> {
    let header = format!("[{name}]");
    let mut lines = text.lines().map(str::trim).skip_while(|line| *line != header);
    lines.next()?;
    let lines =
        lines.take_while(|line| !line.starts_with('[')).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut found: Vec<(String, String)> = Vec::new();
    for line in lines {
        let Some((name, value)) = line.split_once('=') else { return Some(Err("a line without `=`".to_owned())) };
        if name == "service" || name == "servicefile" {
            return Some(Err("a service within a service".to_owned()));
        }
        if let Err((what, _)) = check_name(name, false) {
            return Some(Err(what));
        }
        // The first one counts, as in libpq.
        if !found.iter().any(|(known, _)| known == name) {
            found.push((name.to_owned(), value.to_owned()));
        }
    }
    Some(Ok(found))
}

/// Says what is wrong with a name, and what to try.
fn check_name(name: &str, libraries: bool) -> Result<(), (String, String)> {
    if KNOWN.iter().any(|(known, _)| *known == name) || libraries && LIBRARIES.contains(&name) {
        return Ok(());
    }
    let what = format!("the unknown parameter `{name}`");
    if let Some((_, hint)) = ELSEWHERE.iter().find(|(known, _)| *known == name) {
        return Err((what, (*hint).to_owned()));
    }
    let distance = |known: &str| strsim::damerau_levenshtein(&name.to_ascii_lowercase(), known);
    let near = KNOWN.iter().map(|(known, _)| *known).min_by_key(|known| distance(known));
    Err((
        what,
        match near.filter(|near| distance(near) <= 3.min(near.len() / 2)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "the parameters are those of libpq (PostgreSQL manual, \"Parameter Key Words\")".to_owned(),
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_of_a_service_file_ends_with_the_next() {
        let text = "# mine\n[a]\nhost=h\nport = 1\n[b]\nhost=i\nhost=j\nsslmod=require\n[c]\ndbname=d\n";
        assert_eq!(section(text, "c"), Some(Ok(vec![("dbname".to_owned(), "d".to_owned())])));
        assert_eq!(section(text, "none"), None);
        assert_eq!(section(text, "a"), Some(Err("the unknown parameter `port `".to_owned())));
        assert_eq!(section(text, "b"), Some(Err("the unknown parameter `sslmod`".to_owned())));
    }

    #[test]
    fn names_are_sorted_and_what_is_refused_is_known() {
        assert!(KNOWN.is_sorted());
        for (name, ..) in REFUSED {
            assert!(KNOWN.iter().any(|(known, _)| known == name), "{name}");
        }
    }
}
