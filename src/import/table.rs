//! Reading another tool's table: is it there, which columns has it, and what do its rows say.

use crate::database::{Database, DatabaseError, SqlError};
use crate::sql::Syntax;
use crate::sql::quote::literal;

use super::{ImportError, Project};

/// A table of another tool's that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// As SQL writes it: `"public"."schema_migrations"`.
    pub sql: String,
    /// As the user writes it: `public.schema_migrations`.
    pub name: String,
    /// Names as they are in the database, and their declared types in lower case.
    pub columns: Vec<(String, String)>,
}

impl Table {
    /// Does it have this column, in any case?
    pub fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|(name, _)| name.eq_ignore_ascii_case(column))
    }

    /// Returns the column as SQL writes it, in the case that it has in the database.
    pub fn column(&self, column: &str) -> String {
        let name = self.columns.iter().find(|(name, _)| name.eq_ignore_ascii_case(column));
        quoted(name.map_or(column, |(name, _)| name))
    }

    /// Refuses a table of that name that is another tool's.
    ///
    /// # Errors
    /// `ImportError` with the missing columns.
    pub fn must_have(&self, columns: &[&str], tool: &str) -> Result<(), ImportError> {
        match columns.iter().find(|column| !self.has(column)) {
            None => Ok(()),
            Some(missing) => Err(ImportError::refused(
                format!("the table {} has no column {missing}, so it is not {tool}'s", self.name),
                format!("name {tool}'s own table with --table, or import from the tool that made this one"),
            )),
        }
    }
}

/// Looks for the table that `--table` names, else for `usual`; a name may be `schema.table`.
///
/// A bare name is looked for on PostgreSQL's search path, then in any schema; in more than one of those is an error.
///
/// # Errors
/// `ImportError` if the database can't be asked.
pub fn find(database: &mut dyn Database, project: &Project, usual: &str) -> Result<Option<Table>, ImportError> {
    find_named(database, project.table.as_deref().unwrap_or(usual))
}

pub fn find_named(database: &mut dyn Database, name: &str) -> Result<Option<Table>, ImportError> {
    let (schema, bare) = match name.split_once('.') {
        Some((schema, bare)) => (Some(schema), bare),
        None => (None, name),
    };
    let syntax = database.dialect().syntax;
    match syntax {
        Syntax::Postgres => find_postgres(database, schema, bare),
        Syntax::Sqlite => {
            let place = schema.map(|schema| format!(", {}", literal(schema, syntax))).unwrap_or_default();
            let sql = format!("SELECT name, lower(type) FROM pragma_table_info({}{place})", literal(bare, syntax));
            let columns = pairs(query(database, &sql, "reading the columns of a table")?);
            let sql = match schema {
                Some(schema) => format!("{}.{}", quoted(schema), quoted(bare)),
                None => quoted(bare),
            };
            Ok((!columns.is_empty()).then(|| Table { sql, name: name.to_owned(), columns }))
        }
    }
}

