//! A throw-away database on the same server.

use super::kinds::KINDS;
use super::{Connection, Postgres, Settings};
use crate::database::{Database, DatabaseError, Scope, interruption};
use crate::schema::Catalog;
use crate::schema::plan::plan;
use crate::sql::{Syntax, quote};

/// What the names of temporary databases begin with. The server process that made it follows, with the moment at which
/// that began, in microseconds: `migrate_shadow_4711_1795255200123456_8c1f03aa`.
const PREFIX: &str = "migrate_shadow_";

/// One transaction takes a lock for each table it drops, and the server has room for a few thousand.
const STATEMENTS_AT_ONCE: usize = 250;

/// What a new database needs to be like this one, the name of this server process, and whether it is quickest made by
/// copying files: that takes checkpoints, which cost little only where nothing waits for the disk (manual, CREATE DATABASE;
/// the choice came with PostgreSQL 15).
///
/// Through JSON, because the columns for ICU came, and were renamed, with PostgreSQL 15, 16 and 17.
const LIKE_THIS: &str = "SET LOCAL search_path = pg_catalog, pg_temp; \
     SELECT pg_catalog.pg_encoding_to_char(d.encoding), d.datcollate, d.datctype, \
     coalesce(j.j ->> 'datlocprovider', 'c'), coalesce(j.j ->> 'datlocale', j.j ->> 'daticulocale'), \
     j.j ->> 'daticurules', \
     (SELECT a.pid || '_' || (extract(epoch FROM a.backend_start) * 1000000)::bigint \
      FROM pg_catalog.pg_stat_activity a WHERE a.pid = pg_catalog.pg_backend_pid()), \
     CASE WHEN pg_catalog.current_setting('fsync') = 'off' AND pg_catalog.current_setting('server_version_num')::int >= 150000 \
          THEN 'file_copy' END \
     FROM pg_catalog.pg_database d, LATERAL (SELECT pg_catalog.to_jsonb(d) AS j) j \
     WHERE d.datname = pg_catalog.current_database()";

/// The temporary databases of this user that killed runs left behind: nobody is in them, and the server process that
/// made them is gone. Sessions of one's own role are visible to everybody (PostgreSQL manual, 28.2.3), and only an owner
/// may drop a database.
const ABANDONED: &str = "SET LOCAL search_path = pg_catalog, pg_temp; \
     SELECT d.datname FROM pg_catalog.pg_database d, \
     LATERAL pg_catalog.regexp_match(d.datname, '^migrate_shadow_([0-9]+)_([0-9]+)_[0-9a-f]+$') name \
     WHERE name IS NOT NULL AND pg_catalog.pg_get_userbyid(d.datdba) = current_user \
     AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity a WHERE a.datname = d.datname \
      OR a.pid::text = name[1] AND coalesce((extract(epoch FROM a.backend_start) * 1000000)::bigint::text, name[2]) = name[2]) \
     ORDER BY 1";

/// Opens the database that `shadow_url` names, which is emptied with the value returned, or makes one like `live` that is
/// dropped with it.
///
/// # Errors
/// `Shadow` if the role may not create a database, or the named one is not empty; `Connect` and `Sql` with the reason.
pub fn open(live: &mut Postgres, shadow_url: Option<&str>) -> Result<Postgres, DatabaseError> {
    match shadow_url.filter(|url| !url.is_empty()) {
        Some(url) => at(url, live),
        None => temporary(live),
    }
}

fn at(url: &str, live: &Postgres) -> Result<Postgres, DatabaseError> {
    let settings = Settings::read(url, &|name| std::env::var(name).ok())
        .map_err(|error| DatabaseError::Shadow(format!("database.shadow_url: {error}")))?;
    let mut shadow = Postgres::open(settings, "migrate shadow")?;
    let place = shadow.place();
    let sql_error = |error| DatabaseError::Sql { doing: format!("looking into the shadow database {place}"), error };
    let rows = shadow
        .query(
            "SET LOCAL search_path = pg_catalog, pg_temp; \
             SELECT c.oid::pg_catalog.regclass::text FROM pg_catalog.pg_class c \
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
             must be of the same version, because definitions are compared as it prints them"
        )));
    }
    shadow.cleanup = Some(Cleanup::Emptied(shadow.reflect(&everything())?.catalog));
    Ok(shadow)
}

