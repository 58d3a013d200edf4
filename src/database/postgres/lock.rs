//! The lock that keeps two runs apart: an advisory lock in a transaction of its own connection.
//!
//! Tried on PostgreSQL 15: a READ COMMITTED transaction that waits for nothing does not hinder CREATE INDEX
//! CONCURRENTLY, and a transaction-pooling PgBouncer keeps it on one server connection. A session lock would be lost in
//! the pool; a blocking wait, or a snapshot that is kept, would make CREATE INDEX CONCURRENTLY wait for ever.

use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use super::{Connection, Settings};
use crate::database::{DatabaseError, Earlier, SqlError, interruption};
use crate::sql::{Syntax, quote};

/// Holds the lock until it is dropped, or the process dies.
pub struct Lock {
    connection: Connection,
}

impl Lock {
    /// Tries until the lock is free or `wait` is over, and tells `waiting` once who has it; calls `meanwhile` twice a second
    /// or more often.
    ///
    /// # Errors
    /// `Locked` with the holder after `wait`; `Sql` and `Connect` of its own connection.
    pub fn take(
        settings: &Settings,
        application: &str,
        version_table: &str,
        wait: Duration,
        waiting: &mut dyn FnMut(&str),
        meanwhile: &dyn Fn(),
    ) -> Result<Lock, DatabaseError> {
        let settings = Settings { application_name: Some(introduction(application)), ..settings.clone() };
        let connection = Connection::open(&settings, application)?;
        let key = key(version_table);
        let failed =
            |error| DatabaseError::Sql { doing: "taking the lock that keeps two runs apart".to_owned(), error };
        let started = Instant::now();
        let mut pause = Duration::from_millis(20);
        let mut said = None;
        loop {
            if try_once(&connection, key).map_err(failed)? {
                return Ok(Lock { connection });
            }
            let holder = holder(&connection, key);
            if said.as_ref() != Some(&holder) {
                waiting(&holder);
                said = Some(holder.clone());
            }
            if interruption::is_cancelled() {
                let doing = "waiting for another run of migrate".to_owned();
                return Err(DatabaseError::Sql { doing, error: SqlError::interrupted(0) });
            }
            let left = wait.saturating_sub(started.elapsed());
            if left.is_zero() {
                let place = settings.place();
                return Err(DatabaseError::Locked { place, holder, waited_seconds: started.elapsed().as_secs() });
            }
            meanwhile();
            std::thread::sleep(pause.min(left));
            pause = (pause * 3 / 2).min(Duration::from_millis(500));
        }
    }
}

impl Lock {
    /// Did the session end that holds the lock?
    pub fn is_lost(&self) -> bool {
        self.connection.has_ended()
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = interruption::uninterruptible(|| self.connection.execute("COMMIT"));
    }
}

/// A name for `pg_stat_activity` that tells another waiting run whom to look for; the server keeps 63 bytes of it.
fn introduction(application: &str) -> String {
    let host = whoami::hostname().unwrap_or_default();
    let name = format!("{application}, process {} on {host}", std::process::id());
    name.chars().filter(char::is_ascii).take(63).collect()
}

/// The lock's key: the same for every run over the same version table; advisory locks are per database already.
fn key(version_table: &str) -> i64 {
    let digest = Sha256::digest(format!("migrate:{version_table}"));
    digest.iter().take(8).fold(0, |key, byte| (key << 8) | i64::from(*byte))
}

fn try_once(connection: &Connection, key: i64) -> Result<bool, SqlError> {
    let no_limit = match connection.version_number() {
        170_000.. => "SET LOCAL transaction_timeout = 0; ",
        _ => "",
    };
    let answers = connection.run(&format!(
        "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY; SET LOCAL idle_in_transaction_session_timeout = 0; {no_limit}\
         SELECT pg_catalog.pg_try_advisory_xact_lock({key})"
    ));
    let taken = answers.map(|mut answers| answers.pop().and_then(|rows| rows.into_iter().next()));
    match taken {
        Ok(Some(row)) if row.first().is_some_and(|cell| cell.as_deref() == Some("t")) => Ok(true),
        other => {
            interruption::uninterruptible(|| connection.execute("ROLLBACK"))?;
            other.map(|_| false)
        }
    }
}

/// Returns words about who has the lock: `process 4711 of ann at 10.0.0.7 (migrate upgrade), since 10:03:12`.
fn holder(connection: &Connection, key: i64) -> String {
    // The two halves of a 64-bit key (PostgreSQL manual 54.12, `objid`).
    let (high, low) = ((key >> 32) as u32, key as u32);
    let answers = connection.run(&format!(
        "SET LOCAL search_path = pg_catalog, pg_temp; \
         SELECT l.pid, coalesce(a.application_name, ''), coalesce(a.usename, ''), \
         coalesce(pg_catalog.host(a.client_addr), 'a local socket'), \
         coalesce(pg_catalog.to_char(a.xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS \"UTC\"'), 'an unknown time') \
         FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid \
         WHERE l.locktype = 'advisory' AND l.granted AND l.classid = {high} AND l.objid = {low} AND l.objsubid = 1 \
         AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())"
    ));
    let row = answers.ok().and_then(|mut answers| answers.pop()).and_then(|rows| rows.into_iter().next());
    let cells: Vec<String> = row.unwrap_or_default().into_iter().map(Option::unwrap_or_default).collect();
    match cells.as_slice() {
        [pid, application, user, host, since] => {
            let user = if user.is_empty() { String::new() } else { format!(" of {user}") };
            let application = if application.is_empty() { String::new() } else { format!(" ({application})") };
            format!("server process {pid}{user} from {host}{application}, since {since}")
        }
        _ => "a run that has just ended".to_owned(),
    }
}

