//! How scripts for SQLite are put together: transactions, guards, checks.

use std::time::Duration;

use crate::database::{Effect, LockClass, Patience, Scripting, SessionEffect};
use crate::revision::guard::{Guard, Subject};
use crate::sql::token::{Token, name_of, tokens};
use crate::sql::{Syntax, quote, split};

pub const SCRIPTING: Scripting = Scripting {
    begin: |_: Duration| "BEGIN IMMEDIATE;\n".to_owned(),
    timestamp_type: "text",
    now: "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')",
    equals: "=",
    is_one_of: |column, values| format!("{column} IN ({values})"),
    is_none_of: |column, values| format!("{column} NOT IN ({values})"),
    text_type: "text",
    number_type: "bigint",
    user: || literal(&whoami::username().unwrap_or_default()),
    stop_the_clock: None,
    version_table,
    exists,
    refuse_unless,
    guarded,
    refuses_transaction,
    effect,
    outside_transaction,
    lock_class: |_| LockClass::None,
    patience: |_, _| Patience::default(),
    restore: Some("PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = OFF"),
    violations: Some(VIOLATIONS),
    count: "count(*)",
    process: "NULL",
    lock_table: |_| None,
    check: |condition| format!("SELECT abs(-9223372036854775807 - 1 + ({condition}))"),
    must_change: |statement, rows| format!("{statement};\nSELECT abs(-9223372036854775807 - 1 + (changes() = {rows}))"),
    // The second is `integer overflow`, which abs() of the smallest number is.
    claimed_codes: &["SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_ERROR"],
    retryable_codes: &[],
    in_transaction_codes: &[],
    locks: |_| 0,
    lock_room: None,
    how_to_run: "Run it with `sqlite3 -bail DATABASE < FILE`, which stops at the first error.",
    stop_at_errors: ".bail on",
    error_aborts_transaction: false,
    resets: |_| Vec::new(),
    session_effect,
};

/// What `PRAGMA foreign_key_check` answers, but for tables with a foreign key that leads to no key or to a view: it would
/// stop at these ("foreign key mismatch"), and SQLite lets them be.
const VIOLATIONS: &str = "WITH keys (child, parent, wanted) AS (
    SELECT s.name, k.\"table\", (SELECT group_concat(x.name) FROM (
        SELECT coalesce(lower(l.\"to\"), '') AS name FROM pragma_foreign_key_list(s.name) AS l WHERE l.id = k.id ORDER BY 1) AS x)
    FROM sqlite_schema AS s, pragma_foreign_key_list(s.name) AS k WHERE s.type = 'table' AND k.seq = 0
), unsound (child) AS MATERIALIZED (
    SELECT child FROM keys JOIN sqlite_schema AS p ON p.name = keys.parent COLLATE NOCASE AND p.type IN ('table', 'view')
    WHERE p.type = 'view' OR NOT coalesce(
        wanted IN (SELECT group_concat(x.name) FROM (
            SELECT lower(c.name) AS name FROM pragma_table_info(p.name) AS c WHERE c.pk > 0 ORDER BY 1) AS x)
        OR wanted IN (SELECT substr(replace(printf('%0*d', count(*), 0), '0', ','), 2) FROM pragma_table_info(p.name) AS c WHERE c.pk > 0
            HAVING count(*) > 0)
        OR EXISTS (SELECT 1 FROM pragma_index_list(p.name) AS i WHERE i.\"unique\" AND NOT i.partial AND wanted = (
            SELECT group_concat(x.name) FROM (
                SELECT lower(c.name) AS name FROM pragma_index_info(i.name) AS c ORDER BY 1) AS x)), 0)
), sound (name) AS MATERIALIZED (
    SELECT DISTINCT child FROM keys WHERE child NOT IN (SELECT child FROM unsound)
)
SELECT v.\"table\", coalesce(v.rowid, 'without rowid'), v.parent, v.fkid
FROM sound CROSS JOIN pragma_foreign_key_check(sound.name) AS v ORDER BY 1, 2, 3, 4";

/// A file has no schemas; `ops.migrate_revision`, written for PostgreSQL, is `migrate_revision` here.
fn version_table(path: &[String]) -> Vec<String> {
    path.last().cloned().into_iter().collect()
}

fn literal(text: &str) -> String {
    quote::literal(text, Syntax::Sqlite)
}

fn exists(subject: &Subject) -> Result<String, String> {
    let Some((name, outer)) = subject.path.split_last() else {
        return Err("the guard names nothing".to_owned());
    };
    let listed = |kind: &str, also: &str| {
        format!(
            "EXISTS (SELECT 1 FROM sqlite_master WHERE type = '{kind}' AND name = {} COLLATE NOCASE{also})",
            literal(name)
        )
    };
    match (subject.kind, outer.last()) {
        ("table" | "view" | "index", _) => Ok(listed(subject.kind, "")),
        ("trigger", None) => Ok(listed("trigger", "")),
        ("trigger", Some(table)) => {
            Ok(listed("trigger", &format!(" AND tbl_name = {} COLLATE NOCASE", literal(table))))
        }
        ("column", Some(table)) => Ok(format!(
            "EXISTS (SELECT 1 FROM pragma_table_xinfo({}) WHERE name = {} COLLATE NOCASE)",
            literal(table),
            literal(name)
        )),
        ("constraint", _) => {
            Err("SQLite keeps no list of constraints to look into; ask for its table or a column".to_owned())
        }
        (kind, _) => Err(format!(
            "SQLite has no {kind}; move this into a section `-- migrate:upgrade postgresql`, with another for sqlite"
        )),
    }
}

