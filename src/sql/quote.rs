//! Quoting of identifiers and literals.

use super::Syntax;

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
    fn backslashes_mean_themselves() {
        assert_eq!(literal(r"a\'b", Syntax::Postgres), r"E'a\\''b'");
        assert_eq!(literal(r"a\'b", Syntax::Sqlite), r"'a\''b'");
    }
}
