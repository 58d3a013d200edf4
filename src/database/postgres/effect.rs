//! Did a statement that ran outside a transaction take effect, when its run was cut off?

use crate::database::Effect;
use crate::sql::token::{Token, TokenKind, name_of, tokens};
use crate::sql::{Syntax, quote, split};

/// Returns how to find out. Only for statements that refuse a transaction: the others commit with their journal.
pub fn effect(statement: &str) -> Effect {
    let words = split::leading_words(statement, Syntax::Postgres, 4);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let solid: Vec<Token> = tokens(statement, Syntax::Postgres).filter(Token::is_solid).collect();
    let text = |name: &str| quote::literal(name, Syntax::Postgres);
    match words.as_slice() {
        ["REINDEX", ..] if solid.iter().any(|token| token.is_word(statement, "CONCURRENTLY")) => {
            Effect::RunAgainAfter(left_by_reindex(statement, &solid))
        }
        ["VACUUM" | "REINDEX" | "CLUSTER", ..] | ["ALTER", "SYSTEM" | "DATABASE", ..] => Effect::RunAgain,
        ["ALTER", "SUBSCRIPTION", ..] => Effect::RunAgain,
        ["CREATE", "INDEX" | "UNIQUE", ..] => match created_index(statement, &solid) {
            Some((index, table)) => Effect::Ask(index_made(&index, &table)),
            None => Effect::Unknown,
        },
        ["DROP", "INDEX", ..] => match path_after(statement, &solid, "CONCURRENTLY") {
            Some(path) => {
                let name = text(&quote::qualified(&path));
                Effect::Ask(format!(
                    "SELECT CASE WHEN pg_catalog.to_regclass({name}) IS NULL THEN 'done' ELSE 'undone' END"
                ))
            }
            None => Effect::Unknown,
        },
        ["CREATE" | "DROP", kind @ ("DATABASE" | "TABLESPACE" | "SUBSCRIPTION"), ..] => {
            let (table, column) = match *kind {
                "DATABASE" => ("pg_database", "datname"),
                "TABLESPACE" => ("pg_tablespace", "spcname"),
                _ => ("pg_subscription", "subname"),
            };
            let Some(name) = path_after(statement, &solid, kind).and_then(|mut path| path.pop()) else {
                return Effect::Unknown;
            };
            let (there, gone) = if words.first() == Some(&"CREATE") { ("done", "undone") } else { ("undone", "done") };
            Effect::Ask(format!(
                "SELECT CASE WHEN EXISTS (SELECT FROM pg_catalog.{table} WHERE {column} OPERATOR(pg_catalog.=) {}) THEN '{there}' ELSE '{gone}' END",
                text(&name)
            ))
        }
        ["ALTER", "TABLE", ..] => {
            match (path_after(statement, &solid, "TABLE"), path_after(statement, &solid, "PARTITION")) {
                (Some(parent), Some(partition)) => {
                    let finalizes = solid.last().is_some_and(|token| token.is_word(statement, "FINALIZE"));
                    Effect::Ask(detached(&parent, &partition, finalizes))
                }
                _ => Effect::Unknown,
            }
        }
        _ => Effect::Unknown,
    }
}

/// A valid index of that name on that table: done. An invalid one is left by an interrupted build: it is dropped first.
fn index_made(index: &[String], table: &[String]) -> String {
    let literal = |path: &[String]| quote::literal(&quote::qualified(path), Syntax::Postgres);
    let table = literal(table);
    let own_name = quote::literal(index.last().map_or("", String::as_str), Syntax::Postgres);
    format!(
        "SELECT coalesce((SELECT CASE WHEN i.indisvalid THEN 'done' ELSE \
         pg_catalog.format('DROP INDEX CONCURRENTLY %I.%I', n.nspname, c.relname) END \
         FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid \
         JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace \
         WHERE i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass({table}) \
         AND c.relname OPERATOR(pg_catalog.=) {own_name}), 'undone')"
    )
}

