//! One connection to a server: simple queries, errors, notices.

use std::cell::Cell;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::{Either, select};
use tokio::runtime::Runtime;
use tokio_postgres::error::{ErrorPosition, Severity};
use tokio_postgres::{Client, SimpleQueryMessage};

use super::handshake::{self, POOL, Route, reason};
use super::url::Settings;
use crate::database::{DatabaseError, SqlError, interruption};

/// The rows of one statement, every value in its text form.
pub type Rows = Vec<Vec<Option<String>>>;

/// An open connection and the runtime that drives it.
///
/// Only simple queries are sent, with no named statement and no session setting but `idle_session_timeout`, so a
/// transaction-pooling PgBouncer may stand in between.
pub struct Connection {
    client: Client,
    /// None once the value is dropped.
    runtime: Option<Runtime>,
    version: String,
    route: Route,
    /// The server did not answer any more when this process was to stop.
    given_up: Cell<bool>,
}

/// How often the server is told to cancel: what it hears between two messages is lost.
const CANCEL_AGAIN: Duration = Duration::from_millis(500);

impl Connection {
    /// Connects as `settings` say, under this name in `pg_stat_activity` unless the settings have one.
    ///
    /// # Errors
    /// `Connect` with the reason, for the last of the hosts that were tried.
    pub fn open(settings: &Settings, application: &str) -> Result<Connection, DatabaseError> {
        let failed =
            |reason: String, hint: Option<String>| DatabaseError::Connect { place: settings.place(), reason, hint };
        if interruption::is_cancelled() {
            return Err(failed(SqlError::interrupted(0).message, None));
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            // So that `has_ended` sees at once what has arrived.
            .event_interval(1)
            .build()
            .map_err(|error| failed(error.to_string(), None))?;
        let connected = runtime.block_on(async {
            let stopped = async {
                select(pin!(interruption::due()), pin!(interruption::overdue())).await;
            };
            match select(pin!(stopped), pin!(handshake::connect(settings, application))).await {
                Either::Left(_) => None,
                Either::Right((connected, _)) => Some(connected),
            }
        });
        match connected {
            Some(Ok(session)) => {
                let connection = Connection {
                    client: session.client,
                    runtime: Some(runtime),
                    version: session.version,
                    route: session.route,
                    given_up: Cell::new(false),
                };
                handshake::keep_while_idle(&connection.client);
                Ok(connection)
            }
            other => {
                // Asking for a name's address can't be stopped; it is left to itself.
                runtime.shutdown_background();
                Err(match other {
                    Some(Err(refusal)) => failed(refusal.message, refusal.hint),
                    _ => failed(SqlError::interrupted(0).message, None),
                })
            }
        }
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
    ///
    /// # Errors
    /// The error of the statement, with `interrupted` set if the process was asked to stop, or `connection_lost`.
    pub fn drive<'a, T, F>(&'a self, work: impl FnOnce(&'a Client) -> F) -> Result<T, SqlError>
    where
        F: Future<Output = Result<T, tokio_postgres::Error>>,
    {
        let work = work(&self.client);
        self.wait(async { work.await.map_err(|error| sql_error(&error, "", 0)) })
    }

    /// Has the server ended this session? Looks at what has arrived, and sends nothing.
    pub fn has_ended(&self) -> bool {
        if let Some(runtime) = &self.runtime {
            runtime.block_on(async {
                // Each turn looks once for arrivals and lets the connection's task read them.
                for _ in 0..4 {
                    tokio::task::yield_now().await;
                }
            });
        }
        self.is_closed()
    }

    pub fn is_closed(&self) -> bool {
        self.given_up.get() || self.client.is_closed()
    }

    /// Sends `script` as one message and returns the rows of each of its statements.
    ///
    /// # Errors
    /// The error of the statement, with `interrupted` set if the process was asked to stop, or `connection_lost`.
    pub fn run(&self, script: &str) -> Result<Vec<Rows>, SqlError> {
        self.wait(self.ask(script, true)).map(|answer| answer.rows)
    }

    /// Sends `script` as one message; rows are thrown away.
    ///
    /// # Errors
    /// The error of the statement, with `interrupted` set if the process was asked to stop, or `connection_lost`.
    pub fn execute(&self, script: &str) -> Result<(), SqlError> {
        self.wait(self.ask(script, false)).map(|_| ())
    }

    /// As `run`, and when a statement fails, also the rows of those before it.
    pub fn run_as_far_as_it_goes(&self, script: &str) -> (Vec<Rows>, Option<SqlError>) {
        self.wait(async { Ok(self.ask_on(script, true).await) }).unwrap_or_else(|error| (Vec::new(), Some(error)))
    }

    /// Sends all queries before it waits for the first answer, and returns the rows of each.
    ///
    /// # Errors
    /// The error of the statement, with `interrupted` set if the process was asked to stop, or `connection_lost`.
    pub fn pipeline(&self, queries: &[&str]) -> Result<Vec<Rows>, SqlError> {
        let asked = futures_util::future::join_all(queries.iter().map(|query| self.ask(query, true)));
        let answers = self.wait(async { Ok(asked.await) })?;
        answers.into_iter().map(|answer| Ok(answer?.rows.pop().unwrap_or_default())).collect()
    }

    /// Drives a question to its answer; when this process is asked to stop meanwhile, the server is told to cancel it, and
    /// given up if it does not answer.
    fn wait<T>(&self, question: impl Future<Output = Result<T, SqlError>>) -> Result<T, SqlError> {
        let unanswered = || SqlError {
            message: format!("interrupted, and the server has not answered for {} s", interruption::PATIENCE.as_secs()),
            connection_lost: true,
            ..SqlError::interrupted(0)
        };
        if interruption::is_cancelled() {
            return Err(SqlError::interrupted(0));
        }
        let Some(runtime) = self.runtime.as_ref().filter(|_| !self.given_up.get()) else { return Err(unanswered()) };
        runtime.block_on(async {
            let answer = async {
                let mut question = pin!(question);
                if let Either::Left((answer, _)) = select(question.as_mut(), pin!(interruption::due())).await {
                    return answer;
                }
                loop {
                    let _ = tokio::time::timeout(CANCEL_AGAIN, self.route.cancel(&self.client)).await;
                    if let Ok(answer) = tokio::time::timeout(CANCEL_AGAIN, question.as_mut()).await {
                        return answer;
                    }
                }
            };
            match select(pin!(answer), pin!(interruption::overdue())).await {
                Either::Left((answer, _)) => answer,
                Either::Right(_) => {
                    self.given_up.set(true);
                    Err(unanswered())
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

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
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
        hint: match said.message().contains("query_wait_timeout") {
            true => Some(POOL.to_owned()),
            false => said.hint().map(str::to_owned),
        },
        position,
        completed,
        context: said.where_().map(str::to_owned),
        // Class 57P: the server ends the session (shutdown, crash, terminated by an administrator); so does every other
        // error of this severity.
        connection_lost: code.starts_with("57P0")
            || matches!(said.parsed_severity(), Some(Severity::Fatal | Severity::Panic)),
        interrupted: false,
    }
}
