//! How scripts for PostgreSQL are put together: transactions, guards, checks, what sessions keep.

use std::time::Duration;

use super::effect;
use crate::database::{LockClass, Patience, Scripting, SessionEffect};
use crate::revision::guard::{Guard, Subject};
use crate::sql::token::{Token, TokenKind, name_of, tokens};
use crate::sql::{Syntax, quote, split};

pub const SCRIPTING: Scripting = Scripting {
    begin,
    timestamp_type: "pg_catalog.timestamptz",
    now: "pg_catalog.clock_timestamp()",
    user: || "current_user".to_owned(),
    equals: "OPERATOR(pg_catalog.=)",
    is_one_of: |column, values| format!("{column} OPERATOR(pg_catalog.=) ANY (ARRAY[{values}]::pg_catalog.text[])"),
    is_none_of: |column, values| format!("{column} OPERATOR(pg_catalog.<>) ALL (ARRAY[{values}]::pg_catalog.text[])"),
    text_type: "pg_catalog.text",
    number_type: "pg_catalog.int8",
    stop_the_clock: Some(
        "duration_ms = (EXTRACT(epoch FROM pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) applied_at) \
         OPERATOR(pg_catalog.*) 1000::numeric)::bigint, applied_at = pg_catalog.clock_timestamp()",
    ),
    version_table: <[String]>::to_vec,
    exists,
    refuse_unless,
    guarded,
    refuses_transaction,
    effect: effect::effect,
    outside_transaction: |_| false,
    lock_class,
    patience,
    restore: None,
    violations: None,
    count: "pg_catalog.count(*)",
    process: "(SELECT pg_catalog.concat(pid, ' ', pg_catalog.date_part('epoch', backend_start)) \
              FROM pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()))",
    // It conflicts with itself and with every writer, not with a reader (PostgreSQL manual 13.3.1).
    lock_table: |table| Some(format!("LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")),
    check: |condition| format!("SELECT 1 OPERATOR(pg_catalog./) CASE WHEN {condition} THEN 1 ELSE 0 END"),
    must_change: |statement, rows| {
        format!(
            "WITH changed AS ({statement} RETURNING 1) SELECT 1 OPERATOR(pg_catalog./) CASE WHEN pg_catalog.count(*) OPERATOR(pg_catalog.=) {rows} \
             THEN 1 ELSE 0 END FROM changed"
        )
    },
    // unique_violation, division_by_zero.
    claimed_codes: &["23505", "22012"],
    // lock_not_available, deadlock_detected, serialization_failure.
    retryable_codes: &["55P03", "40P01", "40001"],
    // active_sql_transaction, invalid_transaction_termination.
    in_transaction_codes: &["25001", "2D000"],
    locks,
    // PostgreSQL manual 20.12, `max_locks_per_transaction`.
    lock_room: Some(
        "SELECT pg_catalog.current_setting('max_locks_per_transaction'), \
         pg_catalog.current_setting('max_connections')::int OPERATOR(pg_catalog.+) \
         pg_catalog.current_setting('max_prepared_transactions')::int",
    ),
    how_to_run: "Run it with `psql -v ON_ERROR_STOP=1 -f FILE`, which stops at the first error.",
    stop_at_errors: "\\set ON_ERROR_STOP on",
    error_aborts_transaction: true,
    resets,
    session_effect,
};

/// Measured on PostgreSQL 15: a table brings its row type, its key's index, and the table and index for long values.
fn locks(statement: &str) -> usize {
    let words = split::leading_words(statement, Syntax::Postgres, 3);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["CREATE", "TABLE", ..] | ["CREATE", "UNLOGGED", "TABLE"] => 4,
        ["CREATE", "MATERIALIZED", ..] | ["DROP", "TABLE", ..] => 4,
        ["CREATE", "VIEW", ..] | ["CREATE", "SEQUENCE", ..] | ["DROP", "MATERIALIZED", ..] => 2,
        ["CREATE", "INDEX", ..] | ["CREATE", "UNIQUE", "INDEX"] | ["ALTER", "TABLE", ..] => 1,
        ["DROP", "INDEX" | "VIEW" | "SEQUENCE", ..] | ["CREATE", "TYPE" | "FUNCTION" | "DOMAIN", ..] => 1,
        _ => 0,
    }
}

