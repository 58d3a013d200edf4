//! Quoting of identifiers and literals.

use std::borrow::Cow;

use super::Syntax;
use super::token::{Token, TokenKind, tokens};

/// Returns `name` as an identifier: bare when that means the same everywhere, else in double quotes.
///
/// Source: PostgreSQL manual 4.1.1 and SQLite "Keywords": a bare name must be lower case, start with a letter or
/// underscore, and be no key word of either database.
pub fn identifier(name: &str) -> String {
    let bare = name.bytes().next().is_some_and(|b| b.is_ascii_lowercase() || b == b'_')
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        && KEYWORDS.binary_search(&name).is_err();
    if bare { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// Returns the dotted, quoted form of a path of names: `app.users`.
pub fn qualified<S: AsRef<str>>(path: &[S]) -> String {
    path.iter().map(|part| identifier(part.as_ref())).collect::<Vec<_>>().join(".")
}

/// Returns `text` as a string literal.
///
/// PostgreSQL reads a backslash in a plain literal literally only with `standard_conforming_strings` on (manual
/// 4.1.2.1), so a text that has one becomes an `E''` literal, which means the same under either setting.
pub fn literal(text: &str, syntax: Syntax) -> String {
    let doubled = text.replace('\'', "''");
    match syntax {
        Syntax::Postgres if text.contains('\\') => format!("E'{}'", doubled.replace('\\', "\\\\")),
        _ => format!("'{doubled}'"),
    }
}

/// Returns `sql`, with the same meaning, without carriage returns in literals and quoted names where the dialect has a way to
/// write them: editors and git take a `\r` before a line end for a line end. SQLite has no such way.
pub fn without_carriage_returns(sql: &str, syntax: Syntax) -> Cow<'_, str> {
    if syntax == Syntax::Sqlite || !sql.contains('\r') {
        return Cow::Borrowed(sql);
    }
    let all: Vec<Token> = tokens(sql, syntax).collect();
    let mut out = String::with_capacity(sql.len() + 64);
    for (at, token) in all.iter().enumerate() {
        let text = token.text(sql);
        let solid = |token: &&Token| token.is_solid();
        let (before, after) = (all[..at].iter().rfind(solid), all[at + 1..].iter().find(solid));
        // What is joined with another literal is read by the rules of the first.
        let stands_alone = [before, after].iter().flatten().all(|token| token.kind != TokenKind::String);
        let escaped = match token.kind {
            _ if !text.contains('\r') => None,
            TokenKind::QuotedName => quoted_name(text),
            TokenKind::String if stands_alone => string(text),
            _ => None,
        };
        if escaped.is_some() && out.ends_with(|last: char| last.is_alphanumeric() || last == '_' || last == '$') {
            out.push(' ');
        }
        out.push_str(escaped.as_deref().unwrap_or(text));
    }
    Cow::Owned(out)
}

/// `"a<CR>b"` as `U&"a\000db"` (PostgreSQL manual 4.1.1).
fn quoted_name(text: &str) -> Option<String> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    Some(format!("U&\"{}\"", inner.replace('\\', "\\\\").replace('\r', "\\000d")))
}

/// A literal of any form but `U&''`, `B''`, `X''` as an `E''` literal with `\r` for each carriage return.
fn string(text: &str) -> Option<String> {
    let escaped = |text: &str| format!("E'{}'", text.replace('\\', "\\\\").replace('\r', "\\r"));
    if let Some(rest) = text.strip_prefix('$') {
        let tag = rest.find('$')? + 2;
        let body = text.get(tag..text.len().checked_sub(tag)?)?;
        return Some(escaped(&body.replace('\'', "''")));
    }
    if let Some(inner) = text.strip_prefix('\'') {
        return Some(escaped(inner.strip_suffix('\'')?));
    }
    let inner = text.strip_prefix(['e', 'E'])?.strip_prefix('\'')?.strip_suffix('\'')?;
    let mut out = String::from("E'");
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        match character {
            '\r' => out.push_str("\\r"),
            '\\' => match characters.next() {
                Some('\r') | None => out.push_str("\\r"),
                Some(next) => out.extend(['\\', next]),
            },
            other => out.push(other),
        }
    }
    Some(out + "'")
}