fn everything() -> Scope {
    Scope { schemas: vec!["*".to_owned()], version_table: String::new() }
}

fn temporary(live: &mut Postgres) -> Result<Postgres, DatabaseError> {
    let sql_error = |error| DatabaseError::Sql { doing: "reading the database's encoding".to_owned(), error };
    let mut answers = live.pipeline(&[LIKE_THIS, ABANDONED]).map_err(sql_error)?.into_iter();
    let (like_this, abandoned) = (answers.next().unwrap_or_default(), answers.next().unwrap_or_default());
    for name in abandoned.into_iter().flatten().flatten() {
        // Without FORCE: should a session be there after all, the server refuses.
        if let Err(error) = live.execute(&format!("DROP DATABASE IF EXISTS {}", quote::identifier(&name))) {
            tracing::debug!(database = name, %error, "cannot drop a shadow that a killed run left behind");
        }
    }
    let row = like_this.into_iter().next().unwrap_or_default();
    let cell = |at: usize| row.get(at).cloned().flatten();
    let name = format!("{PREFIX}{}_{}", cell(6).unwrap_or_default(), random_hex());
    let text = |value: String| quote::literal(&value, Syntax::Postgres);
    let mut create = format!("CREATE DATABASE {} TEMPLATE template0", quote::identifier(&name));
    let options = [("ENCODING", cell(0)), ("LC_COLLATE", cell(1)), ("LC_CTYPE", cell(2))];
    let locale = match cell(3).as_deref() {
        Some("i") => [("LOCALE_PROVIDER icu ICU_LOCALE", cell(4)), ("ICU_RULES", cell(5))],
        Some("b") => [("LOCALE_PROVIDER builtin BUILTIN_LOCALE", cell(4)), ("", None)],
        _ => [("", None), ("", None)],
    };
    if let Some(strategy) = cell(7) {
        create.push_str(&format!(" STRATEGY {strategy}"));
    }
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
    let _ = live.execute(&format!(
        "ALTER DATABASE {0} SET synchronous_commit = off; COMMENT ON DATABASE {0} IS {1}",
        quote::identifier(&name),
        text(format!(
            "Made by migrate to compare schemas with {}; it may be dropped at any time.",
            live.settings.database
        ))
    ));
    match Postgres::open(settings, "migrate shadow") {
        Ok(mut shadow) => {
            shadow.cleanup = Some(Cleanup::Dropped { made_from });
            Ok(shadow)
        }
        Err(error) => {
            interruption::uninterruptible(|| drop_database(&made_from, &name));
            Err(DatabaseError::Shadow(format!(
                "cannot connect to the temporary shadow database: {error}; behind a connection pooler, name an empty \
                 database in `shadow_url` under [database]"
            )))
        }
    }
}

/// What becomes of a shadow when it has served.
pub enum Cleanup {
    /// A temporary one is dropped, from the database that it was made from.
    Dropped { made_from: Settings },
    /// One that `shadow_url` names gets back to what it held before: nothing that anybody made.
    Emptied(Catalog),
}

/// Leaves a shadow as it must be for others.
pub fn leave(shadow: &mut Postgres, cleanup: Cleanup) {
    match cleanup {
        Cleanup::Dropped { made_from } => drop_database(&made_from, &shadow.settings.database),
        Cleanup::Emptied(found) => {
            if let Err(error) = empty(shadow, &found) {
                tracing::warn!(database = shadow.place(), %error, "the shadow database could not be emptied");
            }
        }
    }
}

fn empty(shadow: &mut Postgres, found: &Catalog) -> Result<(), DatabaseError> {
    let held = shadow.reflect(&everything())?.catalog;
    let failed = |error| DatabaseError::Sql { doing: "emptying the shadow database".to_owned(), error };
    for statements in plan(&held, found, KINDS).statements().chunks(STATEMENTS_AT_ONCE) {
        let texts: Vec<&str> = statements.iter().map(|statement| statement.text.as_str()).collect();
        shadow.execute(&texts.join(";\n")).map_err(failed)?;
    }
    Ok(())
}

fn drop_database(made_from: &Settings, name: &str) {
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