fn begin(lock_timeout: Duration) -> String {
    // READ COMMITTED whatever the default is: the row of the version table decides between two runs.
    format!("BEGIN ISOLATION LEVEL READ COMMITTED;\nSET LOCAL lock_timeout = '{}ms';\n", lock_timeout.as_millis())
}

/// Equality, whatever operators the session's search path leads to first.
const IS: &str = "OPERATOR(pg_catalog.=)";

fn literal(text: &str) -> String {
    quote::literal(text, Syntax::Postgres)
}

fn exists(subject: &Subject) -> Result<String, String> {
    let (own_name, outer) = match subject.path.split_last() {
        Some((name, outer)) => (literal(name), outer),
        None => return Err("the guard names nothing".to_owned()),
    };
    let whole = literal(&quote::qualified(&subject.path));
    let table = literal(&quote::qualified(outer));
    let relation = |kinds: &str| {
        format!(
            "EXISTS (SELECT FROM pg_catalog.pg_class WHERE oid {IS} pg_catalog.to_regclass({whole}) \
             AND relkind {IS} ANY ('{{{kinds}}}'::pg_catalog.\"char\"[]))"
        )
    };
    Ok(match subject.kind {
        "table" => relation("r,p,f"),
        "index" => relation("i,I"),
        "view" => relation("v,m"),
        "column" => format!(
            "EXISTS (SELECT FROM pg_catalog.pg_attribute WHERE attrelid {IS} pg_catalog.to_regclass({table}) \
             AND attname {IS} {own_name} AND attnum OPERATOR(pg_catalog.>) 0 AND NOT attisdropped)"
        ),
        "constraint" => format!(
            "EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE conrelid {IS} pg_catalog.to_regclass({table}) AND conname {IS} {own_name})"
        ),
        "type" => format!("pg_catalog.to_regtype({whole}) IS NOT NULL"),
        "schema" => format!("pg_catalog.to_regnamespace({whole}) IS NOT NULL"),
        "function" => match (&subject.arguments, outer.last()) {
            (Some(arguments), _) => format!(
                "pg_catalog.to_regprocedure({}) IS NOT NULL",
                literal(&format!("{}({arguments})", quote::qualified(&subject.path)))
            ),
            (None, Some(schema)) => format!(
                "EXISTS (SELECT FROM pg_catalog.pg_proc WHERE proname {IS} {own_name} \
                 AND pronamespace {IS} pg_catalog.to_regnamespace({}))",
                literal(&quote::identifier(schema))
            ),
            (None, None) => format!(
                "EXISTS (SELECT FROM pg_catalog.pg_proc WHERE proname {IS} {own_name} AND pg_catalog.pg_function_is_visible(oid))"
            ),
        },
        "trigger" => {
            let on = match outer.is_empty() {
                true => "pg_catalog.pg_table_is_visible(tgrelid)".to_owned(),
                false => format!("tgrelid {IS} pg_catalog.to_regclass({table})"),
            };
            format!(
                "EXISTS (SELECT FROM pg_catalog.pg_trigger WHERE tgname {IS} {own_name} AND NOT tgisinternal AND {on})"
            )
        }
        other => return Err(format!("a guard cannot ask PostgreSQL for a {other}")),
    })
}

fn refuse_unless(condition: &str, message: &str) -> String {
    let body = format!(
        "\nBEGIN\n  IF NOT ({condition}) THEN\n    RAISE EXCEPTION USING MESSAGE = {};\n  END IF;\nEND\n",
        literal(message)
    );
    format!("DO {}", dollar_quoted(&body))
}

fn guarded(guard: &Guard, statements: &[&str]) -> Result<String, String> {
    let condition = exists(&guard.subject)?;
    let not = if guard.when_there { "" } else { "NOT " };
    let mut body = format!("\nBEGIN\n  IF {not}{condition} THEN\n");
    for statement in statements {
        body.push_str(&format!("    EXECUTE {};\n", dollar_quoted(&format!("\n{statement}\n"))));
    }
    body.push_str("  END IF;\nEND\n");
    Ok(format!("DO {}", dollar_quoted(&body)))
}