fn find_postgres(database: &mut dyn Database, schema: Option<&str>, bare: &str) -> Result<Option<Table>, ImportError> {
    let here = match schema {
        Some(schema) => format!("n.nspname OPERATOR(pg_catalog.=) {}", literal(schema, Syntax::Postgres)),
        None => "n.nspname OPERATOR(pg_catalog.!~) '^(pg_catalog$|information_schema$|pg_t)'".to_owned(),
    };
    let sql = format!(
        "SELECT n.nspname, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), \
         coalesce(pg_catalog.array_position(pg_catalog.current_schemas(false), n.nspname)::pg_catalog.text, ''), \
         a.atttypid OPERATOR(pg_catalog.>=) 16384 \
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace \
         JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid \
         AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped \
         WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{{r,p}}'::pg_catalog.\"char\"[]) \
         AND pg_catalog.lower(c.relname) OPERATOR(pg_catalog.=) pg_catalog.lower({}) AND {here} \
         ORDER BY pg_catalog.array_position(pg_catalog.current_schemas(false), n.nspname) NULLS LAST, n.nspname, a.attnum",
        literal(bare, Syntax::Postgres)
    );
    let rows = query(database, &sql, "reading the columns of a table")?;
    let value = |row: &[Option<String>], at: usize| row.get(at).cloned().flatten().unwrap_or_default();
    let mut schemas: Vec<(String, bool)> = rows.iter().map(|row| (value(row, 0), !value(row, 3).is_empty())).collect();
    schemas.dedup();
    let Some((found, on_path)) = schemas.first().cloned() else { return Ok(None) };
    if !on_path && schemas.len() > 1 {
        let names: Vec<String> = schemas.iter().map(|(schema, _)| format!("{schema}.{bare}")).collect();
        return Err(ImportError::refused(
            format!("there are several tables of that name: {}", names.join(", ")),
            "choose one with --table schema.name",
        ));
    }
    // What its owner wrote would read such a column: a type brings its own casts.
    if let Some(row) = rows.iter().find(|row| value(row, 0) == found && value(row, 4) == "t") {
        return Err(ImportError::refused(
            format!(
                "the column {} of {found}.{bare} has the type {}, which is not the server's own",
                value(row, 1),
                value(row, 2)
            ),
            "no tool creates its table like that; name the tool's own table with --table",
        ));
    }
    let columns = rows.iter().filter(|row| value(row, 0) == found).map(|row| (value(row, 1), value(row, 2))).collect();
    // The table's own spelling: Liquibase's is upper case where it was made quoted.
    let spelled = query(
        database,
        &format!(
            "SELECT c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace \
             WHERE n.nspname OPERATOR(pg_catalog.=) {} AND pg_catalog.lower(c.relname) OPERATOR(pg_catalog.=) pg_catalog.lower({}) \
             AND c.relkind OPERATOR(pg_catalog.=) ANY ('{{r,p}}'::pg_catalog.\"char\"[]) ORDER BY 1 DESC",
            literal(&found, Syntax::Postgres),
            literal(bare, Syntax::Postgres)
        ),
        "reading the name of a table",
    )?;
    let table = spelled.first().map_or_else(|| bare.to_owned(), |row| value(row, 0));
    Ok(Some(Table { sql: format!("{}.{}", quoted(&found), quoted(&table)), name: format!("{found}.{table}"), columns }))
}

/// Runs a query and returns its rows; NULL is None.
///
/// # Errors
/// `ImportError` that begins with `doing`.
pub fn query(database: &mut dyn Database, sql: &str, doing: &str) -> Result<Vec<Vec<Option<String>>>, ImportError> {
    let place = database.place();
    database.query(sql).map_err(|error: SqlError| {
        ImportError::Database(DatabaseError::Sql { doing: format!("{doing} in {place}"), error })
    })
}

/// Returns an expression for a column that holds a moment, as RFC 3339 in UTC.
///
/// PostgreSQL's timestamps without a zone are taken to be in the session's zone, in which their DEFAULT now() wrote them;
/// SQLite's are text in UTC, or a number of seconds or milliseconds since 1970 (Prisma).
pub fn moment(column: &str, syntax: Syntax) -> String {
    match syntax {
        Syntax::Postgres => {
            format!(
                "pg_catalog.to_char(({column})::pg_catalog.timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
            )
        }
        Syntax::Sqlite => format!(
            "CASE WHEN typeof({column}) IN ('integer', 'real') THEN strftime('%Y-%m-%dT%H:%M:%fZ', \
             CASE WHEN {column} > 100000000000 THEN {column} / 1000.0 ELSE {column} END, 'unixepoch') \
             ELSE coalesce(strftime('%Y-%m-%dT%H:%M:%fZ', {column}), {column}) END"
        ),
    }
}

/// Returns an expression for a column of bytes, in lower-case hex.
pub fn bytes(column: &str, syntax: Syntax) -> String {
    match syntax {
        Syntax::Postgres => format!("pg_catalog.encode({column}, 'hex')"),
        Syntax::Sqlite => format!("lower(hex({column}))"),
    }
}

/// Reads a truth value in either database's text form.
pub fn is_true(value: Option<&str>) -> bool {
    matches!(value, Some("t" | "true" | "1" | "TRUE" | "T"))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn pairs(rows: Vec<Vec<Option<String>>>) -> Vec<(String, String)> {
    rows.into_iter()
        .map(|row| {
            let mut values = row.into_iter().map(Option::unwrap_or_default);
            (values.next().unwrap_or_default(), values.next().unwrap_or_default())
        })
        .collect()
}
