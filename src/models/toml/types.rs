//! The portable types, and how each database spells them. docs/models.md has the table.

use crate::sql::Syntax;

/// A type's name and its arguments: `numeric(10, 2)`; `[]` is apart.
struct Parts<'a> {
    base: String,
    arguments: Option<&'a str>,
    dimensions: &'a str,
}

fn parts(written: &str) -> Parts<'_> {
    let written = written.trim();
    let end = written.find('[').unwrap_or(written.len());
    let (name, dimensions) = written.split_at(end);
    let (base, arguments) = match (name.find('('), name.rfind(')')) {
        (Some(open), Some(close)) if open < close => {
            // `time(3) with time zone`: the words after the arguments belong to the name.
            (format!("{} {}", &name[..open], &name[close + 1..]), name.get(open + 1..close))
        }
        _ => (name.to_owned(), None),
    };
    let base = base.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    Parts { base, arguments, dimensions }
}

/// Returns the type as the database writes it in a column; `strict` is SQLite's STRICT.
pub fn spelled(written: &str, syntax: Syntax, strict: bool) -> String {
    match syntax {
        Syntax::Postgres => postgres(written),
        Syntax::Sqlite => sqlite(written, strict),
    }
}

/// Is it one of the integer types, so that SQLite's rowid can stand for it?
pub fn is_integer(written: &str) -> bool {
    let parts = parts(written);
    parts.dimensions.is_empty()
        && matches!(
            parts.base.as_str(),
            "int"
                | "integer"
                | "smallint"
                | "bigint"
                | "int2"
                | "int4"
                | "int8"
                | "serial"
                | "bigserial"
                | "smallserial"
        )
}

pub fn is_array(written: &str) -> bool {
    !parts(written).dimensions.is_empty()
}

fn postgres(written: &str) -> String {
    let parts = parts(written);
    let arguments = parts.arguments.map(|arguments| format!("({arguments})")).unwrap_or_default();
    let base = match parts.base.as_str() {
        "double" | "float" if parts.arguments.is_none() => "double precision",
        "blob" => "bytea",
        "datetime" => "timestamp",
        _ => return written.trim().to_owned(),
    };
    format!("{base}{arguments}{}", parts.dimensions)
}

fn sqlite(written: &str, strict: bool) -> String {
    let parts = parts(written);
    if !parts.dimensions.is_empty() {
        return "text".to_owned();
    }
    let base = parts.base.as_str();
    let (plain, storage) = match base {
        "int" => ("int", "integer"),
        "integer" | "int4" | "serial" | "serial4" => ("integer", "integer"),
        "smallint" | "int2" | "smallserial" | "serial2" => ("smallint", "integer"),
        "bigint" | "int8" | "bigserial" | "serial8" => ("bigint", "integer"),
        "boolean" | "bool" => ("boolean", "integer"),
        "real" | "float4" | "double" | "double precision" | "float" | "float8" => ("real", "real"),
        "numeric" | "decimal" | "money" => ("numeric", "real"),
        "bytea" | "blob" => ("blob", "blob"),
        "varchar" | "character varying" => ("varchar", "text"),
        "char" | "character" | "bpchar" => ("char", "text"),
        "date" => ("date", "text"),
        "time" | "timetz" | "time with time zone" | "time without time zone" => ("time", "text"),
        "timestamp" | "timestamptz" | "datetime" | "timestamp with time zone" | "timestamp without time zone" => {
            ("datetime", "text")
        }
        "text" | "uuid" | "json" | "jsonb" | "citext" | "name" | "xml" | "interval" | "inet" | "cidr" | "macaddr"
        | "macaddr8" | "tsvector" | "tsquery" | "bit" | "bit varying" | "varbit" | "point" | "line" | "lseg"
        | "box" | "path" | "polygon" | "circle" | "int4range" | "int8range" | "numrange" | "tsrange" | "tstzrange"
        | "daterange" | "hstore" | "ltree" => ("text", "text"),
        _ => return written.trim().to_owned(),
    };
    if strict {
        return storage.to_owned();
    }
    match (parts.arguments, plain) {
        (Some(arguments), "varchar" | "char" | "numeric") => format!("{plain}({arguments})"),
        _ => plain.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn portable_types_are_spelled_for_each_database() {
        for (written, in_postgres, in_sqlite, in_strict) in [
            ("uuid", "uuid", "text", "text"),
            ("varchar(255)", "varchar(255)", "varchar(255)", "text"),
            ("numeric(10, 2)", "numeric(10, 2)", "numeric(10, 2)", "real"),
            ("double", "double precision", "real", "real"),
            ("timestamptz", "timestamptz", "datetime", "text"),
            ("timestamp(3) with time zone", "timestamp(3) with time zone", "datetime", "text"),
            ("text[]", "text[]", "text", "text"),
            ("blob", "bytea", "blob", "blob"),
            ("bigint", "bigint", "bigint", "integer"),
            ("vector(3)", "vector(3)", "vector(3)", "vector(3)"),
        ] {
            assert_eq!(spelled(written, Syntax::Postgres, false), in_postgres);
            assert_eq!(spelled(written, Syntax::Sqlite, false), in_sqlite);
            assert_eq!(spelled(written, Syntax::Sqlite, true), in_strict);
        }
    }
}
