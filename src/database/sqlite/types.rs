//! The names of types that SQLite's users mean. SQLite itself takes any word, so it is here that a misspelling is seen.

use crate::revision::nearest;

/// Types of SQLite's documentation and those that other databases and libraries write into its columns.
///
/// Source: SQLite, "Datatypes In SQLite", 3.1.1; SQLAlchemy, Django, Prisma, Diesel, SpatiaLite.
const KNOWN: &[&str] = &[
    "any",
    "bigint",
    "binary",
    "blob",
    "bool",
    "boolean",
    "char",
    "character",
    "clob",
    "date",
    "datetime",
    "decimal",
    "double",
    "float",
    "geometry",
    "int",
    "int2",
    "int4",
    "int8",
    "integer",
    "interval",
    "json",
    "jsonb",
    "linestring",
    "longtext",
    "mediumint",
    "mediumtext",
    "multilinestring",
    "multipoint",
    "multipolygon",
    "native",
    "nchar",
    "ntext",
    "numeric",
    "nvarchar",
    "point",
    "polygon",
    "real",
    "smallint",
    "text",
    "time",
    "timestamp",
    "timestamptz",
    "tinyint",
    "tinytext",
    "unsigned",
    "uuid",
    "varbinary",
    "varchar",
    "varying",
    "year",
];

/// Says that SQLite does not know the type, as what it stores values then, and what may have been meant.
pub fn doubt(written: &str) -> Option<String> {
    let lower = written.to_lowercase();
    let word = lower.split(|c: char| c.is_whitespace() || c == '(').next().unwrap_or_default();
    if word.is_empty() || KNOWN.contains(&word) {
        return None;
    }
    let near = if word == "string" { Some("text") } else { nearest(word, KNOWN) };
    let meant = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
    Some(format!("SQLite has no type {written}, and stores its values as {}{meant}", affinity(&lower)))
}

/// Source: SQLite, "Datatypes In SQLite", 3.1, in the order of its rules.
fn affinity(lower: &str) -> &'static str {
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    match () {
        () if has(&["int"]) => "INTEGER",
        () if has(&["char", "clob", "text"]) => "TEXT",
        () if has(&["blob"]) => "BLOB",
        () if has(&["real", "floa", "doub"]) => "REAL",
        () => "NUMERIC",
    }
}

#[cfg(test)]
mod tests {
    use super::doubt;

    #[test]
    fn a_misspelt_type_is_doubted() {
        let said = "SQLite has no type bigintt, and stores its values as INTEGER; did you mean bigint?";
        assert_eq!(doubt("bigintt").as_deref(), Some(said));
        let said = "SQLite has no type string, and stores its values as NUMERIC; did you mean text?";
        assert_eq!(doubt("string").as_deref(), Some(said));
        assert_eq!(doubt("VARCHAR(20)"), None);
        assert_eq!(doubt("double precision"), None);
    }
}