/// Returns the comment that marks the statements of a run. `pg_stat_activity` shows the text that a session was sent,
/// also behind a pool, where a process says nothing about who uses it.
pub fn mark(run: &str) -> String {
    format!("/* migrate run {run} */ ")
}

/// Looks for a session of an earlier run: by its mark, or, where its text may not be seen, by its process.
///
/// # Errors
/// The error of the statement, with `interrupted` set if the process was asked to stop, or `connection_lost`.
pub fn earlier(connection: &Connection, run: &str, process: Option<&str>) -> Result<Earlier, SqlError> {
    let mark = quote::literal(mark(run).trim_end(), Syntax::Postgres);
    let (pid, began) = process.and_then(|process| process.split_once(' ')).unwrap_or(("0", ""));
    let pid: i32 = pid.parse().unwrap_or(0);
    let answers = connection.run(&format!(
        "SELECT pid, coalesce(state, ''), pg_catalog.starts_with(coalesce(query, ''), {mark}), backend_start IS NULL, \
         pg_catalog.date_part('epoch', backend_start), coalesce(usename, ''), \
         coalesce(pg_catalog.to_char(query_start AT TIME ZONE 'UTC', 'HH24:MI:SS \"UTC\"'), 'an unknown time') \
         FROM pg_catalog.pg_stat_activity WHERE datname OPERATOR(pg_catalog.=) pg_catalog.current_database() \
         AND pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid() \
         AND (pid OPERATOR(pg_catalog.=) {pid} OR pg_catalog.starts_with(coalesce(query, ''), {mark})) ORDER BY 1"
    ))?;
    let mut idle = None;
    for row in answers.into_iter().next_back().unwrap_or_default() {
        let cells: Vec<String> = row.into_iter().map(Option::unwrap_or_default).collect();
        let [pid, state, marked, hidden, start, user, since] = cells.as_slice() else { continue };
        let words = format!("server process {pid} of {user}");
        match (marked == "t", hidden == "t" || start == began) {
            (true, _) if state == "idle" => idle = Some(Earlier::Idle(words, pid.clone())),
            (true, _) => return Ok(Earlier::AtWork(format!("{words}, with a statement since {since}"))),
            // Its text and its state may only be seen by its own role and by those who may read all statistics.
            (false, true) if state.is_empty() => return Ok(Earlier::AtWork(words)),
            // The process serves another client of a pool, or another session altogether.
            (false, _) => {}
        }
    }
    Ok(idle.unwrap_or(Earlier::Gone))
}

/// Ends a session whose last statement was one of this run's and which waits for its client.
pub fn end_session(connection: &Connection, run: &str, process: &str) -> bool {
    let mark = quote::literal(mark(run).trim_end(), Syntax::Postgres);
    let pid: i32 = process.parse().unwrap_or(0);
    let answers = connection.run(&format!(
        "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity \
         WHERE pid OPERATOR(pg_catalog.=) {pid} AND state OPERATOR(pg_catalog.=) 'idle' \
         AND pg_catalog.starts_with(query, {mark})"
    ));
    answers.is_ok()
}

/// Looks after `delay` who keeps a session of this application waiting for a lock in this database.
pub fn watch_blockers(
    settings: &Settings,
    application: &str,
    delay: Duration,
) -> std::thread::JoinHandle<Option<String>> {
    let name = settings.application_name.clone().unwrap_or_else(|| application.to_owned());
    let settings = Settings { application_name: Some(introduction(application)), ..settings.clone() };
    std::thread::spawn(move || {
        interruption::sleep(delay);
        let connection = Connection::open(&settings, "migrate").ok()?;
        let name = quote::literal(&name, Syntax::Postgres);
        let answers = connection.run(&format!(
            "SET LOCAL search_path = pg_catalog, pg_temp; \
             SELECT DISTINCT b.pid, coalesce(b.usename, ''), coalesce(nullif(b.application_name, ''), 'unnamed'), \
             coalesce(b.state, ''), pg_catalog.to_char(b.xact_start AT TIME ZONE 'UTC', 'HH24:MI:SS \"UTC\"'), \
             pg_catalog.left(b.query, 80) \
             FROM pg_catalog.pg_stat_activity w CROSS JOIN LATERAL pg_catalog.unnest(pg_catalog.pg_blocking_pids(w.pid)) x \
             JOIN pg_catalog.pg_stat_activity b ON b.pid = x \
             WHERE w.wait_event_type = 'Lock' AND w.application_name = {name} AND w.datname = pg_catalog.current_database() \
             ORDER BY 1 LIMIT 5"
        ));
        let rows = answers.ok()?.pop()?;
        let words = rows.into_iter().map(|row| {
            let mut cells = row.into_iter().map(Option::unwrap_or_default);
            let mut cell = || cells.next().unwrap_or_default();
            let (pid, user, application, state, since, query) = (cell(), cell(), cell(), cell(), cell(), cell());
            format!("server process {pid} of {user} ({application}), {state}, in a transaction since {since}: {query}")
        });
        Some(words.collect::<Vec<_>>().join("\n")).filter(|words| !words.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_have_keys_of_their_own() {
        assert_ne!(key("public.migrate_revision"), key("app.migrate_revision"));
        assert_eq!(key("public.migrate_revision"), key("public.migrate_revision"));
    }
}