/// A detach that was cut off between its two transactions is pending, and FINALIZE ends it.
fn detached(parent: &[String], partition: &[String], finalizes: bool) -> String {
    let name = |path: &[String]| quote::qualified(path);
    let literal = |path: &[String]| quote::literal(&quote::qualified(path), Syntax::Postgres);
    let finish = match finalizes {
        true => "'undone'".to_owned(),
        false => quote::literal(
            &format!("ALTER TABLE {} DETACH PARTITION {} FINALIZE", name(parent), name(partition)),
            Syntax::Postgres,
        ),
    };
    format!(
        "SELECT coalesce((SELECT CASE WHEN inhdetachpending THEN {finish} ELSE 'undone' END FROM pg_catalog.pg_inherits \
         WHERE inhrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass({}) \
         AND inhparent OPERATOR(pg_catalog.=) pg_catalog.to_regclass({})), 'done')",
        literal(partition),
        literal(parent)
    )
}

/// What a REINDEX CONCURRENTLY leaves that is cut off: invalid indexes whose names end in `_ccnew` or `_ccold`, perhaps with
/// a number (PostgreSQL manual, REINDEX, "Rebuilding Indexes Concurrently"). Those of the table, or of the schema, are
/// dropped one by one; for a whole database, all of them.
fn left_by_reindex(statement: &str, solid: &[Token]) -> String {
    let name = path_after(statement, solid, "CONCURRENTLY").unwrap_or_default();
    let literal = quote::literal(&quote::qualified(&name), Syntax::Postgres);
    let is = |word: &str| solid.iter().take(8).any(|token| token.is_word(statement, word));
    let whose = if is("INDEX") {
        format!(
            "i.indrelid OPERATOR(pg_catalog.=) (SELECT indrelid FROM pg_catalog.pg_index WHERE indexrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass({literal}))"
        )
    } else if is("TABLE") {
        format!("i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass({literal})")
    } else if is("SCHEMA") {
        format!("c.relnamespace OPERATOR(pg_catalog.=) pg_catalog.to_regnamespace({literal})")
    } else {
        "true".to_owned()
    };
    format!(
        "SELECT coalesce((SELECT pg_catalog.format('DROP INDEX CONCURRENTLY %I.%I', n.nspname, c.relname) \
         FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid \
         JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace \
         WHERE NOT i.indisvalid AND c.relname::pg_catalog.text OPERATOR(pg_catalog.~) '_cc(new|old)[0-9]*$' AND {whose} \
         ORDER BY c.oid LIMIT 1), 'undone')"
    )
}

/// The index's name (one part; an index without a name can't be found again) and the table's path.
fn created_index(statement: &str, solid: &[Token]) -> Option<(Vec<String>, Vec<String>)> {
    let index = path_after(statement, solid, "CONCURRENTLY")?;
    let on = solid.iter().position(|token| token.is_word(statement, "ON"))?;
    let named = solid.get(on.checked_sub(1)?).is_some_and(|token| !token.is_word(statement, "CONCURRENTLY"));
    let table = path_after(statement, solid, "ON")?;
    named.then_some((index, table))
}

/// The dotted name after the first `word`, past IF [NOT] EXISTS and ONLY.
fn path_after(statement: &str, solid: &[Token], word: &str) -> Option<Vec<String>> {
    let at = solid.iter().position(|token| token.is_word(statement, word))?;
    let skipped = ["IF", "NOT", "EXISTS", "ONLY"];
    let mut rest =
        solid.get(at + 1..)?.iter().skip_while(|token| skipped.iter().any(|skipped| token.is_word(statement, skipped)));
    let mut path = Vec::new();
    loop {
        let token = rest.next().filter(|token| matches!(token.kind, TokenKind::Word | TokenKind::QuotedName))?;
        path.push(name_of(token.text(statement), Syntax::Postgres));
        if !rest.next().is_some_and(|token| token.is_mark(statement, '.')) {
            return Some(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_looked_for_by_its_name_and_table() {
        let Effect::Ask(query) = effect("create unique index concurrently if not exists \"I x\" on only app.t (a)")
        else {
            panic!("the catalog can tell")
        };
        assert!(query.contains("'I x'") && query.contains("'app.t'"), "{query}");
        assert_eq!(effect("create index concurrently on t (a)"), Effect::Unknown);
    }

    #[test]
    fn what_may_run_twice_is_run_again() {
        assert_eq!(effect("vacuum analyze t"), Effect::RunAgain);
        assert_eq!(effect("call p()"), Effect::Unknown);
    }
}
