//! One connection to a server: simple queries, errors, notices.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::{Either, select};
use tokio::runtime::Runtime;
use tokio_postgres::config::{ChannelBinding, Config, SslMode as ClientSslMode, TargetSessionAttrs};
use tokio_postgres::error::ErrorPosition;
use tokio_postgres::{AsyncMessage, Client, SimpleQueryMessage};

use super::tls::LazyTls;
use super::url::{Settings, SslMode, Tls};
use crate::database::{DatabaseError, SqlError, interruption};

/// The rows of one statement, every value in its text form.
pub type Rows = Vec<Vec<Option<String>>>;

/// An open connection and the runtime that drives it.
///
/// Only simple queries are sent, with no named statement and no session setting, so a transaction-pooling PgBouncer
/// may stand in between.
pub struct Connection {
    client: Client,
    runtime: Runtime,
    version: String,
    tls: Tls,
}

/// How often the server is told to cancel: what it hears between two messages is lost.
const CANCEL_AGAIN: Duration = Duration::from_millis(500);

impl Connection {
    /// Connects as `settings` say, under this name in `pg_stat_activity` unless the settings have one.
    pub fn open(settings: &Settings, application: &str) -> Result<Connection, DatabaseError> {
        let failed =
            |reason: String, hint: Option<String>| DatabaseError::Connect { place: settings.place(), reason, hint };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            // So that `has_ended` sees at once what has arrived.
            .event_interval(1)
            .build()
            .map_err(|error| failed(error.to_string(), None))?;
        let config = client_config(settings, application);
        // What `prefer` and `allow` try when the first way is refused (PostgreSQL manual, table 34.1).
        let ways: &[ClientSslMode] = match settings.tls.mode {
            SslMode::Disable => &[ClientSslMode::Disable],
            SslMode::Allow => &[ClientSslMode::Disable, ClientSslMode::Require],
            SslMode::Prefer => &[ClientSslMode::Prefer, ClientSslMode::Disable],
            SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => &[ClientSslMode::Require],
        };
        let mut first_error = None;
        for way in ways {
            let mut config = config.clone();
            config.ssl_mode(*way);
            let connected = runtime.block_on(async {
                match select(pin!(interruption::due()), pin!(connect(&config, settings))).await {
                    Either::Left(_) => None,
                    Either::Right((connected, _)) => Some(connected),
                }
            });
            match connected {
                None => return Err(failed(SqlError::interrupted(0).message, None)),
                Some(Ok((client, version))) => {
                    return Ok(Connection { client, runtime, version, tls: settings.tls.clone() });
                }
                Some(Err(error)) => {
                    let worth_another = second_way_may_help(&error);
                    first_error.get_or_insert(error);
                    if !worth_another {
                        break;
                    }
                }
            }
        }
        let (reason, hint) = match first_error {
            Some(error) => (reason(&error), hint(&error, settings)),
            None => ("no way to connect was tried".to_owned(), None),
        };
        Err(failed(reason, hint))
    }

    /// `server_version` as the server reported it at the start: `15.20`, without a distribution's addition.
    pub fn version(&self) -> &str {
        self.version.split_whitespace().next().unwrap_or(&self.version)
    }

    /// `server_version_num`: 150020 for 15.20.
    pub fn version_number(&self) -> u32 {
        let mut numbers = self.version().split(|c: char| !c.is_ascii_digit()).map(|part| part.parse().unwrap_or(0));
        numbers.next().unwrap_or(0) * 10_000 + numbers.next().unwrap_or(0)
    }

