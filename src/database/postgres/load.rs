//! Loads declared DDL into a shadow, in whatever order of statements the server accepts.

use super::Connection;
use crate::database::SqlError;
use crate::sql::Statement;

/// One transaction takes a lock for each table and index it makes, and the server has room for a few thousand.
const STATEMENTS_IN_ONE_TRANSACTION: usize = 250;

/// Bodies of functions may name tables that come later.
const BEGIN: &str = "BEGIN; SET LOCAL check_function_bodies = off;\n";
const STATEMENTS_IN_BEGIN: usize = 2;

/// Runs the statements, those that fail once more after the others, until all have run or none of the rest can.
///
/// # Errors
/// The statements of that rest, and what the server said about each the last time.
pub fn load(connection: &Connection, statements: &[Statement]) -> Result<(), Vec<(usize, SqlError)>> {
    let mut waiting: Vec<usize> = (0..statements.len()).collect();
    while !waiting.is_empty() {
        let mut refused = Vec::new();
        let mut rest = waiting.as_slice();
        while let Some(&first) = rest.first() {
            let taken = match statements.get(first) {
                Some(statement) if !statement.transactional => 1,
                _ => rest
                    .iter()
                    .take(STATEMENTS_IN_ONE_TRANSACTION)
                    .take_while(|&&at| statements.get(at).is_some_and(|statement| statement.transactional))
                    .count()
                    .max(1),
            };
            let (now, later) = rest.split_at(taken);
            rest = later;
            run(connection, statements, now, &mut refused).map_err(|lost| vec![lost])?;
        }
        if refused.len() == waiting.len() {
            refused.sort_by_key(|(at, _)| *at);
            return Err(refused);
        }
        waiting = refused.into_iter().map(|(at, _)| at).collect();
    }
    Ok(())
}

/// Runs these statements in one message. When one fails, those before it go again on their own, then those after it.
fn run(
    connection: &Connection,
    statements: &[Statement],
    group: &[usize],
    refused: &mut Vec<(usize, SqlError)>,
) -> Result<(), (usize, SqlError)> {
    let mut groups = vec![group];
    while let Some(group) = groups.pop() {
        let Some(&first) = group.first() else { continue };
        let alone = statements.get(first).is_some_and(|statement| !statement.transactional);
        let mut script = if alone { String::new() } else { BEGIN.to_owned() };
        let mut starts = Vec::with_capacity(group.len());
        for &at in group {
            starts.push(script.len());
            script.push_str(statements.get(at).map_or("", |statement| statement.text.as_str()));
            // The line end closes a comment at the end of the statement.
            script.push_str(if alone { "" } else { "\n;\n" });
        }
        if !alone {
            script.push_str("COMMIT");
        }
        let Err(mut error) = connection.execute(&script) else { continue };
        if error.connection_lost {
            return Err((first, error));
        }
        let _ = connection.execute("ROLLBACK");
        // A constraint that is checked at the end of the transaction fails in COMMIT: blamed on the last statement.
        let before = if alone { 0 } else { STATEMENTS_IN_BEGIN };
        let failed = match error.position {
            // A syntax error is found before anything runs, and only its place says whose it is.
            Some(position) if !alone && error.completed == 0 => {
                starts.partition_point(|start| *start <= position).saturating_sub(1)
            }
            _ => error.completed.saturating_sub(before).min(group.len() - 1),
        };
        let start = starts.get(failed).copied().unwrap_or_default();
        error.position = error.position.and_then(|position| position.checked_sub(start));
        error.completed = 0;
        let (good, rest) = group.split_at(failed);
        if let Some((&at, after)) = rest.split_first() {
            refused.push((at, error));
            groups.push(after);
        }
        groups.push(good);
    }
    Ok(())
}