/// Every word that either database reserves somewhere, sorted for binary search.
///
/// Source: PostgreSQL manual, appendix C (all but "non-reserved" for types and columns); SQLite "SQLite Keywords".
#[rustfmt::skip]
pub const KEYWORDS: &[&str] = &[
    "abort", "action", "add", "after", "all", "alter", "always", "analyse", "analyze", "and", "any", "array", "as",
    "asc", "asymmetric", "attach", "authorization", "autoincrement", "before", "begin", "between", "bigint", "binary",
    "bit", "boolean", "both", "by", "cascade", "case", "cast", "char", "character", "check", "coalesce", "collate",
    "collation", "column", "commit", "concurrently", "conflict", "constraint", "create", "cross", "current",
    "current_catalog", "current_date", "current_role", "current_schema", "current_time", "current_timestamp",
    "current_user", "database", "dec", "decimal", "default", "deferrable", "deferred", "delete", "desc", "detach",
    "distinct", "do", "drop", "each", "else", "end", "escape", "except", "exclude", "exclusive", "exists", "explain",
    "extract", "fail", "false", "fetch", "filter", "first", "float", "following", "for", "foreign", "freeze", "from",
    "full", "generated", "glob", "grant", "greatest", "group", "grouping", "groups", "having", "if", "ignore", "ilike",
    "immediate", "in", "index", "indexed", "initially", "inner", "inout", "insert", "instead", "int", "integer",
    "intersect", "interval", "into", "is", "isnull", "join", "json", "json_array", "json_arrayagg", "json_exists",
    "json_object", "json_objectagg", "json_query", "json_scalar", "json_serialize", "json_table", "json_value", "key",
    "last", "lateral", "leading", "least", "left", "like", "limit", "localtime", "localtimestamp", "match",
    "materialized", "merge_action", "national", "natural", "nchar", "no", "none", "normalize", "not", "nothing",
    "notnull", "null", "nullif", "nulls", "numeric", "of", "offset", "on", "only", "or", "order", "others", "out",
    "outer", "over", "overlaps", "overlay", "partition", "placing", "plan", "position", "pragma", "preceding",
    "precision", "primary", "query", "raise", "range", "real", "recursive", "references", "regexp", "reindex",
    "release", "rename", "replace", "restrict", "returning", "right", "rollback", "row", "rows", "savepoint", "select",
    "session_user", "set", "setof", "similar", "smallint", "some", "substring", "symmetric", "system_user", "table",
    "tablesample", "temp", "temporary", "then", "ties", "time", "timestamp", "to", "trailing", "transaction", "treat",
    "trigger", "trim", "true", "unbounded", "union", "unique", "update", "user", "using", "vacuum", "values",
    "varchar", "variadic", "verbose", "view", "virtual", "when", "where", "window", "with", "without", "xmlattributes",
    "xmlconcat", "xmlelement", "xmlexists", "xmlforest", "xmlnamespaces", "xmlparse", "xmlpi", "xmlroot",
    "xmlserialize", "xmltable",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_sorted() {
        assert!(KEYWORDS.is_sorted());
    }

    #[test]
    fn names_are_quoted_only_where_they_must_be() {
        let quoted: Vec<_> = ["users", "order", "Users", "a b", "a\"b", "1a", "_x1", "é"].map(identifier).to_vec();
        assert_eq!(quoted, ["users", "\"order\"", "\"Users\"", "\"a b\"", "\"a\"\"b\"", "\"1a\"", "_x1", "\"é\""]);
    }

    #[test]
    fn a_carriage_return_is_written_so_that_it_survives() {
        for (sql, escaped) in [
            ("IS 'a\\''\r\nb'", "IS E'a\\\\''\\r\nb'"),
            ("AS $f$it's\r\n$x$\\$f$", "AS E'it''s\\r\n$x$\\\\'"),
            ("DATE'\r' E'\\\r\\'\r'", "DATE'\r' E'\\\r\\'\r'"),
            ("x E'\\\r\\'\r'", "x E'\\r\\'\\r'"),
            ("d'\r'", "d E'\\r'"),
            ("DROP TABLE \"a\"\"\r\nb\"\r\n", "DROP TABLE U&\"a\"\"\\000d\nb\"\r\n"),
        ] {
            assert_eq!(without_carriage_returns(sql, Syntax::Postgres), escaped);
        }
    }

    #[test]
    fn backslashes_mean_themselves() {
        assert_eq!(literal(r"a\'b", Syntax::Postgres), r"E'a\\''b'");
        assert_eq!(literal(r"a\'b", Syntax::Sqlite), r"'a\''b'");
    }
}