/// Returns the text in dollar quotes whose tag does not occur in it.
fn dollar_quoted(text: &str) -> String {
    let tags = (0..).map(|number: u32| if number == 0 { "$migrate$".to_owned() } else { format!("$migrate{number}$") });
    let tag = tags.into_iter().find(|tag| !text.contains(tag.trim_end_matches('$'))).unwrap_or_default();
    format!("{tag}{text}{tag}")
}

/// Source: the statements whose manual pages say "cannot be executed inside a transaction block". What this list does
/// not know, the server refuses with SQLSTATE 25001.
fn refuses_transaction(statement: &str) -> bool {
    let words = split::leading_words(statement, Syntax::Postgres, 6);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["VACUUM", ..] | ["ALTER", "SYSTEM", ..] => true,
        ["CREATE" | "DROP", "DATABASE" | "TABLESPACE" | "SUBSCRIPTION", ..] => true,
        ["CREATE", "INDEX" | "UNIQUE", rest @ ..] => rest.contains(&"CONCURRENTLY"),
        ["DROP", "INDEX", "CONCURRENTLY", ..] => true,
        ["REINDEX", ..] => mentions(statement, &["CONCURRENTLY", "DATABASE", "SYSTEM", "SCHEMA"]),
        ["ALTER", "TABLE", ..] => {
            mentions(statement, &["DETACH"]) && mentions(statement, &["CONCURRENTLY", "FINALIZE"])
        }
        ["ALTER", "SUBSCRIPTION", ..] => mentions(statement, &["REFRESH", "PUBLICATION"]),
        ["ALTER", "DATABASE", ..] => mentions(statement, &["TABLESPACE"]),
        ["CLUSTER"] => true,
        _ => false,
    }
}

/// Source: the locks that the manual pages of the statements name (PostgreSQL manual 13.3.1), and `WaitForLockers` in the
/// server, by which the concurrent forms wait for every transaction that may use what they change.
fn lock_class(statement: &str) -> LockClass {
    let words = split::leading_words(statement, Syntax::Postgres, 6);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["CREATE", "INDEX" | "UNIQUE", rest @ ..] if rest.contains(&"CONCURRENTLY") => LockClass::Concurrent,
        ["DROP", "INDEX", "CONCURRENTLY", ..] => LockClass::Concurrent,
        ["REINDEX", ..] if is_switched_on(statement, "CONCURRENTLY") => LockClass::Concurrent,
        ["ALTER", "TABLE", ..]
            if mentions(statement, &["DETACH"]) && mentions(statement, &["CONCURRENTLY", "FINALIZE"]) =>
        {
            LockClass::Concurrent
        }
        // What belongs to no single database, and what waits for no lock of a table.
        ["CREATE" | "DROP" | "ALTER", "DATABASE" | "TABLESPACE" | "SUBSCRIPTION" | "ROLE" | "USER" | "SYSTEM", ..] => {
            LockClass::None
        }
        ["VACUUM", ..] if is_switched_on(statement, "FULL") => LockClass::Short,
        [
            "ALTER" | "CLUSTER" | "COMMENT" | "CREATE" | "DROP" | "GRANT" | "IMPORT" | "LOCK" | "REFRESH" | "REINDEX"
            | "REVOKE" | "SECURITY" | "TRUNCATE",
            ..,
        ] => LockClass::Short,
        _ => LockClass::None,
    }
}

/// Has the statement this option, `FULL` or `(FULL)` or `(FULL true)`, and not `(FULL false)`?
fn is_switched_on(statement: &str, option: &str) -> bool {
    let solid: Vec<Token> = tokens(statement, Syntax::Postgres).filter(Token::is_solid).collect();
    let at = solid.iter().position(|token| token.is_word(statement, option));
    at.is_some_and(|at| {
        let next = solid.get(at + 1).map(|token| token.text(statement).to_ascii_lowercase()).unwrap_or_default();
        !matches!(next.trim_matches('\''), "false" | "off" | "0")
    })
}

