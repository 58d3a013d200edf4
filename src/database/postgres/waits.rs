//! Whom a session waits for: asked on another connection while a statement runs outside a transaction.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::{Connection, Settings};
use crate::database::{SqlError, WaitWatch, Waited};

/// How often the server is asked.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// Watches the session of that server process until the value returned is ended: calls `tell` with each new answer, and
/// cancels the session's statement once it has waited for locks longer than `limit` without a break.
pub fn watch(
    settings: &Settings,
    application: &str,
    pid: i32,
    limit: Option<Duration>,
    mut tell: Box<dyn FnMut(&str) + Send>,
) -> WaitWatch {
    let (stop, stopped) = mpsc::channel();
    let (settings, application) = (settings.clone(), application.to_owned());
    let thread = std::thread::spawn(move || {
        let mut waited = Waited::default();
        let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(BETWEEN_LOOKS) else { return waited };
        let Ok(connection) = Connection::open(&settings, &application) else { return waited };
        let mut since = None;
        loop {
            match waits_for(&connection, pid) {
                Err(_) => return waited,
                Ok(None) => since = None,
                Ok(Some(words)) => {
                    if waited.last.as_ref() != Some(&words) {
                        tell(&words);
                        waited.last = Some(words);
                    }
                    let began = *since.get_or_insert_with(Instant::now);
                    if !waited.cancelled && limit.is_some_and(|limit| began.elapsed() >= limit) {
                        waited.cancelled =
                            connection.run(&format!("SELECT pg_catalog.pg_cancel_backend({pid})")).is_ok();
                    }
                }
            }
            let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(BETWEEN_LOOKS) else { return waited };
        }
    });
    WaitWatch { stop, thread }
}

/// Returns words about those for whom the session of server process `pid` waits right now; None if it waits for nobody.
///
/// # Errors
/// What the server says against the question, or that the connection is gone.
pub fn waits_for(connection: &Connection, pid: i32) -> Result<Option<String>, SqlError> {
    // A concurrent build names the one that it waits for in its progress, in phases of a wait for others' snapshots too.
    let mut answers = connection.run(&format!(
        "BEGIN READ ONLY; SET LOCAL search_path = pg_catalog, pg_temp; \
         SELECT x, coalesce(b.usename, ''), coalesce(nullif(b.application_name, ''), 'unnamed'), coalesce(b.state, ''), \
         to_char(b.xact_start AT TIME ZONE 'UTC', 'HH24:MI:SS \"UTC\"'), left(b.query, 80), coalesce(p.phase, '') \
         FROM pg_stat_activity w LEFT JOIN pg_stat_progress_create_index p ON p.pid = w.pid \
         CROSS JOIN LATERAL (SELECT DISTINCT x FROM \
          unnest(array_append(pg_blocking_pids(w.pid), nullif(p.current_locker_pid, 0)::int)) x WHERE x IS NOT NULL) blocking \
         LEFT JOIN pg_stat_activity b ON b.pid = x \
         WHERE w.pid = {pid} AND w.wait_event_type = 'Lock' ORDER BY 1 LIMIT 5; COMMIT"
    ))?;
    let rows = if answers.len() > 2 { answers.swap_remove(2) } else { Vec::new() };
    let words = rows.into_iter().map(|row| {
        let mut cells = row.into_iter().map(Option::unwrap_or_default);
        let mut cell = || cells.next().unwrap_or_default();
        let (other, user, application, state, since, query, phase) =
            (cell(), cell(), cell(), cell(), cell(), cell(), cell());
        let phase = if phase.is_empty() { phase } else { format!(" ({phase})") };
        match other.as_str() {
            "0" => format!("a prepared transaction{phase}"),
            _ => format!(
                "server process {other} of {user} ({application}), {state}, in a transaction since {since}: {query}{phase}"
            ),
        }
    });
    Ok(Some(words.collect::<Vec<_>>().join("\n")).filter(|words| !words.is_empty()))
}