    /// Drives what `work` does with the client to its end.
    pub fn drive<'a, T, F>(&'a self, work: impl FnOnce(&'a Client) -> F) -> Result<T, SqlError>
    where
        F: Future<Output = Result<T, tokio_postgres::Error>>,
    {
        let work = work(&self.client);
        self.wait(async { work.await.map_err(|error| sql_error(&error, "", 0)) })
    }

    /// Has the server ended this session? Looks at what has arrived, and sends nothing.
    pub fn has_ended(&self) -> bool {
        self.runtime.block_on(async {
            // Each turn looks once for arrivals and lets the connection's task read them.
            for _ in 0..4 {
                tokio::task::yield_now().await;
            }
        });
        self.client.is_closed()
    }

    pub fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Sends `script` as one message and returns the rows of each of its statements.
    pub fn run(&self, script: &str) -> Result<Vec<Rows>, SqlError> {
        self.wait(self.ask(script, true)).map(|answer| answer.rows)
    }

    /// Sends `script` as one message; rows are thrown away.
    pub fn execute(&self, script: &str) -> Result<(), SqlError> {
        self.wait(self.ask(script, false)).map(|_| ())
    }

    /// As `run`, and when a statement fails, also the rows of those before it.
    pub fn run_as_far_as_it_goes(&self, script: &str) -> (Vec<Rows>, Option<SqlError>) {
        self.wait(async { Ok(self.ask_on(script, true).await) }).unwrap_or_else(|error| (Vec::new(), Some(error)))
    }

    /// Sends all queries before it waits for the first answer, and returns the rows of each.
    pub fn pipeline(&self, queries: &[&str]) -> Result<Vec<Rows>, SqlError> {
        let asked = futures_util::future::join_all(queries.iter().map(|query| self.ask(query, true)));
        let answers = self.wait(async { Ok(asked.await) })?;
        answers.into_iter().map(|answer| Ok(answer?.rows.pop().unwrap_or_default())).collect()
    }

    /// Drives a question to its answer; when this process is asked to stop meanwhile, the server is told to cancel it.
    fn wait<T>(&self, question: impl Future<Output = Result<T, SqlError>>) -> Result<T, SqlError> {
        if interruption::is_due() {
            return Err(SqlError::interrupted(0));
        }
        self.runtime.block_on(async {
            let mut question = pin!(question);
            if let Either::Left((answer, _)) = select(question.as_mut(), pin!(interruption::due())).await {
                return answer;
            }
            loop {
                let cancel = self.client.cancel_token();
                let _ = tokio::time::timeout(CANCEL_AGAIN, cancel.cancel_query(LazyTls(self.tls.clone()))).await;
                if let Ok(answer) = tokio::time::timeout(CANCEL_AGAIN, question.as_mut()).await {
                    return answer;
                }
            }
        })
    }

    async fn ask(&self, script: &str, keep_rows: bool) -> Result<Answer, SqlError> {
        match self.ask_on(script, keep_rows).await {
            (rows, None) => Ok(Answer { rows }),
            (_, Some(error)) => Err(error),
        }
    }

    async fn ask_on(&self, script: &str, keep_rows: bool) -> (Vec<Rows>, Option<SqlError>) {
        let (mut all, mut rows, mut completed) = (Vec::new(), Rows::new(), 0);
        let stream = match self.client.simple_query_raw(script).await {
            Ok(stream) => stream,
            Err(error) => return (all, Some(sql_error(&error, script, 0))),
        };
        let mut stream = pin!(stream);
        while let Some(message) = stream.next().await {
            match message {
                Ok(SimpleQueryMessage::Row(row)) if keep_rows => {
                    rows.push((0..row.len()).map(|at| row.try_get(at).ok().flatten().map(str::to_owned)).collect());
                }
                Ok(SimpleQueryMessage::CommandComplete(_)) => {
                    completed += 1;
                    all.push(std::mem::take(&mut rows));
                }
                Ok(_) => {}
                Err(error) => return (all, Some(sql_error(&error, script, completed))),
            }
        }
        (all, None)
    }
}

struct Answer {
    rows: Vec<Rows>,
}

fn client_config(settings: &Settings, application: &str) -> Config {
    let mut config = Config::new();
    for (host, port) in &settings.hosts {
        config.host(host).port(*port);
    }
    config.user(&settings.user).dbname(&settings.database);
    config.application_name(settings.application_name.as_deref().unwrap_or(application));
    config.channel_binding(ChannelBinding::Prefer);
    config.keepalives_idle(Duration::from_secs(60));
    if let Some(password) = &settings.password {
        config.password(password);
    }
    if let Some(timeout) = settings.connect_timeout {
        config.connect_timeout(timeout);
    }
    if let Some(options) = &settings.options {
        config.options(options);
    }
    if settings.read_write {
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
    }
    config
}

async fn connect(config: &Config, settings: &Settings) -> Result<(Client, String), tokio_postgres::Error> {
    let (client, mut connection) = config.connect(LazyTls(settings.tls.clone())).await?;
    let version = connection.parameter("server_version").unwrap_or_default().to_owned();
    tokio::spawn(async move {
        while let Some(message) = poll_fn(|context| connection.poll_message(context)).await {
            match message {
                Ok(AsyncMessage::Notice(notice)) => match notice.severity() {
                    "WARNING" => tracing::warn!(code = notice.code().code(), "{}", notice.message()),
                    _ => tracing::info!(code = notice.code().code(), "{}", notice.message()),
                },
                Ok(_) => {}
                Err(error) => {
                    tracing::debug!(%error, "the connection ended");
                    break;
                }
            }
        }
    });
    Ok((client, version))
}

/// A refusal by pg_hba.conf or a broken handshake may not befall the other way; a wrong password would.
fn second_way_may_help(error: &tokio_postgres::Error) -> bool {
    match error.as_db_error() {
        Some(refusal) => refusal.code().code() == "28000",
        None => error.to_string().contains("TLS") || error.to_string().contains("tls"),
    }
}

fn reason(error: &tokio_postgres::Error) -> String {
    use std::error::Error;
    match (error.as_db_error(), error.source()) {
        (Some(refusal), _) => refusal.message().to_owned(),
        (None, Some(cause)) => format!("{error}: {cause}").replace("error connecting to server: ", ""),
        (None, None) => error.to_string(),
    }
}

fn hint(error: &tokio_postgres::Error, settings: &Settings) -> Option<String> {
    let code = error.code().map(|code| code.code());
    match code {
        Some("3D000") => Some(format!("create the database first: createdb {}", settings.database)),
        Some("28P01") => Some("check the user and the password (URL, PGPASSWORD, ~/.pgpass)".to_owned()),
        Some(_) => None,
        None if reason(error).contains("password missing") => {
            Some("give the password in the URL, in PGPASSWORD or in ~/.pgpass".to_owned())
        }
        None if reason(error).contains("refused") || reason(error).contains("No such file") => {
            Some("is the server running there, and does it listen on that port?".to_owned())
        }
        None => None,
    }
}

/// Returns what the server said about `script`, the position in bytes.
fn sql_error(error: &tokio_postgres::Error, script: &str, completed: usize) -> SqlError {
    let Some(said) = error.as_db_error() else {
        let lost = error.is_closed() || error.to_string().contains("communicating with the server");
        let message = match reason(error) {
            text if error.is_closed() => format!("the server closed the connection ({text})"),
            text => text,
        };
        return SqlError { message, connection_lost: lost, completed, ..SqlError::default() };
    };
    let position = match said.position() {
        Some(ErrorPosition::Original(character)) => {
            let at = usize::try_from(*character).unwrap_or_default().saturating_sub(1);
            Some(script.char_indices().nth(at).map_or(script.len(), |(byte, _)| byte))
        }
        _ => None,
    };
    let code = said.code().code();
    // query_canceled
    if code == "57014" && interruption::requested() {
        return SqlError { position, ..SqlError::interrupted(completed) };
    }
    SqlError {
        message: said.message().to_owned(),
        code: Some(code.to_owned()),
        detail: said.detail().map(str::to_owned),
        hint: said.hint().map(str::to_owned),
        position,
        completed,
        context: said.where_().map(str::to_owned),
        // Class 57P: the server ends the session (shutdown, crash, terminated by an administrator).
        connection_lost: code.starts_with("57P0"),
        interrupted: false,
    }
}