fn patience(class: LockClass, lock_timeout: Duration) -> Patience {
    match class {
        LockClass::None => Patience::default(),
        LockClass::Short => Patience {
            before: vec![format!("SET lock_timeout = '{}ms'", lock_timeout.as_millis())],
            after: vec!["RESET lock_timeout".to_owned()],
        },
        // The server's timeouts count the wait for every older snapshot of the database, and leave an invalid index.
        // `transaction_timeout` came with PostgreSQL 17, hence by way of the list of settings.
        LockClass::Concurrent => {
            let transaction_timeout = |value: &str| {
                format!(
                    "SELECT pg_catalog.set_config(name, {value}, false) FROM pg_catalog.pg_settings \
                     WHERE name OPERATOR(pg_catalog.=) 'transaction_timeout'"
                )
            };
            Patience {
                before: vec![
                    "SET lock_timeout = 0".to_owned(),
                    "SET statement_timeout = 0".to_owned(),
                    transaction_timeout("'0'"),
                ],
                after: vec![
                    "RESET lock_timeout".to_owned(),
                    "RESET statement_timeout".to_owned(),
                    transaction_timeout("reset_val"),
                ],
            }
        }
    }
}

fn mentions(statement: &str, words: &[&str]) -> bool {
    tokens(statement, Syntax::Postgres).any(|token| words.iter().any(|word| token.is_word(statement, word)))
}

/// One RESET for each SET that outlives its transaction, and for a role or search path that would hide the version
/// table; `set_config('name', …)` counts as SET.
fn resets(statements: &[&str]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for statement in statements {
        let solid: Vec<Token> = tokens(statement, Syntax::Postgres).filter(Token::is_solid).collect();
        let word =
            |at: usize| solid.get(at).map(|token| token.text(statement).to_ascii_uppercase()).unwrap_or_default();
        let reset = match word(0).as_str() {
            "SET" => {
                let from =
                    if matches!(word(1).as_str(), "SESSION" | "LOCAL") && word(2) != "AUTHORIZATION" { 2 } else { 1 };
                match (word(from).as_str(), word(from + 1).as_str()) {
                    ("CONSTRAINTS" | "TRANSACTION" | "CHARACTERISTICS", _) => None,
                    ("SESSION", "AUTHORIZATION") | ("AUTHORIZATION", _) => {
                        Some("RESET SESSION AUTHORIZATION".to_owned())
                    }
                    ("TIME", _) => Some("RESET TIME ZONE".to_owned()),
                    ("NAMES", _) => Some("SET client_encoding = 'UTF8'".to_owned()),
                    _ => setting(statement, &solid[from.min(solid.len())..]),
                }
            }
            _ => set_config(statement, &solid),
        };
        found.extend(reset.filter(|reset| !found.contains(reset)));
    }
    found
}

/// Temporary objects, prepared statements and cursors end with their session; settings can be set again.
fn session_effect(statement: &str) -> SessionEffect {
    let solid: Vec<Token> = tokens(statement, Syntax::Postgres).filter(Token::is_solid).collect();
    let is = |at: usize, word: &str| solid.get(at).is_some_and(|token| token.is_word(statement, word));
    let name = |at: usize| solid.get(at).map(|token| name_of(token.text(statement), Syntax::Postgres));
    if is(0, "PREPARE") || is(0, "DECLARE") {
        return name(1).map_or(SessionEffect::None, SessionEffect::Lost);
    }
    let temporary = (1..5).find(|&at| is(at, "TEMP") || is(at, "TEMPORARY"));
    if is(0, "CREATE")
        && let Some(at) = temporary
    {
        // [RECURSIVE] TABLE, VIEW or SEQUENCE, and perhaps IF NOT EXISTS.
        let skipped = ["RECURSIVE", "TABLE", "VIEW", "SEQUENCE", "IF", "NOT", "EXISTS"];
        let rest = (at + 1..solid.len()).find(|&at| !skipped.iter().any(|skipped| is(at, skipped)));
        return rest.and_then(name).map_or(SessionEffect::None, SessionEffect::Lost);
    }
    match resets(&[statement]).is_empty() && !is(0, "LISTEN") && !is(0, "LOAD") {
        true => SessionEffect::None,
        false => SessionEffect::Repeatable,
    }
}

