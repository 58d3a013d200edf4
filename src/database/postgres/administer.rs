//! Making and dropping whole databases, from another database of the same server.

use std::path::Path;
use std::time::{Duration, Instant};

use super::{Connection, Settings};
use crate::database::{Administration, DatabaseError, Made, SqlError};
use crate::sql::{Syntax, quote};

pub const ADMINISTRATION: Administration = Administration { create, drop: remove, place, answers, session_options };

/// The databases that a server, or its administrators, can't do without.
const PROTECTED: [&str; 3] = ["postgres", "template0", "template1"];

/// The databases that every server is likely to have, to connect to while the wanted one is not there (manual 23.1).
const MAINTENANCE: [&str; 2] = ["postgres", "template1"];

/// Makes the database if it is missing, owned by the user of the URL, and grants `roles` all that an application
/// needs in `schemas`, now and, by default privileges, on what that user makes there later.
fn create(url: &str, _root: &Path, roles: &[String], schemas: &[String]) -> Result<Made, DatabaseError> {
    let settings = Settings::read(url, &|name| std::env::var(name).ok())?;
    let database = quote::identifier(&settings.database);
    let server = maintenance(&settings)?;
    let made = match server.execute(&format!("CREATE DATABASE {database}")) {
        Ok(()) => Made::Now,
        // duplicate_database, also when two runs make it at once.
        Err(error) if matches!(error.code.as_deref(), Some("42P04" | "23505")) => Made::Before,
        Err(error) if error.code.as_deref() == Some("42501") => {
            return Err(failed(format!("creating the database {database}"), error, |_| {
                format!(
                    "the user {} may not create databases: ALTER ROLE … CREATEDB, or let an administrator run `migrate database create`",
                    quote::identifier(&settings.user)
                )
            }));
        }
        Err(error) => return Err(DatabaseError::Sql { doing: format!("creating the database {database}"), error }),
    };
    if !roles.is_empty() {
        let inside = Connection::open(&settings, "migrate database create")?;
        for role in roles {
            grant(&inside, &database, role, schemas)?;
        }
    }
    Ok(made)
}

fn remove(url: &str, _root: &Path) -> Result<bool, DatabaseError> {
    let settings = Settings::read(url, &|name| std::env::var(name).ok())?;
    if PROTECTED.contains(&settings.database.as_str()) {
        return Err(DatabaseError::Url(format!(
            "{} belongs to the server itself and is not dropped; the URL must name the project's own database",
            settings.database
        )));
    }
    let database = quote::identifier(&settings.database);
    let server = maintenance(&settings)?;
    match server.execute(&format!("DROP DATABASE {database}")) {
        Ok(()) => Ok(true),
        // object_in_use: who is connected is disconnected by nobody but who knows them.
        Err(error) if error.code.as_deref() == Some("55006") => {
            let query = format!(
                "SELECT pg_catalog.format('%s (%s, process %s)', usename, \
                 CASE WHEN pg_catalog.length(application_name) OPERATOR(pg_catalog.>) 0 THEN application_name ELSE 'unnamed' END, pid)
                 FROM pg_catalog.pg_stat_activity WHERE datname OPERATOR(pg_catalog.=) {} ORDER BY pid",
                quote::literal(&settings.database, Syntax::Postgres)
            );
            let there = server.run(&query).unwrap_or_default().into_iter().next_back().unwrap_or_default();
            let there = there.into_iter().flatten().flatten().collect::<Vec<_>>().join(", ");
            Err(failed(format!("dropping the database {database}"), error, |_| {
                format!("connected to it: {there}; end these sessions, and run the same command again")
            }))
        }
        // invalid_catalog_name: there is none.
        Err(error) if error.code.as_deref() == Some("3D000") => Ok(false),
        Err(error) => Err(DatabaseError::Sql { doing: format!("dropping the database {database}"), error }),
    }
}

fn place(url: &str, _root: &Path) -> Result<String, DatabaseError> {
    Ok(Settings::read(url, &|name| std::env::var(name).ok())?.place())
}

fn session_options(url: &str) -> Option<String> {
    Settings::read(url, &|_| None).ok()?.options
}

fn answers(url: &str, _root: &Path, limit: Duration, server_only: bool) -> Result<(), DatabaseError> {
    let settings = Settings::read(url, &|name| std::env::var(name).ok())?;
    let settings = Settings { deadline: Some(Instant::now() + limit), ..settings };
    let answer = Connection::open(&settings, "migrate database wait").map(|_| ());
    match server_only {
        true => answer.or_else(|error| maintenance(&settings).map(|_| ()).map_err(|_| error)),
        false => answer,
    }
}

fn maintenance(settings: &Settings) -> Result<Connection, DatabaseError> {
    let mut last = None;
    for name in MAINTENANCE.into_iter().filter(|name| *name != settings.database) {
        let elsewhere = Settings { database: name.to_owned(), ..settings.clone() };
        match Connection::open(&elsewhere, "migrate database") {
            Ok(connection) => return Ok(connection),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| DatabaseError::Url("the URL names no database".to_owned())))
}

/// What an application does to data (not to the schema), on everything there is and will be.
fn grant(inside: &Connection, database: &str, role: &str, schemas: &[String]) -> Result<(), DatabaseError> {
    let role_name = quote::identifier(role);

    let mut script = format!("BEGIN;\nGRANT CONNECT, TEMPORARY ON DATABASE {database} TO {role_name};\n");
    for schema in schemas.iter().filter(|schema| *schema != "*") {
        let name = quote::identifier(schema);
        script.push_str(&format!(
            "CREATE SCHEMA IF NOT EXISTS {name};
GRANT USAGE ON SCHEMA {name} TO {role_name};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {name} TO {role_name};
GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA {name} TO {role_name};
GRANT EXECUTE ON ALL ROUTINES IN SCHEMA {name} TO {role_name};
ALTER DEFAULT PRIVILEGES IN SCHEMA {name} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role_name};
ALTER DEFAULT PRIVILEGES IN SCHEMA {name} GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO {role_name};
ALTER DEFAULT PRIVILEGES IN SCHEMA {name} GRANT EXECUTE ON ROUTINES TO {role_name};
ALTER DEFAULT PRIVILEGES IN SCHEMA {name} GRANT USAGE ON TYPES TO {role_name};
"
        ));
    }
    script.push_str("COMMIT");
    let doing = format!("granting {} what an application needs", role_name);
    inside.execute(&script).map_err(|error| match error.code.as_deref() {
        // undefined_object
        Some("42704") => failed(doing, error, |_| {
            format!("there is no role {role_name} on the server; CREATE ROLE {role_name} LOGIN PASSWORD '…' first")
        }),
        _ => DatabaseError::Sql { doing, error },
    })
}

fn failed(doing: String, error: SqlError, hint: impl FnOnce(&SqlError) -> String) -> DatabaseError {
    let hint = Some(hint(&error));
    DatabaseError::Sql { doing, error: SqlError { hint, ..error } }
}