/// A check constraint that bears the message as its name, because that is what SQLite shows when it fails.
fn refuse_unless(condition: &str, message: &str) -> String {
    format!(
        "CREATE TEMP TABLE migrate_check (holds CONSTRAINT {} CHECK (holds));\n\
         INSERT INTO temp.migrate_check SELECT {condition};\nDROP TABLE temp.migrate_check",
        format_args!("\"{}\"", message.replace('"', "'"))
    )
}

/// `IF NOT EXISTS`, where that means the same: CREATE of the very object that the guard asks for.
fn guarded(guard: &Guard, statements: &[&str]) -> Result<String, String> {
    let why = |reason: &str| {
        Err(format!(
            "an SQLite script can't check for {} while it runs, and {reason}; run it with `migrate upgrade` \
             instead, or leave the guard out",
            guard.subject.words
        ))
    };
    if guard.when_there {
        return why("`IF EXISTS` does not mean the same");
    }
    let mut rewritten = Vec::new();
    for statement in statements {
        match with_if_not_exists(statement, guard) {
            Some(text) => rewritten.push(text),
            None => return why("`IF NOT EXISTS` can only replace a guard around the CREATE of that very object"),
        }
    }
    Ok(rewritten.join(";\n"))
}

/// Returns the statement with IF NOT EXISTS when it creates what the guard asks for.
fn with_if_not_exists(statement: &str, guard: &Guard) -> Option<String> {
    let solid: Vec<Token> = tokens(statement, Syntax::Sqlite).filter(Token::is_solid).collect();
    let kind = guard.subject.kind;
    if !matches!(kind, "table" | "index" | "view" | "trigger") || !solid.first()?.is_word(statement, "CREATE") {
        return None;
    }
    // CREATE [TEMP] [UNIQUE] [VIRTUAL] kind
    let at = solid.iter().take(4).position(|token| token.is_word(statement, kind))?;
    let mut name_at = at + 1;
    let has_it_already = solid.get(name_at)?.is_word(statement, "IF");
    if has_it_already {
        name_at += 3;
    }
    let rest = &statement[solid.get(name_at)?.start..];
    let end = tokens(rest, Syntax::Sqlite)
        .find(|token| !matches!(token.text(rest), "." | "main") && token.is_solid())
        .map(|token| token.end)?;
    let created = crate::revision::guard::path(rest.get(..end)?, Syntax::Sqlite);
    if !created.last()?.eq_ignore_ascii_case(guard.subject.path.last()?) {
        return None;
    }
    let insert_at = solid.get(at)?.end;
    Some(match has_it_already {
        true => statement.to_owned(),
        false => format!("{} IF NOT EXISTS{}", &statement[..insert_at], &statement[insert_at..]),
    })
}

/// Source: SQLite's pages on VACUUM, ATTACH, DETACH and the pragmas that are no-ops or errors in a transaction.
fn refuses_transaction(statement: &str) -> bool {
    let words = split::leading_words(statement, Syntax::Sqlite, 2);
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["VACUUM" | "ATTACH" | "DETACH", ..] => true,
        ["PRAGMA", name, ..] => matches!(
            *name,
            "JOURNAL_MODE" | "SYNCHRONOUS" | "AUTO_VACUUM" | "PAGE_SIZE" | "WAL_CHECKPOINT" | "TEMP_STORE"
        ),
        _ => false,
    }
}

/// `foreign_keys` is a no-op inside a transaction.
fn outside_transaction(statement: &str) -> bool {
    let words = split::leading_words(statement, Syntax::Sqlite, 2);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    matches!(words.as_slice(), ["PRAGMA", "FOREIGN_KEYS"])
}

/// Attached files and pragmas can be set again; what is temporary is lost.
fn session_effect(statement: &str) -> SessionEffect {
    let words = split::leading_words(statement, Syntax::Sqlite, 3);
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["ATTACH" | "DETACH" | "PRAGMA", ..] => SessionEffect::Repeatable,
        ["CREATE", "TEMP" | "TEMPORARY", kind] => {
            let solid: Vec<Token> = tokens(statement, Syntax::Sqlite).filter(Token::is_solid).collect();
            let skipped = [kind, "IF", "NOT", "EXISTS"];
            let name = solid.iter().skip(2).find(|token| !skipped.iter().any(|word| token.is_word(statement, word)));
            let name = name.map(|token| name_of(token.text(statement), Syntax::Sqlite));
            name.map_or(SessionEffect::None, SessionEffect::Lost)
        }
        _ => SessionEffect::None,
    }
}

/// Each of the statements that refuse a transaction may run again.
fn effect(_: &str) -> Effect {
    Effect::RunAgain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::revision::guard::parts;

    fn rendered(text: &str) -> Result<String, String> {
        let part = parts(text, Syntax::Sqlite).unwrap().remove(0);
        let body = &text[part.start..part.end];
        let statements: Vec<&str> =
            split::split(body, Syntax::Sqlite).unwrap().iter().map(|piece| piece.text(body)).collect();
        guarded(&part.guard.unwrap(), &statements)
    }

    #[test]
    fn if_not_exists_stands_in_only_where_it_means_the_same() {
        assert_eq!(
            rendered("-- migrate:unless index i\ncreate unique index main.i on t (a);\n-- migrate:end").unwrap(),
            "create unique index IF NOT EXISTS main.i on t (a)"
        );
        for text in [
            "-- migrate:unless table t\ncreate table u (a);\n-- migrate:end",
            "-- migrate:unless table t\ncreate table t (a);\ninsert into t values (1);\n-- migrate:end",
            "-- migrate:if table t\ndrop table t;\n-- migrate:end",
        ] {
            assert!(rendered(text).is_err(), "{text}");
        }
    }
}