/// The dotted name with which the tokens begin.
fn setting(statement: &str, solid: &[Token]) -> Option<String> {
    let mut parts = Vec::new();
    let mut rest = solid.iter();
    while let Some(token) = rest.next() {
        if !matches!(token.kind, TokenKind::Word | TokenKind::QuotedName) {
            break;
        }
        parts.push(name_of(token.text(statement), Syntax::Postgres));
        if !rest.next().is_some_and(|token| token.is_mark(statement, '.')) {
            break;
        }
    }
    reset(&parts)
}

fn set_config(statement: &str, solid: &[Token]) -> Option<String> {
    let at = solid.iter().position(|token| token.is_word(statement, "set_config"))?;
    let text = solid.get(at + 2).filter(|token| token.kind == TokenKind::String)?.text(statement);
    let name = text.trim_matches('\'').to_ascii_lowercase();
    reset(&name.split('.').map(str::to_owned).collect::<Vec<_>>())
}

fn reset(parts: &[String]) -> Option<String> {
    match parts {
        [] => None,
        [one] if one == "client_encoding" => Some("SET client_encoding = 'UTF8'".to_owned()),
        parts => Some(format!("RESET {}", quote::qualified(parts))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_script_sets_is_reset() {
        let statements = [
            "SET search_path = app, public",
            "set local role admin",
            "SELECT pg_catalog.set_config('search_path', '', false)",
            "SET TIME ZONE 'UTC'",
            "SET my.setting TO 'x'",
            "SET CONSTRAINTS ALL DEFERRED",
            "SET SESSION AUTHORIZATION joe",
            "SELECT 1",
        ];
        assert_eq!(
            resets(&statements),
            ["RESET search_path", "RESET role", "RESET TIME ZONE", "RESET my.setting", "RESET SESSION AUTHORIZATION"]
        );
    }

    #[test]
    fn statements_that_refuse_a_transaction_are_known() {
        for statement in [
            "create unique index concurrently i on t (a)",
            "VACUUM FULL t",
            "drop index concurrently if exists i",
            "reindex (verbose) index concurrently i",
            "alter table t detach partition p concurrently",
        ] {
            assert!(refuses_transaction(statement), "{statement}");
        }
        for statement in ["create index i on t (a)", "alter table t add concurrently int", "reindex table t"] {
            assert!(!refuses_transaction(statement), "{statement}");
        }
    }

    #[test]
    fn a_statement_waits_for_locks_as_its_class_says() {
        for (statement, class) in [
            ("create index concurrently i on t (a)", LockClass::Concurrent),
            ("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)", LockClass::Concurrent),
            ("drop index concurrently if exists i", LockClass::Concurrent),
            ("reindex (concurrently, verbose) table t", LockClass::Concurrent),
            ("reindex index concurrently i", LockClass::Concurrent),
            ("alter table t detach partition p concurrently", LockClass::Concurrent),
            ("alter table t detach partition p finalize", LockClass::Concurrent),
            ("reindex (concurrently false) table t", LockClass::Short),
            ("reindex table t", LockClass::Short),
            ("vacuum full t", LockClass::Short),
            ("vacuum (analyze, full) t", LockClass::Short),
            ("cluster t", LockClass::Short),
            ("alter type e add value 'x'", LockClass::Short),
            ("create index i on t (a)", LockClass::Short),
            ("refresh materialized view concurrently v", LockClass::Short),
            ("vacuum (full off) t", LockClass::None),
            ("vacuum t", LockClass::None),
            ("alter system set work_mem = '1MB'", LockClass::None),
            ("update t set a = 1", LockClass::None),
        ] {
            assert_eq!(lock_class(statement), class, "{statement}");
        }
        let short = patience(LockClass::Short, Duration::from_secs(5));
        assert_eq!(short.before, ["SET lock_timeout = '5000ms'"]);
        assert_eq!(short.after, ["RESET lock_timeout"]);
        assert_eq!(patience(LockClass::None, Duration::ZERO), Patience::default());
    }

    #[test]
    fn a_dollar_quote_is_not_closed_by_its_text() {
        assert_eq!(dollar_quoted("a $migrate$ b"), "$migrate1$a $migrate$ b$migrate1$");
    }
}
