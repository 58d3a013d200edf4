//! A throw-away database on the same server.

use super::{Connection, Postgres, Settings};
use crate::database::{Database, DatabaseError, interruption};
use crate::sql::{Syntax, quote};

/// What the names of temporary databases begin with.
const PREFIX: &str = "migrate_shadow_";

/// Opens the database that `shadow_url` names, or makes one like `live` that is dropped with the value returned.
pub fn open(live: &mut Postgres, shadow_url: Option<&str>) -> Result<Postgres, DatabaseError> {
    match shadow_url.filter(|url| !url.is_empty()) {
        Some(url) => at(url, live),
        None => temporary(live),
    }
}

fn at(url: &str, live: &Postgres) -> Result<Postgres, DatabaseError> {
    let settings = Settings::read(url, &|name| std::env::var(name).ok())?;
    let mut shadow = Postgres::open(settings, "migrate shadow")?;
    let place = shadow.place();
    let sql_error = |error| DatabaseError::Sql { doing: format!("looking into the shadow database {place}"), error };
    let rows = shadow
        .query(
            "SELECT c.oid::pg_catalog.regclass::text FROM pg_catalog.pg_class c \
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' \
             AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') \
             ORDER BY 1 LIMIT 1",
        )
        .map_err(sql_error)?;
    if let Some(found) = rows.into_iter().next().and_then(|row| row.into_iter().next()).flatten() {
        return Err(DatabaseError::Shadow(format!(
            "the shadow database {place} is not empty: it has {found}; migrate loads the declared schema into it and \
             needs one with nothing in it, so drop and create it again, or name another in shadow_url"
        )));
    }
    let major = |version: &str| version.split('.').next().unwrap_or_default().to_owned();
    let (ours, theirs) = (shadow.connection.version().to_owned(), live.connection.version().to_owned());
    if major(&ours) != major(&theirs) {
        return Err(DatabaseError::Shadow(format!(
            "the shadow database {place} is PostgreSQL {ours} and the database itself {theirs}; the shadow's server \
             must be of the same version, because it says how definitions are spelled"
        )));
    }
    Ok(shadow)
}

fn temporary(live: &mut Postgres) -> Result<Postgres, DatabaseError> {
    let name = format!("{PREFIX}{}", random_hex());
    let sql_error = |error| DatabaseError::Sql { doing: "reading the database's encoding".to_owned(), error };
    // Through JSON, because the columns for ICU came, and were renamed, with PostgreSQL 15, 16 and 17.
    let rows = live
        .query(
            "SELECT pg_catalog.pg_encoding_to_char(d.encoding), d.datcollate, d.datctype, \
             coalesce(j.j ->> 'datlocprovider', 'c'), coalesce(j.j ->> 'datlocale', j.j ->> 'daticulocale'), \
             j.j ->> 'daticurules' \
             FROM pg_catalog.pg_database d, LATERAL (SELECT pg_catalog.to_jsonb(d) AS j) j \
             WHERE d.datname = pg_catalog.current_database()",
        )
        .map_err(sql_error)?;
    let row = rows.into_iter().next().unwrap_or_default();
    let cell = |at: usize| row.get(at).cloned().flatten();
    let text = |value: String| quote::literal(&value, Syntax::Postgres);
    let mut create = format!("CREATE DATABASE {} TEMPLATE template0", quote::identifier(&name));
    let options = [("ENCODING", cell(0)), ("LC_COLLATE", cell(1)), ("LC_CTYPE", cell(2))];
    let locale = match cell(3).as_deref() {
        Some("i") => [("LOCALE_PROVIDER icu ICU_LOCALE", cell(4)), ("ICU_RULES", cell(5))],
        Some("b") => [("LOCALE_PROVIDER builtin BUILTIN_LOCALE", cell(4)), ("", None)],
        _ => [("", None), ("", None)],
    };
    for (word, value) in options.into_iter().chain(locale) {
        if let Some(value) = value {
            create.push_str(&format!(" {word} {}", text(value)));
        }
    }
    live.execute(&create).map_err(|error| {
        let way_out = match error.code.as_deref() {
            Some("42501") => {
                "; either let the user create databases (ALTER ROLE … CREATEDB), or name an empty database \
                              in `shadow_url` under [database]"
            }
            _ => "; an empty database can be named in `shadow_url` under [database] instead",
        };
        DatabaseError::Shadow(format!("cannot create a temporary shadow database: {error}{way_out}"))
    })?;
    let made_from = live.settings.clone();
    let settings = Settings { database: name.clone(), ..made_from.clone() };
    // What is in it will be thrown away, so nobody waits for the disk.
    let _ = live.execute(&format!("ALTER DATABASE {} SET synchronous_commit = off", quote::identifier(&name)));
    match Postgres::open(settings, "migrate shadow") {
        Ok(mut shadow) => {
            shadow.made_from = Some(made_from);
            Ok(shadow)
        }
        Err(error) => {
            interruption::undisturbed(|| drop_database(&made_from, &name));
            Err(DatabaseError::Shadow(format!(
                "cannot connect to the temporary shadow database: {error}; behind a connection pooler, name an empty \
                 database in `shadow_url` under [database]"
            )))
        }
    }
}

/// Drops a temporary shadow, from the database that it was made from.
pub fn drop_database(made_from: &Settings, name: &str) {
    let dropped =
        Connection::open(made_from, "migrate shadow").map_err(|error| error.to_string()).and_then(|connection| {
            let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quote::identifier(name));
            connection.execute(&statement).map_err(|error| error.to_string())
        });
    if let Err(error) = dropped {
        tracing::warn!(database = name, error, "the temporary shadow database could not be dropped");
    }
}

fn random_hex() -> String {
    use std::hash::{BuildHasher, RandomState};
    format!("{:016x}", RandomState::new().hash_one(std::process::id()))
}
